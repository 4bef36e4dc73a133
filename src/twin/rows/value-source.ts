import type { ReferencePlan } from "./plan.ts";
import type { StoredTable, Value } from "./store.ts";

/** Where values come from when something better is known of a table than its constraints. */
export interface ValueSource {
  /** Whether it tells of the column at this position: it is then drawn from here, and counted up for no key. */
  knows(position: number): boolean;
  /**
   * A value for row `number` (from 1) of the table; null for NULL, undefined where it has none. `anew`: what was given
   * for the row was refused, so that another value is wanted.
   */
  value(position: number, number: number, anew: boolean): Value | undefined;
  /** The first and last number where a column numbers the rows of each parent; null where it does not. */
  numbers(position: number): { readonly first: number; readonly last: number } | null;
  /** Share of rows whose value is null; null where it is not known. */
  nullShare(position: number): number | null;
  /** Which of the parent's rows row `number` points to; null where it cannot tell. */
  parent(reference: ReferencePlan, parent: StoredTable, number: number): number | null;
}
