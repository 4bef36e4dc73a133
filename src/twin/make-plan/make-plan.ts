import { planDiff } from "../../diff/plan.ts";
import type { PlanOptions } from "../../diff/plan.ts";
import { movedExtensions } from "../../diff/moved-extensions.ts";
import { moveRequests } from "../../diff/move-requests.ts";
import { withOwnersOf } from "../../diff/owners.ts";
import type { MoveRequest } from "../../diff/move-requests.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { Plan } from "../../model/plan.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import { provePlan } from "../prove-plan/prove-plan.ts";
import type { PlanEnd, ProvePlanOptions } from "../prove-plan/prove-plan.ts";
import type { TwinServer } from "../server.ts";
import { renamedCatalog } from "./renamed.ts";
import { settledPlan } from "./settle.ts";

// SQLSTATE feature_not_supported: what an extension says that is bound to its schema.
const NOT_SUPPORTED = "0A000";

/** What a plan is made of. */
export interface MakePlanOptions {
  readonly from: PlanEnd;
  readonly to: PlanEnd;
  readonly planning: PlanOptions;
  /** Renames that somebody stated, of objects of FROM. */
  readonly renames: readonly Change[];
  /** Columns that somebody stated to move to other tables; read once the renames are made. Absent: none. */
  readonly moves?: readonly MoveRequest[];
  /** Whether the plan is tried on the twin; else it is not proved. */
  readonly prove: boolean;
  /** Rows for each table of FROM in the proof; 0 for none. */
  readonly rows: number;
  /** Opens the twin's server; called only where there is something to try or to rename. */
  readonly server: () => Promise<TwinServer>;
  readonly searchPath: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A plan with its proof; null where there was nothing to prove or nobody wanted to. */
export interface MadePlan {
  readonly plan: Plan;
  readonly proof: Proof | null;
  /** How many steps were found only by running the plan. */
  readonly appended: number;
}

/**
 * Plans the way from FROM to TO and proves it on the twin. A proof that finds steps missing has them appended and is
 * begun again from the start. Throws what `planDiff` and `provePlan` throw.
 */
export async function makePlan(options: MakePlanOptions): Promise<MadePlan> {
  const { from, to, planning, prove, signal, progress } = options;
  const { start, renames } = await startOf(options);
  const moves = moveRequests(options.moves ?? [], start, to.catalog);
  const plan = await planDiff(start, to.catalog, {
    ...planning,
    ...(moves.length === 0 ? {} : { moves }),
    ...(renames.length === 0 ? {} : { renames: { changes: renames, from: from.catalog } }),
  });
  if (!prove || plan.steps.length === 0) return { plan, proof: null, appended: 0 };
  const proving = {
    server: await options.server(),
    from,
    // What TO does not state of owners is proved as it is planned: it stays.
    to: planning.exactOwners === true ? to : { ...to, catalog: withOwnersOf(start, to.catalog) },
    planning,
    rows: options.rows,
    searchPath: options.searchPath,
    signal,
    progress,
  };
  const first = await provedAndLabelled(plan, proving);
  const { proof } = first;
  const unsettled = proof.steps.some(({ id, verdict }) => id === "re-plan" && verdict === "refuted");
  if (!unsettled) return { ...first, appended: 0 };
  const settled = await settledPlan(plan, proving);
  const appended = settled.steps.length - plan.steps.length;
  if (appended === 0) return { ...first, appended: 0 };
  return { ...(await provedAndLabelled(settled, proving)), appended };
}

// FROM as the renames leave it. An extension that cannot be moved is dropped and made anew.
async function startOf(options: MakePlanOptions): Promise<{ start: Catalog; renames: readonly Change[] }> {
  const { from, to, planning, renames } = options;
  const after = async (changes: readonly Change[]): Promise<{ start: Catalog; renames: readonly Change[] }> => {
    if (changes.length === 0) return { start: from.catalog, renames: changes };
    const start = await renamedCatalog(await options.server(), from, to.catalog, changes, planning.dialect);
    return { start, renames: changes };
  };
  const moved = movedExtensions(from.catalog, to.catalog);
  return await after([...moved, ...renames]).catch(async (error: unknown) => {
    if (moved.length === 0 || (error as { code?: string }).code !== NOT_SUPPORTED) throw error;
    return await after(renames);
  });
}

// A plan whose steps say what they were seen to do, with its proof.
async function provedAndLabelled(
  plan: Plan,
  proving: Omit<ProvePlanOptions, "plan" | "relabel">,
): Promise<{ readonly plan: Plan; readonly proof: Proof }> {
  const steps = [...plan.steps];
  const proof = await provePlan({ ...proving, plan, relabel: (index, step) => (steps[index] = step) });
  return { plan: { ...plan, steps }, proof };
}
