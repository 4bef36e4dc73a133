import type { ConstraintObject, IndexObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import type { Fix } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { indexesInUse } from "./index-keys.ts";
import { nameWords } from "./name-words.ts";
import { ownTables, partitionsByParent } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// A unique index that tells every row apart: whole columns, none of them null, all rows covered.
function uniqueOverAll(of: TableView): IndexObject | undefined {
  const notNull = new Set(of.columns.filter((column) => column.notNull).map((column) => column.name));
  return of.indexes.find(
    (index) =>
      index.unique &&
      index.valid &&
      index.predicate === null &&
      index.method === "btree" &&
      index.keys.every((key) => key.column !== null && notNull.has(key.column)),
  );
}

// COALESCE(a, 0) gives the rows without an `a` a value of their own.
const FILLED = /^COALESCE\(/;

// A unique index over expressions, or over whole columns in each partition: it keeps rows apart, but can be no key.
function uniqueOtherwise(of: TableView, parts: Partitions): IndexObject | undefined {
  const nullable = new Set(of.columns.filter((column) => !column.notNull).map((column) => refKey(column)));
  const inExpressions = of.indexes.find(({ unique, valid, predicate, keys, dependsOn }) => {
    if (!unique || !valid || predicate !== null) return false;
    const filled = keys.every(({ column, expression }) => column !== null || FILLED.test(expression ?? ""));
    const whole = keys.flatMap(({ column }) => column ?? []);
    const left = filled
      ? of.columns.some((column) => !column.notNull && whole.includes(column.name))
      : dependsOn.some((key) => nullable.has(key));
    return !left && keys.some(({ expression }) => expression !== null);
  });
  if (inExpressions !== undefined) return inExpressions;
  const each = (parts.get(refKey(of.table)) ?? []).map((part) => uniqueOverAll(part) ?? uniqueOtherwise(part, parts));
  return each.every((index) => index !== undefined) ? each[0] : undefined;
}

type Partitions = ReturnType<typeof partitionsByParent>;

function referencedTargets(view: CatalogView): ReadonlySet<string> {
  const targets = new Set<string>();
  for (const { references } of view.of("constraint")) {
    if (references !== null) targets.add(JSON.stringify([references.schema, references.table, ...references.columns]));
  }
  return targets;
}

const targetOf = ({ table }: TableView, { keys }: IndexObject): string =>
  JSON.stringify([table.schema, table.name, ...keys.map((key) => key.column ?? "")]);

function primaryKey(of: TableView, columns: readonly string[], dialect: Dialect): ConstraintObject {
  const { schema, name: table } = of.table;
  const own = ref("constraint", `${table}_pkey`, { schema, table });
  return {
    ...own,
    kind: "constraint",
    table,
    type: "primary key",
    definition: `PRIMARY KEY (${columns.map((column) => dialect.ident(column)).join(", ")})`,
    columns,
    references: null,
    expression: null,
    validated: true,
    deferrable: false,
    initiallyDeferred: false,
    inherited: false,
    comment: null,
    dependsOn: [refKey(of.table), ...columns.map((name) => refKey(ref("column", name, { schema, table })))].toSorted(),
  };
}

// The unique key becomes the primary one; where foreign keys hang on it, a person has to move them first.
function promotion(of: TableView, unique: IndexObject, targets: ReadonlySet<string>, dialect: Dialect): readonly Fix[] {
  const columns = unique.keys.map((key) => key.column ?? "");
  if (targets.has(targetOf(of, unique))) return [];
  const behind = of.constraints.find((constraint) => constraint.name === unique.constraint);
  const changes: Change[] = [
    { type: "drop", object: behind ?? unique },
    { type: "create", object: primaryKey(of, columns, dialect) },
  ];
  return [{ title: `make the unique key (${columns.join(", ")}) the primary key`, safety: "review", changes }];
}

// The usual way to keep a table at one row: a unique column that a check allows one value.
function holdsOneRow(of: TableView, unique: IndexObject, dialect: Dialect): boolean {
  return unique.keys.every(({ column }) => {
    const start = `${dialect.ident(column ?? "")} = `;
    return of.constraints.some(({ expression }) => {
      const bare = expression?.replace(/^\((.*)\)$/s, "$1") ?? "";
      return bare.startsWith(start) && !/\b(?:OR|ANY)\b/i.test(bare);
    });
  });
}

// A junction's row is told by what it joins.
function junctionColumns(of: TableView): readonly string[] | null {
  const keys = of.constraints.filter((constraint) => constraint.type === "foreign key");
  const columns = [...new Set(keys.flatMap((key) => key.columns))];
  const notNull = new Set(of.columns.filter((column) => column.notNull).map((column) => column.name));
  const isJunction = keys.length === 2 && of.columns.length <= columns.length + 1;
  return isJunction && columns.every((column) => notNull.has(column)) ? columns : null;
}

// Work space by name: rows come, are worked off and go.
const WORK: ReadonlySet<string> = new Set("loader pending scratch staging temp temporary tmp".split(" "));

/** A table whose rows nothing tells apart. Work space, such as unlogged tables, is held to less. */
export const noPrimaryKey: Rule = rule({
  id: "no-primary-key",
  area: "integrity",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["splinter:0004", "schemalint:require-primary-key", "sqlcheck:1003"],
  summary: "A table has no primary key.",
  why: "Nothing keeps the same row from being stored twice, and nothing names one row to change, delete or refer to. Logical replication refuses UPDATE and DELETE on such a table, ORMs cannot address its rows, and duplicates found later cannot be told apart.",
  remedy:
    "Declare the columns that identify a row as PRIMARY KEY; where there are none, add an identity column and a unique constraint over what must not repeat.",
  fix: "review",
  fails: [
    "CREATE TABLE visit (page text NOT NULL, at timestamptz NOT NULL);",
    "CREATE TABLE account (email text NOT NULL UNIQUE, name text);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY); CREATE TABLE wrote (author_id bigint NOT NULL REFERENCES author, book_id bigint NOT NULL REFERENCES book);",
    'CREATE TABLE "Odd ""name""; --" (a integer);',
    "CREATE TABLE old_name (name text NOT NULL); CREATE UNIQUE INDEX old_name_lower ON old_name (lower(name));",
    "CREATE TABLE entry (book bigint NOT NULL, part integer); CREATE UNIQUE INDEX entry_part ON entry (book, (COALESCE(part, 0)));",
    "CREATE TABLE account (email text NOT NULL); CREATE UNIQUE INDEX account_email ON account (email); ALTER TABLE account REPLICA IDENTITY USING INDEX account_email;",
    "CREATE TABLE event (at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE event_2030 PARTITION OF event FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');",
  ],
  passes: [
    "CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);",
    "CREATE TABLE schema_migrations (version text NOT NULL);",
    "CREATE TABLE event (at date, n integer, PRIMARY KEY (at, n)) PARTITION BY RANGE (at); CREATE TABLE event_2030 PARTITION OF event FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');",
  ],
  *check({ view, dialect }) {
    const targets = referencedTargets(view);
    const partitions = partitionsByParent(view);
    const inUse = indexesInUse(view);
    const keyed = new Map<string, boolean>();
    for (const { table, primaryKey: key } of view.tables) {
      if (table.partitionOf === null) continue;
      const parent = JSON.stringify([table.partitionOf.schema, table.partitionOf.table]);
      keyed.set(parent, (keyed.get(parent) ?? true) && key !== null);
    }
    for (const of of ownTables(view)) {
      const { table } = of;
      if (of.primaryKey !== null || of.columns.length === 0) continue;
      // A key that cannot hold the partition key is often declared on each partition instead.
      if (keyed.get(JSON.stringify([table.schema, table.name])) === true) continue;
      const mild = { severity: "info" as const };
      const isWork = table.unlogged || nameWords(table.name).some((word) => WORK.has(word));
      const severity = isWork ? mild : {};
      const unique = uniqueOverAll(of);
      const apart = unique === undefined ? uniqueOtherwise(of, partitions) : undefined;
      if (apart !== undefined) {
        const message = `table ${table.name} has no primary key; the unique index ${apart.name} tells its rows apart, but replication and references cannot go by it`;
        yield { ref: table, message, ...mild };
        continue;
      }
      if (unique !== undefined) {
        const columns = unique.keys.map((part) => part.column).join(", ");
        const message = `table ${table.name} has no primary key, though (${columns}) is unique and never null`;
        // Replication was told to go by it, and would have nothing left to go by once it is dropped.
        const standsIn = inUse(unique) && !targets.has(targetOf(of, unique));
        if (standsIn || holdsOneRow(of, unique, dialect)) yield { ref: table, message, ...mild };
        else yield { ref: table, message, fixes: promotion(of, unique, targets, dialect), ...severity };
        continue;
      }
      const junction = junctionColumns(of);
      const message = `table ${table.name} has no primary key and no other key that tells its rows apart`;
      if (junction === null) yield { ref: table, message, ...severity };
      else {
        const create: Change = { type: "create", object: primaryKey(of, junction, dialect) };
        const title = `make (${junction.join(", ")}) the primary key; rows that repeat must go first`;
        yield { ref: table, message, fixes: [{ title, safety: "review", changes: [create] }], ...severity };
      }
    }
  },
});
