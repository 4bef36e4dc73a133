import type { Session } from "../../engines/postgres/driver.ts";
import { readColumnSets } from "../stats/extended-bytes.ts";
import type { IndexedColumn, SizedIndex } from "./index-pages.ts";
import type { CombinationLimit } from "./repetition.ts";

/** An index with storage, as the scratch server holds it: a partition's own, or that of a plain table. */
export interface StoredIndex {
  readonly oid: number;
  /** The index that was asked for, which a partition's belongs to; itself else. */
  readonly root: number;
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly predicate: string | null;
  readonly tableRows: number;
  readonly sized: SizedIndex;
}

interface Row {
  readonly oid: number;
  readonly root: number;
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly method: string;
  readonly predicate: string | null;
  readonly rows: number;
  readonly pages: number;
  readonly options: readonly (string | null)[] | null;
  readonly key_count: number;
  readonly equal_image: boolean;
  readonly columns: readonly {
    readonly width: number | null;
    readonly length: number;
    readonly align: string;
    readonly nulls: number | null;
    readonly distinct: number | null;
    readonly common: readonly number[] | null;
    readonly number: number;
    readonly operators: string | null;
    readonly elements: number | null;
    /** Of the most common elements, with the lowest and highest behind them (of arrays the share of nulls, too). */
    readonly shares: readonly number[] | null;
    readonly element_width: number | null;
    readonly element_count: number | null;
    readonly values: readonly string[] | null;
    readonly varies: boolean | null;
  }[];
  /** The table's columns that refer to another table together, with that table's rows. */
  readonly references: readonly { readonly columns: readonly number[]; readonly rows: number }[] | null;
  /** Text forms of `pg_ndistinct`. */
  readonly combinations: readonly string[] | null;
}

const SLOTS = [1, 2, 3, 4, 5];
/** What a row of pg_statistic named x holds in its slot of a kind; NULL where it has none. */
const slot = (kind: number, what: (slot: number) => string): string =>
  `CASE ${kind} ${SLOTS.map((n) => `WHEN x.stakind${n} THEN ${what(n)}`).join(" ")} END`;
const widths = (n: number): string =>
  `(SELECT pg_catalog.min(pg_catalog.octet_length(v)) <> pg_catalog.max(pg_catalog.octet_length(v))
      FROM pg_catalog.unnest(x.stavalues${n}::text::text[]) AS v)`;

const elementFigure = (what: string) => (n: number) =>
  `(SELECT ${what} FROM pg_catalog.unnest(x.stavalues${n}::text::text[]) AS v)`;
const texts = (n: number): string => `x.stavalues${n}::text::text[]`;

// An expression of one column that has no statistics is taken to be as wide as that column; its repetition is not known.
const FACTS = `
  WITH RECURSIVE family AS (
    SELECT oid, oid AS root FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS asked (oid)
    UNION ALL
    SELECT h.inhrelid, f.root FROM family AS f JOIN pg_catalog.pg_inherits AS h ON h.inhparent = f.oid)
  SELECT i.indexrelid AS oid, f.root, n.nspname AS schema, t.relname AS table, c.relname AS name,
         m.amname AS method, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
         greatest(t.reltuples, 0)::float8 AS rows,
         (pg_catalog.pg_relation_size(t.oid) / pg_catalog.current_setting('block_size')::int)::float8 AS pages,
         c.reloptions AS options, i.indnkeyatts AS key_count,
         (SELECT pg_catalog.bool_and(EXISTS (
            SELECT FROM pg_catalog.pg_opclass AS o
              JOIN pg_catalog.pg_amproc AS p ON p.amprocfamily = o.opcfamily AND p.amprocnum = 4
               AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype
             WHERE o.oid = i.indclass[g]))
            FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS g) AS equal_image,
         (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('columns', r.conkey, 'rows', p.reltuples))
            FROM pg_catalog.pg_constraint AS r JOIN pg_catalog.pg_class AS p ON p.oid = r.confrelid
           WHERE r.conrelid = i.indrelid AND r.contype = 'f' AND pg_catalog.cardinality(r.conkey) > 1
             AND p.reltuples >= 1) AS "references",
         (SELECT pg_catalog.json_agg(d.stxdndistinct::text)
            FROM pg_catalog.pg_statistic_ext AS e JOIN pg_catalog.pg_statistic_ext_data AS d ON d.stxoid = e.oid
           WHERE e.stxrelid = i.indrelid AND d.stxdndistinct IS NOT NULL) AS combinations,
         (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
            'width', s.stawidth, 'length', a.attlen, 'align', a.attalign, 'nulls', s.stanullfrac,
            'number', i.indkey[a.attnum - 1],
            'distinct', CASE WHEN s.own THEN s.stadistinct END, 'common', CASE WHEN s.own THEN s.common END,
            'varies', s.varies, 'elements', s.elements, 'shares', s.shares, 'element_width', s.element_width,
            'element_count', s.element_count,
            'operators', (SELECT o.opcname FROM pg_catalog.pg_opclass AS o WHERE o.oid = i.indclass[a.attnum - 1]),
            'values', CASE WHEN m.amname IN ('gin', 'gist') THEN
              coalesce(s.named, '{}') || coalesce(s.bounds, '{}') END) ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a
            LEFT JOIN LATERAL (
              SELECT x.stawidth, x.stanullfrac, x.stadistinct,
                     x.starelid = i.indexrelid OR i.indkey[a.attnum - 1] <> 0 AS own,
                     ${slot(1, (n) => `x.stanumbers${n}`)} AS common,
                     ${slot(5, (n) => `x.stanumbers${n}[pg_catalog.array_upper(x.stanumbers${n}, 1)]`)} AS elements,
                     ${slot(4, (n) => `x.stanumbers${n}`)} AS shares,
                     ${slot(4, elementFigure("pg_catalog.avg(pg_catalog.octet_length(v))"))} AS element_width,
                     ${slot(4, elementFigure("pg_catalog.count(*)"))} AS element_count,
                     ${slot(1, texts)} AS named, ${slot(2, texts)} AS bounds,
                     coalesce(${slot(2, widths)}, false) OR coalesce(${slot(1, widths)}, false) AS varies
                FROM pg_catalog.pg_statistic AS x
               WHERE (x.starelid = i.indexrelid AND x.staattnum = a.attnum)
                  OR (x.starelid = i.indrelid
                      AND x.staattnum = coalesce(nullif(i.indkey[a.attnum - 1], 0), (
                        SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.min(d.refobjsubid) END
                          FROM (SELECT DISTINCT refobjsubid FROM pg_catalog.pg_depend
                                 WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objid = i.indexrelid
                                   AND refobjid = i.indrelid AND refobjsubid > 0) AS d)))
               ORDER BY x.starelid = i.indexrelid DESC, x.stainherit LIMIT 1) AS s ON true
           WHERE a.attrelid = i.indexrelid) AS columns
    FROM family AS f
    JOIN pg_catalog.pg_index AS i ON i.indexrelid = f.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam`;

const ALIGN: Readonly<Record<string, number>> = { c: 1, s: 2, i: 4, d: 8 };
/** The width of a value of which nothing is known: PostgreSQL's own guess for types of varying length (plancat.c). */
const WIDTH_UNKNOWN_BYTES = 32;
/** Longer values have a length of four bytes in front, which is aligned; shorter ones have one byte, which is not. */
const SHORT_VALUE_BYTES_MAX = 127;

function columnOf(column: Row["columns"][number], rows: number): IndexedColumn {
  const fixed = column.length > 0;
  const width_bytes = fixed ? column.length : (column.width ?? WIDTH_UNKNOWN_BYTES);
  return {
    width_bytes,
    align: fixed || width_bytes > SHORT_VALUE_BYTES_MAX ? (ALIGN[column.align] ?? 8) : 1,
    nullShare: column.nulls ?? 0,
    number: column.number,
    varies: !fixed && (column.varies ?? true),
    commonShares: column.common ?? [],
    distinct:
      column.distinct === null || column.distinct === 0
        ? null
        : column.distinct < 0
          ? -column.distinct * rows
          : column.distinct,
    operators: column.operators ?? "",
    elements: {
      perRow: column.elements,
      shares: (column.shares ?? []).slice(0, column.element_count ?? 0),
      width_bytes: fixed ? column.length : (column.element_width ?? null),
      values: column.values ?? [],
    },
  };
}

function limitsOf({ references, combinations }: Row): readonly CombinationLimit[] {
  return [
    ...(references ?? []).map(({ columns, rows }) => ({ columns, distinct: rows, counted: false })),
    ...(combinations ?? []).flatMap((text) =>
      (readColumnSets(text) ?? []).map(({ columns, value }) => ({ columns, distinct: value, counted: true })),
    ),
  ];
}

function option(row: Row, name: string): string | null {
  const found = row.options?.find((text) => text?.startsWith(`${name}=`) === true);
  return found?.slice(name.length + 1) ?? null;
}

function numberOption(row: Row, name: string): number | null {
  const text = option(row, name);
  return text === null || !Number.isFinite(Number(text)) ? null : Number(text);
}

/** The stored indexes of each given index (itself, or those of all partitions), with what their size hangs on. */
export async function indexFacts(admin: Session, oids: readonly number[]): Promise<readonly StoredIndex[]> {
  if (oids.length === 0) return [];
  const { rows } = await admin.query<Row>(FACTS, [oids]);
  return rows.map((row): StoredIndex => {
    const columns = row.columns.map((column) => columnOf(column, row.rows));
    const fill = numberOption(row, "fillfactor");
    const include = columns.slice(row.key_count);
    const off = ["off", "false", "no", "0"].includes(option(row, "deduplicate_items") ?? "on");
    return {
      oid: row.oid,
      root: row.root,
      schema: row.schema,
      table: row.table,
      name: row.name,
      predicate: row.predicate,
      tableRows: row.rows,
      sized: {
        method: row.method,
        keys: columns.slice(0, row.key_count),
        include,
        rows: row.rows,
        tableRows: row.rows,
        limits: limitsOf(row),
        tablePages: row.pages,
        deduplicates: row.method === "btree" && row.equal_image && include.length === 0 && !off,
        fill: fill === null ? null : fill / 100,
        pagesPerRange: numberOption(row, "pages_per_range"),
      },
    };
  });
}
