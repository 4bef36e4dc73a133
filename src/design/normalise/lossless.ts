import type { Dependency } from "../../model/dependency.ts";
import { common, has, membersOf, minus, setOf, union, within } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf } from "./cover.ts";
import { closures, schemeOf } from "./scheme.ts";
import type { Scheme, SetDependency } from "./scheme.ts";

/**
 * Whether joining the relations gives back the original and nothing more: the chase (Aho, Beeri and Ullman 1979).
 * Each relation is a row with a distinguished symbol where it has the attribute; the dependencies make symbols equal
 * until nothing changes; it is lossless exactly when one row is then all distinguished.
 */
export function chase({ attributes, dependencies }: Scheme, relations: readonly AttributeSet[]): boolean {
  const columns = membersOf(attributes);
  // 0 is the distinguished symbol; the least of equated ones stands for all.
  const rows = relations.map((set, row) => columns.map((column) => (has(set, column) ? 0 : row + 1)));
  const placed = dependencies.map(({ from, to }) => ({
    from: membersOf(from).map((member) => columns.indexOf(member)),
    to: membersOf(to).flatMap((member) => (has(attributes, member) ? [columns.indexOf(member)] : [])),
  }));
  for (let changed = true; changed;) {
    changed = false;
    for (const { from, to } of placed) {
      const first = new Map<string, number[]>();
      for (const row of rows) {
        const left = from.map((column) => row[column]).join();
        const other = first.get(left);
        if (other === undefined) first.set(left, row);
        else for (const column of to) changed = equate(rows, column, row[column] ?? 0, other[column] ?? 0) || changed;
      }
    }
  }
  return rows.some((row) => row.every((symbol) => symbol === 0));
}

function equate(rows: readonly number[][], column: number, a: number, b: number): boolean {
  if (a === b) return false;
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  for (const row of rows) if (row[column] === high) row[column] = low;
  return true;
}

/**
 * The dependencies of a minimal cover that the relations' own dependencies do not imply. Each left side grows by what
 * it reaches within each relation, without listing the relations' dependencies (Beeri and Honeyman 1981).
 */
export function lostDependencies(
  { dependencies }: Scheme,
  relations: readonly AttributeSet[],
): readonly SetDependency[] {
  const closure = closures(dependencies);
  return coverOf(dependencies).dependencies.filter(({ from, to }) => {
    let reached = from;
    for (let before: AttributeSet | null = null; before === null || !within(reached, before);) {
      before = reached;
      for (const set of relations) reached = union(reached, common(closure(common(reached, set)), set));
      if (within(to, reached)) return false;
    }
    return true;
  });
}

/** Whether relations by names join back to the original (see {@link chase}). */
export function isLossless(
  attributes: readonly string[],
  relations: readonly (readonly string[])[],
  dependencies: readonly Dependency[],
): boolean {
  const scheme = schemeOf(attributes, dependencies);
  return chase(
    scheme,
    relations.map((names) => subsetOf(scheme, names)),
  );
}

/** Whether the relations' own dependencies imply all of the stated ones. */
export function preservesDependencies(
  relations: readonly (readonly string[])[],
  dependencies: readonly Dependency[],
): boolean {
  const scheme = schemeOf(relations.flat(), dependencies);
  return (
    lostDependencies(
      scheme,
      relations.map((names) => subsetOf(scheme, names)),
    ).length === 0
  );
}

function subsetOf({ names, attributes }: Scheme, wanted: readonly string[]): AttributeSet {
  const others = names.flatMap((name, place) => (wanted.includes(name) ? [] : [place]));
  return minus(attributes, setOf(names.length, others));
}
