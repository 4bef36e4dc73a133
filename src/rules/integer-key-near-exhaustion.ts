import type { ColumnObject, SequenceObject, SequenceOptions } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import { alter } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import type { Severity } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import type { SequenceStatistics } from "../model/statistics.ts";
import { baseTypes, INTEGER_MAX } from "./declared-type.ts";
import type { BaseType } from "./declared-type.ts";
import { ownForeignKeys } from "./foreign-keys.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Observation, Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** Half way is the last quiet moment for a migration that rewrites the table. */
const WARNING_SHARE = 0.5;
const ERROR_SHARE = 0.8;

type TypeOf = (column: ColumnObject) => BaseType;
const severityOf = (share: number): Severity => (share >= ERROR_SHARE ? "error" : "warning");
const percent = (share: number): string => `${Math.floor(share * 100)} %`;

// How far it is from the sequence's first value to the last that both it and the column can hold. A cycling
// sequence never ends where the column holds all of it.
function usedShare(last: bigint, options: SequenceOptions, columnMax: bigint | null): number {
  const [min, max] = [BigInt(options.min), BigInt(options.max)];
  if (options.increment.startsWith("-")) {
    const end = columnMax === null || min > -columnMax - 1n ? min : -columnMax - 1n;
    return options.cycle && end === min ? 0 : ratio(max - last, max - end);
  }
  const end = columnMax === null || max < columnMax ? max : columnMax;
  return options.cycle && end === max ? 0 : ratio(last - min, end - min);
}

function ratio(part: bigint, whole: bigint): number {
  return whole <= 0n ? 0 : Number((part * 10_000n) / whole) / 10_000;
}

function childrenOf(view: CatalogView): ReadonlyMap<string, readonly ColumnObject[]> {
  const children = new Map<string, ColumnObject[]>();
  for (const { of, key, references } of ownForeignKeys(view)) {
    for (const [at, name] of key.columns.entries()) {
      const child = of.columns.find((column) => column.name === name);
      const parent = references.columns[at];
      if (child === undefined || parent === undefined) continue;
      const address = refKey(ref("column", parent, { schema: references.schema, table: references.table }));
      children.set(address, [...(children.get(address) ?? []), child]);
    }
  }
  return children;
}

function columnAt(view: CatalogView, at: SequenceStatistics["feeds"][number]): ColumnObject | undefined {
  const found = view.get(refKey(ref("column", at.column, { schema: at.schema, table: at.table })));
  return found?.kind === "column" ? found : undefined;
}

const wide = (options: SequenceOptions): SequenceOptions => ({
  ...options,
  type: "bigint",
  max: options.max === String(INTEGER_MAX[options.type]) ? String(INTEGER_MAX["bigint"]) : options.max,
});

// The column, the columns that refer to it, and the sequence where that is what ends first.
function widening(columns: readonly ColumnObject[], sequence: SequenceObject | null, typeOf: TypeOf): Change[] {
  const changes: Change[] = columns
    .filter((column) => typeOf(column).name in INTEGER_MAX && typeOf(column).name !== "bigint")
    .map((column) =>
      alter(column, {
        type: "bigint",
        identity: column.identity === null ? null : { ...column.identity, sequence: wide(column.identity.sequence) },
      }),
    );
  if (sequence !== null && sequence.options.type !== "bigint")
    changes.push(alter(sequence, { options: wide(sequence.options) }));
  return changes;
}

function* ofSequence(
  view: CatalogView,
  known: SequenceStatistics,
  children: ReadonlyMap<string, readonly ColumnObject[]>,
  typeOf: TypeOf,
): Iterable<Observation> {
  if (known.lastValue === null) return;
  const last = BigInt(known.lastValue);
  const found = view.get(refKey(ref("sequence", known.sequence, { schema: known.schema })));
  const sequence = found?.kind === "sequence" ? found : null;
  const fed = known.feeds.map((at) => columnAt(view, at)).filter((column) => column !== undefined);
  if (fed.length === 0 && sequence !== null) {
    const share = usedShare(last, sequence.options, null);
    const evidence = [{ what: "share used", value: share }];
    const message = `sequence ${sequence.name} has used ${percent(share)} of its values`;
    if (share >= WARNING_SHARE) yield { ref: sequence, severity: severityOf(share), message, evidence };
  }
  for (const column of fed) {
    const options = column.identity?.sequence ?? sequence?.options;
    if (options === undefined) continue;
    const referring = children.get(refKey(column)) ?? [];
    const changes = widening([column, ...referring], sequence, typeOf);
    for (const held of [column, ...referring]) {
      const share = usedShare(last, options, INTEGER_MAX[typeOf(held).name] ?? null);
      // A child as wide as its parent ends with it and is not told twice.
      if (share < WARNING_SHARE || (held !== column && typeOf(held).name === typeOf(column).name)) continue;
      const whose = held === column ? "" : ` that ${column.table}.${column.name} counts up`;
      yield {
        ref: held,
        severity: severityOf(share),
        message: `${held.table}.${held.name} (${held.type}) has used ${percent(share)} of the values${whose} it can hold`,
        evidence: [{ what: "share used", value: share }],
        fixes:
          changes.length === 0
            ? []
            : [{ title: "widen it, and all that refers to it, to bigint", safety: "review", changes }],
      };
    }
  }
}

/** A counter that nears the end of its type. */
export const integerKeyNearExhaustion: Rule = rule({
  id: "integer-key-near-exhaustion",
  area: "operations",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pghero:sequence_danger"],
  summary: "An integer key has used up much of the values its type can hold.",
  why: "After the last value every INSERT fails. The cure, a wider type, rewrites the table and its indexes under a lock, or takes weeks of migration in steps, and the columns that refer to the key have to go with it: it must begin long before the end. From 50 % a warning, from 80 % an error.",
  remedy:
    "Widen the key and all columns that refer to it to bigint: with a new column, a trigger and a batched copy where the table is large.",
  needsStatistics: true,
  fix: "review",
  fails: [
    "CREATE TABLE item (id serial PRIMARY KEY); SELECT setval('item_id_seq', 1200000000);",
    "CREATE TABLE item (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); SELECT setval('item_id_seq', 30000);",
    "CREATE TABLE item (id bigserial PRIMARY KEY); CREATE TABLE part (item_id integer REFERENCES item); SELECT setval('item_id_seq', 2000000000);",
    "CREATE SEQUENCE ticket MAXVALUE 100; SELECT setval('ticket', 90);",
    'CREATE SEQUENCE "s;""" INCREMENT -1; CREATE TABLE "t;" ("i""" integer DEFAULT nextval(\'"s;"""\')); SELECT setval(\'"s;"""\', -2000000000);',
    "CREATE TABLE code (id smallint PRIMARY KEY); INSERT INTO code SELECT generate_series(1, 20000); ANALYZE code;",
  ],
  passes: [
    "CREATE TABLE item (id bigserial PRIMARY KEY); SELECT setval('item_id_seq', 2000000000);",
    "CREATE TABLE item (id serial PRIMARY KEY);",
    "CREATE SEQUENCE ticket MAXVALUE 100 CYCLE; SELECT setval('ticket', 99);",
    "CREATE TABLE code (id smallint PRIMARY KEY); INSERT INTO code SELECT generate_series(1, 2000); ANALYZE code;",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const children = childrenOf(view);
    const counted = new Set<string>();
    for (const known of statistics?.sequences ?? []) {
      for (const at of known.feeds)
        counted.add(refKey(ref("column", at.column, { schema: at.schema, table: at.table })));
      yield* ofSequence(view, known, children, typeOf);
    }
    const facts = indexStatistics(statistics);
    for (const of of ownTables(view)) {
      const [name, ...more] = of.primaryKey?.columns ?? [];
      const column = of.columns.find((each) => each.name === name);
      if (column === undefined || more.length > 0 || counted.has(refKey(column))) continue;
      const max = INTEGER_MAX[typeOf(column).name];
      const rows = facts.table(of.table.schema, of.table.name)?.rows ?? null;
      if (max === undefined || rows === null || rows / Number(max) < WARNING_SHARE) continue;
      const share = rows / Number(max);
      const changes = widening([column, ...(children.get(refKey(column)) ?? [])], null, typeOf);
      yield {
        ref: column,
        severity: severityOf(share),
        message: `${column.table} has about ${rows} rows, ${percent(share)} of the positive keys that ${column.name} (${column.type}) can hold`,
        evidence: [{ what: "estimated rows", value: rows }],
        fixes:
          changes.length === 0
            ? []
            : [{ title: "widen it, and all that refers to it, to bigint", safety: "review", changes }],
      };
    }
  },
});
