import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Words of names for free text, whose values differ in length.
const FREE_TEXT: ReadonlySet<string> = new Set(
  "address author city comment company contact description email label name note notes path phone region remark street summary text title url username".split(
    " ",
  ),
);
/** Codes and digests have odd lengths; from here on, round ones were chosen to be enough. */
const ROUND_MIN = 20;

// A code is as long as it is: no value is padded, and char(n) does little harm.
function isFreeText(name: string, length: number): boolean {
  return (
    nameWords(name).some((word) => FREE_TEXT.has(word)) ||
    (length >= ROUND_MIN && length % 10 === 0 && length !== 40) ||
    length >= 129
  );
}

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
    "Use text or varchar(n), with CHECK (length(…) = n) where the length is fixed. What looks like a code of a fixed length is told as information only.",
  fix: "review",
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
      if (!isFreeText(column.name, Number(modifier))) {
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
