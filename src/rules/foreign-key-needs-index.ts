import type { ConstraintObject, IndexObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import type { Severity } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { blocksDelete, childEnd, ownForeignKeys } from "./foreign-keys.ts";
import type { ForeignKey } from "./foreign-keys.ts";
import { freeNames } from "./free-name.ts";
import { nameWords, snakeCase } from "./name-words.ts";
import { partitionsByParent } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** Below this the whole table is a few pages, and reading them all is no slower than an index. */
const ROWS_MIN = 1000;

/** Which of the referring rows an index leads to: all, those that were not deleted softly, or none in particular. */
type Reach = "all" | "kept" | "none";

// deleted_at IS NULL, as the server prints it: rows that are gone for the application stay out of the index.
const NOT_DELETED =
  /^(?:NOT )?"?(?:is_)?(?:archived|deleted|discarded|removed)(?:_at|_on)?"?(?: IS NULL| IS NOT TRUE| = false)?$/;

// A null never refers, so that an index without the nulls serves the key as well.
function reachOf(index: IndexObject, columns: readonly string[], dialect: Dialect): Reach {
  if (!index.valid || index.method === "brin" || index.method === "gin") return "none";
  const notNull = new Set(columns.map((column) => `${dialect.ident(column)} IS NOT NULL`));
  const conditions = (index.predicate ?? "").split(" AND ").map((part) => part.replaceAll(/^\(+|\)+$/g, ""));
  const others = conditions.filter((condition) => condition !== "" && !notNull.has(condition));
  if (others.length === 0) return "all";
  return others.every((condition) => NOT_DELETED.test(condition)) ? "kept" : "none";
}

// All columns in front, in any order; or a first column that is this key's alone and so leads to its rows.
function covers(index: IndexObject, columns: readonly string[], own: ReadonlySet<string>): boolean {
  const leading = index.keys.slice(0, columns.length).map((key) => key.column);
  if (columns.every((column) => leading.includes(column))) return true;
  const first = leading[0];
  return columns.length > 1 && first !== undefined && first !== null && own.has(first);
}

// In (tenant_id, order_id) the tenant is shared by all keys of the table and tells hardly any row apart.
function ownColumnsOf(of: TableView, key: ConstraintObject, tenantColumn: string | null): ReadonlySet<string> {
  const elsewhere = of.constraints.filter((other) => other.references !== null && other.name !== key.name);
  const shared = new Set(elsewhere.flatMap((other) => other.columns));
  return new Set(key.columns.filter((column) => column !== tenantColumn && !shared.has(column)));
}

// created_by, approver_id: who did it. Authors, owners and assignees are asked for, and not meant.
const ACTOR =
  /(?:_by(?:_id)?|(?:^|_)(?:approv|clos|creat|delet|edit|grant|lock|merg|modifi|revok|updat)[eo]r(?:_id)?)$/;

// Tables of codes: few rows, hardly ever deleted, each with so many children that an index would not be used.
const CODES: ReadonlySet<string> = new Set(
  `allowed carrier category cause country currency datatype definition format gender kind language level locale mode
   modifier packaging perm permission quality reason role script state status subtype type unit value`.split(/\s+/),
);
// Schemas for what administrators set: a few hundred rows each, read whole.
const CONFIGURATION = /^(?:codes?|config|configuration|lookups?|reference|settings)$/;

const singular = (word: string): string => word.replace(/ies$/, "y").replace(/(?<=status)es$|(?<!u)s$/, "");
const namesCode = (name: string): boolean => CODES.has(singular(nameWords(name).at(-1) ?? ""));

// Who made a row is seldom asked for, and users are seldom deleted; so is the meaning of a code.
function isSeldomSearched(foreignKey: ForeignKey): boolean {
  const { of, key, references, target } = foreignKey;
  if (CONFIGURATION.test(of.table.schema ?? "") || CONFIGURATION.test(references.schema ?? "")) return true;
  if (key.columns.length === 1 && namesCode(references.table)) return true;
  const columns = target?.columns ?? [];
  const id = columns.find((column) => column.name === references.columns[0]);
  if (columns.length > 0 && columns.length <= 3 && /^(?:smallint|text|character|"char")/.test(id?.type ?? ""))
    return true;
  return blocksDelete(foreignKey) && key.columns.some((column) => ACTOR.test(snakeCase(column)));
}

const TIME = /^(?:timestamp|date)/i;
/** From this share of tables with a time on, a schema is one that writes down when things happen. */
const TIMED_SHARE_MIN = 0.25;

// Where a schema writes down when things happen, two tables that do not are lists that somebody keeps by hand: which
// permissions a group has, which fields a form shows. Such lists are short.
function keptByHand(view: CatalogView): (foreignKey: ForeignKey) => boolean {
  const timed = new Set(
    view.tables.flatMap(({ table, columns }) => (columns.some(({ type }) => TIME.test(type)) ? [refKey(table)] : [])),
  );
  const tells = timed.size >= view.tables.length * TIMED_SHARE_MIN && timed.size > 0;
  return ({ of, target }) =>
    tells && target !== undefined && !timed.has(refKey(of.table)) && !timed.has(refKey(target.table));
}

function indexFor(foreignKey: ForeignKey, name: string, dialect: Dialect): IndexObject {
  const { of, key } = foreignKey;
  const { schema, name: table } = of.table;
  const columns = key.columns.map((column) => dialect.ident(column)).join(", ");
  // As each engine prints it: SQLite finds the table in the schema of the index and has one method.
  const place =
    dialect.engine === "postgres" ? `${dialect.qualified(schema, table)} USING btree` : dialect.ident(table);
  return {
    ...ref("index", name, { schema, table }),
    kind: "index",
    table,
    method: "btree",
    unique: false,
    nullsNotDistinct: false,
    keys: key.columns.map((column) => ({
      column,
      expression: null,
      opclass: null,
      collation: null,
      order: "asc",
      nulls: "last",
    })),
    include: [],
    predicate: null,
    options: {},
    valid: true,
    constraint: null,
    partitionOf: null,
    definition: `CREATE INDEX ${dialect.ident(name)} ON ${place} (${columns})`,
    comment: null,
    dependsOn: [
      refKey(of.table),
      ...key.columns.map((column) => refKey(ref("column", column, { schema, table }))),
    ].toSorted(),
  };
}

/**
 * A foreign key whose children cannot be found from the parent without reading the whole table. What that costs depends
 * on the rows. Where they are known, they decide. In a file they are not, and what is left is what the schema itself
 * orders: ON DELETE CASCADE, SET NULL and SET DEFAULT announce that parents are deleted and children looked for. A key
 * that refuses the delete announces the opposite, and whether anyone reads children by parent is not in the file.
 */
export const foreignKeyNeedsIndex: Rule = rule({
  id: "foreign-key-needs-index",
  area: "index",
  severity: "warning",
  engines: ["postgres", "sqlite"],
  equivalents: ["splinter:0001", "schemalint:index-referencing-column"],
  summary: "No index leads to the rows of a foreign key.",
  why: "Deleting a parent, or changing its key, makes the server look for children: without an index it reads the whole child table for every parent, holding locks meanwhile. Joins from parent to children read it, too. PostgreSQL indexes the referenced side only. Where the number of rows is known, it decides how grave that is; in a file, only a key whose ON DELETE has to find the children is a warning, and not one between short lists.",
  remedy: "Create an index that starts with the key's columns; one that serves queries as well may have more behind.",
  fix: "safe",
  fails: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint NOT NULL REFERENCES author);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author, title text); CREATE INDEX ON book (title, author_id);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author, sold boolean); CREATE INDEX ON book (author_id) WHERE sold;",
    'CREATE TABLE "a""; --" (id bigint PRIMARY KEY); CREATE TABLE "b c" (id bigint PRIMARY KEY, "the ""a""" bigint REFERENCES "a""; --" ON DELETE CASCADE);',
    "CREATE TABLE customer (tenant_id bigint, id bigint, PRIMARY KEY (tenant_id, id)); CREATE TABLE sale (tenant_id bigint, id bigint, customer_id bigint, place_id bigint, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, customer_id) REFERENCES customer, FOREIGN KEY (tenant_id, place_id) REFERENCES customer);",
  ],
  passes: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author); CREATE INDEX ON book (author_id, id);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author); CREATE INDEX ON book (author_id) WHERE author_id IS NOT NULL;",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (author_id bigint REFERENCES author, sold boolean) PARTITION BY LIST (sold); CREATE TABLE book_1 PARTITION OF book FOR VALUES IN (true); CREATE INDEX ON book_1 (author_id); CREATE TABLE book_2 PARTITION OF book DEFAULT; CREATE INDEX ON book_2 (author_id, sold);",
    "CREATE TABLE author (a bigint, b bigint, PRIMARY KEY (a, b)); CREATE TABLE book (a bigint, b bigint, n integer, PRIMARY KEY (b, a, n), FOREIGN KEY (a, b) REFERENCES author);",
  ],
  *check({ view, dialect, statistics, settings }) {
    const facts = indexStatistics(statistics);
    const freeName = freeNames(view, dialect);
    const partitions = partitionsByParent(view);
    const isShort = keptByHand(view);
    for (const foreignKey of ownForeignKeys(view)) {
      const { of, key, references } = foreignKey;
      const own = ownColumnsOf(of, key, settings.tenantColumn);
      const leads = (index: IndexObject, reach: Reach): boolean =>
        reachOf(index, key.columns, dialect) === reach && covers(index, key.columns, own);
      // Partitions may each have an index of their own, with none on their parent.
      const isLed = ({ table, indexes }: TableView): boolean => {
        if (indexes.some((index) => leads(index, "all"))) return true;
        const parts = partitions.get(refKey(table)) ?? [];
        return parts.length > 0 && parts.every(isLed);
      };
      if (isLed(of)) continue;
      const rows = facts.table(of.table.schema, of.table.name)?.rows ?? null;
      const known = facts.inEarnest && rows !== null;
      const minor = known ? rows < ROWS_MIN : blocksDelete(foreignKey) || isShort(foreignKey);
      // Where rows are deleted softly, parents are, too: nothing has to find the children that are gone.
      const soft = blocksDelete(foreignKey) && of.indexes.some((index) => leads(index, "kept"));
      const severity: Severity = minor || soft || isSeldomSearched(foreignKey) ? "info" : "warning";
      const name = freeName(of.table.schema, `${of.table.name}_${key.columns.join("_")}_idx`);
      const object = indexFor(foreignKey, name, dialect);
      const onDelete = blocksDelete(foreignKey)
        ? ""
        : `, which ON DELETE ${references.onDelete.toUpperCase()} has to find`;
      yield {
        ref: key,
        severity,
        message: `no index leads from ${references.table} to its rows in ${childEnd(foreignKey)}${onDelete}`,
        evidence: rows === null ? [] : [{ what: "estimated rows of the referring table", value: rows }],
        fixes: [{ title: `index ${childEnd(foreignKey)}`, safety: "safe", changes: [{ type: "create", object }] }],
      };
    }
  },
});
