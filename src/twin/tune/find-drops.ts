import { postgres } from "../../engines/postgres/dialect.ts";
import type { Finding } from "../../model/finding.ts";
import type { Proof } from "../../model/proof.ts";
import { findingOf } from "../../rules/rule.ts";
import { dropAdvice } from "../../tune/drops.ts";
import type { Drops } from "../../tune/drops.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import type { IndexChoice } from "./choose-indexes.ts";
import type { Situation } from "./situation.ts";

const UNUSED = "unused-index";
const REDUNDANT = "redundant-prefix-index";
/** More indexes than this are told in one sentence. */
const NAMED_APART_MAX = 2;

// Why what a rule only tells is kept. What the counters did not see has the same reason for all.
function doubts(findings: readonly Finding[]): Drops["notAdvised"] {
  const name = ({ ref }: Finding): string => `${ref.schema}.${ref.name}`;
  const unread = findings.filter(({ rule }) => rule === UNUSED);
  const together = unread.length > NAMED_APART_MAX;
  const apart = together ? findings.filter((one) => !unread.includes(one)) : findings;
  return [
    ...apart.map((one) => ({
      what: `drop ${name(one)}`,
      why: `${one.message}: ${one.rule === REDUNDANT ? "that one is so much wider that the shorter may earn its place" : "too little is known to drop it"}`,
    })),
    ...(together
      ? [
          {
            what: `drop ${unread.map(name).join(", ")}`,
            why: `${unread.length} indexes were never read ${sinceOf(unread)}: too little is known to drop them (dbwright review tells of each)`,
          },
        ]
      : []),
  ];
}

// The span and what was not seen stand in each message, and are the same in all.
const sinceOf = ([first]: readonly Finding[]): string =>
  /was not read (.*)$/s.exec(first?.message ?? "")?.[1] ?? "as far as this server counted";

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
    notAdvised: [...found.notAdvised, ...doubts(doubtful.filter(({ ref }) => !known.has(`${ref.schema}.${ref.name}`)))],
  };
}
