import { catalogOf } from "../model/catalog-view.ts";
import type {
  Catalog,
  CatalogObject,
  ColumnObject,
  ConstraintObject,
  IndexKey,
  IndexObject,
} from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { qualifiedTable, quotedList, partKeyOf, tableKeyOf } from "./draft.ts";
import type { Draft, DraftExclusion, DraftForeignKey, DraftIndex, DraftKey, DraftTable } from "./draft-model.ts";
import { emitPrivileges } from "./emit-privileges.ts";
import { shorten } from "./names.ts";
import { underRowSecurity } from "./row-security.ts";

/** The finished catalog. */
export function emitCatalog(draft: Draft): Catalog {
  const objects: CatalogObject[] = [...draft.objects];
  for (const schema of new Set([draft.schema, draft.tenantSchema])) {
    const comment = schema === draft.schema ? draft.brief.about : "The pattern of one tenant's schema.";
    objects.push({ ...ref("schema", schema), kind: "schema", comment, dependsOn: [] });
  }
  for (const table of draft.tables) objects.push(...emitTable(draft, table));
  objects.push(...emitPrivileges(draft));
  return catalogOf({ name: draft.brief.engine.name, version: String(draft.brief.engine.major) }, objects);
}

const schemaKey = (table: DraftTable): RefKey => refKey(ref("schema", table.schema));

function emitTable(draft: Draft, table: DraftTable): CatalogObject[] {
  const secured = underRowSecurity(draft, table);
  const own: CatalogObject = {
    ...ref("table", table.name, { schema: table.schema }),
    kind: "table",
    comment: table.comment,
    dependsOn: [schemaKey(table)],
    unlogged: false,
    partitionBy:
      table.partitions === null ? null : { strategy: "range", key: draft.dialect.ident(table.partitions.column) },
    partitionOf: null,
    inherits: [],
    rowSecurity: { enabled: secured, forced: secured },
    options: {},
  };
  return [
    own,
    ...emitPartitions(table),
    ...emitColumns(table),
    ...(table.partitions?.bounds ?? []).flatMap(({ name }) => emitInheritedColumns(table, name)),
    ...emitKeys(draft, table),
    ...emitChecks(table),
    ...table.exclusions.flatMap((exclusion) => emitExclusion(draft, table, exclusion)),
    ...table.foreignKeys.map((key) => emitForeignKey(draft, table, key)),
    ...table.indexes.map((index) => emitIndex(draft, table, index)),
    ...emitPolicies(table),
    ...emitTriggers(draft, table),
  ];
}

function emitPartitions(table: DraftTable): CatalogObject[] {
  return (table.partitions?.bounds ?? []).map(({ name, bound }) => ({
    ...ref("table", name, { schema: table.schema }),
    kind: "table",
    comment: null,
    dependsOn: [tableKeyOf(table), schemaKey(table)],
    unlogged: false,
    partitionBy: null,
    partitionOf: { schema: table.schema, table: table.name, bound },
    inherits: [],
    rowSecurity: { enabled: false, forced: false },
    options: {},
  }));
}

function emitColumns(table: DraftTable): ColumnObject[] {
  return table.columns.map((column, at) => ({
    ...ref("column", column.name, { schema: table.schema, table: table.name }),
    kind: "column",
    table: table.name,
    comment: column.comment,
    dependsOn: [tableKeyOf(table), ...column.needs],
    position: at + 1,
    type: column.type,
    notNull: column.notNull || table.primaryKey.includes(column.name),
    default: column.default,
    identity: column.identity,
    generated: column.generated,
    collation: null,
    storage: null,
    compression: null,
    statisticsTarget: null,
    inherited: false,
  }));
}

// A partition has its parent's columns; nothing of them is declared again.
function emitInheritedColumns(table: DraftTable, partition: string): ColumnObject[] {
  const own = refKey(ref("table", partition, { schema: table.schema }));
  return emitColumns(table).map((column) => ({
    ...column,
    table: partition,
    comment: null,
    identity: null,
    inherited: true,
    dependsOn: [own, ...column.dependsOn.filter((key) => key !== tableKeyOf(table))],
  }));
}

const columnKeys = (table: DraftTable, columns: readonly string[]): RefKey[] =>
  columns.map((column) => partKeyOf(table, "column", column));

type ConstraintParts = Pick<ConstraintObject, "name" | "type" | "definition" | "columns"> & Partial<ConstraintObject>;

function constraint(table: DraftTable, parts: ConstraintParts): ConstraintObject {
  return {
    ...ref("constraint", parts.name, { schema: table.schema, table: table.name }),
    kind: "constraint",
    table: table.name,
    comment: null,
    references: null,
    expression: null,
    validated: true,
    deferrable: false,
    initiallyDeferred: false,
    inherited: false,
    ...parts,
    dependsOn: [tableKeyOf(table), ...columnKeys(table, parts.columns), ...(parts.dependsOn ?? [])],
  };
}

/** Every key of a table: the primary key, named `<table>_pk`, then the unique ones. */
export function keysOf(table: DraftTable): readonly DraftKey[] {
  if (table.primaryKey.length === 0) return table.keys;
  return [
    {
      name: table.primaryKeyName,
      kind: "primary key",
      columns: table.primaryKey,
      deferrable: false,
      nullsNotDistinct: false,
      include: table.keyIncludes,
    },
    ...table.keys,
  ];
}

function emitKeys(draft: Draft, table: DraftTable): CatalogObject[] {
  return keysOf(table).flatMap((key) => {
    const word =
      key.kind === "primary key" ? "PRIMARY KEY" : key.nullsNotDistinct ? "UNIQUE NULLS NOT DISTINCT" : "UNIQUE";
    const deferral = key.deferrable ? " DEFERRABLE INITIALLY DEFERRED" : "";
    const { name, kind: type, columns, deferrable, include } = key;
    const beside = include.length === 0 ? "" : ` INCLUDE (${quotedList(draft, include)})`;
    const definition = `${word} (${quotedList(draft, columns)})${beside}${deferral}`;
    return [
      constraint(table, { name, type, definition, columns, deferrable, initiallyDeferred: deferrable }),
      indexObject(table, {
        name,
        method: "btree",
        unique: true,
        keys: columns.map((column) => plainKey(column)),
        include,
        predicate: null,
        constraint: name,
        definition: `CREATE UNIQUE INDEX ${draft.dialect.ident(name)} ON ${qualifiedTable(draft, table)} USING btree (${quotedList(draft, columns)})${beside}`,
      }),
    ];
  });
}

const plainKey = (column: string): IndexKey => ({
  column,
  expression: null,
  opclass: null,
  collation: null,
  order: "asc",
  nulls: "last",
});

function emitChecks(table: DraftTable): CatalogObject[] {
  return table.checks.map(({ name, expression, columns }) =>
    constraint(table, { name, type: "check", definition: `CHECK (${expression})`, columns, expression }),
  );
}

function emitExclusion(draft: Draft, table: DraftTable, exclusion: DraftExclusion): CatalogObject[] {
  const { name, clause, columns, keys, predicate } = exclusion;
  // Its operators may come from btree_gist.
  const extensions = keys.length > 1 ? [refKey(ref("extension", "btree_gist", { schema: draft.schema }))] : [];
  return [
    constraint(table, { name, type: "exclusion", definition: `EXCLUDE ${clause}`, columns, dependsOn: extensions }),
    indexObject(table, {
      name,
      method: "gist",
      unique: false,
      keys,
      include: [],
      predicate,
      constraint: name,
      definition: `CREATE INDEX ${draft.dialect.ident(name)} ON ${qualifiedTable(draft, table)} ${clause.replaceAll(/ WITH (?:=|&&)/g, "")}`,
    }),
  ];
}

function emitForeignKey(draft: Draft, table: DraftTable, key: DraftForeignKey): CatalogObject {
  const { target, targetColumns, onDelete, setNull } = key;
  const list = setNull.length > 0 && setNull.length < key.columns.length ? ` (${quotedList(draft, setNull)})` : "";
  const action = onDelete === "no action" ? "" : ` ON DELETE ${onDelete.toUpperCase()}${list}`;
  const targetKey = keysOf(target).find(
    ({ columns }) =>
      columns.length === targetColumns.length && columns.every((column) => targetColumns.includes(column)),
  );
  return constraint(table, {
    name: key.name,
    type: "foreign key",
    columns: key.columns,
    definition: `FOREIGN KEY (${quotedList(draft, key.columns)}) REFERENCES ${qualifiedTable(draft, target)}(${quotedList(draft, targetColumns)})${action}`,
    references: { schema: target.schema, table: target.name, columns: targetColumns, onUpdate: "no action", onDelete },
    dependsOn: [
      tableKeyOf(target),
      ...columnKeys(target, targetColumns),
      ...(targetKey === undefined ? [] : [partKeyOf(target, "constraint", targetKey.name)]),
    ],
  });
}

type IndexParts = DraftLike &
  Pick<IndexObject, "constraint" | "definition"> & { readonly dependsOn?: readonly RefKey[] };
type DraftLike = Omit<DraftIndex, "method"> & { readonly method: string };

function indexObject(table: DraftTable, parts: IndexParts): IndexObject {
  const columns = [...parts.keys.flatMap(({ column }) => (column === null ? [] : [column])), ...parts.include];
  const { constraint: owner } = parts;
  return {
    ...ref("index", parts.name, { schema: table.schema, table: table.name }),
    kind: "index",
    table: table.name,
    comment: null,
    method: parts.method,
    unique: parts.unique,
    nullsNotDistinct: false,
    keys: parts.keys,
    include: parts.include,
    predicate: parts.predicate,
    options: {},
    valid: true,
    constraint: owner,
    partitionOf: null,
    definition: parts.definition,
    dependsOn: [
      tableKeyOf(table),
      ...columnKeys(table, columns),
      ...(owner === null ? [] : [partKeyOf(table, "constraint", owner)]),
      ...(parts.dependsOn ?? []),
    ],
  };
}

/** One key of an index as SQL. */
export function indexKeySql(draft: Draft, key: IndexKey): string {
  const base = key.column === null ? `(${key.expression ?? ""})` : draft.dialect.ident(key.column);
  const collation = key.collation === null ? "" : ` COLLATE ${draft.dialect.ident(key.collation)}`;
  const opclass = key.opclass === null ? "" : ` ${key.opclass}`;
  return `${base}${collation}${opclass}${key.order === "desc" ? " DESC" : ""}`;
}

function emitIndex(draft: Draft, table: DraftTable, index: DraftIndex): CatalogObject {
  const keys = index.keys.map((key) => indexKeySql(draft, key)).join(", ");
  const include = index.include.length === 0 ? "" : ` INCLUDE (${quotedList(draft, index.include)})`;
  const where = index.predicate === null ? "" : ` WHERE (${index.predicate})`;
  const start = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${draft.dialect.ident(index.name)}`;
  const gin = index.method === "gin" && index.keys.length > 1;
  return indexObject(table, {
    ...index,
    constraint: null,
    definition: `${start} ON ${qualifiedTable(draft, table)} USING ${index.method} (${keys})${include}${where}`,
    dependsOn: gin ? [refKey(ref("extension", "btree_gin", { schema: draft.schema }))] : [],
  });
}

function emitPolicies(table: DraftTable): CatalogObject[] {
  return table.policies.map((policy) => ({
    ...ref("policy", policy.name, { schema: table.schema, table: table.name }),
    kind: "policy",
    table: table.name,
    comment: null,
    command: policy.command,
    permissive: true,
    roles: policy.roles,
    using: policy.using,
    check: policy.check,
    dependsOn: [
      tableKeyOf(table),
      ...policy.roles.filter((role) => role !== "public").map((role) => refKey(ref("role", role))),
    ],
  }));
}

function emitTriggers(draft: Draft, table: DraftTable): CatalogObject[] {
  return table.triggers.map((trigger) => {
    const name = shorten(trigger.name, draft.dialect.identifierBytesMax);
    return {
      ...ref("trigger", name, { schema: table.schema, table: table.name }),
      kind: "trigger",
      table: table.name,
      comment: null,
      enabled: "origin",
      definition: `CREATE TRIGGER ${draft.dialect.ident(name)} ${trigger.timing} ON ${qualifiedTable(draft, table)} FOR EACH ROW ${trigger.call}`,
      dependsOn: [tableKeyOf(table), ...trigger.needs],
    };
  });
}
