import type { ProofStep } from "../../model/proof.ts";
import { code, plain, table } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import type { Subject } from "./subject.ts";

/** The word people see for a step: refuted, not proved, or how the figure was come by. */
export function standingOf(step: ProofStep): string {
  if (step.verdict === "refuted") return "refuted";
  return step.verdict === "not-run" ? "not proved" : step.standing;
}

/** What was tried on which server, and what was seen. */
export function proofRecord(subject: Subject): string {
  const { proof } = subject;
  const tally = new Map<string, number>();
  for (const step of proof.steps) tally.set(standingOf(step), (tally.get(standingOf(step)) ?? 0) + 1);
  const failed = proof.steps.filter((step) => step.verdict === "refuted");
  const skipped = proof.steps.filter((step) => step.verdict === "not-run");
  const rows = proof.steps.map((step) => [standingOf(step), plain(step.claim), plain(step.observed)]);
  return paragraphs(
    `On ${plain(proof.twin.server)}, ${proof.at.slice(0, 10)}, in ${Math.round(proof.duration_ms / 1000)} s: ${[...tally].map(([standing, steps]) => `${steps} ${standing}`).join(", ")}. *Proved* ran and was compared; *measured* was timed or counted on generated rows on that machine and says nothing about another; *estimated* is the planner's word at the stated volume. The full record with the statements to repeat it is ${code("proof.json")}.`,
    failed.length === 0
      ? ""
      : `**Refuted:** ${failed.map((step) => `${plain(step.claim)} (${step.decision === undefined ? "no single decision" : code(step.decision)})`).join("; ")}.`,
    skipped.length === 0
      ? ""
      : `**Not proved:** ${skipped.map((step) => `${plain(step.claim)} (${plain(step.observed)})`).join("; ")}.`,
    table(["standing", "claim", "seen"], rows),
  );
}
