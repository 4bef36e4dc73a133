import { planDiff } from "../../diff/plan.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Plan } from "../../model/plan.ts";
import { lending } from "../owners/lend.ts";
import { buildDatabase } from "../prove-plan/build.ts";
import type { ProvePlanOptions } from "../prove-plan/prove-plan.ts";
import { StepRefused, runSteps } from "../prove-plan/run-steps.ts";

const ROUNDS_MAX = 3;

/**
 * Looks at what a plan leaves to be done: runs it on a copy of FROM, plans from there, and appends what is found,
 * until nothing is. Gives the plan back as it was where the server refuses it or nothing is left; a plan that does not
 * settle in three rounds is given with all that was found, for the proof to refute.
 */
export async function settledPlan(
  plan: Plan,
  options: Pick<ProvePlanOptions, "server" | "from" | "to" | "planning">,
): Promise<Plan> {
  const { server, from, to, planning } = options;
  let settled = plan;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const database = await buildDatabase(server, from, planning.dialect);
    try {
      const session = lending(await database.connect("owner"));
      try {
        await runSteps(session, settled.steps);
        const rest = await planDiff(await introspect(session), to.catalog, planning);
        if (rest.steps.length === 0) return settled;
        settled = appended(settled, rest);
      } finally {
        await session.close();
      }
    } catch (error) {
      if (error instanceof StepRefused) return settled;
      throw error;
    } finally {
      await database.drop();
    }
  }
  return settled;
}

function appended(plan: Plan, rest: Plan): Plan {
  const last = Math.max(0, ...plan.steps.map(({ transaction }) => transaction ?? 0));
  const steps = rest.steps.map((step) => ({
    ...step,
    transaction: step.transaction === null ? null : step.transaction + last,
    note: step.note ?? "found by running the steps before it on the twin",
  }));
  return {
    ...plan,
    steps: [...plan.steps, ...steps],
    irreversible: [...plan.irreversible, ...rest.irreversible],
  };
}
