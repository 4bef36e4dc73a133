import type { Catalog } from "../../model/catalog.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";

/** What a twin is made of: a schema, and what production's planner judges its relations by. */
export interface Pack {
  readonly catalog: Catalog;
  readonly statistics: PlannerStatistics;
}

/** Whether a text begins as a pack does, so that it can be told from other JSON without being parsed. */
export function looksLikePack(text: string): boolean {
  return /^\ufeff?\s*\{\s*"format"\s*:\s*"dbwright\.pack"/.test(text.slice(0, 1000));
}
