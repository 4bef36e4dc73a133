import type { ColumnObject } from "../../model/catalog.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { backfillStep } from "./dual-write.ts";
import { BOTH, OLD_ONLY, directSteps, isSettled, tableName, tableOf } from "./facts.ts";
import { noCopyFor } from "./generate-through-copy.ts";
import { temporaryName } from "./names.ts";
import { hasNamedNotNull, notNullSteps } from "./not-null-through-check.ts";
import { refusesUpdates } from "./published.ts";
import { mayVary } from "./volatile-defaults.ts";

function addedColumn(change: Change, context: StrategyContext): ColumnObject | null {
  const object = change.type === "create" ? change.object : null;
  if (object?.kind !== "column" || object.inherited || isSettled(context, object)) return null;
  const table = tableOf(context, object);
  // The rows of children are reached by none of their keys.
  if (table === undefined || table.table.partitionOf !== null || table.table.inherits.length > 0) return null;
  return object;
}

// The column alone: what is still to come is set once its rows hold values.
function addBare(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const bare = { ...column, notNull: false, default: null, identity: null };
  const printed = dialect.change({ type: "create", object: bare }, context.from, "plain");
  return printed.map(({ sql }, place): StrategyStep => ({
    sql,
    undo: place === 0 ? [`ALTER TABLE ${tableName(context, column)} DROP COLUMN ${dialect.ident(column.name)}`] : [],
    phase: "expand",
    compatible: OLD_ONLY,
    together: "add",
  }));
}

// Nobody has relied on nulls of a new column whose default fills them: old code is not refused.
function forNewColumn(steps: readonly StrategyStep[], ready: boolean): StrategyStep[] {
  return steps.map((step, place) => ({
    ...step,
    phase: "migrate",
    compatible: ready && place === steps.length - 1 ? BOTH : OLD_ONLY,
  }));
}

function setNotNull(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  return column.notNull && !hasNamedNotNull(column, context) ? notNullSteps(column, context) : [];
}

/** A column whose default differs from row to row is filled in batches. */
export const addColumnVolatileDefault: Strategy = {
  id: "add-column-volatile-default",
  engines: ["postgres"],
  summary:
    "A column whose default differs from row to row is added empty, given its default, and filled in batches, instead of the table being written anew under an exclusive lock.",
  applies(change, context) {
    const column = addedColumn(change, context);
    if (column === null || column.identity !== null || column.default === null) return false;
    return mayVary(column.default) && !refusesUpdates(context, column);
  },
  steps(change, context) {
    const column = addedColumn(change, context);
    const view = column === null ? undefined : tableOf(context, column);
    if (column === null || view === undefined) return [];
    const name = context.dialect.ident(column.name);
    const backfill = backfillStep(view, `${name} = ${column.default ?? ""}`, `${name} IS NULL`, context);
    const notNull = setNotNull(column, context);
    return [
      ...addBare(column, context),
      {
        sql: `ALTER TABLE ${tableName(context, column)} ALTER COLUMN ${name} SET DEFAULT ${column.default ?? ""}`,
        undo: [],
        phase: "expand",
        compatible: OLD_ONLY,
        together: "add",
      },
      { ...backfill, compatible: notNull.length === 0 ? BOTH : OLD_ONLY },
      ...forNewColumn(notNull, true),
    ];
  },
};

// Until the identity is there, a sequence counts in its place.
function counter(column: ColumnObject, context: StrategyContext): { readonly name: string; readonly create: string } {
  const { dialect } = context;
  const temporary = temporaryName(context, "counter", column.schema, column.table, column.name);
  const name = dialect.qualified(column.schema, temporary);
  const options = column.identity?.sequence;
  if (options === undefined) return { name, create: "" };
  const { type, increment, min, max, start, cache, cycle } = options;
  return {
    name,
    create: `CREATE SEQUENCE ${name} AS ${type} INCREMENT BY ${increment} MINVALUE ${min} MAXVALUE ${max} START WITH ${start} CACHE ${cache}${cycle ? " CYCLE" : ""}`,
  };
}

function takeOverCounter(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const table = tableName(context, column);
  const own = dialect.ident(column.name);
  const { name, create } = counter(column, context);
  const without: ColumnObject = { ...column, identity: null, default: null };
  const change = alter<ColumnObject>(without, { identity: column.identity });
  // The counter is set by what the sequence has come to, not by what the rows hold.
  const [identity] = dialect.change(change, context.from, "plain");
  const inner = `pg_catalog.pg_get_serial_sequence(${dialect.literal(table)}, ${dialect.literal(column.name)})`;
  const set = `ALTER TABLE ${table} ALTER COLUMN ${own}`;
  const read = `pg_catalog.nextval(${inner})`;
  const undo = [
    create,
    `GRANT USAGE ON SEQUENCE ${name} TO PUBLIC`,
    `SELECT pg_catalog.setval(${dialect.literal(name)}::pg_catalog.regclass, ${read}, false)`,
    `${set} DROP IDENTITY`,
    `${set} SET DEFAULT pg_catalog.nextval(${dialect.literal(name)}::pg_catalog.regclass)`,
  ];
  const statements = [
    `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`,
    `${set} DROP DEFAULT`,
    identity?.sql ?? "",
    `SELECT pg_catalog.setval(${inner}, last_value, is_called) FROM ${name}`,
    `DROP SEQUENCE ${name}`,
  ];
  return statements.map((sql, place): StrategyStep => ({
    sql,
    undo: place === 0 ? undo : [],
    phase: "migrate",
    compatible: BOTH,
    together: "identity",
  }));
}

/** An identity column numbers the rows that are there in batches. */
export const addIdentityColumn: Strategy = {
  id: "add-identity-column",
  engines: ["postgres"],
  summary:
    "An identity column is added empty and counted by a sequence while its rows are numbered in batches; then it takes the counter over, instead of the table being written anew under an exclusive lock.",
  applies(change, context) {
    const column = addedColumn(change, context);
    if (column === null || column.identity === null || hasNamedNotNull(column, context)) return false;
    return !refusesUpdates(context, column);
  },
  steps(change, context) {
    const column = addedColumn(change, context);
    const view = column === null ? undefined : tableOf(context, column);
    if (column === null || view === undefined) return [];
    const own = context.dialect.ident(column.name);
    const { name, create } = counter(column, context);
    const next = `pg_catalog.nextval(${context.dialect.literal(name)}::pg_catalog.regclass)`;
    const set = `ALTER TABLE ${tableName(context, column)} ALTER COLUMN ${own} SET DEFAULT ${next}`;
    const as = { phase: "expand", compatible: OLD_ONLY, together: "add" } as const;
    const [add, ...rest] = addBare(column, context);
    if (add === undefined) return [];
    return [
      { sql: create, undo: [`DROP SEQUENCE ${name}`], ...as },
      // An identity asks its writers for no privilege; a default's sequence does.
      { sql: `GRANT USAGE ON SEQUENCE ${name} TO PUBLIC`, undo: [], ...as },
      add,
      ...rest,
      { sql: set, undo: [], ...as },
      backfillStep(view, `${own} = ${next}`, `${own} IS NULL`, context),
      ...forNewColumn(notNullSteps(column, context), false),
      ...takeOverCounter(column, context),
    ];
  },
};

function noteOn(change: Change, context: StrategyContext): string {
  const column = addedColumn(change, context);
  const why = column === null ? null : noCopyFor(column, context);
  return [
    "writes the whole table anew under an exclusive lock",
    ...(why === null ? [] : [`no copy of the table takes its place instead, since ${why}`]),
    "where that is too long, use a VIRTUAL column (PostgreSQL 18) or a plain one with a trigger",
  ].join("; ");
}

/** A generated column can only be made with its rows. */
export const addStoredGeneratedColumn: Strategy = {
  id: "add-stored-generated-column",
  engines: ["postgres"],
  summary:
    "A stored generated column is added as it is, with its price stated: the server turns no plain column into a generated one, so the table is written anew.",
  applies(change, context) {
    return addedColumn(change, context)?.generated?.stored === true;
  },
  steps: (change, context) =>
    directSteps(change, context, { phase: "expand", compatible: BOTH, together: "add" }).map((step, place) =>
      place === 0
        ? {
            ...step,
            note: noteOn(change, context),
          }
        : step,
    ),
};
