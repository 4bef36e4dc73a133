import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { ReferencePlan, TablePlan } from "../rows/plan.ts";

/** A column that numbers the rows of one parent: 1, 2, 3 … for each. */
export interface Numbering {
  readonly first: number;
  readonly last: number;
  /** Share of all rows that have each number, from the first on. */
  readonly shares: readonly number[];
}

/**
 * Columns that number the rows of each parent: integers in a key beside a reference, all of whose values are listed
 * and go on from 0 or 1 without a gap. By column's position.
 */
export function numberings(
  plan: TablePlan,
  distributions: ReadonlyMap<string, ColumnDistribution>,
): ReadonlyMap<number, Numbering> {
  const found = new Map<number, Numbering>();
  for (const { columns, onServer } of plan.keys) {
    if (onServer !== null || columns.length < 2) continue;
    for (const position of columns) {
      const others = columns.filter((one) => one !== position);
      if (referenceOf(plan, others) === undefined) continue;
      const column = plan.columns[position];
      const distribution = distributions.get(column?.name ?? "");
      if (column?.type.kind !== "integer" || distribution === undefined) continue;
      const numbering = numberingOf(distribution);
      if (numbering !== null) found.set(position, numbering);
    }
  }
  return found;
}

/** The numbering of a reference's rows; undefined where there is none. */
export function numberingBeside(
  plan: TablePlan,
  reference: ReferencePlan,
  all: ReadonlyMap<number, Numbering>,
): Numbering | undefined {
  for (const [position, numbering] of all) {
    const key = plan.keys.find(({ columns }) => columns.includes(position));
    const others = key?.columns.filter((one) => one !== position) ?? [];
    if (referenceOf(plan, others) === reference) return numbering;
  }
  return undefined;
}

const referenceOf = (plan: TablePlan, columns: readonly number[]): ReferencePlan | undefined =>
  plan.references.find(
    (reference) =>
      reference.enforced &&
      reference.columns.length === columns.length &&
      columns.every((one) => reference.columns.includes(one)),
  );

function numberingOf({ common, histogram, nullShare }: ColumnDistribution): Numbering | null {
  if (common === null || histogram !== null || nullShare > 0) return null;
  const listed = common.values
    .map((text, at) => ({ value: Number(text), share: common.shares[at] ?? 0 }))
    .toSorted((a, b) => a.value - b.value);
  const first = listed[0]?.value ?? -1;
  if (first !== 0 && first !== 1) return null;
  if (listed.some(({ value }, at) => value !== first + at)) return null;
  return { first, last: first + listed.length - 1, shares: listed.map(({ share }) => share) };
}
