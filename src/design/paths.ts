import type { Brief, BriefEntity } from "../model/brief.ts";

/** The fields (`entity.field`) that patterns filter by; paths that lead through a relation count for its target. */
export function filteredFields(brief: Brief, entities: ReadonlyMap<string, BriefEntity>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const pattern of brief.patterns) {
    for (const { path } of pattern.where) {
      const steps = path.split(".");
      const last = steps.pop() ?? "";
      const entity = entityAt(entities, pattern.entity, steps);
      if (entity !== undefined) found.add(`${entity.name}.${last}`);
    }
  }
  return found;
}

/** The entity that a chain of relations leads to, or undefined. */
export function entityAt(
  entities: ReadonlyMap<string, BriefEntity>,
  start: string,
  steps: readonly string[],
): BriefEntity | undefined {
  let entity = entities.get(start);
  for (const step of steps) {
    const relation = entity?.belongsTo.find((candidate) => candidate.name === step);
    entity = entities.get(relation?.targets[0] ?? (entity?.isA === step ? step : ""));
  }
  return entity;
}
