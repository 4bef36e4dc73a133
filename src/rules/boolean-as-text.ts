import type { ColumnObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import type { Severity } from "../model/finding.ts";
import { alter } from "../model/change.ts";
import { baseTypes, isText } from "./declared-type.ts";
import type { BaseType } from "./declared-type.ts";
import { snakeCase } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const TRUE: ReadonlySet<string> = new Set(["1", "t", "true", "y", "yes", "on"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "false", "n", "no", "off"]);
const QUESTION =
  /^(?:is|has|can|was|should|allow|allows|enable|enabled|disabled)_|_(?:flag|enabled|disabled|yn)$|^(?:enabled|disabled|active|deleted)$/;

// Digits, T and F are codes of many other things as well, such as a title or a folder.
const CODE = /^[\dtf]$/;

// The literals of a check on one column, in lower case: CHECK (a = ANY (ARRAY['Y'::bpchar, 'N'::bpchar])).
function checkedValues(of: TableView, column: ColumnObject): ReadonlySet<string> | null {
  const check = of.constraints.find(
    ({ type, columns }) => type === "check" && columns.length === 1 && columns[0] === column.name,
  );
  const expression = check?.expression ?? "";
  if (!/(?:= ANY \(|= ')/.test(expression) && !/= ANY \(ARRAY\[\d/.test(expression)) return null;
  const literals = [...expression.matchAll(/'((?:[^']|'')*)'::/g)].map((match) => (match[1] ?? "").toLowerCase());
  const numbers = [...expression.matchAll(/[[( ](\d+)(?=[\], )])/g)].map((match) => match[1] ?? "");
  return new Set(literals.length > 0 ? literals : numbers);
}

const isYesNo = (values: ReadonlySet<string>): boolean =>
  values.size === 2 && [...values].some((value) => TRUE.has(value)) && [...values].some((value) => FALSE.has(value));

function defaultWord({ default: value }: ColumnObject): string | null {
  if (value === null) return null;
  return (/^'((?:[^']|'')*)'::/.exec(value)?.[1] ?? value).toLowerCase();
}

interface Sign {
  readonly severity: Severity;
  readonly because: string;
}

function signOf(of: TableView, column: ColumnObject, type: BaseType): Sign | null {
  const values = checkedValues(of, column);
  const word = defaultWord(column);
  const asks = QUESTION.test(snakeCase(column.name));
  if (isText(type)) {
    if (values !== null) return isYesNo(values) ? { severity: "warning", because: "its check allows two words" } : null;
    if (word !== null && (TRUE.has(word) || FALSE.has(word)) && (asks || !CODE.test(word)))
      return { severity: "warning", because: "its default is one of the two" };
    const short = type.modifier !== null && Number(type.modifier) <= 5;
    if (asks && word === null && short) return { severity: "warning", because: "its name asks a question" };
    return asks && word === null && /^(?:is|has)_/.test(snakeCase(column.name))
      ? { severity: "info", because: "its name asks a question" }
      : null;
  }
  if (type.array || !/^(?:smallint|integer|bigint|numeric)$/.test(type.name)) return null;
  if (values !== null && isYesNo(values)) return { severity: "info", because: "its check allows 0 and 1" };
  const zeroOrOne = word === "0" || word === "1";
  return asks && zeroOrOne && /^(?:is|has)_/.test(snakeCase(column.name))
    ? { severity: "info", because: "its name asks a question and its default is 0 or 1" }
    : null;
}

/** Yes and no in letters or digits. Integers are told as information only: a change costs every client. */
export const booleanAsText: Rule = rule({
  id: "boolean-as-text",
  area: "schema",
  severity: "warning",
  engines: ["postgres"],
  equivalents: [],
  summary: "A yes or no is held as text or as a number.",
  why: "'Y', 'y', 'yes', 'true' and '1' are five values for one answer: every reader has to know which are in use, a comparison misses the others, and the planner cannot use the column as a condition by itself.",
  remedy: "Use boolean; PostgreSQL converts y, yes, t, true, 1 and their opposites by a cast.",
  fix: "review",
  fails: [
    "CREATE TABLE account (active char(1) DEFAULT 'Y');",
    "CREATE TABLE account (closed varchar(1) CHECK (closed IN ('Y', 'N')));",
    "CREATE TABLE account (is_admin varchar(5));",
    "CREATE TABLE account (is_admin smallint NOT NULL DEFAULT 0);",
    `CREATE TABLE "a;" ("has ""it""" text DEFAULT 'no');`,
  ],
  passes: [
    "CREATE TABLE account (is_admin boolean NOT NULL DEFAULT false);",
    "CREATE TABLE account (grade char(1) CHECK (grade IN ('A', 'B', 'N')), attempts integer DEFAULT 0, middle_initial char(1));",
    "CREATE TABLE account (code text DEFAULT '1', hold_type text NOT NULL DEFAULT 'T', answer text CHECK (answer IN ('yes', 'no', 'maybe')));",
  ],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { of, column } of ownColumns(view)) {
      if (column.generated !== null || column.identity !== null) continue;
      const type = typeOf(column);
      const sign = signOf(of, column, type);
      if (sign === null) continue;
      const word = defaultWord(column);
      const value = word === null ? null : TRUE.has(word) ? "true" : FALSE.has(word) ? "false" : null;
      const checked = of.constraints.filter(({ columns }) => columns.includes(column.name));
      // A check over several columns, or a key, is more than the type can say.
      const simple = checked.every(({ type: kind, columns }) => kind === "check" && columns.length === 1);
      const where = `${column.table}.${column.name}`;
      const changes = [
        ...checked.map((object) => ({ type: "drop" as const, object })),
        alter(column, { type: "boolean", default: value, collation: null }),
      ];
      yield {
        ref: column,
        severity: sign.severity,
        message: `${where} is a yes or no held as ${column.type}: ${sign.because}`,
        fixes: simple && isText(type) ? [{ title: `make ${where} boolean`, safety: "review" as const, changes }] : [],
      };
    }
  },
});
