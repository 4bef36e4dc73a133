import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, DatabaseLocale } from "../../model/planner-statistics.ts";

// Orders by code point, under whichever name.
const BY_CODE_POINT = /^(?:C|POSIX)(?:\.|$)/;

/** How a database orders text, in words; equal exactly where two of the same server's make orders alike. */
export function orderOf(locale: DatabaseLocale): string {
  const name = locale.provider === "libc" ? locale.collate : (locale.locale ?? locale.collate);
  return BY_CODE_POINT.test(name) ? "code point" : `${locale.provider}'s ${name}`;
}

const TEXT = /^(?:text|character varying|character|bpchar)(?:\(|$)/;

/**
 * Histograms of text in the order of code points, for a twin that orders so where production does not: the planner
 * looks bounds up by halving, which finds anything in a list of another order. Columns with a collation of their own
 * stay, as that is the same on both.
 */
export function byCodePoint(columns: readonly ColumnDistribution[], catalog: Catalog): readonly ColumnDistribution[] {
  const collated = new Set(
    catalog.objects.flatMap((object) =>
      object.kind === "column" && object.collation !== null
        ? [JSON.stringify([object.schema, object.table, object.name])]
        : [],
    ),
  );
  return columns.map((column) => {
    const { histogram, type } = column;
    if (histogram === null || !TEXT.test(type)) return column;
    if (collated.has(JSON.stringify([column.schema, column.relation, column.column]))) return column;
    return { ...column, histogram: histogram.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))) };
  });
}
