import type { WhatIfOutcome } from "../../tune/what-if.ts";

interface Remembered {
  readonly seen: ReadonlySet<string>;
  readonly outcome: WhatIfOutcome;
}

/** What makes an index's mere presence change a plan that does not read it: uniqueness, statistics, a predicate. */
export type IsInert = (id: string) => boolean;

/**
 * Plans of one execution by the indexes that were seen. The planner takes the cheapest plan: one that was chosen among
 * more indexes and reads only those of a smaller set is what the smaller set gives, too (the "atomic configurations" of
 * AutoAdmin: Chaudhuri and Narasayya, VLDB 1997). That holds for an index that changes plans only by being read; others
 * are looked up exactly.
 */
export class PlanMemory {
  private readonly exact = new Map<string, WhatIfOutcome>();
  private readonly all: Remembered[] = [];
  private readonly inert: IsInert;

  constructor(inert: IsInert) {
    this.inert = inert;
  }

  /** What is known of the plan under exactly these indexes; undefined when it has to be asked for. */
  find(seen: ReadonlySet<string>): WhatIfOutcome | undefined {
    const known = this.exact.get(keyOf(seen));
    if (known !== undefined) return known;
    const wider = this.all.find((one) => this.answers(one, seen));
    if (wider !== undefined) this.exact.set(keyOf(seen), wider.outcome);
    return wider?.outcome;
  }

  /** Keeps an answer. */
  keep(seen: ReadonlySet<string>, outcome: WhatIfOutcome): void {
    this.exact.set(keyOf(seen), outcome);
    if (outcome.ok) this.all.push({ seen, outcome });
  }

  private answers({ seen, outcome }: Remembered, asked: ReadonlySet<string>): boolean {
    if (!outcome.ok || seen.size < asked.size) return false;
    if (!outcome.value.uses.every((id) => asked.has(id) || !seen.has(id))) return false;
    for (const id of asked) if (!seen.has(id)) return false;
    for (const id of seen) if (!asked.has(id) && !this.inert(id)) return false;
    return true;
  }
}

const keyOf = (ids: ReadonlySet<string>): string => JSON.stringify([...ids].toSorted());
