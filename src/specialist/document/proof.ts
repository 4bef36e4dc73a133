import type { ProofStep } from "../../model/proof.ts";
import { code, plain, table } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import type { Subject } from "./subject.ts";

/** The word people see for a step: refuted, not proved, or how the figure was come by. */
export function standingOf(step: ProofStep): string {
  if (step.verdict === "refuted") return "refuted";
  return step.verdict === "not-run" ? "not proved" : step.standing;
}

/** What a step saw, with large numbers in groups of three. What is told once for all of them is left out. */
export function observed(step: ProofStep): string {
  return step.observed
    .replace(/; says nothing about production hardware$/, "")
    .replaceAll(/(?<![\d.,_])\d{6,}(?![\d._])/g, (digits) => digits.replaceAll(/\B(?=(?:\d{3})+$)/g, " "));
}

/** Steps of one family that came out the same way: the same attack on several tables, say. */
export interface StepFamily {
  readonly standing: string;
  readonly first: ProofStep;
  /** The last part of each step's id: the table or pattern. */
  readonly subjects: readonly string[];
}

/** Groups steps by their id without its last part and by how they came out; what failed stays single. */
export function families(steps: readonly ProofStep[]): readonly StepFamily[] {
  const groups = new Map<string, { standing: string; first: ProofStep; subjects: string[] }>();
  for (const step of steps) {
    const parts = step.id.split("/");
    const alone = step.verdict !== "proved" || parts.length < 3;
    const key = alone ? step.id : `${parts.slice(0, 2).join("/")}\n${standingOf(step)}`;
    const group = groups.get(key) ?? { standing: standingOf(step), first: step, subjects: [] };
    group.subjects.push(parts.slice(alone ? -1 : 2).join("/"));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A family as its claim and what was seen; for several subjects, of the first, with the others named. */
export function familyText(family: StepFamily): { readonly claim: string; readonly seen: string } {
  const { first, subjects } = family;
  const others = subjects.slice(1);
  const seen = plain(observed(first));
  return {
    claim: plain(first.claim),
    seen: others.length === 0 ? seen : `${seen}; likewise for ${others.map((other) => code(other)).join(", ")}`,
  };
}

// Pattern by pattern they stand under Query Patterns and Optimization.
function patternRows(steps: readonly ProofStep[]): readonly (readonly string[])[] {
  return [
    ["plan", "Each access pattern uses its index and reads no large table whole at the stated volume"],
    ["latency", "Each access pattern answers within its p95 on the generated rows"],
  ].flatMap(([kind = "", claim = ""]) => {
    const of = steps.filter(({ id }) => id.startsWith(`${kind}/`));
    const [first] = of;
    return first === undefined
      ? []
      : [[standingOf(first), claim, `${of.length} patterns, told under Query Patterns and Optimization`]];
  });
}

// Attack by attack they stand under Security.
function attackRows(attacks: readonly ProofStep[]): readonly (readonly string[])[] {
  if (attacks.length === 0) return [];
  const tally = new Map<string, number>();
  for (const step of attacks) tally.set(standingOf(step), (tally.get(standingOf(step)) ?? 0) + 1);
  return [...tally].map(([standing, steps]) => [
    standing,
    "Tenants do not see or change each other's rows",
    `${steps} attacks, told under Security`,
  ]);
}

/** What was tried on which server, and what was seen. */
export function proofRecord(subject: Subject): string {
  const { proof } = subject;
  const tally = new Map<string, number>();
  for (const step of proof.steps) tally.set(standingOf(step), (tally.get(standingOf(step)) ?? 0) + 1);
  const failed = proof.steps.filter((step) => step.verdict === "refuted");
  const skipped = proof.steps.filter((step) => step.verdict === "not-run");
  const attacks = subject.steps("isolation");
  const patterns = proof.steps.filter(({ id, verdict }) => verdict === "proved" && /^(?:plan|latency)\//.test(id));
  const others = proof.steps.filter((step) => !attacks.includes(step) && !patterns.includes(step));
  const rows = families(others).map((family) => {
    const { claim, seen } = familyText(family);
    return [family.standing, claim, seen];
  });
  return paragraphs(
    `On ${plain(proof.twin.server)}, ${proof.at.slice(0, 10)}, in ${Math.round(proof.duration_ms / 1000)} s: ${[...tally].map(([standing, steps]) => `${steps} ${standing}`).join(", ")}. *Proved* ran and was compared; *measured* was timed or counted on generated rows on that machine and says nothing about another; *estimated* is the planner's word at the stated volume. The full record with the statements to repeat it is ${code("proof.json")}.`,
    failed.length === 0
      ? ""
      : `**Refuted:** ${failed.map((step) => `${plain(step.claim)} (${step.decision === undefined ? "no single decision" : code(step.decision)})`).join("; ")}.`,
    skipped.length === 0
      ? ""
      : `**Not proved:** ${skipped.map((step) => `${plain(step.claim)} (${plain(step.observed)})`).join("; ")}.`,
    table(["standing", "claim", "seen"], [...rows, ...patternRows(patterns), ...attackRows(attacks)]),
  );
}
