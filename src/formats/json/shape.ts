import { z } from "zod";
import type { CatalogObject } from "../../model/catalog.ts";

const text = z.string();
const maybe = text.nullable();
const flag = z.boolean();
const words = z.array(text);
const options = z.record(text, text);

const base = {
  schema: maybe,
  table: maybe,
  name: text,
  signature: text,
  comment: maybe,
  dependsOn: words,
  owner: text.exactOptional(),
};
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

const firing = z.enum(["origin", "always", "replica", "disabled"]);
const members = z.array(
  z.strictObject({
    what: z.enum(["operator", "function"]),
    number: z.int(),
    left: text,
    right: text,
    name: text,
    sort: maybe,
  }),
);

const viewColumn = z.strictObject({
  name: text,
  type: text,
  collation: text.exactOptional(),
  default: text.exactOptional(),
  comment: text.exactOptional(),
  storage: text.exactOptional(),
  compression: text.exactOptional(),
  statisticsTarget: z.int().exactOptional(),
  options: options.exactOptional(),
});

// One entry per kind: a kind that is missing here, or a field of another type, does not compile.
const SHAPES: { readonly [K in CatalogObject["kind"]]: z.ZodType<Extract<CatalogObject, { kind: K }>> } = {
  "foreign-data-wrapper": z.strictObject({
    ...base,
    kind: z.literal("foreign-data-wrapper"),
    handler: maybe,
    validator: maybe,
    options,
  }),
  server: z.strictObject({ ...base, kind: z.literal("server"), wrapper: text, type: maybe, version: maybe, options }),
  "user-mapping": z.strictObject({ ...base, kind: z.literal("user-mapping"), user: maybe, server: text, options }),
  publication: z.strictObject({
    ...base,
    kind: z.literal("publication"),
    allTables: flag,
    tables: z.array(z.strictObject({ schema: text, table: text, columns: words.nullable(), where: maybe })),
    schemas: words,
    operations: words,
    viaRoot: flag,
    generatedColumns: z.literal("stored").exactOptional(),
  }),
  subscription: z.strictObject({
    ...base,
    kind: z.literal("subscription"),
    connection: maybe,
    publications: words,
    enabled: flag,
    slot: maybe,
    options,
  }),
  "default-privileges": z.strictObject({
    ...base,
    kind: z.literal("default-privileges"),
    role: maybe,
    on: z.enum(["tables", "sequences", "functions", "types", "schemas", "large objects"]),
    grantee: text,
    privileges: words,
  }),
  collation: z.strictObject({
    ...base,
    kind: z.literal("collation"),
    provider: z.enum(["libc", "icu", "builtin"]),
    deterministic: flag,
    locale: maybe,
    lcCollate: maybe,
    lcCtype: maybe,
    rules: maybe,
  }),
  cast: z.strictObject({
    ...base,
    kind: z.literal("cast"),
    source: text,
    target: text,
    context: z.enum(["explicit", "assignment", "implicit"]),
    method: z.enum(["function", "inout", "binary"]),
    function: maybe,
  }),
  operator: z.strictObject({
    ...base,
    kind: z.literal("operator"),
    left: maybe,
    right: text,
    function: maybe,
    commutator: maybe,
    negator: maybe,
    restrict: maybe,
    join: maybe,
    hashes: flag,
    merges: flag,
  }),
  "operator-family": z.strictObject({ ...base, kind: z.literal("operator-family"), method: text, members }),
  "operator-class": z.strictObject({
    ...base,
    kind: z.literal("operator-class"),
    method: text,
    type: text,
    default: flag,
    family: z.strictObject({ schema: text, name: text }),
    storage: maybe,
    members,
  }),
  "text-search-configuration": z.strictObject({
    ...base,
    kind: z.literal("text-search-configuration"),
    parser: text,
    mappings: z.array(z.strictObject({ token: text, dictionaries: words })),
  }),
  "text-search-dictionary": z.strictObject({
    ...base,
    kind: z.literal("text-search-dictionary"),
    template: text,
    options,
  }),
  "event-trigger": z.strictObject({
    ...base,
    kind: z.literal("event-trigger"),
    event: text,
    tags: words,
    function: text,
    enabled: firing,
  }),
  rule: z.strictObject({ ...owned, kind: z.literal("rule"), definition: text, enabled: firing }),
  statistics: z.strictObject({
    ...base,
    kind: z.literal("statistics"),
    on: relation.nullable(),
    definition: text,
    target: z.int().nullable(),
  }),
  conversion: z.strictObject({
    ...base,
    kind: z.literal("conversion"),
    from: text,
    to: text,
    function: text,
    default: flag,
  }),
  role: z.strictObject({
    ...base,
    kind: z.literal("role"),
    login: flag,
    superuser: flag,
    bypassRls: flag,
    inherit: flag.exactOptional(),
    createRole: flag.exactOptional(),
    createDb: flag.exactOptional(),
    replication: flag.exactOptional(),
    connectionLimit: z.int().exactOptional(),
    validUntil: text.exactOptional(),
    settings: options.exactOptional(),
    memberOf: z.array(z.strictObject({ role: text, admin: flag, inherit: flag, set: flag })).exactOptional(),
  }),
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
    checks: z.array(z.strictObject({ name: text, definition: text, validated: flag, comment: text.exactOptional() })),
    notNullName: text.exactOptional(),
    notNullComment: text.exactOptional(),
  }),
  composite: z.strictObject({
    ...base,
    kind: z.literal("composite"),
    attributes: z.array(z.strictObject({ name: text, type: text, collation: maybe, comment: text.exactOptional() })),
  }),
  range: z.strictObject({
    ...base,
    kind: z.literal("range"),
    subtype: text,
    options,
    multirangeComment: text.exactOptional(),
  }),
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
  aggregate: z.strictObject({ ...base, kind: z.literal("aggregate"), returns: text, definition: text }),
  table: z.strictObject({
    ...base,
    kind: z.literal("table"),
    unlogged: flag,
    partitionBy: z.strictObject({ strategy: z.enum(["range", "list", "hash"]), key: text }).nullable(),
    partitionOf: z.strictObject({ schema: text, table: text, bound: text }).nullable(),
    inherits: z.array(relation),
    rowSecurity: z.strictObject({ enabled: flag, forced: flag }),
    options,
    tablespace: text.exactOptional(),
    accessMethod: text.exactOptional(),
    ofType: text.exactOptional(),
    replicaIdentity: z.enum(["full", "nothing"]).exactOptional(),
    foreign: z.strictObject({ server: text, options }).exactOptional(),
  }),
  column: z.strictObject({
    ...owned,
    kind: z.literal("column"),
    position: z.int().min(1),
    type: text,
    notNull: flag,
    default: maybe,
    identity: z
      .strictObject({
        generation: z.enum(["always", "by default"]),
        sequence,
        name: text.exactOptional(),
        unlogged: flag.exactOptional(),
      })
      .nullable(),
    generated: z.strictObject({ expression: text, stored: flag }).nullable(),
    collation: maybe,
    storage: maybe,
    compression: maybe,
    statisticsTarget: z.int().nullable(),
    inherited: flag,
    options: options.exactOptional(),
    foreignOptions: options.exactOptional(),
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
    enforced: z.literal(false).exactOptional(),
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
    tablespace: text.exactOptional(),
    clustered: z.literal(true).exactOptional(),
    replicaIdentity: z.literal(true).exactOptional(),
    statisticsTargets: z.array(z.strictObject({ key: z.int(), target: z.int() })).exactOptional(),
  }),
  view: z.strictObject({
    ...base,
    kind: z.literal("view"),
    materialised: flag,
    columns: z.array(viewColumn),
    definition: text,
    options,
    populated: z.literal(false).exactOptional(),
    accessMethod: text.exactOptional(),
    tablespace: text.exactOptional(),
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
    enabled: firing,
    partitions: z.array(z.strictObject({ schema: text, table: text, enabled: firing, comment: maybe })).exactOptional(),
  }),
  grant: z.strictObject({
    ...base,
    kind: z.literal("grant"),
    on: z.enum([
      "schema",
      "table",
      "column",
      "sequence",
      "function",
      "type",
      "language",
      "foreign data wrapper",
      "foreign server",
    ]),
    arguments: maybe,
    grantee: text,
    privileges: words,
    own: z.literal(true).exactOptional(),
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
