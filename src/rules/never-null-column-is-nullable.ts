import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** Fewer rows than this say little about what will come. */
const ROWS_MIN = 1000;
/** ANALYZE reads 300 rows for each unit of the statistics target, which is 100 unless set. */
const SAMPLE_ROWS_MAX = 30_000;

/** A nullable column without a null in the sample of ANALYZE. Booleans have a rule of their own. */
export const neverNullColumnIsNullable: Rule = rule({
  id: "never-null-column-is-nullable",
  area: "integrity",
  severity: "info",
  engines: ["postgres"],
  equivalents: [],
  summary: "A column may be null and never is.",
  why: "If a value is always there, NOT NULL says so: readers need no second branch, NOT IN and joins mean what they seem to, the planner may turn outer joins and use constraints, and a writer that forgets the column is told at once. The judgement rests on a sample and not on all rows.",
  remedy:
    "Ask whether the column may be missing; if not, add NOT NULL (by way of a validated check, so that writers do not wait).",
  needsStatistics: true,
  fix: "review",
  fails: [
    "CREATE TABLE item (name text); INSERT INTO item SELECT 'n' || i FROM generate_series(1, 2000) i; ANALYZE item;",
  ],
  passes: [
    "CREATE TABLE item (name text NOT NULL); INSERT INTO item SELECT 'n' || i FROM generate_series(1, 2000) i; ANALYZE item;",
    "CREATE TABLE item (name text); INSERT INTO item SELECT nullif('n' || i, 'n7') FROM generate_series(1, 2000) i; ANALYZE item;",
    "CREATE TABLE item (name text); INSERT INTO item SELECT 'n' || i FROM generate_series(1, 20) i; ANALYZE item;",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const facts = indexStatistics(statistics);
    for (const { of, column } of ownColumns(view)) {
      if (column.notNull || column.generated !== null || typeOf(column).name === "boolean") continue;
      const known = facts.column(column.schema, column.table, column.name);
      const rows = facts.table(column.schema, column.table)?.rows ?? 0;
      if (known === undefined || known.nullShare > 0 || rows < ROWS_MIN) continue;
      if (of.constraints.some(({ expression }) => expression === `(${dialect.ident(column.name)} IS NOT NULL)`))
        continue;
      const sampled = Math.min(rows, SAMPLE_ROWS_MAX);
      yield {
        ref: column,
        message: `${column.table}.${column.name} may be null, and no null was among the rows that ANALYZE sampled`,
        evidence: [
          { what: "estimated rows", value: rows },
          { what: "rows in the sample, at the default statistics target", value: sampled },
        ],
        fixes: [
          {
            title: `add NOT NULL to ${column.table}.${column.name}`,
            safety: "review",
            changes: [alter(column, { notNull: true })],
          },
        ],
      };
    }
  },
});
