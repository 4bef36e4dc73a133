import { z } from "zod";
import type { CatalogObject } from "../../model/catalog.ts";

const text = z.string();
const maybe = text.nullable();
const flag = z.boolean();
const words = z.array(text);
const options = z.record(text, text);

const base = { schema: maybe, table: maybe, name: text, signature: text, comment: maybe, dependsOn: words };
const owned = { ...base, table: text };
const sequence = z.strictObject({
  type: text,
  start: text,
  increment: text,
  min: text,
  max: text,
  cache: text,
  cycle: flag,
});
const relation = z.strictObject({ schema: text, table: text });
const action = z.enum(["no action", "restrict", "cascade", "set null", "set default"]);
const key = z.strictObject({
  column: maybe,
  expression: maybe,
  opclass: maybe,
  collation: maybe,
  order: z.enum(["asc", "desc"]),
  nulls: z.enum(["first", "last"]),
});

// One entry per kind: a kind that is missing here, or a field of another type, does not compile.
const SHAPES: { readonly [K in CatalogObject["kind"]]: z.ZodType<Extract<CatalogObject, { kind: K }>> } = {
  role: z.strictObject({ ...base, kind: z.literal("role"), login: flag, superuser: flag, bypassRls: flag }),
  schema: z.strictObject({ ...base, kind: z.literal("schema") }),
  extension: z.strictObject({ ...base, kind: z.literal("extension"), version: text }),
  enum: z.strictObject({ ...base, kind: z.literal("enum"), values: words }),
  domain: z.strictObject({
    ...base,
    kind: z.literal("domain"),
    type: text,
    collation: maybe,
    default: maybe,
    notNull: flag,
    checks: z.array(z.strictObject({ name: text, definition: text, validated: flag })),
  }),
  composite: z.strictObject({
    ...base,
    kind: z.literal("composite"),
    attributes: z.array(z.strictObject({ name: text, type: text, collation: maybe })),
  }),
  range: z.strictObject({ ...base, kind: z.literal("range"), subtype: text, options }),
  sequence: z.strictObject({
    ...base,
    kind: z.literal("sequence"),
    options: sequence,
    unlogged: flag,
    ownedBy: z.strictObject({ schema: text, table: text, column: text }).nullable(),
  }),
  function: z.strictObject({
    ...base,
    kind: z.literal("function"),
    routine: z.enum(["function", "procedure", "window"]),
    language: text,
    returns: maybe,
    securityDefiner: flag,
    definition: text,
  }),
  aggregate: z.strictObject({ ...base, kind: z.literal("aggregate"), definition: text }),
  table: z.strictObject({
    ...base,
    kind: z.literal("table"),
    unlogged: flag,
    partitionBy: z.strictObject({ strategy: z.enum(["range", "list", "hash"]), key: text }).nullable(),
    partitionOf: z.strictObject({ schema: text, table: text, bound: text }).nullable(),
    inherits: z.array(relation),
    rowSecurity: z.strictObject({ enabled: flag, forced: flag }),
    options,
  }),
  column: z.strictObject({
    ...owned,
    kind: z.literal("column"),
    position: z.int().min(1),
    type: text,
    notNull: flag,
    default: maybe,
    identity: z.strictObject({ generation: z.enum(["always", "by default"]), sequence }).nullable(),
    generated: z.strictObject({ expression: text, stored: flag }).nullable(),
    collation: maybe,
    storage: maybe,
    compression: maybe,
    statisticsTarget: z.int().nullable(),
    inherited: flag,
  }),
  constraint: z.strictObject({
    ...owned,
    kind: z.literal("constraint"),
    type: z.enum(["primary key", "unique", "check", "foreign key", "exclusion", "not null"]),
    definition: text,
    columns: words,
    references: z
      .strictObject({ schema: text, table: text, columns: words, onUpdate: action, onDelete: action })
      .nullable(),
    expression: maybe,
    validated: flag,
    deferrable: flag,
    initiallyDeferred: flag,
    inherited: flag,
  }),
  index: z.strictObject({
    ...owned,
    kind: z.literal("index"),
    method: text,
    unique: flag,
    nullsNotDistinct: flag,
    keys: z.array(key),
    include: words,
    predicate: maybe,
    options,
    valid: flag,
    constraint: maybe,
    partitionOf: z.strictObject({ schema: text, name: text }).nullable(),
    definition: text,
  }),
  view: z.strictObject({
    ...base,
    kind: z.literal("view"),
    materialised: flag,
    columns: z.array(z.strictObject({ name: text, type: text })),
    definition: text,
    options,
  }),
  policy: z.strictObject({
    ...owned,
    kind: z.literal("policy"),
    command: z.enum(["all", "select", "insert", "update", "delete"]),
    permissive: flag,
    roles: words,
    using: maybe,
    check: maybe,
  }),
  trigger: z.strictObject({
    ...owned,
    kind: z.literal("trigger"),
    definition: text,
    enabled: z.enum(["origin", "always", "replica", "disabled"]),
  }),
  grant: z.strictObject({
    ...base,
    kind: z.literal("grant"),
    on: z.enum(["schema", "table", "sequence", "function", "type"]),
    arguments: maybe,
    grantee: text,
    privileges: words,
  }),
};

/** The shape of one object of a kind, or undefined for an unknown kind. */
export function shapeOf(kind: string): z.ZodType<CatalogObject> | undefined {
  return Object.hasOwn(SHAPES, kind) ? SHAPES[kind as CatalogObject["kind"]] : undefined;
}

/** The document around the objects, each of which is checked by {@link shapeOf} its kind. */
export const DOCUMENT: z.ZodType<{
  readonly format: "dbwright.catalog";
  readonly version: 1;
  readonly engine: { readonly name: "postgres" | "mysql" | "mariadb" | "sqlite"; readonly version: string };
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  readonly unmodelled: readonly { readonly kind: string; readonly name: string }[];
}> = z.strictObject({
  format: z.literal("dbwright.catalog"),
  version: z.literal(1),
  engine: z.strictObject({ name: z.enum(["postgres", "mysql", "mariadb", "sqlite"]), version: text }),
  objects: z.array(z.record(text, z.unknown())),
  unmodelled: z.array(z.strictObject({ kind: text, name: text })),
});
