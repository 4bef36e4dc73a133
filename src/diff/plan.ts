import type { Catalog } from "../model/catalog.ts";
import { UnprintableChange } from "../model/change.ts";
import type { LikelyRename, Plan, Step } from "../model/plan.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect, Statement } from "../model/statement.ts";
import type { Statistics } from "../model/statistics.ts";
import { arranged } from "./arrange.ts";
import { compare } from "./compare.ts";
import { decide } from "./decide.ts";
import { inheritance } from "./heirs.ts";
import { lossOf } from "./loss.ts";
import { rolloutOf } from "./phase.ts";
import type { Piece } from "./pieces.ts";
import type { Strategy } from "./strategy.ts";
import { undoOf } from "./undo.ts";

/** How a plan is made. */
export interface PlanOptions {
  readonly dialect: Dialect;
  /** Sizes of the tables of FROM; null or absent: every table may be large. */
  readonly statistics?: Statistics | null;
  /** The shortest script, whatever it locks. */
  readonly direct?: boolean;
  /** Ways of making unsafe changes; absent: each change is made directly. */
  readonly strategies?: readonly Strategy[];
}

const LOCK_TIMEOUT_MS = 2_000;

/**
 * The way from one catalog to another. Pure and deterministic; without a difference there are no steps. Linear in
 * the catalogs where they are alike.
 */
export async function planDiff(from: Catalog, to: Catalog, options: PlanOptions): Promise<Plan> {
  const comparison = compare(from, to);
  const decision = decide(comparison, options.dialect);
  const heirs = inheritance(comparison, decision);
  const pieces = arranged(comparison, decision, heirs);
  const steps: Step[] = [];
  const unreachable: { what: string; why: string }[] = [];
  for (const piece of pieces) steps.push(...stepsOf(piece, { from, to }, options, unreachable));
  return {
    engine: from.engine,
    steps: grouped(steps),
    irreversible: steps.flatMap((step) =>
      step.irreversible === null ? [] : [{ what: step.sql, why: step.irreversible }],
    ),
    unreachable,
    likelyRenames: [] as LikelyRename[],
    uncompared: uncompared(from, to),
  };
}

function uncompared(from: Catalog, to: Catalog): string[] {
  const names = [...from.unmodelled, ...to.unmodelled].map(({ kind, name }) => `${kind} ${name}`);
  return [...new Set(names)].toSorted();
}

function stepsOf(
  piece: Piece,
  catalogs: { readonly from: Catalog; readonly to: Catalog },
  { dialect }: PlanOptions,
  unreachable: { what: string; why: string }[],
): Step[] {
  const { change } = piece;
  if (change === null) return [];
  let statements: readonly Statement[];
  try {
    statements = dialect.change(change, catalogs[piece.against], "plain");
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    unreachable.push({ what: piece.id, why: error.message });
    return [];
  }
  if (statements.length === 0) return [];
  const losesData = piece.rebuild && change.type !== "create" ? lossOf(change, dialect) : lossOf(change, dialect);
  const { undo, irreversible } = undoOf(change, catalogs, dialect, losesData);
  return statements.map(
    (statement, index): Step => ({
      sql: statement.sql,
      undo: index === 0 ? undo : [],
      irreversible: index === 0 ? irreversible : null,
      cause: change,
      strategy: null,
      ...rolloutOf(piece),
      transactional: statement.transactional,
      transaction: null,
      lockTimeout_ms: LOCK_TIMEOUT_MS,
      statementTimeout_ms: null,
      batch: null,
      cleanup: [],
      locks: [],
      rewrites: [],
      scans: [],
      losesData: index === 0 ? losesData : null,
      note: null,
    }),
  );
}

// A new value of an enum may be used only once the transaction that adds it has ended.
const ADDS_VALUE = /^ALTER TYPE \S+ ADD VALUE /;

function grouped(steps: readonly Step[]): Step[] {
  let number = 0;
  let open = false;
  return steps.map((step) => {
    const alone = !step.transactional || ADDS_VALUE.test(step.sql);
    if (!alone && !open) number++;
    open = !alone;
    return { ...step, transaction: alone ? null : number };
  });
}

/** Key of an object; see `refKey`. */
export type { RefKey };
