import type { ColumnObject, ConstraintObject, TableObject } from "../../model/catalog.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { columnAlterations, columnClause, inheritedAlterations } from "./kinds/column.ts";
import { constraintClause, constraintComment } from "./kinds/constraint.ts";
import type { PrintContext } from "./kinds/kind.ts";
import { ownedBy } from "./kinds/sequence.ts";
import { optionsClause, withheldRemarks } from "./foreign-options.ts";
import { objectName } from "./object-name.ts";
import { ownerTo } from "./ownership.ts";
import { commentOn, dollarQuoted, ident, literal, qualified, statement, withOptions } from "./print.ts";

/** What a table is called in CREATE, DROP and COMMENT ON. */
export function tableWord(table: TableObject): string {
  return table.foreign === undefined ? "TABLE" : "FOREIGN TABLE";
}

/** How a table gets its columns. */
type Shape =
  /** All columns are its own; a partition is attached afterwards, a child made to inherit. */
  | "standalone"
  /** CREATE TABLE … PARTITION OF, the columns come from the parent. */
  | "partition"
  /** CREATE TABLE … INHERITS, with its own columns besides. */
  | "inherits";

// The order CREATE TABLE … INHERITS gives: the parents' columns merged by name, then its own.
function inheritedOrder(view: TableView, parents: readonly TableView[]): string[] {
  const names = new Set<string>();
  for (const parent of parents) for (const column of parent.columns) names.add(column.name);
  for (const column of view.columns) names.add(column.name);
  return [...names];
}

function sameNames(columns: readonly ColumnObject[], names: readonly string[]): boolean {
  return columns.length === names.length && columns.every((column, index) => column.name === names[index]);
}

function shapeOf(view: TableView, parents: readonly TableView[]): Shape {
  const [parent] = parents;
  if (parent === undefined) return "standalone";
  if (view.table.partitionOf !== null) {
    // What a partition cannot take over or change afterwards: the order of columns, what is generated.
    const alike = view.columns.every((column, index) => {
      const from = parent.columns[index];
      return from?.name === column.name && from.generated?.expression === column.generated?.expression;
    });
    const ownIdentity = view.columns.some((column) => column.identity !== null);
    return alike && !ownIdentity && view.columns.length === parent.columns.length ? "partition" : "standalone";
  }
  // A column that came with ALTER TABLE … INHERIT is the child's own as well as its parent's.
  const ordered = sameNames(view.columns, inheritedOrder(view, parents));
  return ordered || view.columns.some((column) => column.inherited) ? "inherits" : "standalone";
}

function parentsOf(table: TableObject, context: PrintContext): TableView[] {
  const names = table.partitionOf === null ? table.inherits : [table.partitionOf];
  const views = names.map((name) => context.view.table(name.schema, name.table));
  // Parents outside the catalog are taken over by name, with all columns spelled out.
  return views.every((view) => view !== undefined) ? views : [];
}

function header(table: TableObject, shape: Shape, lines: readonly string[]): string {
  const create = `CREATE ${table.unlogged ? "UNLOGGED " : ""}${tableWord(table)} ${qualified(table.schema, table.name)}`;
  const body = lines.length === 0 ? "" : ` (\n  ${lines.join(",\n  ")}\n)`;
  const parts = [create];
  if (shape === "partition" && table.partitionOf !== null) {
    const { schema, table: parent, bound } = table.partitionOf;
    parts.push(` PARTITION OF ${qualified(schema, parent)}${body} ${bound}`);
  } else {
    parts.push(body === "" ? " ()" : body);
  }
  if (shape === "inherits")
    parts.push(` INHERITS (${table.inherits.map((parent) => qualified(parent.schema, parent.table)).join(", ")})`);
  if (table.partitionBy !== null)
    parts.push(` PARTITION BY ${table.partitionBy.strategy.toUpperCase()} (${table.partitionBy.key})`);
  if (table.accessMethod !== undefined) parts.push(` USING ${ident(table.accessMethod)}`);
  parts.push(withOptions(table.options));
  if (table.tablespace !== undefined) parts.push(` TABLESPACE ${ident(table.tablespace)}`);
  if (table.foreign !== undefined)
    parts.push(` SERVER ${ident(table.foreign.server)}${optionsClause(table.foreign.options)}`);
  return parts.join("");
}

/** Makes a table a partition of its parent, or a child of those it inherits from. */
export function joinParents(table: TableObject): Statement[] {
  const name = qualified(table.schema, table.name);
  if (table.partitionOf !== null) {
    const { schema, table: parent, bound } = table.partitionOf;
    return [statement(`ALTER TABLE ${qualified(schema, parent)} ATTACH PARTITION ${name} ${bound}`)];
  }
  return table.inherits.map((parent) =>
    statement(`ALTER TABLE ${name} INHERIT ${qualified(parent.schema, parent.table)}`),
  );
}

/** Undoes {@link joinParents}. */
export function leaveParents(table: TableObject): Statement[] {
  const name = qualified(table.schema, table.name);
  if (table.partitionOf !== null) {
    const { schema, table: parent } = table.partitionOf;
    return [statement(`ALTER TABLE ${qualified(schema, parent)} DETACH PARTITION ${name}`)];
  }
  return table.inherits.map((parent) =>
    statement(`ALTER TABLE ${name} NO INHERIT ${qualified(parent.schema, parent.table)}`),
  );
}

const MAJOR_NAMED_NOT_NULL = 18;

/**
 * Gives the NOT NULL constraints of a table that has left its parents the names that the catalog at hand has for them:
 * they keep those of the parents. Which they bear now no catalog tells, so the statement looks.
 */
export function renameNotNull(table: TableObject, { view }: PrintContext): Statement[] {
  const own = view.table(table.schema, table.name);
  if (own === undefined || Number.parseInt(view.catalog.engine.version, 10) < MAJOR_NAMED_NOT_NULL) return [];
  const stated = new Map(
    own.constraints.flatMap((one) => (one.type === "not null" ? [[one.columns[0], one.name]] : [])),
  );
  const names = own.columns
    .filter(({ notNull }) => notNull)
    .map(({ name }) => `(${literal(name)}, ${literal(stated.get(name) ?? objectName(table.name, name, "not_null"))})`);
  if (names.length === 0) return [];
  const printed = qualified(table.schema, table.name);
  const body = `DECLARE one record;
BEGIN
  -- NOT NULL constraints that came from parents still bear the parents' names
  FOR one IN SELECT k.conname AS was, n.name AS own FROM (VALUES ${names.join(", ")}) AS n (col, name)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = ${literal(printed)}::pg_catalog.regclass AND a.attname = n.col
    JOIN pg_catalog.pg_constraint AS k ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum
    WHERE k.coninhcount = 0 AND k.conname <> n.name
  LOOP
    EXECUTE pg_catalog.format(${literal(`ALTER TABLE ${printed.replaceAll("%", "%%")} RENAME CONSTRAINT %I TO %I`)}, one.was, one.own);
  END LOOP;
END`;
  return [statement(`DO ${dollarQuoted(body)}`)];
}

// What CREATE TABLE cannot say of the table as a whole.
function marks(table: TableObject): Statement[] {
  const name = qualified(table.schema, table.name);
  return [
    ...(table.replicaIdentity === undefined
      ? []
      : [statement(`ALTER TABLE ${name} REPLICA IDENTITY ${table.replicaIdentity.toUpperCase()}`)]),
    ...(table.rowSecurity.enabled ? [statement(`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`)] : []),
    ...(table.rowSecurity.forced ? [statement(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`)] : []),
  ];
}

function comments(view: TableView, inline: readonly ConstraintObject[]): Statement[] {
  const name = qualified(view.table.schema, view.table.name);
  return [
    ...commentOn(`${tableWord(view.table)} ${name}`, view.table.comment),
    ...view.columns.flatMap((column) => commentOn(`COLUMN ${name}.${ident(column.name)}`, column.comment)),
    ...inline.flatMap(constraintComment),
  ];
}

function inheritedColumn(parents: readonly TableView[], name: string): ColumnObject | undefined {
  for (const parent of parents) {
    const found = parent.columns.find((column) => column.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const CLASHES = new WeakMap<CatalogView, ReadonlySet<string>>();

// Names of constraints that a NOT NULL without a name would bear: the server numbers the one that comes second.
function clashesOf(view: CatalogView): ReadonlySet<string> {
  const known = CLASHES.get(view);
  if (known !== undefined) return known;
  const names = view.of("constraint").filter(({ name }) => name.endsWith("_not_null"));
  const clashes = new Set(names.map(({ schema, name }) => qualified(schema, name)));
  CLASHES.set(view, clashes);
  return clashes;
}

// A name that somebody else bears is the column's own only if it is said.
function notNullClause(column: ColumnObject, { view }: PrintContext): string {
  const name = objectName(column.table, column.name, "not_null");
  return clashesOf(view).has(qualified(column.schema, name)) ? ` CONSTRAINT ${ident(name)} NOT NULL` : " NOT NULL";
}

/**
 * CREATE TABLE with columns and inline constraints, what CREATE TABLE cannot say, row security, the
 * ownership of sequences, and comments.
 */
export function createTable(table: TableObject, context: PrintContext): Statement[] {
  const view = context.view.table(table.schema, table.name);
  if (view === undefined) return [];
  const parents = parentsOf(table, context);
  const shape = shapeOf(view, parents);
  const named = new Set(view.constraints.filter((one) => one.type === "not null").flatMap((one) => one.columns));
  const isDeclared = (column: ColumnObject): boolean =>
    shape === "standalone" || (shape === "inherits" && !column.inherited);
  // A table that is attached later must already have what it is to inherit.
  const taken = shape === "standalone" ? view.constraints.filter((one) => one.type === "check" && one.inherited) : [];
  const inline = view.constraints.filter((one) => context.inlines(one) && !(one.inherited && one.type === "check"));
  const lines = [
    ...view.columns.filter(isDeclared).map((column) => {
      const plain = column.notNull && !named.has(column.name);
      return columnClause(column, context, false) + (plain ? notNullClause(column, context) : "");
    }),
    ...[...taken, ...inline].map(constraintClause),
  ];
  const alterations = view.columns.flatMap((column) => {
    const from = shape === "standalone" ? undefined : inheritedColumn(parents, column.name);
    if (from === undefined) return columnAlterations(column, null, context);
    return inheritedAlterations(column, from, context, !isDeclared(column) && !named.has(column.name));
  });
  return [
    ...withheldRemarks(table.foreign?.options ?? {}, `table ${qualified(table.schema, table.name)}`),
    statement(header(table, shape, lines)),
    ...(shape === "standalone" ? joinParents(table) : []),
    ...alterations,
    ...(table.ofType === undefined
      ? []
      : [statement(`ALTER TABLE ${qualified(table.schema, table.name)} OF ${table.ofType}`)]),
    // A sequence and the table it belongs to have one owner.
    ...ownerTo(`TABLE ${qualified(table.schema, table.name)}`, table),
    ...(context.ownedSequences.get(refKey(table)) ?? []).flatMap(ownedBy),
    ...marks(table),
    ...comments(view, inline),
  ];
}

/**
 * A table that is added to a database: by itself without columns, which are added one by one; a partition has
 * its parent's.
 */
export function addTable(table: TableObject): Statement[] {
  const shape = table.partitionOf !== null ? "partition" : table.inherits.length > 0 ? "inherits" : "standalone";
  return [
    statement(header(table, shape, [])),
    ...ownerTo(`TABLE ${qualified(table.schema, table.name)}`, table),
    ...marks(table),
    ...commentOn(`${tableWord(table)} ${qualified(table.schema, table.name)}`, table.comment),
  ];
}
