import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { ColumnObject, ConstraintObject } from "../../model/catalog.ts";
import type { Source, SourceColumn } from "./meaning.ts";
import type { Precondition } from "./rewrite.ts";

/*
 * What a catalog says for certain of the rows that are read. What it merely declares is no fact: constraints that are
 * not validated or not enforced, those of foreign tables, those that may be broken until the end of a transaction, and
 * keys of a parent table, which its children do not share.
 */

/** No two rows that are read have equal values in these columns, rows with a NULL in them aside. */
export interface Key {
  readonly columns: readonly string[];
  /** Whether rows with NULLs are told apart as well. */
  readonly nulls: boolean;
  readonly precondition: Precondition;
}

const nameOf = ({ table }: TableView): string => (table.schema === null ? table.name : `${table.schema}.${table.name}`);

/** The columns of a table, with those that can never be NULL in the rows that `FROM [ONLY] table` reads. */
export function columnsOfTable(table: TableView, only: boolean, view: CatalogView): readonly SourceColumn[] {
  const read = only ? [table] : [table, ...descendants(table, view)];
  const rows = rowTypes(view);
  return table.columns.map((column) => ({
    name: column.name,
    // A row that is not NULL itself may be one of NULLs, which IS NULL says of it as well.
    type: rows.has(bare(column.type)) ? null : column.type,
    stored: { table, column },
    notNull:
      !rows.has(bare(column.type)) && read.every((one) => refusesNull(one, column.name))
        ? [{ what: `${nameOf(table)}.${column.name} is NOT NULL`, from: "column constraint" }]
        : null,
  }));
}

const ROW_TYPES = new WeakMap<CatalogView, ReadonlySet<string>>();

// By all names that they may be printed with: composite types, and domains over them.
function rowTypes(view: CatalogView): ReadonlySet<string> {
  const known = ROW_TYPES.get(view);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const add = ({ schema, name }: { readonly schema: string | null; readonly name: string }): void => {
    for (const one of [name, `"${name}"`, `${schema}.${name}`, `${schema}."${name}"`]) found.add(one);
  };
  for (const one of [...view.of("composite"), ...view.of("table"), ...view.of("view")]) add(one);
  const domains = view.of("domain");
  // Domains over domains, in whatever order.
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const one of domains) if (found.has(one.type)) add(one);
  }
  ROW_TYPES.set(view, found);
  return found;
}

function refusesNull(table: TableView, name: string): boolean {
  const column = table.columns.find((one) => one.name === name);
  if (column?.notNull !== true || table.table.foreign !== undefined) return false;
  const stated = table.constraints.filter((one) => one.type === "not null" && one.columns.includes(name));
  return stated.every(holds);
}

const holds = (constraint: ConstraintObject): boolean =>
  constraint.validated && constraint.enforced !== false && !constraint.deferrable;

/** The keys of the rows that an item of FROM reads. */
export function keysOf(source: Source, view: CatalogView): readonly Key[] {
  const { table, only } = source;
  if (table === null || table.table.foreign !== undefined) return [];
  if (!only && hasHeirs(table, view)) return [];
  return table.indexes.flatMap((index): Key[] => {
    if (!index.unique || !index.valid || index.predicate !== null || index.method !== "btree") return [];
    const columns = index.keys.map((key) => (key.opclass === null && key.collation === null ? key.column : null));
    if (!columns.every((column) => column !== null)) return [];
    const constraint =
      index.constraint === null ? null : table.constraints.find((one) => one.name === index.constraint);
    if (constraint === undefined || (constraint !== null && !holds(constraint))) return [];
    const from = constraint === null ? `unique index ${index.name}` : `${constraint.type} ${constraint.name}`;
    const precondition = { what: `${nameOf(table)} (${columns.join(", ")}) is unique`, from };
    return [{ columns, nulls: index.nullsNotDistinct, precondition }];
  });
}

/**
 * Why no two rows of an item of FROM are alike in `columns`: a key that lies within them, none of it NULL. Null where
 * that is not certain.
 */
export function distinctBy(
  source: Source,
  columns: ReadonlySet<string>,
  view: CatalogView,
): readonly Precondition[] | null {
  for (const key of keysOf(source, view)) {
    if (!key.columns.every((column) => columns.has(column))) continue;
    if (key.nulls) return [key.precondition];
    const notNull = key.columns.map((name) => source.columns?.find((column) => isStoredAs(column, name))?.notNull);
    if (notNull.every((one) => one !== null && one !== undefined))
      return [key.precondition, ...notNull.flatMap((one) => one ?? [])];
  }
  return null;
}

// A key's columns are the table's; FROM may call them otherwise.
const isStoredAs = (column: SourceColumn, name: string): boolean => column.stored?.column.name === name;

/** The foreign keys that hold for every row that an item of FROM reads, those with a NULL in them aside. */
export function foreignKeysOf(source: Source, view: CatalogView): readonly ConstraintObject[] {
  const { table, only } = source;
  if (table === null || table.table.foreign !== undefined || (!only && hasHeirs(table, view))) return [];
  return table.constraints.filter(
    // A key over periods asks for rows that cover it together.
    (one) => one.type === "foreign key" && holds(one) && !/\bPERIOD\b/.test(one.definition),
  );
}

/** Whether every row of the table that exists is read by this item of FROM, whoever reads. */
export function readsAll(source: Source, view: CatalogView): boolean {
  const { table, only } = source;
  if (table === null || table.table.foreign !== undefined) return false;
  if (only && table.table.partitionBy !== null) return false;
  const read = [table, ...(only ? [] : descendants(table, view))];
  return read.every((one) => !one.table.rowSecurity.enabled);
}

/** Whether tables inherit from it: its keys are not theirs. (Partitions share the keys of the whole.) */
function hasHeirs(table: TableView, view: CatalogView): boolean {
  return descendants(table, view).some((one) => one.table.partitionOf === null);
}

const CHILDREN = new WeakMap<CatalogView, ReadonlyMap<string, readonly TableView[]>>();

function childrenIn(view: CatalogView): ReadonlyMap<string, readonly TableView[]> {
  const known = CHILDREN.get(view);
  if (known !== undefined) return known;
  const children = new Map<string, TableView[]>();
  for (const one of view.tables) {
    const { inherits, partitionOf } = one.table;
    for (const { schema, table } of partitionOf === null ? inherits : [partitionOf]) {
      const key = JSON.stringify([schema, table]);
      children.set(key, [...(children.get(key) ?? []), one]);
    }
  }
  CHILDREN.set(view, children);
  return children;
}

function descendants(table: TableView, view: CatalogView): readonly TableView[] {
  const children = childrenIn(view);
  const found = new Set<TableView>();
  const pending = [table];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    for (const child of children.get(JSON.stringify([one.table.schema, one.table.name])) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      pending.push(child);
    }
  }
  return [...found];
}

const INTEGERS = new Set(["smallint", "integer", "bigint"]);
const TEXTS = new Set(["text", "character varying"]);
const bare = (type: string): string => type.replace(/\([^)]*\)/, "");

const SCALARS = new Set([
  ...INTEGERS,
  ...TEXTS,
  ..."boolean|uuid|date|bytea|oid|numeric|real|double precision|character|interval|jsonb|inet|cidr|macaddr|money|name".split(
    "|",
  ),
  ...["time", "timestamp"].flatMap((type) => [`${type} without time zone`, `${type} with time zone`]),
]);

/**
 * Whether a type is one of the server's own, of which `=` is found whatever the search path, is that of its indexes and
 * its groups, and is not true of NULL. Of others (citext, if its schema is not searched) it may be another type's.
 */
export const isOwnType = (type: string | null): boolean =>
  type !== null && SCALARS.has(bare(type).replace(/(?:\[\])+$/, ""));

/**
 * Whether `a = b` between two columns is the equality of both their indexes. Between other types the server compares as
 * a third, in which values may be equal that are not: two numerics as double precision, two timestamps in a time zone.
 */
export function comparesExactly(a: SourceColumn, b: SourceColumn): boolean {
  if (a.type === null || b.type === null || !isOwnType(a.type) || !isOwnType(b.type)) return false;
  if ((a.stored?.column.collation ?? null) !== (b.stored?.column.collation ?? null)) return false;
  const [left, right] = [bare(a.type), bare(b.type)];
  return left === right || (INTEGERS.has(left) && INTEGERS.has(right)) || (TEXTS.has(left) && TEXTS.has(right));
}

const EXACT = new Set([
  ...INTEGERS,
  ...TEXTS,
  "boolean",
  "uuid",
  "date",
  "timestamp without time zone",
  "timestamp with time zone",
  "time without time zone",
  "bytea",
  "oid",
]);

/**
 * Whether values of a stored column that are equal are the same in every way. Numbers with and without trailing zeros are
 * not, nor are texts of which a collation ignores something; then a group does not tell which of them it shows.
 */
export function equalIsSame(column: ColumnObject, view: CatalogView): boolean {
  if (!EXACT.has(bare(column.type)) && !isEnum(column.type, view)) return false;
  const { collation } = column;
  if (collation === null || !collation.includes(".")) return true;
  const own = view.of("collation").find((one) => `${one.schema}.${one.name}` === collation.replaceAll('"', ""));
  return own?.deterministic === true;
}

function isEnum(type: string, view: CatalogView): boolean {
  const is = (one: { schema: string | null; name: string }): boolean =>
    one.name === type || `${one.schema}.${one.name}` === type;
  return view.of("enum").some(is) && !view.of("domain").some(is);
}
