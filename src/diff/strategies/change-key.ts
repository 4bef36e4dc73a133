import type { ColumnObject, ConstraintObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { plainSql } from "./dual-write.ts";
import { NEW_ONLY, stayingDependents, tableOf, viewed } from "./facts.ts";
import { buildStep, concurrently, releaseSql } from "./index-concurrently.ts";
import { addUsingIndex, indexBehind, isBuildable } from "./key-through-index.ts";
import { temporaryName } from "./names.ts";
import { hasNamedNotNull, notNullSteps } from "./not-null-through-check.ts";

/** A key that takes the place of another. */
interface Replacement {
  readonly before: ConstraintObject;
  readonly after: ConstraintObject;
}

const isKey = (one: ConstraintObject): boolean => one.type === "primary key" || one.type === "unique";

const MEANING: readonly string[] = ["definition", "columns", "type", "deferrable", "initiallyDeferred"];

// The same key said anew, or a primary key that goes where another comes.
function replacementOf(change: Change, context: StrategyContext): Replacement | null {
  if (change.type === "alter" && change.before.kind === "constraint" && change.after.kind === "constraint") {
    const means = change.properties.some((property) => MEANING.includes(property));
    return means && isKey(change.before) && isKey(change.after) ? { before: change.before, after: change.after } : null;
  }
  if (change.type === "create" && change.object.kind === "constraint" && isKey(change.object)) {
    const before = viewed(context.from).get(refKey(change.object));
    // Dropped only to be made anew.
    const replaced = before?.kind === "constraint" && isKey(before) && context.gone?.has(refKey(before)) === true;
    return replaced ? { before, after: change.object } : null;
  }
  if (change.type !== "drop" || change.object.kind !== "constraint" || change.object.type !== "primary key")
    return null;
  const before = change.object;
  const after = viewed(context.to).table(before.schema, before.table)?.primaryKey ?? null;
  if (after === null || viewed(context.from).get(refKey(after)) !== undefined) return null;
  // Else the new key would look the same as the old, and is renamed by whoever plans.
  return { before, after };
}

function hasOthers({ before }: Replacement, context: StrategyContext): boolean {
  return stayingDependents(context, refKey(before)).some(
    (one) => !(one.kind === "index" && one.constraint === before.name),
  );
}

const USER_TYPE = /^(?:enum|domain|composite|range) /;

// While the type of a column changes it is in no key: the keys cannot follow upon each other.
function hasRetyped({ before }: Replacement, context: StrategyContext): boolean {
  return before.columns.some((name) => {
    const key = refKey(ref("column", name, { schema: before.schema, table: before.table }));
    const [was, is] = [viewed(context.from).get(key), viewed(context.to).get(key)];
    if (was?.kind !== "column" || is?.kind !== "column") return false;
    // A type that is made anew is another, whatever it is called.
    const anew = was.dependsOn.some((one) => USER_TYPE.test(one) && context.gone?.has(one) === true);
    return anew || was.type !== is.type || was.collation !== is.collation;
  });
}

function nullable(after: ConstraintObject, context: StrategyContext): readonly ColumnObject[] {
  if (after.type !== "primary key") return [];
  const columns = tableOf(context, after)?.columns ?? [];
  return columns.filter(
    (column) => after.columns.includes(column.name) && !column.notNull && !hasNamedNotNull(column, context),
  );
}

/** A key takes the place of another at once, over an index that was built before. */
export const changeKey: Strategy = {
  id: "change-key",
  engines: ["postgres"],
  summary:
    "A primary or unique key over other columns is made of an index that was built CONCURRENTLY and exchanged with the old key in one short transaction, so that the table is never without a key.",
  applies(change, context) {
    const found = replacementOf(change, context);
    return (
      found !== null && isBuildable(found.after, context) && !hasOthers(found, context) && !hasRetyped(found, context)
    );
  },
  takes(change, changesOf, context) {
    const found = replacementOf(change, context);
    if (found === null) return [];
    const { schema, table, name } = found.after;
    const index = ref("index", name, { schema });
    return [
      ...changesOf(refKey(found.before)).filter(({ type }) => type === "drop"),
      ...[refKey(found.after), refKey({ ...index, table })].flatMap(changesOf).filter(({ type }) => type === "create"),
      ...nullable(found.after, context)
        .flatMap((column) => changesOf(refKey(column)))
        .filter((one) => one.type === "alter" && one.properties.join() === "notNull"),
    ].filter((one) => one !== change);
  },
  steps(change, context) {
    const found = replacementOf(change, context);
    const index = found === null ? undefined : indexBehind(found.after, context);
    if (found === null || index === undefined) return [];
    const { before, after } = found;
    const name = temporaryName(context, "key", after.schema, after.table, after.name);
    const build = buildStep(concurrently(index, context, name), { schema: after.schema, name }, context);
    const own = viewed(context.from).get(refKey(ref("index", before.name, before)));
    const release = (one: typeof own): readonly string[] => (one?.kind === "index" ? releaseSql(one, context) : []);
    const back = [...release(index), ...plainSql("drop", after, context), ...plainSql("create", before, context)];
    if (own !== undefined) back.push(...plainSql("create", own, context));
    const moves = [
      ...release(own),
      ...plainSql("drop", before, context),
      addUsingIndex(after, name, context),
      ...plainSql("create", after, context).slice(1),
      ...plainSql("create", index, context),
    ];
    return [
      { ...build, phase: "migrate", compatible: NEW_ONLY, undo: build.cleanup ?? [] },
      ...nullable(after, context).flatMap((column) => notNullSteps(column, context)),
      ...moves.map((sql, place): StrategyStep => ({
        sql,
        undo: place === 0 ? back : [],
        phase: "contract",
        compatible: NEW_ONLY,
        together: "exchange",
        swap: true,
        ...(place === 0 ? { irreversible: "undone, the index of the old key is built anew, under the lock" } : {}),
      })),
    ];
  },
};
