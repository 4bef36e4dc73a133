import type { ColumnDistribution } from "../../model/planner-statistics.ts";

/*
 * A column's distribution in the form in which the server keeps it: up to five slots, each of a kind, with an operator,
 * numbers and values (PostgreSQL's src/include/catalog/pg_statistic.h, the same from 15 to 18).
 */

/** What the values of a slot are, which decides their type and the slot's operator and collation. */
export type SlotSubject = "equal" | "less" | "element" | "range bounds" | "range lengths";

/** One slot. */
export interface Slot {
  readonly kind: number;
  readonly subject: SlotSubject;
  readonly numbers: readonly number[] | null;
  readonly values: readonly string[] | null;
}

/** Kinds of slots, as the server numbers them. */
export const SLOT_KIND = {
  commonValues: 1,
  histogram: 2,
  correlation: 3,
  commonElements: 4,
  elementCounts: 5,
  rangeLengths: 6,
  rangeBounds: 7,
} as const;

/** Slots that one column can have. */
export const SLOTS_MAX = 5;

/** The slots of a distribution, in the order in which ANALYZE fills them. */
export function slotsOf(column: ColumnDistribution): readonly Slot[] {
  const slots: Slot[] = [];
  const add = (
    kind: keyof typeof SLOT_KIND,
    subject: SlotSubject,
    numbers: readonly number[] | null,
    values: readonly string[] | null,
  ): void => {
    slots.push({ kind: SLOT_KIND[kind], subject, numbers, values });
  };
  const { common, histogram, correlation, elements, elementCounts, rangeBounds, rangeLengths } = column;
  if (common !== null) add("commonValues", "equal", common.shares, common.values);
  if (histogram !== null) add("histogram", "less", null, histogram);
  if (correlation !== null) add("correlation", "less", [correlation], null);
  if (elements !== null) {
    // Text-search columns have no share of null elements.
    const bounds = [elements.lowest, elements.highest, ...(elements.nulls === null ? [] : [elements.nulls])];
    add("commonElements", "element", [...elements.shares, ...bounds], elements.values);
  }
  if (elementCounts !== null) add("elementCounts", "element", elementCounts, null);
  if (rangeBounds !== null) add("rangeBounds", "range bounds", null, rangeBounds);
  if (rangeLengths !== null || column.rangeEmptyShare !== null)
    add("rangeLengths", "range lengths", [column.rangeEmptyShare ?? 0], (rangeLengths ?? []).map(String));
  return slots;
}

/** Values as the text of an array of a type whose delimiter is given, each in quotes whatever it holds. */
export function arrayText(values: readonly (string | null)[], delimiter = ","): string {
  const quoted = values.map((value) => (value === null ? "NULL" : `"${value.replaceAll(/["\\]/g, "\\$&")}"`));
  return `{${quoted.join(delimiter)}}`;
}
