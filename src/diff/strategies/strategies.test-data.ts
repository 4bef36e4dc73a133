import { expect } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import { moveRequests } from "../move-requests.ts";
import type { MoveRequest } from "../move-requests.ts";
import { planDiff } from "../plan.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { strategyFor } from "./registry.ts";

/** A change of schema that strategies make, with rows and with the statements of both versions of an application. */
export interface StrategyCase {
  readonly from: string;
  readonly to: string;
  /** Rows of the schema before. */
  readonly rows?: string;
  /** The strategies that must have been used. */
  readonly strategies: readonly string[];
  /** Statements of the application before and after; each runs after every step that claims it works, and is rolled back. */
  readonly old?: readonly string[];
  readonly new?: readonly string[];
  /** What must read the same before and after, and after the undo: one query for each schema. */
  readonly reads?: readonly [from: string, to: string];
  /** Runs after each transaction, e.g. to look at the rows; it may leave nothing behind. */
  readonly during?: (session: Session, done: readonly PlannedStep[]) => Promise<void>;
  /** Statements that stay: what an application writes between the steps, by the number of transactions done. */
  readonly writes?: (done: readonly PlannedStep[], next: readonly PlannedStep[]) => readonly string[];
  /** Instead of the differences between both catalogs. */
  readonly changes?: (from: Catalog, to: Catalog) => readonly Change[];
  /** The steps of the whole plan, as the planner orders them, instead of each change by itself. */
  readonly planned?: true;
  /** Columns that move to other tables, for a whole plan. */
  readonly moves?: readonly MoveRequest[];
  /** Rows up to which a table counts as small; -1 by default, since tables are of unknown size anyway. */
  readonly context?: Partial<StrategyContext>;
  /** False where an undo cannot bring back the catalog before (a dropped column's place, say). */
  readonly undone?: boolean;
}

/** A step with the strategy that made it; null for a direct one. */
export interface PlannedStep extends StrategyStep {
  readonly strategy: string | null;
}

// `public` is again as a new database has it.
const SWEEP = `DROP OWNED BY CURRENT_USER CASCADE; DROP SCHEMA public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;
  COMMENT ON SCHEMA public IS 'standard public schema'`;

// The place of a column in its row is no part of the end state. A check that is there only while a change is made
// need not be validated again when a step is undone.
function comparable(catalog: Catalog): readonly unknown[] {
  return catalog.objects.map((object) => {
    if (object.kind === "column") return { ...object, position: 0 };
    if (object.kind !== "constraint" || !object.name.startsWith("dbwright_")) return object;
    return { ...object, validated: true, definition: object.definition.replace(/ NOT VALID$/, "") };
  });
}

const KIND_ORDER = ["schema", "enum", "sequence", "table", "column", "constraint", "index"];

/** What turns one catalog into another: what goes, alterations, then what is new. Enough for small cases. */
export function changesBetween(from: Catalog, to: Catalog): readonly Change[] {
  const before = new Map(from.objects.map((object) => [refKey(object), object]));
  const alters: Change[] = [];
  const creates: CatalogObject[] = [];
  const isOwn = (object: CatalogObject): boolean => !(object.kind === "index" && object.constraint !== null);
  for (const object of to.objects) {
    const was = before.get(refKey(object));
    before.delete(refKey(object));
    // What is set on the index behind a key is a change of its own.
    if (was === undefined) creates.push(object);
    else {
      const change = alter(was, object);
      const properties =
        change.type === "alter" ? change.properties.filter((p) => p !== "position" && p !== "dependsOn") : [];
      if (change.type === "alter" && properties.length > 0 && isOwn(object)) alters.push({ ...change, properties });
    }
  }
  const order = (object: CatalogObject): number => KIND_ORDER.indexOf(object.kind) >>> 0;
  const parents = (object: CatalogObject): number => ("partitionOf" in object && object.partitionOf !== null ? 1 : 0);
  return [
    ...[...before.values()].filter(isOwn).map((object): Change => ({ type: "drop", object })),
    ...alters,
    ...creates
      .toSorted((a, b) => order(a) - order(b) || parents(a) - parents(b))
      .map((object): Change => ({ type: "create", object })),
  ];
}

/** The steps for changes, each by its strategy or directly. */
export function stepsFor(changes: readonly Change[], context: StrategyContext): readonly PlannedStep[] {
  const taken = new Set<Change>();
  const changesOf = (key: string): readonly Change[] =>
    changes.filter((one) => refKey("object" in one ? one.object : one.before) === key);
  return changes.flatMap((change, number): PlannedStep[] => {
    if (taken.has(change)) return [];
    const strategy = strategyFor(change, context);
    if (strategy === null) {
      return postgres.change(change, context.from).map(({ sql, transactional }) => ({
        sql,
        undo: null,
        phase: "expand",
        compatible: { old: false, new: false },
        transactional,
        strategy: null,
      }));
    }
    for (const other of strategy.takes?.(change, changesOf, context) ?? []) taken.add(other);
    return strategy.steps(change, context).map((step) => ({
      ...step,
      ...(step.together === undefined ? {} : { together: `${number} ${step.together}` }),
      strategy: strategy.id,
    }));
  });
}

async function planned(from: Catalog, to: Catalog, requests: readonly MoveRequest[]): Promise<readonly PlannedStep[]> {
  const moves = moveRequests(requests, from, to);
  const { steps, unreachable } = await planDiff(from, to, { dialect: postgres, moves });
  expect(unreachable).toEqual([]);
  return steps.map(({ transaction, ...step }) => ({
    ...step,
    ...(transaction === null ? {} : { together: String(transaction) }),
  }));
}

function transactionsOf(steps: readonly PlannedStep[]): readonly (readonly PlannedStep[])[] {
  const groups: PlannedStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last !== undefined && step.together !== undefined && last[0]?.together === step.together) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

async function run(session: Session, statements: readonly string[], inOne: boolean): Promise<void> {
  let current = "";
  try {
    if (inOne) await session.execute("BEGIN");
    for (const sql of statements) {
      current = sql;
      await session.execute(sql);
    }
    if (inOne) await session.execute("COMMIT");
  } catch (error) {
    if (inOne) await session.execute("ROLLBACK");
    throw new Error(`${(error as Error).message}\nin: ${current}`, { cause: error });
  }
}

/** Runs steps, those that belong together in one transaction. */
export async function runSteps(session: Session, steps: readonly PlannedStep[]): Promise<void> {
  for (const group of transactionsOf(steps))
    await run(
      session,
      group.map(({ sql }) => sql),
      group.every((step) => step.transactional !== false),
    );
}

async function tryOut(session: Session, statements: readonly string[], who: string, after: string): Promise<void> {
  for (const sql of statements) {
    await session.execute("BEGIN");
    try {
      await session.execute(sql);
    } catch (error) {
      throw new Error(`${who} code fails after ${after}\n${(error as Error).message}\nin: ${sql}`, { cause: error });
    } finally {
      await session.execute("ROLLBACK");
    }
  }
}

const read = async (session: Session, sql: string | undefined): Promise<readonly unknown[]> =>
  sql === undefined ? [] : (await session.query(sql)).rows;

const catalogNow = async (session: Session): Promise<readonly unknown[]> => comparable(await introspect(session));

async function undoAll(
  session: Session,
  groups: readonly (readonly PlannedStep[])[],
  states: readonly (readonly unknown[])[],
  exact: boolean,
  old: readonly string[],
): Promise<void> {
  let whole = exact;
  for (const [place, group] of [...groups.entries()].toReversed()) {
    const statements = group.toReversed().flatMap((step) => step.undo ?? []);
    if (group.some((step) => step.undo === null)) throw new Error(`no undo for ${group[0]?.sql ?? ""}`);
    // As the runner does: one by one where one may not stand in a transaction.
    await run(session, statements, !statements.some((sql) => / INDEX CONCURRENTLY /.test(sql)));
    if (group.some(({ irreversible }) => (irreversible ?? null) !== null)) whole = false;
    if (whole && statements.length > 0)
      expect(await catalogNow(session), `undo of ${group[0]?.sql ?? ""}`).toEqual(states[place]);
    // What worked here on the way there works on the way back, whatever rows there are now.
    if (groups[place - 1]?.at(-1)?.compatible.old !== false)
      await tryOut(session, old, "old", `the undo of ${group[0]?.sql ?? ""}`);
  }
}

/** Runs a case on both databases of the place: forwards to TO, looking on after each transaction, and back again. */
export async function checkStrategy(place: Place, one: StrategyCase): Promise<readonly PlannedStep[]> {
  const { first, second } = place;
  for (const session of [first, second]) {
    await session.execute("ROLLBACK");
    await session.execute(SWEEP);
  }
  await first.execute(one.from);
  await first.execute(one.rows ?? "");
  await second.execute(one.to);
  const [from, to] = [await introspect(first), await introspect(second)];
  const context: StrategyContext = {
    from,
    to,
    dialect: postgres,
    major: place.server.major,
    statistics: null,
    created: new Set(),
    smallRowsMax: 10_000,
    ...one.context,
  };
  const steps =
    one.planned === true
      ? await planned(from, to, one.moves ?? [])
      : stepsFor((one.changes ?? changesBetween)(from, to), context);
  if (one.moves === undefined)
    expect([...new Set(steps.flatMap(({ strategy }) => strategy ?? []))]).toEqual([...one.strategies]);
  const groups = transactionsOf(steps);
  const before = await read(first, one.reads?.[0]);
  const states: (readonly unknown[])[] = [];
  for (const [place_, group] of groups.entries()) {
    // A whole plan is looked at as a whole: its many steps are each other strategies' affair.
    states.push(one.planned === true ? [] : await catalogNow(first));
    const done = groups.slice(0, place_).flat();
    for (const sql of one.writes?.(done, group) ?? []) await first.execute(sql);
    await run(
      first,
      group.map(({ sql }) => sql),
      group.every((step) => step.transactional !== false),
    );
    const last = group.at(-1);
    if (last === undefined) continue;
    if (last.compatible.old) await tryOut(first, one.old ?? [], "old", last.sql);
    if (last.compatible.new) await tryOut(first, one.new ?? [], "new", last.sql);
    await one.during?.(first, groups.slice(0, place_ + 1).flat());
  }
  expect(await catalogNow(first)).toEqual(comparable(to));
  if (one.writes === undefined) expect(await read(first, one.reads?.[1])).toEqual(before);
  if (steps.every(({ undo }) => undo !== null)) {
    await undoAll(first, groups, states, (one.undone ?? true) && one.planned !== true, one.old ?? []);
    if (one.undone ?? true) expect(await catalogNow(first)).toEqual(comparable(from));
    if (one.writes === undefined) expect(await read(first, one.reads?.[0])).toEqual(before);
  }
  return steps;
}
