import { distribution } from "../../model/planner-statistics.test-data.ts";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import { maskStatistics } from "./mask.ts";

/** A catalog with an enumeration and a domain. */
export const CATALOG: Catalog = {
  engine: { name: "postgres", version: "18.4" },
  objects: [
    {
      kind: "enum",
      schema: "public",
      table: null,
      name: "mood",
      signature: "",
      comment: null,
      dependsOn: [],
      values: ["sad", "glad"],
    } satisfies CatalogObject,
    {
      kind: "domain",
      schema: "public",
      table: null,
      name: "Label",
      signature: "",
      comment: null,
      dependsOn: [],
      type: "text",
      collation: null,
      default: null,
      notNull: false,
      checks: [],
    } satisfies CatalogObject,
  ],
  unmodelled: [],
};

const NOW = "2026-11-20T12:00:00.000Z";

/** A column with common values. */
export function columnOf(
  type: string,
  values: readonly string[],
  parts: Partial<ColumnDistribution> = {},
): ColumnDistribution {
  return distribution({ type, common: { values, shares: values.map(() => 1 / (values.length + 1)) }, ...parts });
}

/** Statistics of columns. */
export function statisticsOf(
  columns: readonly ColumnDistribution[],
  parts: Partial<PlannerStatistics> = {},
): PlannerStatistics {
  return {
    readAt: NOW,
    versionNumber: 180_004,
    masked: false,
    settings: {},
    relations: [],
    columns,
    extended: [],
    unseen: [],
    ...parts,
  };
}

/** Columns masked. */
export function masked(columns: readonly ColumnDistribution[], key = "key"): readonly ColumnDistribution[] {
  return maskStatistics(CATALOG, statisticsOf(columns), { key }).columns;
}

/** A column's common values. */
export function valuesIn(column: ColumnDistribution | undefined): readonly string[] {
  return column?.common?.values ?? [];
}

/** The order of "C". */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** In characters. */
export function lengthOf(text: string): number {
  return [...text].length;
}
