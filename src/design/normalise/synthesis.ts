import { closure, implies } from "./closure.ts";
import type { Dependency } from "./closure.ts";
import { grouped, minimalCover, projection } from "./cover.ts";
import { candidateKeys, isSuperkey } from "./keys.ts";

/** A relation of a decomposition. */
export interface Relation {
  readonly attributes: readonly string[];
  readonly keys: readonly (readonly string[])[];
}

/**
 * A decomposition into third normal form that loses nothing and preserves every dependency (synthesis,
 * Bernstein 1976; the key relation of Biskup, Dayal and Bernstein 1979).
 */
export function synthesise3nf(attributes: readonly string[], dependencies: readonly Dependency[]): readonly Relation[] {
  const groups = grouped(minimalCover(dependencies));
  const ordered = (names: Iterable<string>): readonly string[] => {
    const set = new Set(names);
    return attributes.filter((attribute) => set.has(attribute));
  };
  let sets = groups.map(({ from, to }) => ordered([...from, ...to]));
  const bound = new Set(groups.flatMap(({ from, to }) => [...from, ...to]));
  const free = attributes.filter((attribute) => !bound.has(attribute));
  const [key = attributes] = candidateKeys(attributes, dependencies);
  const holdsKey = free.length === 0 && sets.some((set) => isSuperkey(set, attributes, dependencies));
  if (!holdsKey) sets.push(ordered([...key, ...free]));
  sets = sets.filter(
    (set, at) =>
      !sets.some(
        (other, place) =>
          place !== at &&
          set.every((attribute) => other.includes(attribute)) &&
          (other.length > set.length || place < at),
      ),
  );
  return sets.map((set) => relation(set, dependencies));
}

// Projecting dependencies is exponential: beyond this many attributes of one relation only stated left sides are tried.
const EXHAUSTIVE_ATTRIBUTES = 12;

function relation(set: readonly string[], dependencies: readonly Dependency[]): Relation {
  return { attributes: set, keys: candidateKeys(set, projected(set, dependencies)) };
}

/** The dependencies that hold among some attributes. */
export function projected(set: readonly string[], dependencies: readonly Dependency[]): readonly Dependency[] {
  return projection(
    set,
    dependencies,
    set.length <= EXHAUSTIVE_ATTRIBUTES ? subsetsOf(set) : stated(set, dependencies),
  );
}

function* subsetsOf(set: readonly string[]): Generator<readonly string[]> {
  for (let bits = 1; bits < 2 ** set.length - 1; bits++) yield set.filter((_, at) => (bits & (1 << at)) !== 0);
}

function stated(set: readonly string[], dependencies: readonly Dependency[]): readonly (readonly string[])[] {
  return dependencies.map(({ from }) => from).filter((from) => from.every((attribute) => set.includes(attribute)));
}

/**
 * A decomposition into Boyce–Codd normal form (analysis, Codd 1974): lossless, but a dependency may be lost.
 */
export function decomposeBcnf(attributes: readonly string[], dependencies: readonly Dependency[]): readonly Relation[] {
  const done: Relation[] = [];
  const open: (readonly string[])[] = [attributes];
  for (let set = open.pop(); set !== undefined; set = open.pop()) {
    const own = projected(set, dependencies);
    const bad = own.find(({ from }) => !isSuperkey(from, set ?? [], own));
    if (bad === undefined) {
      done.push({ attributes: set, keys: candidateKeys(set, own) });
      continue;
    }
    const reached = closure(bad.from, own);
    open.push(
      set.filter((attribute) => reached.has(attribute)),
      set.filter((attribute) => !reached.has(attribute) || bad.from.includes(attribute)),
    );
  }
  return done.filter(
    (one, at) =>
      !done.some(
        (other, place) =>
          place !== at &&
          one.attributes.every((attribute) => other.attributes.includes(attribute)) &&
          (other.attributes.length > one.attributes.length || place < at),
      ),
  );
}

/** Whether joining the relations gives back the original and nothing more (the chase; Aho, Beeri and Ullman 1979). */
export function isLossless(
  attributes: readonly string[],
  relations: readonly (readonly string[])[],
  dependencies: readonly Dependency[],
): boolean {
  // A cell is 0 where the row has the distinguished symbol, else a symbol of its own.
  const rows = relations.map((set, at) => attributes.map((attribute) => (set.includes(attribute) ? 0 : at + 1)));
  for (let changed = true; changed;) {
    changed = false;
    for (const { from, to } of dependencies) {
      for (const a of rows) for (const b of rows) changed = equate(attributes, rows, [a, b], from, to) || changed;
    }
  }
  return rows.some((row) => row.every((cell) => cell === 0));
}

function equate(
  attributes: readonly string[],
  rows: number[][],
  [a, b]: readonly [number[], number[]],
  from: readonly string[],
  to: readonly string[],
): boolean {
  if (a === b || !from.every((attribute) => a[attributes.indexOf(attribute)] === b[attributes.indexOf(attribute)]))
    return false;
  let changed = false;
  for (const attribute of to) {
    const column = attributes.indexOf(attribute);
    const [one = 0, other = 0] = [a[column], b[column]];
    if (column === -1 || one === other) continue;
    const [low, high] = [Math.min(one, other), Math.max(one, other)];
    for (const row of rows) if (row[column] === high) row[column] = low;
    changed = true;
  }
  return changed;
}

/** Whether the relations' own dependencies imply all of the stated ones. */
export function preservesDependencies(
  relations: readonly (readonly string[])[],
  dependencies: readonly Dependency[],
): boolean {
  const kept = relations.flatMap((set) => projected(set, dependencies));
  return dependencies.every((dependency) => implies(kept, dependency));
}
