import type { Advice, IndexAdvice } from "../../model/advice.ts";
import type { Proof } from "../../model/proof.ts";
import { qualified } from "../../sql/identifier.ts";
import type { ChosenIndex } from "../../tune/selection/selection.ts";
import { measuredSlower } from "../../tune/measured-advice.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import type { IndexChoice } from "./choose-indexes.ts";
import { findDrops } from "./find-drops.ts";
import type { Situation } from "./situation.ts";

/** What advice was made from. */
export interface Withdrawal {
  readonly situation: Situation;
  readonly choice: IndexChoice;
  readonly whatIf: WhatIf;
  /** Of the proofs of drops, which are tried again. */
  readonly twin: Proof["twin"];
}

/** Plans that are asked for so that each index has its own costs again; beyond, they keep those of the whole choice. */
const PLANS_MAX = 4_000;

const idOf = ({ index }: IndexAdvice): string => qualified(index.schema, index.name);

/**
 * Advice without the indexes with which the queries that they are for took longer on rows: what the planner expects of
 * them was seen not to be so. Costs are those without them, and drops are tried again, as some may have rested on them.
 */
export async function withoutRefuted(advice: Advice, withdrawal: Withdrawal): Promise<Advice> {
  const slower = new Map(
    advice.indexes.flatMap((one) => {
      const why = measuredSlower(one);
      return why === null
        ? []
        : [[idOf(one), { what: one.sql, why: `its queries take longer with it: ${why}` }] as const];
    }),
  );
  if (slower.size === 0) return advice;
  const { situation, choice, whatIf, twin } = withdrawal;
  const { selection } = choice;
  const chosen = selection.chosen.filter(({ tried }) => !slower.has(tried.id));
  const { drops, notAdvised } = await findDrops(
    situation,
    { ...choice, selection: { ...selection, chosen } },
    whatIf,
    twin,
  );
  const known = new Set(advice.notAdvised.map(({ what }) => what));
  const { each, all } = await totalsOf(chosen, withdrawal);
  return {
    ...advice,
    indexes: advice.indexes
      .filter((one) => !slower.has(idOf(one)))
      .map((one, at) => ({
        ...one,
        costBefore: each[at] ?? one.costBefore,
        costAfter: each[at + 1] ?? one.costAfter,
        replaces: drops.filter(({ by }) => by === idOf(one)).map(({ schema, name }) => `${schema}.${name}`),
      })),
    drops,
    notAdvised: [...slower.values(), ...advice.notAdvised, ...notAdvised.filter(({ what }) => !known.has(what))],
    // Bounds were of a choice with what is withdrawn.
    workload: { ...advice.workload, costAfter: all, bound: null, strictBound: null },
  };
}

// The workload's cost with all of the indexes; and with none, the first, the first two and so on, where they are few.
async function totalsOf(
  chosen: readonly ChosenIndex[],
  { choice, whatIf }: Withdrawal,
): Promise<{ readonly each: readonly number[]; readonly all: number }> {
  const { selection, queries } = choice;
  const planned = new Map(selection.queries.map((one) => [one.id, one]));
  const asked = queries.filter(({ id }) => planned.has(id));
  const total = async (present: readonly ChosenIndex[]): Promise<number> => {
    const configuration = new Set([...whatIf.existing, ...present.map(({ tried }) => tried)].map(({ id }) => id));
    let cost = present.reduce((sum, { upkeep }) => sum + upkeep, 0);
    for (const { id, weight, executions } of asked) {
      const costs = (await whatIf.plans(executions, configuration)).flatMap((one) => (one.ok ? [one.value.cost] : []));
      const mean = costs.reduce((sum, one) => sum + one, 0) / Math.max(1, costs.length);
      cost += weight * (costs.length === 0 ? (planned.get(id)?.before ?? 0) : mean);
    }
    return cost;
  };
  const all = await total(chosen);
  if (asked.length * chosen.length > PLANS_MAX) return { each: [], all };
  const each = [selection.costBefore];
  for (const place of chosen.slice(1).keys()) each.push(await total(chosen.slice(0, place + 1)));
  return { each: [...each, all], all };
}
