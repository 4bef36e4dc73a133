import type { BriefEntity, BriefRelation } from "../../model/brief.ts";
import type { Problems } from "./problems.ts";

/** A required step from one entity to another: the first row of one needs a row of the other. */
interface Need {
  readonly from: BriefEntity;
  /** Null for the parent of an `is_a`. */
  readonly relation: BriefRelation | null;
  readonly to: readonly string[];
}

/**
 * Tells cycles of required references: entities of which no first row could ever be inserted. An entity
 * is reachable when each of its required references has a reachable target; what is left holds a cycle.
 */
export function checkCycles(entities: readonly BriefEntity[], problems: Problems): void {
  const byName = new Map(entities.map((entity) => [entity.name, entity]));
  const needs = new Map(entities.map((entity) => [entity.name, needsOf(entity)]));
  const reachable = reachableFrom(needs);
  const told = new Set<string>();
  for (const entity of entities) {
    if (reachable.has(entity.name) || told.has(entity.name)) continue;
    const cycle = walk(entity, byName, needs, reachable);
    const names = cycle.map(({ from }) => from.name);
    if (names.some((name) => told.has(name))) continue;
    // Whatever only waits for this cycle is in order once the cycle is mended.
    for (const name of names) told.add(name);
    tell(cycle, problems);
  }
}

function reachableFrom(needs: ReadonlyMap<string, readonly Need[]>): ReadonlySet<string> {
  const reachable = new Set<string>();
  const waiting = new Map<string, string[]>();
  for (const [name, all] of needs)
    for (const target of all.flatMap(({ to }) => to)) waiting.set(target, [...(waiting.get(target) ?? []), name]);
  const queue = [...needs.keys()];
  // The queue grows while it is walked: whoever waited for an entity is judged again.
  for (const name of queue) {
    if (reachable.has(name)) continue;
    if (needs.get(name)?.every(({ to }) => to.some((target) => reachable.has(target))) !== true) continue;
    reachable.add(name);
    queue.push(...(waiting.get(name) ?? []));
  }
  return reachable;
}

function needsOf(entity: BriefEntity): Need[] {
  const required = entity.belongsTo
    // Without targets the reference is told as broken already.
    .filter(({ optional, targets }) => !optional && targets.length > 0)
    .map((relation) => ({ from: entity, relation, to: relation.targets }));
  return entity.isA === null ? required : [...required, { from: entity, relation: null, to: [entity.isA] }];
}

function walk(
  start: BriefEntity,
  byName: ReadonlyMap<string, BriefEntity>,
  needs: ReadonlyMap<string, readonly Need[]>,
  reachable: ReadonlySet<string>,
): Need[] {
  const steps: Need[] = [];
  let at: BriefEntity | undefined = start;
  while (at !== undefined) {
    const { name } = at;
    const begun = steps.findIndex(({ from }) => from.name === name);
    if (begun >= 0) return steps.slice(begun);
    const blocked = needs.get(name)?.find(({ to }) => !to.some((target) => reachable.has(target)));
    if (blocked === undefined) return [];
    steps.push(blocked);
    at = byName.get(blocked.to[0] ?? "");
  }
  return [];
}

function tell(cycle: readonly Need[], problems: Problems): void {
  const breakable = cycle.filter((need): need is Need & { relation: BriefRelation } => need.relation !== null);
  const [first] = breakable;
  // A cycle of is_a alone is told where parents are judged.
  if (first === undefined) return;
  // `customer.default_address` names a role: a pointer back, which can wait; `address.customer` names the owner.
  const role = breakable.find(({ relation }) => !relation.targets.includes(relation.name));
  const smallest = breakable.toSorted(
    (a, b) => (a.from.volume.now_rows ?? Infinity) - (b.from.volume.now_rows ?? Infinity),
  )[0];
  const weakest = role ?? smallest ?? first;
  const path = cycle.map(({ from, relation }) =>
    relation === null ? `${from.name} (is_a)` : `${from.name}.${relation.name}`,
  );
  problems.add(
    weakest.relation.at,
    `a cycle of required references: ${path.join(" → ")} → ${cycle[0]?.from.name ?? ""}`,
    {
      expected: "at least one of them optional: no first row could be inserted",
      mend: `make ${weakest.from.name}.${weakest.relation.name} optional: ${weakest.relation.name}: ${weakest.relation.targets.join(" | ")}?`,
    },
  );
}
