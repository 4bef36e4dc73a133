import type { ColumnObject } from "../model/catalog.ts";
import type { Evidence, Severity } from "../model/finding.ts";
import { baseTypes, isText } from "./declared-type.ts";
import { NAMES_OF_LISTS, nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** From this share of remembered values on, the column is a list whatever its name. */
const LIST_SHARE_MIN = 0.8;

interface Sign {
  readonly severity: Severity;
  readonly because: string;
  readonly evidence?: readonly Evidence[];
}

function byName(name: string): Sign | null {
  const words = nameWords(name);
  const last = words.at(-1) ?? "";
  if (last === "ids" && words.length > 1) return { severity: "info", because: "its name speaks of several ids" };
  if (last === "csv" || (last === "separated" && words.includes("comma")))
    return { severity: "warning", because: "its name says so" };
  if (NAMES_OF_LISTS.has(last)) return { severity: "info", because: "its name is a plural" };
  return null;
}

// 'red,green'::text as the server prints it; a sentence has blanks besides.
function byDefault({ default: value }: ColumnObject): Sign | null {
  return value !== null && /^'[^',\s]+(?:,[^',\s]+)+'::/.test(value)
    ? { severity: "info", because: "its default is a list" }
    : null;
}

function byComment({ comment }: ColumnObject): Sign | null {
  return comment !== null && /\b(?:comma|semicolon|pipe)[- ](?:separated|delimited)\b/i.test(comment)
    ? { severity: "warning", because: "its comment says so" }
    : null;
}

/**
 * Several values in one text. Judged by name, default and comment; live, by the shape of common values. A list that
 * is written and read whole does little harm, so that a name or a default alone is told as information.
 */
export const listInAVarchar: Rule = rule({
  id: "list-in-a-varchar",
  area: "schema",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["sqlcheck:1001"],
  summary: "A text column holds a list of values.",
  why: "No foreign key reaches the members, no plain index finds the rows with one of them (LIKE '%,7,%' reads the whole table), two writers overwrite each other's additions, and nothing keeps a member from being there twice or misspelt.",
  remedy:
    "Give each member a row in a table of its own; where the members are plain words that nothing refers to, use an array (text[]) with a GIN index.",
  fails: [
    "CREATE TABLE article (tag_ids text);",
    "CREATE TABLE article (colours varchar(200) DEFAULT 'red,green');",
    "CREATE TABLE article (tags text);",
    `CREATE TABLE "a;" ("b""" text); COMMENT ON COLUMN "a;"."b""" IS 'Comma-separated codes';`,
  ],
  passes: [
    "CREATE TABLE article (tag_ids bigint[], tags text[], title text DEFAULT 'red, green and blue');",
    "CREATE TABLE article (external_id text, ids_note text);",
  ],
  examplesOn: {
    sqlite: {
      fails: ["CREATE TABLE article (id INTEGER PRIMARY KEY, tag_ids TEXT);"],
      passes: ["CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT DEFAULT 'red, green and blue');"],
    },
  },
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const facts = indexStatistics(statistics);
    for (const { column } of ownColumns(view)) {
      if (!isText(typeOf(column)) || column.generated !== null) continue;
      const share = facts.column(column.schema, column.table, column.name)?.listShare ?? null;
      const seen = share === null || share < LIST_SHARE_MIN ? null : share;
      const evidence = seen === null ? [] : [{ what: "share of common values that are comma lists", value: seen }];
      const sign = byDefault(column) ?? byComment(column) ?? byName(column.name);
      const where = `${column.table}.${column.name}`;
      if (sign === null && seen !== null)
        yield {
          ref: column,
          severity: "info",
          message: `${where} seems to hold lists: its common values are words between commas`,
          evidence,
        };
      else if (sign !== null) {
        const severity: Severity = seen === null ? sign.severity : "warning";
        yield { ref: column, severity, message: `${where} is a text that holds a list: ${sign.because}`, evidence };
      }
    }
  },
});
