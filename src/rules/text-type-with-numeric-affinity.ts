import { alter } from "../model/change.ts";
import { affinityOf } from "../sql/affinity.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Types of other databases and of programming languages that hold text, and that SQLite takes for numbers.
const TEXT_WORDS = /^(?:string|str|uuid|guid|json|jsonb|citext|enum|url|uri|email|phone|inet|cidr|macaddr|xml)\b/;

/** A column for text whose declared type makes SQLite turn its values into numbers. */
export const textTypeWithNumericAffinity: Rule = rule({
  id: "text-type-with-numeric-affinity",
  area: "integrity",
  severity: "warning",
  engines: ["sqlite"],
  equivalents: [],
  summary: "A column for text is declared with a type that SQLite takes for a number.",
  why: "SQLite knows no STRING, UUID or JSON: a type without CHAR, CLOB or TEXT in its name has numeric affinity, and text that looks like a number is stored as one. '007' becomes 7, '1e5' becomes 100000, and the same value no longer equals the text that was written.",
  remedy: "Declare the column TEXT.",
  fix: "review",
  fails: [
    "CREATE TABLE part (id INTEGER PRIMARY KEY, number STRING NOT NULL);",
    "CREATE TABLE session (id UUID NOT NULL PRIMARY KEY);",
  ],
  passes: [
    "CREATE TABLE part (id INTEGER PRIMARY KEY, number TEXT NOT NULL, price NUMERIC, made DATE);",
    "CREATE TABLE part (id INTEGER PRIMARY KEY, number VARCHAR(20) NOT NULL, data BLOB);",
  ],
  *check({ view }) {
    for (const { of, column } of ownColumns(view)) {
      if (of.table.options["strict"] === "true") continue;
      if (affinityOf(column.type) !== "numeric" || !TEXT_WORDS.test(column.type)) continue;
      const where = `${column.table}.${column.name}`;
      yield {
        ref: column,
        message: `${where} is declared ${column.type.toUpperCase()}, where text that looks like a number becomes one`,
        fixes: [{ title: `make ${where} text`, safety: "review", changes: [alter(column, { type: "text" })] }],
      };
    }
  },
});
