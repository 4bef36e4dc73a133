import type { TableView } from "../model/catalog-view.ts";
import { baseTypes, isText } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

const ROWS_MIN = 1000;
/** So many words make an enumeration; more make a vocabulary. */
const DISTINCT_MAX = 12;
/** Longer values are phrases. */
const WIDTH_BYTES_MAX = 24;
// Codes of the wide world: few today, and the list is not the schema's to close.
const OPEN: ReadonlySet<string> = new Set(
  "city country currency domain email host iso lang language locale name region timezone title tz url version zone".split(
    " ",
  ),
);

function isChecked(of: TableView, column: string): boolean {
  return (
    of.constraints.some((constraint) => constraint.columns.includes(column)) ||
    of.indexes.some((index) => index.unique && index.keys.some((key) => key.column === column))
  );
}

/** Few words in many rows, and nothing that says which words there are. Judged from the planner's statistics. */
export const enumLikeTextWithoutCheck: Rule = rule({
  id: "enum-like-text-without-check",
  area: "integrity",
  severity: "info",
  engines: ["postgres"],
  equivalents: [],
  summary: "A text column holds a few words over and over, and nothing says which are allowed.",
  why: "A misspelt or forgotten word is stored like any other, and the rows that have it drop out of every query that lists the known ones. Readers cannot tell from the schema which states there are.",
  remedy: "Add a CHECK that lists the words, an enumerated type, or a table of them with a foreign key.",
  needsStatistics: true,
  fails: [
    "CREATE TABLE job (state text); INSERT INTO job SELECT (ARRAY['new','old','gone'])[1 + i % 3] FROM generate_series(1, 2000) i; ANALYZE job;",
  ],
  passes: [
    "CREATE TABLE job (state text CHECK (state IN ('new', 'old', 'gone'))); INSERT INTO job SELECT (ARRAY['new','old','gone'])[1 + i % 3] FROM generate_series(1, 2000) i; ANALYZE job;",
    "CREATE TABLE job (state text); INSERT INTO job SELECT 'n' || i FROM generate_series(1, 2000) i; ANALYZE job;",
    "CREATE TABLE job (country text); INSERT INTO job SELECT (ARRAY['AT','CH'])[1 + i % 2] FROM generate_series(1, 2000) i; ANALYZE job;",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const facts = indexStatistics(statistics);
    const checkedDomains = new Set(
      view
        .of("domain")
        .flatMap((domain) => (domain.checks.length > 0 ? [dialect.qualified(domain.schema, domain.name)] : [])),
    );
    for (const { of, column } of ownColumns(view)) {
      if (!isText(typeOf(column)) || column.generated !== null || checkedDomains.has(column.type)) continue;
      const known = facts.column(column.schema, column.table, column.name);
      const rows = facts.table(column.schema, column.table)?.rows ?? 0;
      if (known === undefined || known.distinct === null || rows < ROWS_MIN) continue;
      if (known.distinct < 2 || known.distinct > DISTINCT_MAX || known.width_bytes > WIDTH_BYTES_MAX) continue;
      if (isChecked(of, column.name) || nameWords(column.name).some((word) => OPEN.has(word))) continue;
      yield {
        ref: column,
        message: `${column.table}.${column.name} holds about ${known.distinct} different texts, and nothing says which are allowed`,
        evidence: [
          { what: "different values, estimated from a sample", value: known.distinct },
          { what: "estimated rows", value: rows },
        ],
      };
    }
  },
});
