import type { Random } from "../../src/twin/rows/random.ts";
import type { RandomPart } from "./random-part.ts";

/*
 * Schemas drawn at random as values, so that one can be derived from another by edits and a failing pair made
 * smaller. `schemaSql` writes a schema as SQL that the server accepts: `whole` first takes out what refers to nothing.
 */

/** A column. `type` is SQL. */
export interface RandomColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly preset: string | null;
  readonly identity: boolean;
  readonly comment: string | null;
}

/** An index. */
export interface RandomIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly partial: boolean;
  readonly descending: boolean;
}

/** A table with what hangs on it. */
export interface RandomTable {
  readonly name: string;
  readonly columns: readonly RandomColumn[];
  readonly key: readonly string[];
  readonly uniques: readonly (readonly string[])[];
  readonly indexes: readonly RandomIndex[];
  /** Column, table it refers to (by that table's one-column key), action. */
  readonly references: readonly { readonly column: string; readonly table: string; readonly action: string }[];
  readonly checks: readonly { readonly name: string; readonly column: string; readonly length: number }[];
  readonly comment: string | null;
  readonly unlogged: boolean;
  readonly fillfactor: number | null;
  readonly rowSecurity: boolean;
  readonly policy: { readonly command: string; readonly column: string } | null;
  readonly trigger: { readonly function: string; readonly event: string; readonly disabled: boolean } | null;
  readonly grants: readonly string[];
}

/** A view over one table. */
export interface RandomView {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly materialised: boolean;
  readonly where: string | null;
  readonly comment: string | null;
}

/** A whole schema. */
export interface RandomSchema {
  readonly enums: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly domains: readonly {
    readonly name: string;
    readonly type: string;
    readonly check: number | null;
    readonly preset: string | null;
  }[];
  readonly sequences: readonly {
    readonly name: string;
    readonly type: string;
    readonly increment: number;
    readonly cycle: boolean;
  }[];
  readonly functions: readonly {
    readonly name: string;
    readonly returns: string;
    readonly volatility: string;
    readonly cost: number;
    readonly value: number;
  }[];
  /** Trigger functions. */
  readonly routines: readonly { readonly name: string; readonly value: number }[];
  readonly tables: readonly RandomTable[];
  readonly views: readonly RandomView[];
  /** All else; empty in narrow schemas. */
  readonly parts: readonly RandomPart[];
}

const NAMES = ["task", "person", "Order", "invoice", "item", "user", "log", "tag"] as const;
const COLUMNS = ["id", "title", "state", "amount", "at", "Owner", "note", "kind", "code", "group"] as const;
const TYPES = [
  "integer",
  "bigint",
  "text",
  "varchar(20)",
  "varchar(40)",
  "numeric(10,2)",
  "boolean",
  "date",
  "timestamptz",
  "uuid",
  "jsonb",
  "text[]",
] as const;
const WORDS = ["new", "open", "done", "it's", "x y"] as const;
const COMMENTS = ["a comment", "it's; -- odd", null, null] as const;

/** Between `least` and `most` of the items, in their order or another. */
function some<T>(random: Random, items: readonly T[], least: number, most: number): T[] {
  const left = [...items];
  const count = Math.min(left.length, least + random.int(most - least + 1));
  return Array.from({ length: count }, () => left.splice(random.int(left.length), 1)[0] as T);
}

/** A name in quotes. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** A text in quotes. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A default that the type takes, or null. */
function presetFor(random: Random, type: string, schema: RandomSchema): string | null {
  const known = schema.enums.find(({ name }) => quote(name) === type);
  if (known !== undefined) return random.chance(0.5) ? text(random.pick(known.values)) : null;
  if (!random.chance(0.4)) return null;
  if (/^(?:integer|bigint|numeric)/.test(type))
    return random.chance(0.2) && schema.sequences.length > 0
      ? `nextval(${text(quote(random.pick(schema.sequences).name))})`
      : String(random.int(9));
  if (/^(?:text|varchar)/.test(type)) return type.endsWith("[]") ? "'{}'" : text(random.pick(WORDS));
  if (type === "boolean") return random.pick(["true", "false"]);
  if (type === "timestamptz") return "now()";
  if (type === "uuid") return "gen_random_uuid()";
  return null;
}

/** The types that a schema makes, as columns name them. */
function ownTypes(schema: RandomSchema): string[] {
  return [
    ...schema.enums.map(({ name }) => quote(name)),
    ...schema.domains.map(({ name }) => quote(name)),
    ...schema.parts.flatMap((part) => part.types),
  ];
}

/** A column of a random type. */
export function drawColumn(random: Random, name: string, schema: RandomSchema): RandomColumn {
  const own = ownTypes(schema);
  const type = own.length > 0 && random.chance(0.25) ? random.pick(own) : random.pick(TYPES);
  const identity = /^(?:integer|bigint)$/.test(type) && random.chance(0.15);
  return {
    name,
    type,
    notNull: identity || random.chance(0.4),
    preset: identity ? null : presetFor(random, type, schema),
    identity,
    comment: random.pick(COMMENTS),
  };
}

/** An index over one or two columns. */
export function drawIndex(
  random: Random,
  table: string,
  columns: readonly RandomColumn[],
  number: number,
): RandomIndex {
  const usable = columns.filter(({ type }) => type !== "jsonb").map(({ name }) => name);
  return {
    name: `${table}_i${number}`,
    columns: some(random, usable, 1, 2),
    unique: random.chance(0.3),
    partial: random.chance(0.3),
    descending: random.chance(0.3),
  };
}

/** A table, which may refer to the schema's others. */
export function drawTable(random: Random, name: string, schema: RandomSchema): RandomTable {
  const columns = some(random, COLUMNS, 1, 6).map((column) => drawColumn(random, column, schema));
  const usable = columns.filter(({ type }) => type !== "jsonb").map((column) => column.name);
  return {
    name,
    columns,
    key: random.chance(0.7) ? some(random, usable, 1, random.chance(0.8) ? 1 : 2) : [],
    uniques: random.chance(0.3) ? [some(random, usable, 1, 2)] : [],
    indexes: Array.from({ length: random.int(3) }, (_, number) => drawIndex(random, name, columns, number)),
    references: random.chance(0.6)
      ? [
          {
            column: random.pick(columns).name,
            table: random.pick([...schema.tables.map((one) => one.name), name]),
            action: random.pick(["no action", "cascade", "set null"]),
          },
        ]
      : [],
    checks: random.chance(0.4)
      ? [{ name: `${name}_c`, column: random.pick(columns).name, length: random.int(50) }]
      : [],
    comment: random.pick(COMMENTS),
    unlogged: random.chance(0.1),
    fillfactor: random.chance(0.1) ? 50 + random.int(50) : null,
    rowSecurity: random.chance(0.2),
    policy: random.chance(0.2)
      ? { command: random.pick(["all", "select", "update"]), column: random.pick(columns).name }
      : null,
    trigger:
      schema.routines.length > 0 && random.chance(0.3)
        ? {
            function: random.pick(schema.routines).name,
            event: random.pick(["insert", "update", "delete"]),
            disabled: random.chance(0.2),
          }
        : null,
    grants: random.chance(0.2) ? some(random, ["select", "insert", "update"], 1, 2) : [],
  };
}

/** A view over one of the schema's tables; null where there is none. */
export function drawView(random: Random, number: number, schema: RandomSchema): RandomView | null {
  if (schema.tables.length === 0) return null;
  const table = random.pick(schema.tables);
  return {
    name: `v${number}`,
    table: table.name,
    columns: some(
      random,
      table.columns.map(({ name }) => name),
      1,
      3,
    ),
    materialised: random.chance(0.25),
    where: random.chance(0.3) ? random.pick(table.columns).name : null,
    comment: random.pick(COMMENTS),
  };
}

/** A schema of up to four tables with what hangs on them, whose columns may have the types of `parts`. */
export function drawSchema(random: Random, parts: readonly RandomPart[] = []): RandomSchema {
  const tables: RandomTable[] = [];
  const views: RandomView[] = [];
  const schema: RandomSchema = {
    enums: some(random, ["mood", "Level"], 0, 2).map((name) => ({ name, values: some(random, WORDS, 1, 4) })),
    domains: some(random, ["email", "amount_d"], 0, 1).map((name) => ({
      name,
      type: random.pick(["text", "varchar(20)"]),
      check: random.chance(0.6) ? 1 + random.int(30) : null,
      preset: random.chance(0.3) ? "'d'" : null,
    })),
    sequences: some(random, ["counter", "Ticket"], 0, 1).map((name) => ({
      name,
      type: random.pick(["integer", "bigint"]),
      increment: 1 + random.int(3),
      cycle: random.chance(0.3),
    })),
    functions: some(random, ["f", "g"], 0, 2).map((name) => ({
      name,
      returns: random.pick(["integer", "bigint"]),
      volatility: random.pick(["immutable", "stable", "volatile"]),
      cost: 1 + random.int(50),
      value: random.int(9),
    })),
    routines: some(random, ["touch", "stamp"], 0, 2).map((name) => ({ name, value: random.int(9) })),
    tables,
    views,
    parts,
  };
  for (const name of some(random, NAMES, 1, 4)) tables.push(drawTable(random, name, schema));
  const count = random.int(3);
  for (let number = 0; number < count; number += 1) {
    const view = drawView(random, number, schema);
    if (view !== null) views.push(view);
  }
  return whole(schema);
}

const sameColumns = (a: readonly string[], b: readonly string[]): boolean => a.join("\0") === b.join("\0");

/** The schema without what refers to something that is not there, or that the server would refuse. */
export function whole(schema: RandomSchema): RandomSchema {
  const types = new Set([...TYPES, ...ownTypes(schema)]);
  const sequences = new Set(schema.sequences.map(({ name }) => `nextval(${text(quote(name))})`));
  const presetHolds = ({ preset, type }: RandomColumn): boolean => {
    if (preset === null) return true;
    if (preset.startsWith("nextval")) return sequences.has(preset);
    const known = schema.enums.find(({ name }) => quote(name) === type);
    return known === undefined || known.values.some((value) => text(value) === preset);
  };
  const tables = schema.tables
    .map((table) => {
      const columns = table.columns
        .map((column) => (types.has(column.type) ? column : { ...column, type: "text", preset: null }))
        .map((column) => (presetHolds(column) ? column : { ...column, preset: null }));
      return { ...table, columns };
    })
    .filter(({ columns }) => columns.length > 0)
    .map((table) => wholeTable(table, schema));
  const keyed = new Map(
    tables
      .filter(({ key }) => key.length === 1)
      .map((table) => [table.name, table.columns.find(({ name }) => name === table.key[0])?.type]),
  );
  return {
    ...schema,
    tables: tables.map((table) => ({
      ...table,
      references: table.references.filter((one) => {
        const type = table.columns.find(({ name }) => name === one.column)?.type;
        const persistent = tables.find(({ name }) => name === one.table)?.unlogged === false || table.unlogged;
        return type !== undefined && keyed.get(one.table) === type && persistent;
      }),
    })),
    views: schema.views.filter((view) => {
      const table = tables.find(({ name }) => name === view.table);
      const has = (column: string): boolean => table?.columns.some(({ name }) => name === column) === true;
      return view.columns.every(has) && (view.where === null || has(view.where));
    }),
  };
}

function wholeTable(table: RandomTable, schema: RandomSchema): RandomTable {
  const has = (column: string): boolean => table.columns.some(({ name }) => name === column);
  const sortable = (column: string): boolean =>
    table.columns.some(({ name, type }) => name === column && type !== "jsonb");
  const keys = table.uniques.filter(
    (columns, at) =>
      columns.length > 0 &&
      columns.every(sortable) &&
      !sameColumns(columns, table.key) &&
      table.uniques.findIndex((other) => sameColumns(other, columns)) === at,
  );
  return {
    ...table,
    key: table.key.every(sortable) ? table.key : [],
    uniques: keys,
    indexes: table.indexes.filter(({ columns }) => columns.length > 0 && columns.every(sortable)),
    checks: table.checks.filter(({ column }) => has(column)),
    policy: table.policy !== null && has(table.policy.column) ? table.policy : null,
    trigger:
      table.trigger !== null && schema.routines.some(({ name }) => name === table.trigger?.function)
        ? table.trigger
        : null,
  };
}
