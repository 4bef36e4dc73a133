import type { ConstraintObject, IndexObject } from "../../model/catalog.ts";
import { ref, refKey } from "../../model/ref.ts";
import { differences } from "../compare.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { NEW_ONLY, hasRelatives, isSettled, tableName, tableOf, viewed } from "./facts.ts";
import { buildStep, concurrently } from "./index-concurrently.ts";
import { temporaryName } from "./names.ts";

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

// An index of FROM by itself that has the name of the key's.
function namesake(index: IndexObject, { from }: StrategyContext): IndexObject | undefined {
  const found = viewed(from).get(refKey(index));
  return found?.kind === "index" && found.constraint === null ? found : undefined;
}

// What the key itself changes about an index that it takes, and the comment, which is set besides.
const TAKEN_ALONG: ReadonlySet<string> = new Set(["constraint", "definition", "comment"]);

// It holds what the key's index holds, and is kept as that is: the key takes it as it is.
const isReady = (was: IndexObject | undefined, index: IndexObject): was is IndexObject =>
  was !== undefined && was.valid && differences(was, index).every((name) => TAKEN_ALONG.has(name));

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
  takes(change, changesOf, context) {
    if (change.type !== "create" || change.object.kind !== "constraint") return [];
    const index = indexBehind(change.object, context);
    if (index === undefined || !isReady(namesake(index, context), index)) return [];
    return changesOf(refKey(index)).filter(({ type }) => type === "drop");
  },
  steps(change, context) {
    if (change.type !== "create" || change.object.kind !== "constraint") return [];
    const constraint = change.object;
    const index = indexBehind(constraint, context);
    if (index === undefined) return [];
    const was = namesake(index, context);
    const table = tableName(context, constraint);
    const name = context.dialect.ident(constraint.name);
    // What makes room for a new key is away while it takes its index over; one that comes back is built in the room.
    const swap = viewed(context.from).get(refKey(constraint)) === undefined ? ({ swap: true } as const) : {};
    const comment = context.dialect.change(change, context.from).slice(1);
    const ready = isReady(was, index);
    // While another index bears the name, the key's is built under one of its own, which it loses to the key's.
    const built = was === undefined ? index.name : temporaryName(context, "new", index.schema, index.name);
    const build = buildStep(concurrently(index, context, built), { schema: index.schema, name: built }, context);
    const uncommented =
      ready && was.comment !== null && index.comment === null
        ? context.dialect.change(
            { type: "alter", before: was, after: { ...was, comment: null }, properties: ["comment"] },
            context.from,
          )
        : [];
    const again = ready ? context.dialect.change({ type: "create", object: was }, context.from, "plain") : [];
    return [
      // The index refuses what the key would refuse; with the key goes its index.
      ...(ready
        ? []
        : [{ ...build, phase: "contract", compatible: NEW_ONLY, undo: build.cleanup ?? [] } satisfies StrategyStep]),
      {
        sql: addUsingIndex(constraint, ready ? constraint.name : built, context),
        // The index goes with the key.
        undo: [`ALTER TABLE ${table} DROP CONSTRAINT ${name}`, ...again.map(({ sql }) => sql)],
        ...(ready ? {} : { irreversible: "the index goes with the key" }),
        phase: "contract",
        compatible: NEW_ONLY,
        together: "key",
        ...swap,
      },
      ...[...comment, ...uncommented].map(({ sql }): StrategyStep => ({
        sql,
        undo: [],
        phase: "contract",
        compatible: NEW_ONLY,
        together: "key",
        ...swap,
      })),
    ];
  },
};
