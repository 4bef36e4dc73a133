import type { TableObject } from "../model/catalog.ts";
import type { CatalogObject } from "../model/catalog.ts";
import { UnprintableChange } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import type { Step } from "../model/plan.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Statement } from "../model/statement.ts";
import { hazardOf, lossOf } from "./loss.ts";
import { rolloutOf } from "./phase.ts";
import { releaseOf } from "./replica-identity.ts";
import { countOn } from "./strategies/counted.ts";
import { viewed } from "./strategies/facts.ts";
import { checksBody, undoOf } from "./undo.ts";
import type { UndoSheet } from "./undo.ts";
import type { Way } from "./ways.ts";

/** A step before its effects are known, with the transaction it wants to share. */
export interface Draft extends Omit<Step, "locks" | "rewrites" | "scans" | "transaction" | "lockTimeout_ms"> {
  /** Steps with the same label that follow one another share a transaction; null: by itself. */
  readonly together: string | null;
}

/** What all steps of a plan are written with. */
export interface Sheet extends UndoSheet {
  readonly unreachable: (change: Change, why: string) => void;
  /** Keys of new sequences that a strategy has counted on for the column they belong to. */
  readonly counted?: ReadonlySet<RefKey>;
  /** Keys of partitions that are detached before they are dropped: see `referredPartitions`. Absent: none. */
  readonly referred?: ReadonlySet<RefKey>;
}

/** The steps of one way; `unreachable` is told what no statement can do. */
export function draftsOf(way: Way, sheet: Sheet): readonly Draft[] {
  const { catalogs, dialect, unreachable } = sheet;
  const { change } = way;
  if (change === null) return [];
  if (way.strategy !== null) return strategyDrafts(way, change, way.strategy);
  if (change.type === "drop" && change.object.kind === "table" && sheet.referred?.has(refKey(change.object)) === true)
    return detachedFirst(way, change.object, sheet);
  let statements: readonly Statement[];
  try {
    statements = [
      ...releasing(way, sheet),
      ...dialect.change(change, catalogs[way.against], "plain"),
      ...countedOn(change, sheet),
    ];
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    unreachable(change, error.message);
    return [];
  }
  const losesData = lossOf(change, dialect, way.rebuild);
  const undo = undoOf(change, way.along, losesData, sheet);
  const rollout = rolloutOf(way);
  return statements.map((statement, index): Draft => ({
    sql: statement.sql,
    ...(index === 0 ? undo : { undo: [], irreversible: null }),
    cause: change,
    strategy: null,
    ...rollout,
    transactional: statement.transactional,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: index === 0 ? losesData : null,
    note: index === 0 ? hazardOf(change, dialect, standing(change, sheet)) : null,
    together: statement.transactional ? (way.label ?? "direct") : null,
  }));
}

// The server refuses to drop what others refer to, but detaches a partition that no row refers to.
function detachedFirst(way: Way, table: TableObject, sheet: Sheet): readonly Draft[] {
  const { referred: _, ...rest } = sheet;
  const alone: TableObject = { ...table, partitionOf: null };
  const rollout = rolloutOf(way);
  const detach: Change = { type: "alter", before: table, after: alone, properties: ["partitionOf"] };
  return [
    // What else a table is given that leaves its parents is for those that stay.
    ...draftsOf({ ...way, change: detach }, rest)
      .slice(0, 1)
      .map((draft): Draft => ({ ...draft, ...rollout })),
    ...draftsOf({ ...way, change: { type: "drop", object: alone } }, rest),
  ];
}

const standing = (change: Change, { catalogs }: Sheet): CatalogObject | undefined =>
  change.type === "create" ? viewed(catalogs.from).get(refKey(change.object)) : undefined;

// An index that goes along with a key or a column no longer tells subscribers which row was changed.
function releasing({ change, along, against }: Way, { catalogs, dialect }: Sheet): readonly Statement[] {
  if (change?.type !== "drop" || (change.object.kind !== "constraint" && change.object.kind !== "column")) return [];
  return along.flatMap((object) => {
    const release = releaseOf(object);
    return release === null ? [] : dialect.change(release, catalogs[against], "plain");
  });
}

// A new sequence for a column that is there goes on after the values that it holds.
function countedOn(change: Change, { catalogs, created, counted, dialect }: Sheet): readonly Statement[] {
  if (change.type !== "alter" || change.before.kind !== "sequence" || change.after.kind !== "sequence") return [];
  const { ownedBy } = change.after;
  const key = refKey(change.after);
  if (ownedBy === null || change.before.ownedBy !== null || !created.has(key) || counted?.has(key) === true) return [];
  const column = viewed(catalogs.from).get(refKey(ref("column", ownedBy.column, ownedBy)));
  if (column?.kind !== "column" || created.has(refKey(column))) return [];
  const sql = countOn(change.after, column, dialect);
  return sql === null ? [] : [{ sql, transactional: true }];
}

function strategyDrafts(way: Way, cause: Change, strategy: NonNullable<Way["strategy"]>): readonly Draft[] {
  return strategy.steps.map((step): Draft => {
    const transactional = step.transactional ?? true;
    const label =
      step.together === undefined ? null : `${way.id.replace(/^(?:prepare|finish) (?:\d+ )?/, "")} ${step.together}`;
    return {
      sql: step.sql,
      undo: step.undo,
      irreversible: step.irreversible ?? null,
      cause,
      strategy: strategy.id,
      phase: step.phase,
      transactional,
      statementTimeout_ms: step.statementTimeout_ms ?? null,
      batch: step.batch ?? null,
      cleanup: step.cleanup ?? [],
      compatible: step.compatible,
      losesData: step.losesData ?? null,
      ...(step.verified === undefined ? {} : { verified: step.verified }),
      ...(step.moves === undefined ? {} : { moves: step.moves }),
      note: step.note ?? null,
      together: transactional ? (way.label ?? label) : null,
    };
  });
}

// A new value of an enum may be used only once the transaction that adds it has ended.
const ADDS_VALUE = /^ALTER TYPE .* ADD VALUE /s;

const UNCHECKED = "SET LOCAL check_function_bodies = off";

/**
 * Puts before the first function of each transaction that its body is not looked into, as it may name what is made
 * after it.
 */
export function withUncheckedBodies(drafts: readonly Draft[]): readonly Draft[] {
  let label: string | null = null;
  let said = false;
  return drafts.flatMap((draft) => {
    if (draft.together !== label) said = false;
    label = draft.together;
    if (said || label === null || draft.cause === null || !checksBody(draft.cause)) return [draft];
    said = true;
    const setting: Draft = {
      ...draft,
      sql: UNCHECKED,
      undo: [],
      irreversible: null,
      cause: null,
      losesData: null,
      note: "a function's body may name what is made after it",
    };
    return [setting, draft];
  });
}

/** Numbers the transactions: steps that want to share one and follow one another do. */
export function transactionsOf(drafts: readonly Draft[]): readonly (number | null)[] {
  let number = 0;
  let open: string | null = null;
  return drafts.map((draft) => {
    const label = ADDS_VALUE.test(draft.sql) ? null : draft.together;
    if (label !== null && label !== open) number++;
    open = label;
    return label === null ? null : number;
  });
}
