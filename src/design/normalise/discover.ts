import type { Dependency, EncodedColumn, EncodedRows } from "../../model/dependency.ts";
import { add, has, membersOf, setOf, union, without } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { firstDifference, refined, repeatsOf, undivided } from "./partition.ts";
import type { Partition } from "./partition.ts";
import { plausibilityOf } from "./plausibility.ts";
import type { Plausibility } from "./plausibility.ts";

/** A dependency that holds in the rows that were read, with what speaks for it. Candidates, not laws. */
export interface FoundDependency extends Dependency {
  /** One attribute on the right. */
  readonly to: readonly [string];
  /** Distinct values of the left side. */
  readonly distinctLeft: number;
  /** Rows beyond the first of each left value: how often it could have failed, and did not. */
  readonly repeats: number;
  /** How improbable that is for columns that have nothing to do with each other, in bits: 10 is 1 in 1,024. */
  readonly evidence_bits: number;
  readonly plausibility: Plausibility;
}

/** What was found in rows. */
export interface Discovery {
  /** By plausibility; what only holds for want of rows that could contradict is counted in `noise`. */
  readonly dependencies: readonly FoundDependency[];
  readonly noise: number;
  /** Minimal sets of columns without a repeated value. They determine everything, trivially. */
  readonly keys: readonly (readonly string[])[];
  /** Columns with one value in all rows: determined by anything, so left out. */
  readonly constants: readonly string[];
  /** Left sides up to this size were all tried. */
  readonly leftSearched: number;
}

/** Row visits after which the search ends: some nanoseconds each. */
const VISITS_MAX = 600_000_000;

/** A minimal dependency of rows, not judged yet. */
interface Held {
  readonly left: readonly EncodedColumn[];
  readonly right: EncodedColumn;
  /** Rows beyond the first of each left value. */
  readonly repeats: number;
}

/** Everything that holds in rows. */
interface Holding extends Pick<Discovery, "keys" | "constants" | "leftSearched"> {
  readonly held: readonly Held[];
  /** Dependencies that were tried. */
  readonly tests: number;
}

/**
 * All minimal dependencies with at most `leftMax` attributes on the left that hold in the rows, keys of the rows and
 * constant columns aside: level by level, with stripped partitions (TANE, Huhtala et al. 1999), extending only left
 * sides of which no part determines another (free sets: FUN, Novelli and Cicchetti 2001).
 */
export function holding({ columns, rows }: EncodedRows, leftMax: number): Holding {
  const constants = columns.filter(({ distinct }) => distinct === 1);
  // Many values first: their partitions are small, and everything after them is made from these.
  const varied = columns.filter(({ distinct }) => distinct > 1).toSorted((a, b) => b.distinct - a.distinct);
  const search = new Search(varied, rows);
  let leftSearched = 0;
  let level: readonly AttributeSet[] = varied.map((_, place) => setOf(varied.length, [place]));
  while (leftSearched < leftMax && level.length > 0) {
    if (!search.tryAll(level)) break;
    leftSearched++;
    level = search.next(level);
  }
  return {
    held: search.found.map(({ left, right, repeats }) => ({
      left: search.columnsOf(left),
      right: search.columnAt(right),
      repeats,
    })),
    tests: search.tests,
    keys: search.keys.map((key) => search.columnsOf(key).map(({ name }) => name)),
    constants: constants.map(({ name }) => name),
    // With nothing left to extend there are no larger left sides.
    leftSearched: level.length === 0 ? leftMax : leftSearched,
  };
}

/** Looks for dependencies in rows (see {@link holding}) and judges how far the rows speak for each. */
export function discover(table: EncodedRows, leftMax: number): Discovery {
  const { held, tests, keys, constants, leftSearched } = holding(table, leftMax);
  const { rows } = table;
  const dependencies = held.flatMap(({ left, right, repeats }): FoundDependency[] => {
    const evidence = plausibilityOf({ rows, repeats, tests, left, right });
    if (evidence === null) return [];
    return [
      { from: left.map(({ name }) => name), to: [right.name], distinctLeft: rows - repeats, repeats, ...evidence },
    ];
  });
  return {
    dependencies: dependencies.toSorted(byPlausibility),
    noise: held.length - dependencies.length,
    keys,
    constants,
    leftSearched,
  };
}

function byPlausibility(a: FoundDependency, b: FoundDependency): number {
  const tier = (one: FoundDependency): number => (one.plausibility === "strong" ? 0 : 1);
  return tier(a) - tier(b) || a.from.length - b.from.length || a.distinctLeft - b.distinctLeft;
}

interface Found {
  readonly left: AttributeSet;
  readonly right: number;
  readonly repeats: number;
}

class Search {
  readonly #columns: readonly EncodedColumn[];
  readonly #rows: number;
  // What each left side tried so far determines, itself included; keys of rows are not in it.
  readonly #determined = new Map<string, AttributeSet>();
  // Partitions of the first columns of the left side at hand, to be refined by its next.
  readonly #path: { readonly place: number; readonly partition: Partition }[] = [];
  #visits = 0;
  tests = 0;
  readonly found: Found[] = [];
  readonly keys: AttributeSet[] = [];

  constructor(columns: readonly EncodedColumn[], rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Tries left sides of one size; false when the search took too long. What it found of that size is then partial. */
  tryAll(level: readonly AttributeSet[]): boolean {
    for (const left of level) {
      if (this.#visits > VISITS_MAX) return false;
      this.#try(left);
    }
    return true;
  }

  #try(left: AttributeSet): void {
    const partition = this.#partition(membersOf(left));
    if (partition.ends.length === 0) {
      this.keys.push(left);
      return;
    }
    const implied = membersOf(left)
      .map((member) => this.#determined.get(without(left, member).join()) ?? left)
      .reduce(union, left);
    const determined = implied.slice();
    for (const [right, column] of this.#columns.entries()) {
      if (has(implied, right)) continue;
      this.tests++;
      const differsAt = firstDifference(partition, column);
      this.#visits += differsAt ?? partition.rows.length;
      if (differsAt !== null) continue;
      add(determined, right);
      this.found.push({ left, right, repeats: repeatsOf(partition) });
    }
    this.#determined.set(left.join(), determined);
  }

  // Left sides come in the order of their first columns, so that most of the path can stay.
  #partition(members: readonly number[]): Partition {
    let shared = 0;
    while (shared < members.length - 1 && this.#path[shared]?.place === members[shared]) shared++;
    this.#path.length = shared;
    let partition = this.#path.at(-1)?.partition ?? undivided(this.#rows);
    for (const place of members.slice(shared)) {
      this.#visits += partition.rows.length * 3;
      partition = refined(partition, this.columnAt(place));
      this.#path.push({ place, partition });
    }
    return partition;
  }

  /** Left sides with one attribute more, of which no part is a key or determines another part. */
  next(level: readonly AttributeSet[]): readonly AttributeSet[] {
    const next: AttributeSet[] = [];
    for (const left of level) {
      if (!this.#determined.has(left.join())) continue;
      const last = membersOf(left).at(-1) ?? 0;
      for (let member = last + 1; member < this.#columns.length; member++) {
        const wider = left.slice();
        add(wider, member);
        if (this.#isFree(wider)) next.push(wider);
      }
    }
    return next;
  }

  #isFree(set: AttributeSet): boolean {
    return membersOf(set).every((member) => {
      const determined = this.#determined.get(without(set, member).join());
      return determined !== undefined && !has(determined, member);
    });
  }

  columnsOf(set: AttributeSet): readonly EncodedColumn[] {
    return membersOf(set).map((place) => this.columnAt(place));
  }

  columnAt(place: number): EncodedColumn {
    const column = this.#columns[place];
    if (column === undefined) throw new Error(`no column ${place}`);
    return column;
  }
}
