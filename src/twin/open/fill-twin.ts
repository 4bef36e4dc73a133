import type { Catalog } from "../../model/catalog.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { TwinServer } from "../server.ts";
import { fillFromStatistics } from "../stats-rows/fill.ts";
import type { FillOptions, FilledFromStatistics } from "../stats-rows/fill.ts";
import { buildTwin } from "./build-twin.ts";
import type { BuiltTwin } from "./build-twin.ts";

/** A twin at depth `rows`. */
export interface FilledTwin extends BuiltTwin {
  readonly filled: FilledFromStatistics;
}

/**
 * Builds a scratch database from a catalog and fills it with rows drawn from planner statistics. Throws what
 * `buildTwin` and `fillFromStatistics` throw; nothing is left then.
 */
export async function fillTwin(
  server: TwinServer,
  { catalog, statistics }: { readonly catalog: Catalog; readonly statistics: PlannerStatistics },
  options: FillOptions,
): Promise<FilledTwin> {
  const built = await buildTwin(server, { catalog, statistics: null }, options);
  try {
    const filled = await fillFromStatistics(built.database, catalog, statistics, options);
    return { ...built, filled, notes: [...built.notes, ...filled.notes] };
  } catch (error) {
    await built.database.drop().catch(() => {});
    throw error;
  }
}
