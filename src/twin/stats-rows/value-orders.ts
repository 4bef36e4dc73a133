import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { TablePlan } from "../rows/plan.ts";
import { boundsOf } from "./quantiles.ts";

/** Where values hardly follow the order on disk, the order among them does not matter either. */
const CORRELATION_MIN = 0.05;

/**
 * The ascending order of histogram bounds and, behind them, common values of each column whose values follow the
 * order on disk, by their index: only the server knows it. A column whose values it cannot read as its type (what a
 * masked value may be) is left out.
 */
export async function valueOrders(
  session: Session,
  plan: TablePlan,
  distributions: ReadonlyMap<string, ColumnDistribution>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const orders = new Map<string, readonly number[]>();
  for (const column of plan.columns) {
    const distribution = distributions.get(column.name);
    if (distribution === undefined || !column.sent || distribution.common === null) continue;
    if (Math.abs(distribution.correlation ?? 0) < CORRELATION_MIN) continue;
    const values = [...boundsOf(distribution), ...distribution.common.values];
    try {
      const { rows } = await session.query<{ readonly place: number }>(
        `SELECT (place - 1)::integer AS place FROM unnest($1::text[]) WITH ORDINALITY AS value (text, place)
         ORDER BY text::${column.type.sql}, place`,
        [values],
      );
      orders.set(
        column.name,
        rows.map(({ place }) => place),
      );
    } catch (error) {
      if (!isSqlState((error as { readonly code?: unknown }).code)) throw error;
    }
  }
  return orders;
}
