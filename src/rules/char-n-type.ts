import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Codes and digests are as long as they are: no value is padded, and char(n) does little harm. */
const FIXED_LENGTHS: ReadonlySet<number> = new Set([1, 2, 3, 4, 32, 36, 40, 56, 64, 96, 128]);

/** A blank-padded column. */
export const charNType: Rule = rule({
  id: "char-n-type",
  area: "schema",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["squawk:ban-char-field"],
  summary: "A column has the type char(n).",
  why: "PostgreSQL pads every value with blanks to n characters, stores the blanks, and drops them again in some comparisons and functions but not in others: LIKE, regular expressions and most client programs see them. It refuses no shorter value and is not faster than text.",
  remedy:
    "Use text or varchar(n), with CHECK (length(…) = n) where the length is fixed. Short codes of a fixed length are told as information only.",
  fails: [
    "CREATE TABLE person (name char(50));",
    "CREATE TABLE address (country char(2));",
    'CREATE DOMAIN label AS char(20); CREATE TABLE "a;b" ("c""d" label);',
  ],
  passes: ["CREATE TABLE person (name text, nick varchar(20));", 'CREATE TABLE person (mark "char");'],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { column } of ownColumns(view)) {
      const { name, modifier, array } = typeOf(column);
      if (name !== "character" || modifier === null) continue;
      const where = `${column.table}.${column.name}`;
      if (FIXED_LENGTHS.has(Number(modifier))) {
        yield {
          ref: column,
          severity: "info",
          message: `${where} is ${column.type}, which pads shorter values with blanks`,
        };
        continue;
      }
      const type = `character varying(${modifier})`;
      const direct = column.type === `character(${modifier})` && !array;
      const title = `make ${where} ${type}; blanks at the end go`;
      const fixes = direct ? [{ title, safety: "review" as const, changes: [alter(column, { type })] }] : [];
      yield {
        ref: column,
        message: `${where} is ${column.type}: every value is padded to ${modifier} characters`,
        fixes,
      };
    }
  },
});
