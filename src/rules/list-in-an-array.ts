import type { ColumnObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import { baseTypes } from "./declared-type.ts";
import { NAMES_OF_LISTS, nameWords, snakeCase } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// What keys are made of. An array of other things refers to nothing.
const KEY_TYPES = /^(?:smallint|integer|bigint|uuid|text|character varying)$/;
const TEXTS = /^(?:text|character varying)$/;

// label_ids refers to label or labels; traversal_ids and path_ids, of which there is no table, to nothing in particular.
function targetOf(column: ColumnObject, view: CatalogView): TableView | undefined {
  const stems = [column.name, snakeCase(column.name)].flatMap((name) => /^(.+)_ids$/.exec(name)?.[1] ?? []);
  const names = stems.flatMap((stem) => [stem, `${stem}s`, `${stem}es`, stem.replace(/y$/, "ies")]);
  return names.map((name) => view.table(column.schema, name)).find((table) => table !== undefined);
}

// GIN finds the rows with one member; without it every search reads the whole table.
function isSearchable({ indexes }: TableView, column: ColumnObject): boolean {
  return indexes.some(
    ({ method, valid, keys }) => method === "gin" && valid && keys.some((key) => key.column === column.name),
  );
}

/**
 * Several values in one array. An array that is written and read whole is a fair choice: one row, one read, and no
 * second table. So it is information, and told only where something is lost for certain: the array refers to rows of a
 * table, which no foreign key can keep; or it holds words that are searched for one by one, and no index finds them.
 */
export const listInAnArray: Rule = rule({
  id: "list-in-an-array",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["sqlcheck:1001"],
  summary: "An array column holds references, or a list that no index reaches.",
  why: "PostgreSQL has no foreign key for the members of an array: a row that is deleted stays referred to, a mistyped id is taken, and nothing keeps a member from being there twice. Finding the rows with one member reads the whole table unless there is a GIN index, a join has to unnest, and two writers of one row overwrite each other's additions.",
  remedy:
    "Give each reference a row in a table of its own, with a foreign key to either side; for plain words that nothing refers to, keep the array and give it a GIN index where it is searched.",
  fails: [
    "CREATE TABLE label (id bigint PRIMARY KEY); CREATE TABLE task (id bigint PRIMARY KEY, label_ids bigint[] NOT NULL);",
    "CREATE TABLE categories (id uuid PRIMARY KEY); CREATE TABLE item (id bigint PRIMARY KEY, category_ids uuid[]);",
    "CREATE TABLE article (id bigint PRIMARY KEY, tags varchar(40)[]);",
    'CREATE TABLE "label; --" (id bigint PRIMARY KEY); CREATE TABLE "a "" b" (id bigint PRIMARY KEY, "label; --_ids" bigint[]);',
  ],
  passes: [
    "CREATE TABLE namespace (id bigint PRIMARY KEY, traversal_ids bigint[] NOT NULL);",
    "CREATE TABLE article (id bigint PRIMARY KEY, tags text[]); CREATE INDEX ON article USING gin (tags);",
    "CREATE TABLE reading (id bigint PRIMARY KEY, samples double precision[], lines text[]);",
    "CREATE TABLE label (id bigint PRIMARY KEY); CREATE TABLE task (id bigint PRIMARY KEY, label_ids text);",
  ],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { of, column } of ownColumns(view)) {
      const { name, array } = typeOf(column);
      if (!array || column.generated !== null) continue;
      const where = `${column.table}.${column.name}`;
      const target = KEY_TYPES.test(name) ? targetOf(column, view) : undefined;
      if (target !== undefined) {
        const message = `${where} is an array of references to ${target.table.name}, which no foreign key can keep`;
        yield { ref: column, message };
        continue;
      }
      const isList = TEXTS.test(name) && NAMES_OF_LISTS.has(nameWords(column.name).at(-1) ?? "");
      if (!isList || isSearchable(of, column)) continue;
      const message = `${where} is an array that holds a list, and no GIN index finds the rows with one of its members`;
      yield { ref: column, message };
    }
  },
});
