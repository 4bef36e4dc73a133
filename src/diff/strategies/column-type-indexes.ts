import type { ConstraintObject, IndexObject } from "../../model/catalog.ts";
import { plainSql } from "./dual-write.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import type { Job, Move } from "./column-type-job.ts";
import { tableOf } from "./facts.ts";
import { addUsingIndex } from "./key-through-index.ts";
import { buildsCopy, copyOf, copySteps, dropCopy, workingName } from "./index-copies.ts";

/*
 * The indexes and keys of a column that changes its type, those of partitioned tables among them: such an index is an
 * empty shell to which the indexes of its partitions are attached, and a key of one is made of the partitions' own.
 */

const isParted = (object: IndexObject | ConstraintObject, context: StrategyContext): boolean =>
  (tableOf(context, object)?.table.partitionBy ?? null) !== null;

const printed = (index: Pick<IndexObject, "schema" | "name">, { dialect }: StrategyContext): string =>
  dialect.qualified(index.schema, index.name);

// A copy stands by itself until it is attached.
const freeCopy = (
  index: IndexObject,
  what: string,
  from: string,
  to: string,
  context: StrategyContext,
): IndexObject => ({
  ...copyOf(index, workingName(index, what, context), from, to),
  partitionOf: null,
});

function attachSql(
  part: IndexObject,
  what: string | null,
  all: readonly IndexObject[],
  context: StrategyContext,
): string {
  const parent = all.find(({ schema, name }) => schema === part.partitionOf?.schema && name === part.partitionOf.name);
  const name = (index: IndexObject): string => (what === null ? index.name : workingName(index, what, context));
  const [above, own] = [parent ?? part, part].map((one) => printed({ schema: one.schema, name: name(one) }, context));
  return `ALTER INDEX ${above} ATTACH PARTITION ${own}`;
}

// An index with those of the partitions below, parents first.
function withParts(index: IndexObject, all: readonly IndexObject[]): readonly IndexObject[] {
  const found = [index];
  for (const parent of found)
    found.push(
      ...all.filter(({ partitionOf }) => partitionOf?.schema === parent.schema && partitionOf.name === parent.name),
    );
  return found;
}

// An index that nothing is attached to yet.
function shellSql(copy: IndexObject, index: IndexObject, context: StrategyContext): string[] {
  const create = buildsCopy(copy, index, context).replace(" INDEX CONCURRENTLY ", " INDEX ");
  return [create, ...plainSql("create", copy, context).slice(1)];
}

/** The steps that build the indexes anew over the column that comes. */
export function buildIndexes(job: Job): StrategyStep[] {
  const { context, carried, own, next } = job;
  const as = { phase: "migrate", compatible: job.until } as const;
  const { indexes } = carried;
  const shells = indexes.filter((index) => index.constraint === null && isParted(index, context));
  const attached = shells.flatMap((shell) => withParts(shell, indexes).slice(1));
  const parts = indexes.filter((index) => attached.includes(index)).toReversed();
  return [
    ...indexes
      .filter((index) => !isParted(index, context))
      .flatMap((index) => copySteps(freeCopy(index, "index", own, next, context), index, as, context)),
    ...shells.flatMap((index) => {
      const shell = freeCopy(index, "index", own, next, context);
      const whole = index.partitionOf === null;
      return shellSql(shell, index, context).map((sql, place): StrategyStep => ({
        sql,
        undo: place === 0 && whole ? [`DROP INDEX ${printed(shell, context)}`] : [],
        ...(place === 0 && whole
          ? { irreversible: "the parts of the partitions are dropped with the whole index" }
          : {}),
        ...as,
        together: "attach",
      }));
    }),
    ...parts.map((part): StrategyStep => ({
      sql: attachSql(part, "index", indexes, context),
      undo: [],
      ...as,
      together: "attach",
    })),
  ];
}

// As they were, in one transaction.
function createAgain(index: IndexObject, { carried, context }: Job): string[] {
  const all = withParts(index, carried.indexes).toReversed();
  return [
    ...all.flatMap((one) => plainSql("create", { ...one, partitionOf: null }, context)),
    ...all.slice(0, -1).map((one) => attachSql(one, null, carried.indexes, context)),
  ];
}

function keysBelow(key: ConstraintObject, { carried }: Job): readonly ConstraintObject[] {
  const index = carried.indexes.find(
    (one) => one.constraint === key.name && one.table === key.table && one.schema === key.schema,
  );
  const names = (index === undefined ? [] : withParts(index, carried.indexes)).map(({ schema, table, constraint }) =>
    JSON.stringify([schema, table, constraint]),
  );
  return carried.keys.filter(({ schema, table, name }) => names.includes(JSON.stringify([schema, table, name])));
}

// Made on the whole, a key of a partitioned table takes in what the partitions have.
const wholeSql = (key: ConstraintObject, context: StrategyContext): readonly string[] =>
  plainSql("create", { ...key, inherited: false }, context).map((sql) =>
    sql.replace(/^ALTER TABLE ONLY /, "ALTER TABLE "),
  );

/**
 * The statements after which partitions' columns may be null once the whole table's may: a primary key that was added to a
 * partition has made them its own since version 18.
 */
export function partitionsLoose({ branches, carried, context, own }: Job): readonly string[] {
  if (context.major < 18) return [];
  return branches.flatMap(({ view: { table } }) =>
    table.partitionOf !== null &&
    carried.keys.some((key) => key.type === "primary key" && key.table === table.name && key.schema === table.schema)
      ? [`ALTER TABLE ${context.dialect.qualified(table.schema, table.name)} ALTER COLUMN ${own} DROP NOT NULL`]
      : [],
  );
}

/** What lets the old column's keys go: those of partitions go with the one above them. */
export function dropKeys(job: Job): Move[] {
  const { carried, context } = job;
  return carried.keys
    .filter(({ inherited }) => !inherited)
    .map((key) => ({
      sql: plainSql("drop", key, context).join("; "),
      undo: [...keysBelow(key, job)].toReversed().flatMap((one) => wholeSql(one, context)),
    }));
}

/** What makes room for the names of the old column's other indexes. */
export function releaseIndexes(job: Job): Move[] {
  const { carried, context } = job;
  return carried.indexes.flatMap((index): Move[] => {
    if (index.constraint !== null) return [];
    if (!index.unique) return [renameIndex(index, index.name, workingName(index, "old", context), context)];
    return index.partitionOf === null
      ? [{ sql: `DROP INDEX ${printed(index, context)}`, undo: createAgain(index, job) }]
      : [];
  });
}

function renameIndex(index: IndexObject, from: string, to: string, { dialect }: StrategyContext): Move {
  const at = (name: string): string => dialect.qualified(index.schema, name);
  return {
    sql: `ALTER INDEX ${at(from)} RENAME TO ${dialect.ident(to)}`,
    undo: [`ALTER INDEX ${at(to)} RENAME TO ${dialect.ident(from)}`],
  };
}

/** What gives the new column's indexes their names, and makes keys of those that shall be keys: partitions' own first. */
export function takeIndexes(job: Job): Move[] {
  const { carried, context } = job;
  const moves = carried.indexes
    .filter(({ constraint }) => constraint === null)
    .map((index) => renameIndex(index, workingName(index, "index", context), index.name, context));
  for (const key of carried.keys.toReversed()) {
    const index = carried.indexes.find(
      (one) => one.constraint === key.name && one.table === key.table && one.schema === key.schema,
    );
    if (index === undefined) continue;
    const [whole = "", ...settings] = wholeSql(key, context);
    const rest = [...settings, ...plainSql("create", { ...index, partitionOf: null }, context)];
    moves.push({
      sql: isParted(key, context) ? whole : addUsingIndex(key, workingName(index, "index", context), context),
      undo: key.inherited ? [] : plainSql("drop", key, context),
    });
    moves.push(...rest.map((sql) => ({ sql, undo: [] })));
  }
  return moves;
}

/** The steps that drop the old column's indexes which serve nobody any more. */
export function dropIndexes(job: Job): StrategyStep[] {
  const { carried, context, own, last } = job;
  const as = { phase: "contract", compatible: job.since } as const;
  const { indexes } = carried;
  return indexes
    .filter((index) => index.constraint === null && !index.unique && index.partitionOf === null)
    .map((index) => {
      if (!isParted(index, context)) return dropCopy(freeCopy(index, "old", own, last, context), index, as, context);
      const all = withParts(index, indexes).toReversed();
      const copies = all.map((one) => ({ one, copy: freeCopy(one, "old", own, last, context) }));
      const undo = copies.flatMap(({ one, copy }) =>
        isParted(one, context) ? shellSql(copy, one, context) : (dropCopy(copy, one, as, context).undo ?? []),
      );
      return {
        sql: `DROP INDEX ${printed(freeCopy(index, "old", own, last, context), context)}`,
        undo: [...undo, ...all.slice(0, -1).map((one) => attachSql(one, "old", indexes, context))],
        ...as,
      };
    });
}
