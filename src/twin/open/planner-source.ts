import { connect } from "../../engines/postgres/driver.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import { readTextOrders } from "../../engines/postgres/text-order.ts";
import { maskStatistics, textsToOrder } from "../../formats/pack/mask.ts";
import type { ActionContext } from "../../model/action.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { ReadSource } from "../source.ts";

/**
 * What a source's planner judges by: a pack's own statistics, or those of a live PostgreSQL server, read in a read-only
 * transaction; null for any other source. With `maskKey` the values of rows in them are masked before they leave
 * this function (see `maskStatistics`); a pack that is masked already stays as it is. Throws `unavailable` (exit 3)
 * when the server cannot be reached, and the server's own error.
 */
export async function plannerStatisticsOf(
  source: string,
  read: ReadSource,
  { signal, progress }: Pick<ActionContext, "signal" | "progress">,
  maskKey: string | null,
): Promise<PlannerStatistics | null> {
  const { catalog } = read;
  if (read.statistics !== undefined)
    return maskKey === null ? read.statistics : maskStatistics(catalog, read.statistics, { key: maskKey });
  if (read.kind !== "live" || catalog.engine.name !== "postgres") return null;
  const task = progress.start("reading planner statistics");
  const session = await connect({ url: source, signal });
  try {
    const statistics = await readPlannerStatistics(session, catalog, { signal });
    if (maskKey === null) {
      task.done(`${statistics.columns.length} columns`);
      return statistics;
    }
    const { orders, unseen } = await readTextOrders(session, textsToOrder(catalog, statistics));
    const masked = maskStatistics(catalog, statistics, { key: maskKey, orders });
    task.done(`${masked.columns.length} columns`);
    return { ...masked, unseen: [...masked.unseen, ...unseen] };
  } catch (error) {
    task.failed();
    throw error;
  } finally {
    await session.close();
  }
}
