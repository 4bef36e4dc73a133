/* Small constructors of catalogs for tests. Not part of the package. */
import { catalogOf } from "../model/catalog-view.ts";
import type {
  Catalog,
  CatalogObject,
  ColumnObject,
  ConstraintObject,
  EnumObject,
  IndexObject,
  ReferentialAction,
  SequenceOptions,
  TableObject,
  Unmodelled,
} from "../model/catalog.ts";
import { ref } from "../model/ref.ts";
import { plainTable } from "../model/table.test-data.ts";

export const POSTGRES = { name: "postgres", version: "18.4" } as const;

export const base = { comment: null, dependsOn: [] } as const;

export const COUNTER: SequenceOptions = {
  type: "bigint",
  start: "1",
  increment: "1",
  min: "1",
  max: "9223372036854775807",
  cache: "1",
  cycle: false,
};

export function tableObject(name: string, more: Partial<TableObject> = {}): TableObject {
  return plainTable(more.schema ?? "public", name, more);
}

export function columnObject(
  table: TableObject,
  position: number,
  name: string,
  type: string,
  more: Partial<ColumnObject> = {},
): ColumnObject {
  return {
    ...ref("column", name, { schema: table.schema, table: table.name }),
    ...base,
    kind: "column",
    table: table.name,
    position,
    type,
    notNull: false,
    default: null,
    identity: null,
    generated: null,
    collation: null,
    storage: null,
    compression: null,
    statisticsTarget: null,
    inherited: false,
    ...more,
  };
}

export function constraintObject(
  table: TableObject,
  name: string,
  type: ConstraintObject["type"],
  columns: readonly string[],
  more: Partial<ConstraintObject> = {},
): ConstraintObject {
  const list = columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(", ");
  return {
    ...ref("constraint", name, { schema: table.schema, table: table.name }),
    ...base,
    kind: "constraint",
    table: table.name,
    type,
    definition: `${type.toUpperCase()} (${list})`,
    columns,
    references: null,
    expression: null,
    validated: true,
    deferrable: false,
    initiallyDeferred: false,
    inherited: false,
    ...more,
  };
}

export function indexObject(
  table: TableObject,
  name: string,
  keys: readonly (string | Partial<IndexObject["keys"][number]>)[],
  more: Partial<IndexObject> = {},
): IndexObject {
  return {
    ...ref("index", name, { schema: table.schema, table: table.name }),
    ...base,
    kind: "index",
    table: table.name,
    method: "btree",
    unique: false,
    nullsNotDistinct: false,
    keys: keys.map((key) => ({
      column: typeof key === "string" ? key : null,
      expression: null,
      opclass: null,
      collation: null,
      order: "asc",
      nulls: "last",
      ...(typeof key === "string" ? {} : key),
    })),
    include: [],
    predicate: null,
    options: {},
    valid: true,
    constraint: null,
    partitionOf: null,
    definition: `CREATE INDEX ${name} …`,
    ...more,
  };
}

export function enumObject(name: string, values: readonly string[], more: Partial<EnumObject> = {}): EnumObject {
  return { ...ref("enum", name, { schema: more.schema ?? "public" }), ...base, kind: "enum", values, ...more };
}

/** `name: type`, with ` not null`, ` = default` as suffixes: `title: text not null = ''`. */
export type ColumnLine = string | readonly [name: string, type: string, more?: Partial<ColumnObject>];

function columnOf(table: TableObject, position: number, line: ColumnLine): ColumnObject {
  if (typeof line !== "string") return columnObject(table, position, line[0], line[1], line[2] ?? {});
  const match = /^(?<name>[^:]+): (?<type>.+?)(?<null> not null)?(?: = (?<default>.+))?$/.exec(line)?.groups ?? {};
  return columnObject(table, position, match["name"] ?? line, match["type"] ?? "text", {
    notNull: match["null"] !== undefined,
    default: match["default"] ?? null,
  });
}

/** A foreign key of {@link TableParts}; `key` is `id` and the schema the table's own unless stated. */
export interface ForeignKey {
  readonly columns: readonly string[];
  readonly to: string;
  readonly key?: readonly string[];
  readonly onDelete?: ReferentialAction;
  readonly onUpdate?: ReferentialAction;
  readonly schema?: string;
  readonly name?: string;
  readonly definition?: string;
}

export interface TableParts {
  readonly table?: Partial<TableObject>;
  readonly columns: readonly ColumnLine[];
  readonly key?: readonly string[];
  readonly uniques?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly also?: (table: TableObject) => readonly CatalogObject[];
}

/** A table with its columns, keys and foreign keys, named as PostgreSQL would name them. */
export function tableOf(name: string, parts: TableParts): readonly CatalogObject[] {
  const table = tableObject(name, parts.table ?? {});
  const key = parts.key ?? [];
  return [
    table,
    ...parts.columns.map((line, index) => columnOf(table, index + 1, line)),
    ...(key.length === 0 ? [] : [constraintObject(table, `${name}_pkey`, "primary key", key)]),
    ...(parts.uniques ?? []).map((columns) =>
      constraintObject(table, `${name}_${columns.join("_")}_key`, "unique", columns),
    ),
    ...(parts.foreignKeys ?? []).map((foreignKey) =>
      constraintObject(
        table,
        foreignKey.name ?? `${name}_${foreignKey.columns.join("_")}_fkey`,
        "foreign key",
        foreignKey.columns,
        {
          references: {
            schema: foreignKey.schema ?? table.schema ?? "public",
            table: foreignKey.to,
            columns: foreignKey.key ?? ["id"],
            onDelete: foreignKey.onDelete ?? "no action",
            onUpdate: foreignKey.onUpdate ?? "no action",
          },
          ...(foreignKey.definition === undefined ? {} : { definition: foreignKey.definition }),
        },
      ),
    ),
    ...(parts.also?.(table) ?? []),
  ];
}

export function catalogFrom(
  objects: readonly (CatalogObject | readonly CatalogObject[])[],
  unmodelled: readonly Unmodelled[] = [],
): Catalog {
  return catalogOf(POSTGRES, objects.flat(), unmodelled);
}
