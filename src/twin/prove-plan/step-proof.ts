import type { Step } from "../../model/plan.ts";
import type { ProofStep } from "../../model/proof.ts";
import { notRun, stepOf } from "../prove/step.ts";
import { labelMistakes, relabelled } from "./labels.ts";
import type { Seen } from "./watch.ts";

function claimOf(step: Step): string {
  const [strongest, ...others] = step.locks;
  const parts = [
    strongest === undefined
      ? "locks nothing that was there"
      : `takes at most ${strongest.mode} on ${strongest.relation}${others.length === 0 ? "" : ` and locks on ${others.length} more`}`,
    step.rewrites.length === 0 ? "writes no table anew" : `writes ${step.rewrites.join(", ")} anew`,
    step.scans.length === 0 ? "reads no table whole" : `reads ${step.scans.join(", ")} whole`,
  ];
  return `the step ${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function observed(seen: Seen): string {
  const locks = seen.locks.filter(({ relation }) => seen.tables.has(relation));
  const parts = [
    locks.length === 0 ? "no lock" : locks.map(({ relation, mode }) => `${mode} on ${relation}`).join(", "),
    ...(seen.rewrites.length === 0 ? [] : [`wrote ${seen.rewrites.join(", ")} anew`]),
    ...(seen.scans.length === 0 ? [] : [`read ${seen.scans.join(", ")} whole`]),
  ];
  return parts.join("; ") + (seen.sampled ? " (locks as sampled from a second session)" : "");
}

/** The proof of steps that ran: what each stated beside what was seen. */
export function stepObservations(steps: readonly Step[], seen: readonly Seen[]): ProofStep[] {
  return steps.flatMap((step, index) => {
    const own = seen[index];
    if (own === undefined) return [];
    const { more, less } = labelMistakes(step, own);
    const seenText = [...less, observed(own)].join("; ");
    // What the text did not tell, the plan says from now on; see `relabelled`.
    const claim = { id: `step/${index + 1}`, claim: claimOf(relabelled(step, own)), decision: null };
    return stepOf(
      claim,
      {
        verdict: "proved",
        standing: "proved",
        observed: more.length === 0 ? seenText : `${seenText}; not told by its text alone: ${more.join("; ")}`,
        sql: [step.sql],
        figures: { held_ms: Math.round(own.duration_ms * 10) / 10 },
      },
      own.duration_ms,
    );
  });
}

/** Steps that were not reached, from the index `first` on. */
export function skippedSteps(steps: readonly Step[], first: number, why: string): ProofStep[] {
  return steps.slice(first).map((step, offset) => {
    const claim = { id: `step/${first + offset + 1}`, claim: claimOf(step), decision: null };
    return stepOf(claim, { ...notRun(why), sql: [step.sql] }, 0);
  });
}
