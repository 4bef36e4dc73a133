import type { ConstraintObject, IndexObject } from "../../model/catalog.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { NEW_ONLY, hasRelatives, isSettled, tableName, tableOf, viewed } from "./facts.ts";
import { buildStep, concurrently } from "./index-concurrently.ts";

/** The index behind a key as TO has it; undefined when it is not in the catalog. */
export function indexBehind(constraint: ConstraintObject, context: StrategyContext): IndexObject | undefined {
  const where = { schema: constraint.schema, table: constraint.table };
  const found = viewed(context.to).get(refKey(ref("index", constraint.name, where)));
  return found?.kind === "index" && found.constraint === constraint.name ? found : undefined;
}

/** The statement that makes a constraint of an index that is there; the index takes the constraint's name. */
export function addUsingIndex(constraint: ConstraintObject, index: string, context: StrategyContext): string {
  const { dialect } = context;
  const deferral = `${constraint.deferrable ? " DEFERRABLE" : ""}${constraint.initiallyDeferred ? " INITIALLY DEFERRED" : ""}`;
  const word = constraint.type === "primary key" ? "PRIMARY KEY" : "UNIQUE";
  return `ALTER TABLE ${tableName(context, constraint)} ADD CONSTRAINT ${dialect.ident(constraint.name)} ${word} USING INDEX ${dialect.ident(index)}${deferral}`;
}

/**
 * Whether a key can be made of an index that was built beside running writes: an exclusion constraint cannot, nor
 * one with periods (`WITHOUT OVERLAPS`), nor one of a table with partitions or children.
 */
export function isBuildable(constraint: ConstraintObject, context: StrategyContext): boolean {
  if (constraint.type !== "primary key" && constraint.type !== "unique") return false;
  const table = tableOf(context, constraint);
  if (table === undefined || hasRelatives(table, context) || isSettled(context, constraint)) return false;
  const index = indexBehind(constraint, context);
  if (index === undefined || index.method !== "btree" || !index.valid || !constraint.validated) return false;
  return constraint.columns.every((name) => table.columns.some((column) => column.name === name));
}

/** A unique or primary key is made of an index that was built concurrently. */
export const keyThroughIndex: Strategy = {
  id: "key-through-index",
  engines: ["postgres"],
  summary:
    "A unique or primary key takes over an index that was built CONCURRENTLY instead of building one under a lock.",
  applies: (change, context) =>
    change.type === "create" && change.object.kind === "constraint" && isBuildable(change.object, context),
  steps(change, context) {
    if (change.type !== "create" || change.object.kind !== "constraint") return [];
    const constraint = change.object;
    const index = indexBehind(constraint, context);
    if (index === undefined) return [];
    const table = tableName(context, constraint);
    const name = context.dialect.ident(constraint.name);
    // What makes room for a new key is away while it takes its index over; one that comes back is built in the room.
    const swap = viewed(context.from).get(refKey(constraint)) === undefined ? ({ swap: true } as const) : {};
    const comment = context.dialect
      .change(change, context.from)
      .slice(1)
      .map(({ sql }): StrategyStep => ({
        sql,
        undo: [],
        phase: "contract",
        compatible: NEW_ONLY,
        together: "key",
        ...swap,
      }));
    const build = buildStep(concurrently(index, context), index, context);
    return [
      // The index refuses what the key would refuse; with the key goes its index.
      { ...build, phase: "contract", compatible: NEW_ONLY, undo: build.cleanup ?? [] },
      {
        sql: addUsingIndex(constraint, constraint.name, context),
        undo: [`ALTER TABLE ${table} DROP CONSTRAINT ${name}`],
        irreversible: "the index goes with the key",
        phase: "contract",
        compatible: NEW_ONLY,
        together: "key",
        ...swap,
      },
      ...comment,
    ];
  },
};
