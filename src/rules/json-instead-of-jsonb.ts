import type { Severity } from "../model/finding.ts";
import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Kept letter by letter on purpose: what came over the wire, or was signed.
const VERBATIM: ReadonlySet<string> = new Set("body original payload raw request response signed webhook".split(" "));

/** `json` where `jsonb` is meant. Verbatim copies are told as information only. */
export const jsonInsteadOfJsonb: Rule = rule({
  id: "json-instead-of-jsonb",
  area: "schema",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["schemalint:prefer-jsonb-to-json"],
  summary: "A column is json rather than jsonb.",
  why: "json keeps the text: every access parses it again, it has no equality, so that DISTINCT, UNION, GROUP BY and unique constraints over it fail, and no GIN index finds rows by what is inside.",
  remedy: "Use jsonb, unless the exact text, the order of keys or duplicate keys must be kept.",
  fails: [
    "CREATE TABLE item (attributes json);",
    "CREATE TABLE delivery (payload json);",
    `CREATE TABLE "i;" ("a""b" json DEFAULT '{}' NOT NULL);`,
  ],
  passes: ["CREATE TABLE item (attributes jsonb, json text);"],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { column } of ownColumns(view)) {
      const { name } = typeOf(column);
      if (name !== "json") continue;
      const where = `${column.table}.${column.name}`;
      const verbatim = nameWords(column.name).some((word) => VERBATIM.has(word));
      const severity: Severity = verbatim ? "info" : "warning";
      const message = `${where} is json: it is parsed on each access, cannot be compared, and cannot be indexed by content`;
      const patch = {
        type: column.type.replace(/^json/, "jsonb"),
        default: column.default?.replace(/::json$/, "::jsonb") ?? null,
      };
      const title = `make ${where} jsonb; order and duplicates of keys go`;
      const fixes = /^json(?:\[\])*$/.test(column.type)
        ? [{ title, safety: "review" as const, changes: [alter(column, patch)] }]
        : [];
      yield { ref: column, severity, message, fixes };
    }
  },
});
