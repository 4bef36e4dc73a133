import type { CatalogObject } from "../model/catalog.ts";
import type { Phase, Step } from "../model/plan.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { RELIED_ON } from "./phase.ts";

/*
 * What is dropped and built again by another transaction is not there for all to see in between. A step by itself does
 * not know: whether its object comes back, and when, is seen from the whole plan.
 */

/** A stretch of steps, by index, from the one that takes an object away until the one that brings it back. */
interface Outage {
  readonly object: CatalogObject;
  readonly from: number;
  readonly until: number;
}

// What a step takes from its address, and what it puts there.
const taken = ({ cause }: Step): CatalogObject | null =>
  cause?.type === "drop" ? cause.object : cause?.type === "rename" ? cause.before : null;
const brought = ({ cause }: Step): CatalogObject | null => (cause?.type === "create" ? cause.object : null);

function outagesOf(steps: readonly Step[]): readonly Outage[] {
  const gone = new Map<RefKey, { readonly object: CatalogObject; readonly from: number }>();
  const outages: Outage[] = [];
  for (const [index, step] of steps.entries()) {
    const back = brought(step);
    const key = back === null ? null : refKey(back);
    const away = key === null ? undefined : gone.get(key);
    if (key !== null && away !== undefined) {
      gone.delete(key);
      const { transaction } = steps[away.from] ?? step;
      if (transaction === null || transaction !== step.transaction) outages.push({ ...away, until: index });
    }
    const object = taken(step);
    if (object !== null && !gone.has(refKey(object))) gone.set(refKey(object), { object, from: index });
  }
  return outages;
}

const PHASES: readonly Phase[] = ["expand", "migrate", "contract"];

// Counted from the step itself, as files of a migration number their steps each for itself.
function told({ object, until, from }: Outage, steps: readonly Step[]): string {
  const what = refKey(object);
  const own = PHASES.indexOf(steps[from]?.phase ?? "expand");
  const last = Math.max(...steps.slice(from, until).map(({ phase }) => PHASES.indexOf(phase)));
  const phase = last > own ? ` in the phase ${PHASES[last]}` : "";
  const before = `until ${until - from} ${until - from === 1 ? "step" : "steps"} on${phase}`;
  switch (object.kind) {
    case "constraint":
      return `${before}, ${what} is not enforced: rows that break it would make that step fail`;
    case "index":
      return `${before}, ${what} is not there: ${object.unique ? "rows may come in that it forbids, and " : ""}queries do without it`;
    case "trigger":
      return `${before}, ${what} does not fire`;
    case "rule":
      return `${before}, ${what} does not apply`;
    case "policy":
      return object.permissive
        ? `${before}, ${what} is not there: rows that it alone shows are hidden`
        : `${before}, ${what} is not there: rows that it hides can be seen and changed`;
    default: {
      const run = "run all until then in one go, or in a maintenance window";
      return RELIED_ON.has(object.kind) ? `${before}, ${what} is not there: ${run}` : `${before}, ${what} is not there`;
    }
  }
}

/**
 * The same steps with what they are silent about: where an object is gone after one transaction and comes back with
 * another, its drop says so in `note`; and while it is one that code relies on by name, no code is called compatible.
 */
export function withOutages(steps: readonly Step[]): readonly Step[] {
  const outages = outagesOf(steps);
  if (outages.length === 0) return steps;
  const notes = new Map<number, string[]>();
  const failing = new Set<number>();
  for (const outage of outages) {
    const known = notes.get(outage.from);
    if (known === undefined) notes.set(outage.from, [told(outage, steps)]);
    else known.push(told(outage, steps));
    if (!RELIED_ON.has(outage.object.kind)) continue;
    for (let index = outage.from; index < outage.until; index++) failing.add(index);
  }
  return steps.map((step, index): Step => {
    const own = notes.get(index);
    if (own === undefined && !failing.has(index)) return step;
    return {
      ...step,
      note: own === undefined ? step.note : [...(step.note === null ? [] : [step.note]), ...own].join("; "),
      compatible: failing.has(index) ? { old: false, new: false } : step.compatible,
    };
  });
}
