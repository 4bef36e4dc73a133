import { randomOf } from "../../src/twin/rows/random.ts";
import type { Random } from "../../src/twin/rows/random.ts";
import type { RandomPart } from "./random-part.ts";
import { drawPart, drawParts } from "./random-parts.ts";
import { drawColumn, drawIndex, drawSchema, drawTable, drawView, whole } from "./random-schema.ts";
import type { RandomColumn, RandomSchema, RandomTable } from "./random-schema.ts";

/** One change of a schema; the same for the same seed. */
export interface Edit {
  readonly kind: string;
  readonly seed: number;
}

/** Two schemas, the second derived from the first by edits, or drawn apart. */
export interface RandomPair {
  readonly seed: number;
  readonly from: RandomSchema;
  /** Null where the schemas have nothing to do with each other. */
  readonly edits: readonly Edit[] | null;
  readonly to: RandomSchema;
}

type Maker = (schema: RandomSchema, random: Random) => RandomSchema;

const swapAt = <T>(items: readonly T[], at: number, item: T): T[] =>
  items.map((one, index) => (index === at ? item : one));
const without = <T>(items: readonly T[], at: number): T[] => items.filter((_, index) => index !== at);

function inTable(schema: RandomSchema, random: Random, change: (table: RandomTable) => RandomTable): RandomSchema {
  if (schema.tables.length === 0) return schema;
  const at = random.int(schema.tables.length);
  return { ...schema, tables: swapAt(schema.tables, at, change(schema.tables[at] as RandomTable)) };
}

function inColumn(schema: RandomSchema, random: Random, change: (column: RandomColumn) => RandomColumn): RandomSchema {
  return inTable(schema, random, (table) => {
    const at = random.int(table.columns.length);
    return { ...table, columns: swapAt(table.columns, at, change(table.columns[at] as RandomColumn)) };
  });
}

// The item of one list replaced by another with the same name, or taken away, or added.
function inList<T extends { readonly name: string }>(items: readonly T[], others: readonly T[], random: Random): T[] {
  const drawn = others[0];
  if (drawn === undefined || random.chance(0.3))
    return items.length === 0 ? [] : without(items, random.int(items.length));
  const at = items.findIndex(({ name }) => name === drawn.name);
  return at < 0 ? [...items, drawn] : swapAt(items, at, drawn);
}

const EDITS: Readonly<Record<string, Maker>> = {
  addColumn: (schema, random) =>
    inTable(schema, random, (table) => {
      const column = drawColumn(random, `c${random.int(5)}`, schema);
      if (table.columns.some(({ name }) => name === column.name)) return table;
      const at = random.int(table.columns.length + 1);
      return { ...table, columns: [...table.columns.slice(0, at), column, ...table.columns.slice(at)] };
    }),
  dropColumn: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      columns: without(table.columns, random.int(table.columns.length)),
    })),
  changeColumn: (schema, random) => inColumn(schema, random, ({ name }) => drawColumn(random, name, schema)),
  notNull: (schema, random) =>
    inColumn(schema, random, (column) => (column.identity ? column : { ...column, notNull: !column.notNull })),
  preset: (schema, random) =>
    inColumn(schema, random, (column) => ({
      ...drawColumn(random, column.name, schema),
      ...(random.chance(0.5)
        ? { type: column.type, identity: column.identity, notNull: column.notNull, preset: null }
        : {}),
    })),
  columnComment: (schema, random) =>
    inColumn(schema, random, (column) => ({ ...column, comment: column.comment === null ? "new" : null })),
  reorder: (schema, random) => inTable(schema, random, (table) => ({ ...table, columns: table.columns.toReversed() })),
  addTable: (schema, random) => {
    const table = drawTable(random, random.pick(["extra", "More"]), schema);
    return { ...schema, tables: [...schema.tables.filter(({ name }) => name !== table.name), table] };
  },
  dropTable: (schema, random) => ({ ...schema, tables: without(schema.tables, random.int(schema.tables.length)) }),
  redrawTable: (schema, random) => inTable(schema, random, ({ name }) => drawTable(random, name, schema)),
  key: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      key: random.chance(0.3) ? [] : [random.pick(table.columns).name],
    })),
  unique: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      uniques: table.uniques.length > 0 ? [] : [[random.pick(table.columns).name]],
    })),
  index: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      indexes: inList(table.indexes, [drawIndex(random, table.name, table.columns, random.int(3))], random),
    })),
  check: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      checks:
        table.checks.length > 0 && random.chance(0.5)
          ? []
          : [{ name: `${table.name}_c`, column: random.pick(table.columns).name, length: random.int(50) }],
    })),
  reference: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      references: random.chance(0.4)
        ? []
        : [
            {
              column: random.pick(table.columns).name,
              table: random.pick(schema.tables).name,
              action: random.pick(["no action", "cascade"]),
            },
          ],
    })),
  security: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      rowSecurity: !table.rowSecurity,
      policy: table.policy === null ? { command: "select", column: random.pick(table.columns).name } : null,
    })),
  trigger: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      trigger:
        table.trigger !== null || schema.routines.length === 0
          ? null
          : {
              function: random.pick(schema.routines).name,
              event: random.pick(["insert", "update"]),
              disabled: random.chance(0.3),
            },
    })),
  tableExtras: (schema, random) =>
    inTable(schema, random, (table) => ({
      ...table,
      comment: table.comment === null ? "now" : null,
      fillfactor: random.chance(0.5) ? 70 : null,
      unlogged: random.chance(0.1) ? !table.unlogged : table.unlogged,
      grants: random.chance(0.5) ? ["select"] : [],
    })),
  view: (schema, random) => ({
    ...schema,
    views: inList(
      schema.views,
      [drawView(random, random.int(3), schema)].filter((view) => view !== null),
      random,
    ),
  }),
  enumValues: (schema, random) => {
    const at = random.int(schema.enums.length);
    const own = schema.enums[at];
    if (own === undefined) return { ...schema, enums: [{ name: "mood", values: ["new", "open"] }] };
    const values = random.chance(0.5)
      ? own.values.toSpliced(random.int(own.values.length + 1), 0, `v${random.int(9)}`)
      : random.chance(0.5)
        ? own.values.toReversed()
        : own.values.slice(1);
    const distinct = [...new Set(values)];
    return {
      ...schema,
      enums: distinct.length === 0 ? without(schema.enums, at) : swapAt(schema.enums, at, { ...own, values: distinct }),
    };
  },
  domain: (schema, random) => ({ ...schema, domains: inList(schema.domains, drawSchema(random).domains, random) }),
  sequence: (schema, random) => ({
    ...schema,
    sequences: inList(schema.sequences, drawSchema(random).sequences, random),
  }),
  function: (schema, random) => ({
    ...schema,
    functions: inList(schema.functions, drawSchema(random).functions, random),
  }),
  routine: (schema, random) => ({ ...schema, routines: inList(schema.routines, drawSchema(random).routines, random) }),
};

// Edits of what only wide schemas hold.
const WIDE_EDITS: Readonly<Record<string, Maker>> = {
  redrawPart: (schema, random) => {
    if (schema.parts.length === 0) return schema;
    const at = random.int(schema.parts.length);
    const { kind, name } = schema.parts[at] as RandomPart;
    return { ...schema, parts: swapAt(schema.parts, at, drawPart(random, schema, kind, name)) };
  },
  addPart: (schema, random) => {
    const part = drawPart(random, schema);
    return { ...schema, parts: [...schema.parts.filter(({ name }) => name !== part.name), part] };
  },
  dropPart: (schema, random) =>
    schema.parts.length === 0 ? schema : { ...schema, parts: without(schema.parts, random.int(schema.parts.length)) },
};

const KINDS = Object.keys(EDITS);

/** Applies edits, each with its own stream of chance: the others stay the same when one is left out. */
export function edited(schema: RandomSchema, edits: readonly Edit[]): RandomSchema {
  let now = schema;
  for (const { kind, seed } of edits) {
    const edit = EDITS[kind] ?? WIDE_EDITS[kind];
    now = whole(edit?.(now, randomOf(seed, kind)) ?? now);
  }
  return now;
}

/** The pair of a seed: three of four are derived by one to five edits. */
export function drawPair(seed: number): RandomPair {
  const random = randomOf(seed, "pair");
  const from = drawSchema(random);
  if (random.chance(0.25)) return { seed, from, edits: null, to: drawSchema(random) };
  const edits = Array.from({ length: 1 + random.int(5) }, () => ({
    kind: random.pick(KINDS),
    seed: random.int(2 ** 31),
  }));
  return { seed, from, edits, to: edited(from, edits) };
}

function drawWide(random: Random): RandomSchema {
  const types = drawParts(random, "type", 4, null);
  const narrow = drawSchema(random, types);
  return { ...narrow, parts: [...types, ...drawParts(random, "rest", 9, narrow)] };
}

/** The pair of a seed with all kinds of objects: nine of ten are derived by one to six edits. */
export function drawWidePair(seed: number): RandomPair {
  const random = randomOf(seed, "wide pair");
  const from = drawWide(random);
  if (random.chance(0.1)) return { seed, from, edits: null, to: drawWide(random) };
  const edits = Array.from({ length: 1 + random.int(6) }, () => ({
    kind: random.pick(random.chance(0.5) ? Object.keys(WIDE_EDITS) : KINDS),
    seed: random.int(2 ** 31),
  }));
  return { seed, from, edits, to: edited(from, edits) };
}

// What is left when one part is taken away, for each part.
function* smaller(schema: RandomSchema): Generator<RandomSchema> {
  // Most at once first: halves of what only wide schemas hold.
  const half = Math.ceil(schema.parts.length / 2);
  if (half > 1) {
    yield whole({ ...schema, parts: schema.parts.slice(0, half) });
    yield whole({ ...schema, parts: schema.parts.slice(half) });
  }
  for (let at = schema.parts.length - 1; at >= 0; at -= 1) yield whole({ ...schema, parts: without(schema.parts, at) });
  for (const [at, part] of schema.parts.entries())
    for (let line = part.sql.length - 1; line > 0; line -= 1)
      yield whole({ ...schema, parts: swapAt(schema.parts, at, { ...part, sql: without(part.sql, line) }) });
  for (const part of ["views", "tables", "functions", "routines", "sequences", "domains", "enums"] as const)
    for (let at = 0; at < schema[part].length; at += 1)
      yield whole({ ...schema, [part]: without<unknown>(schema[part], at) });
  for (const [at, table] of schema.tables.entries()) {
    const put = (own: Partial<RandomTable>): RandomSchema =>
      whole({ ...schema, tables: swapAt(schema.tables, at, { ...table, ...own }) });
    for (let column = 0; column < table.columns.length; column += 1)
      yield put({ columns: without(table.columns, column) });
    for (const part of ["uniques", "indexes", "references", "checks", "grants"] as const)
      if (table[part].length > 0) yield put({ [part]: [] });
    if (table.key.length > 0) yield put({ key: [] });
    if (table.comment !== null || table.rowSecurity) yield put({ comment: null, rowSecurity: false });
    if (table.policy !== null) yield put({ policy: null });
    if (table.trigger !== null) yield put({ trigger: null });
  }
}

/** Makes a failing pair smaller for as long as it fails; `tries` bounds the work. */
export async function shrunk(
  pair: RandomPair,
  fails: (pair: RandomPair) => Promise<boolean>,
  tries: number,
): Promise<RandomPair> {
  let best = pair;
  let left = tries;
  const candidates = function* (of: RandomPair): Generator<RandomPair> {
    const { edits } = of;
    if (edits !== null)
      for (let at = 0; at < edits.length; at += 1)
        yield { ...of, edits: without(edits, at), to: edited(of.from, without(edits, at)) };
    for (const from of smaller(of.from)) yield { ...of, from, to: edits === null ? of.to : edited(from, edits) };
    for (const to of edits === null ? smaller(of.to) : []) yield { ...of, to };
  };
  for (let found = true; found && left > 0;) {
    found = false;
    for (const candidate of candidates(best)) {
      left -= 1;
      if (left < 0) break;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}
