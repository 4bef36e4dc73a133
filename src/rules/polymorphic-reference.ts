import type { ColumnObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import { baseTypes, isText } from "./declared-type.ts";
import { snakeCase } from "./name-words.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";
import type { StatisticsIndex } from "./table-facts.ts";

/** Fewer rows say little about the kinds that will come. */
const ROWS_MIN = 1000;

interface Pair {
  readonly stem: string;
  readonly type: string;
  readonly id: string;
}

// x_type beside x_id; Django calls the pair content_type_id and object_id.
function pairsOf(of: TableView): readonly Pair[] {
  const byName = new Map(of.columns.map((column) => [snakeCase(column.name), column.name]));
  const pairs: Pair[] = [];
  for (const [name, column] of byName) {
    const stem = /^(.+)_(?:type|class|kind|model)$/.exec(name)?.[1];
    const id = stem === undefined ? undefined : (byName.get(`${stem}_id`) ?? byName.get(`${stem}_uuid`));
    if (stem !== undefined && id !== undefined) pairs.push({ stem, type: column, id });
  }
  const [type, id] = [byName.get("content_type_id"), byName.get("object_id")];
  if (type !== undefined && id !== undefined) pairs.push({ stem: "content", type, id });
  return pairs;
}

// How many kinds the type column allows, or holds by the planner's estimate; null where that is not known.
function kindsOf(
  of: TableView,
  column: ColumnObject,
  enums: ReadonlyMap<string, number>,
  facts: StatisticsIndex,
): number | null {
  const declared = enums.get(column.type);
  if (declared !== undefined) return declared;
  const check = of.constraints.find(
    ({ type, columns }) => type === "check" && columns.length === 1 && columns[0] === column.name,
  );
  const listed = [...(check?.expression ?? "").matchAll(/'(?:[^']|'')*'::/g)].length;
  if (listed > 0) return listed;
  const rows = facts.table(column.schema, column.table)?.rows ?? 0;
  return rows < ROWS_MIN ? null : (facts.column(column.schema, column.table, column.name)?.distinct ?? null);
}

/**
 * A reference to one of several tables, told by a second column, which no foreign key can check. Frameworks
 * offer it and projects choose it, hence `info`, even where few kinds would let each have a foreign key.
 */
export const polymorphicReference: Rule = rule({
  id: "polymorphic-reference",
  area: "integrity",
  severity: "info",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: [],
  summary: "A pair of columns (type, id) refers to rows of several tables without a foreign key.",
  why: "Nothing keeps the row referred to from being deleted, or the type from being misspelt: dangling references pile up, deletes cannot cascade, and a join has to be written for each type.",
  remedy:
    "Use one nullable foreign key for each kind with CHECK (num_nonnulls(…) = 1), or a join table for each kind, or one parent table that all kinds share.",
  fails: [
    "CREATE TABLE comment (id bigint PRIMARY KEY, commentable_type text NOT NULL, commentable_id bigint NOT NULL);",
    "CREATE TYPE kind AS ENUM ('node', 'way'); CREATE TABLE part (member_type kind NOT NULL, member_id bigint NOT NULL);",
    'CREATE TABLE "Note;" ("ownerType" varchar(20), "ownerId" uuid);',
    "CREATE TABLE django_content_type (id integer PRIMARY KEY); CREATE TABLE tagged (id bigint PRIMARY KEY, content_type_id integer REFERENCES django_content_type, object_id integer);",
  ],
  passes: [
    "CREATE TABLE device (id bigint PRIMARY KEY); CREATE TABLE reading (device_id bigint REFERENCES device, device_type text);",
    "CREATE TABLE comment (id bigint PRIMARY KEY, post_id bigint, photo_id bigint, CHECK (num_nonnulls(post_id, photo_id) = 1));",
    "CREATE TABLE devices (id bigint PRIMARY KEY); CREATE TABLE reading (device_id bigint, device_type text);",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const facts = indexStatistics(statistics);
    const enums = new Map(
      view.of("enum").map((type) => [dialect.qualified(type.schema, type.name), type.values.length] as const),
    );
    const tables = new Set(view.tables.map(({ table }) => snakeCase(table.name)));
    for (const of of ownTables(view)) {
      const keyed = new Set(of.constraints.flatMap((key) => (key.references === null ? [] : key.columns)));
      for (const { stem, type, id } of pairsOf(of)) {
        const column = of.columns.find((each) => each.name === type);
        if (column === undefined || keyed.has(id)) continue;
        if (
          !isText(typeOf(column)) &&
          !enums.has(column.type) &&
          !/^(?:smallint|integer|bigint)$/.test(typeOf(column).name)
        )
          continue;
        // A table of that name: the pair speaks of one thing and of its kind.
        if ([stem, `${stem}s`, `${stem}es`, stem.replace(/y$/, "ies")].some((name) => tables.has(name))) continue;
        const kinds = kindsOf(of, column, enums, facts);
        const message = `${of.table.name} (${type}, ${id}) refers to rows of tables that ${type} names; no foreign key checks that they are there`;
        yield {
          ref: of.columns.find((each) => each.name === id) ?? of.table,
          message,
          evidence: kinds === null ? [] : [{ what: "kinds of rows referred to", value: kinds }],
        };
      }
    }
  },
});
