import type { ColumnPlan, TablePlan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Row } from "./store.ts";
import { momentText, zoned } from "./values.ts";

/** A minute in milliseconds. */
export const MINUTE_MS = 60_000;

/**
 * `low <= high` where both were drawn freely: the later is moved behind the earlier, in place. Columns `held` by
 * something else (a reference, a rule against overlaps) stay as they are.
 */
export function settleOrderings(row: Row, plan: TablePlan, random: Random, held: ReadonlySet<number>): void {
  for (const { low, high, strict } of plan.orderings) {
    const [a, b] = [row[low], row[high]];
    const column = plan.columns[high] as ColumnPlan;
    const { kind, scale } = column.type;
    if (a == null || b == null || held.has(high) || column.constant !== null) continue;
    if (kind === "date" || kind === "instant") {
      const [x, y] = [Date.parse(zoned(a)), Date.parse(zoned(b))];
      if (Number.isNaN(x) || y > x || (y === x && !strict)) continue;
      row[high] = momentText(kind, x + (kind === "date" ? 1 + random.int(30) : 0) * 1440 * MINUTE_MS + 1000);
    } else if (
      ["integer", "decimal", "float"].includes(kind) &&
      (Number(b) < Number(a) || (strict && Number(a) === Number(b)))
    ) {
      row[high] = (Number(a) + (strict ? 10 ** -(scale ?? 0) : 0)).toFixed(scale ?? 0);
    }
  }
}
