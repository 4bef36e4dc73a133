import { postgres } from "../../engines/postgres/dialect.ts";
import type { Proof } from "../../model/proof.ts";
import { findingOf } from "../../rules/rule.ts";
import { dropAdvice } from "../../tune/drops.ts";
import type { Drops } from "../../tune/drops.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import type { IndexChoice } from "./choose-indexes.ts";
import type { Situation } from "./situation.ts";

const REDUNDANT = "redundant-prefix-index";

/** Existing indexes that can go, by the rules of `review` and by what is advised, each tried on the twin. */
export async function findDrops(
  { view, usage }: Situation,
  { queries, selection }: IndexChoice,
  whatIf: WhatIf,
  twin: Proof["twin"],
): Promise<Drops> {
  const rules = await Promise.all([
    import("../../rules/duplicate-index.ts"),
    import("../../rules/redundant-prefix-index.ts"),
    import("../../rules/unused-index.ts"),
  ]);
  const input = { view, dialect: postgres, statistics: usage, settings: { tenantColumn: null, classified: {} } };
  const findings = rules
    .flatMap((module) => Object.values(module))
    .flatMap((rule) =>
      rule.needsStatistics === true && usage === null
        ? []
        : [...rule.check(input)].map((observation) => findingOf(rule, observation)),
    );
  // Young counters, replicas that were not seen: what the rule itself only tells is no ground to drop anything.
  const doubtful = findings.filter(({ severity }) => severity === "info");
  const found = await dropAdvice({
    view,
    dialect: postgres,
    whatIf,
    queries,
    chosen: selection.chosen,
    findings: findings.filter((one) => !doubtful.includes(one)),
    twin,
    at: new Date().toISOString(),
  });
  const known = new Set(found.drops.map(({ schema, name }) => `${schema}.${name}`));
  return {
    drops: found.drops,
    notAdvised: [
      ...found.notAdvised,
      ...doubtful
        .map(({ rule, ref, message }) => ({
          what: `${ref.schema}.${ref.name}`,
          why: `${message}: ${rule === REDUNDANT ? "that one is so much wider that the shorter may earn its place" : "too little is known to drop it"}`,
        }))
        .filter(({ what }) => !known.has(what))
        .map(({ what, why }) => ({ what: `drop ${what}`, why })),
    ],
  };
}
