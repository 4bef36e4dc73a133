import type { Plan } from "../../model/plan.ts";
import type { Proof } from "../../model/proof.ts";
import { unprovedWithRows } from "../prove-plan/unproved-with-rows.ts";

/** What stands above a plan's script about its proof; `prove`: whether one was wanted. */
export function proofRemarks(proof: Proof | null, plan: Plan, prove: boolean): readonly string[] {
  if (plan.steps.length === 0) return [];
  if (!prove) return ["Not proved: --no-prove"];
  if (proof === null) return [];
  const { server } = proof.twin;
  const unproved = unprovedWithRows(proof);
  if (proof.verdict === "proved")
    return [
      `Proved on ${server}: it leads to the wanted schema, and planning again finds nothing`,
      ...(unproved === null ? [] : [`NOT proved with rows in the tables: ${unproved}`]),
    ];
  return [`${proof.verdict === "refuted" ? "REFUTED" : "Not proved"} on ${server}: ${proof.reason ?? "no reason"}`];
}
