import type { ReferencePlan, TablePlan } from "./plan.ts";
import { invalid } from "../../model/error.ts";

/** Tables parents first, and the optional references that had to be cut because they form a cycle. */
export interface LoadOrder {
  readonly tables: readonly TablePlan[];
  /** Filled by a second pass, when both ends are there. */
  readonly cut: ReadonlySet<ReferencePlan>;
}

/** One string per table, usable as a map key. */
export const tableKey = (schema: string | null, table: string): string => JSON.stringify([schema, table]);

/**
 * Orders tables so that what is referenced is loaded first. Throws `invalid` for a cycle of required references; with
 * `leaveOut` that is told of the tables in it and behind it instead, and they are not in the order.
 */
export function loadOrder(plans: readonly TablePlan[], leaveOut?: (tables: readonly TablePlan[]) => void): LoadOrder {
  const known = new Set(plans.map((plan) => tableKey(plan.schema, plan.table)));
  const done = new Set<string>();
  const cut = new Set<ReferencePlan>();
  const tables: TablePlan[] = [];
  let left = [...plans];
  const waitsFor = (plan: TablePlan): readonly ReferencePlan[] =>
    plan.references.filter((reference) => {
      const target = tableKey(reference.target.schema, reference.target.table);
      return !reference.self && known.has(target) && !done.has(target) && !cut.has(reference);
    });
  while (left.length > 0) {
    const ready = left.filter((plan) => waitsFor(plan).length === 0);
    for (const plan of ready) {
      done.add(tableKey(plan.schema, plan.table));
      tables.push(plan);
    }
    if (ready.length > 0) {
      left = left.filter((plan) => !ready.includes(plan));
      continue;
    }
    // A cycle: cut the optional references of the table that then waits for the least.
    const choices = left
      .map((plan) => ({ plan, waits: waitsFor(plan) }))
      .filter(({ waits }) => waits.every((reference) => reference.nullable.length > 0 || !reference.enforced))
      .toSorted((a, b) => a.waits.length - b.waits.length);
    const least = choices[0];
    if (least === undefined && leaveOut !== undefined) {
      leaveOut(left);
      break;
    }
    if (least === undefined) {
      throw invalid({
        what: `the tables ${left.map((plan) => plan.table).join(", ")} require one another, so none can have a first row`,
        expected: "at least one optional reference in every cycle of foreign keys",
      });
    }
    for (const reference of least.waits) cut.add(reference);
  }
  return { tables, cut };
}
