import type { ColumnObject } from "../model/catalog.ts";
import { baseTypes } from "./declared-type.ts";
import { ownTables } from "./own-tables.ts";
import { ENUM_LAYOUT, fixedLayout, paddingBytes, tightest, VARYING_LAYOUT } from "./row-layout.ts";
import type { TypeLayout } from "./row-layout.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** Less is not worth a thought about order. */
const SAVED_BYTES_MIN = 8;
/** Smaller tables fit in memory either way. */
const ROWS_MIN = 1_000_000;

/** Bytes lost to alignment that another order of columns would save, nulls left out of account. */
export const columnOrderPadding: Rule = rule({
  id: "column-order-padding",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: [],
  summary: "Another order of columns would make every row smaller.",
  why: "Each value starts at a multiple of its type's alignment (8 bytes for bigint and timestamps, 4 for integer and date, 1 for boolean and short texts), and the bytes between are empty. A small column before a wide one costs up to 7 bytes in each row, on disk and in memory.",
  remedy:
    "In a new table, order columns by alignment: 8 bytes, 4, 2, 1, then texts and other varying ones. An existing table is worth the rewrite only when it is rewritten anyway.",
  fails: [
    "CREATE TABLE reading (ok boolean, id bigint, kind smallint, at timestamptz, checked boolean, value double precision);",
    'CREATE TYPE mood AS ENUM (\'a\'); CREATE DOMAIN flag AS boolean; CREATE TABLE "r;" (a flag, b bigint, c mood, d bigint, e "char", f bigint);',
  ],
  passes: [
    "CREATE TABLE reading (id bigint, at timestamptz, value double precision, kind smallint, ok boolean, checked boolean, note text);",
    "CREATE TABLE task (id bigint, done boolean, due timestamptz, title text);",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const enums = new Set(view.of("enum").map((type) => dialect.qualified(type.schema, type.name)));
    const facts = indexStatistics(statistics);
    const layoutOf = (column: ColumnObject): TypeLayout => {
      const { name, array } = typeOf(column);
      if (array) return VARYING_LAYOUT;
      return enums.has(name) ? ENUM_LAYOUT : (fixedLayout(name) ?? VARYING_LAYOUT);
    };
    for (const of of ownTables(view)) {
      if (of.table.inherits.length > 0) continue;
      const columns = of.columns.filter((column) => column.generated === null || column.generated.stored);
      const best = tightest(columns, layoutOf);
      const saved = Math.floor(paddingBytes(columns.map(layoutOf)) - paddingBytes(best.map(layoutOf)));
      const rows = facts.table(of.table.schema, of.table.name)?.rows ?? null;
      if (saved < SAVED_BYTES_MIN || (facts.inEarnest && rows !== null && rows < ROWS_MIN)) continue;
      yield {
        ref: of.table,
        message: `each row of ${of.table.name} holds about ${saved} empty bytes that another order of columns would save`,
        evidence: [
          { what: "bytes saved per row, estimated", value: saved },
          { what: "tightest order", value: best.map((column) => column.name).join(", ") },
          ...(rows === null ? [] : [{ what: "bytes saved in all rows, estimated", value: saved * rows }]),
        ],
      };
    }
  },
});
