import type { Dependency } from "../../model/dependency.ts";
import { add, has, membersOf, setOf, sizeOf } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";

/** A dependency between attributes by number. */
export interface SetDependency {
  readonly from: AttributeSet;
  readonly to: AttributeSet;
}

/**
 * All that a set determines. Dependencies whose number is marked in `left_out` are passed over.
 */
export type ClosureOf = (start: AttributeSet, left_out?: Uint8Array) => AttributeSet;

/** A relation scheme: the relation's attributes, and dependencies over them (and perhaps over others). */
export interface Scheme {
  /** The name of each number: first the relation's own, in their order, then others that dependencies name. */
  readonly names: readonly string[];
  readonly attributes: AttributeSet;
  readonly dependencies: readonly SetDependency[];
}

/** The scheme of a relation whose attributes and dependencies have names. */
export function schemeOf(attributes: readonly string[], dependencies: readonly Dependency[]): Scheme {
  const places = new Map<string, number>();
  const placeOf = (name: string): number => {
    const place = places.get(name) ?? places.size;
    places.set(name, place);
    return place;
  };
  const own = attributes.map(placeOf);
  const numbered = dependencies.map(({ from, to }) => ({ from: from.map(placeOf), to: to.map(placeOf) }));
  const width = places.size;
  return {
    names: [...places.keys()],
    attributes: setOf(width, own),
    dependencies: numbered.map(({ from, to }) => ({ from: setOf(width, from), to: setOf(width, to) })),
  };
}

/** The names of a set's members. */
export function namesOf({ names }: Scheme, set: AttributeSet): readonly string[] {
  return membersOf(set).map((place) => names[place] ?? "");
}

/** A dependency by its names. */
export function namedDependency(scheme: Scheme, { from, to }: SetDependency): Dependency {
  return { from: namesOf(scheme, from), to: namesOf(scheme, to) };
}

/**
 * Prepares dependencies for closures that take linear time each (Beeri and Bernstein 1979): every dependency counts
 * the attributes of its left side that are still unknown, and fires at zero.
 */
export function closures(dependencies: readonly SetDependency[]): ClosureOf {
  const width = Math.max(1, dependencies[0]?.from.length ?? 1) * 32;
  const usedBy: number[][] = Array.from({ length: width }, () => []);
  const sizes = Int32Array.from(dependencies, ({ from }) => sizeOf(from));
  const rights = dependencies.map(({ to }) => membersOf(to));
  const always: number[] = [];
  for (const [number, { from }] of dependencies.entries()) {
    const left = membersOf(from);
    if (left.length === 0) always.push(number);
    for (const member of left) usedBy[member]?.push(number);
  }
  return (start, left_out) => {
    const missing = sizes.slice();
    const known = start.slice();
    const queue = membersOf(start);
    const fire = (number: number): void => {
      if (left_out !== undefined && left_out[number] === 1) return;
      for (const member of rights[number] ?? []) {
        if (has(known, member)) continue;
        add(known, member);
        queue.push(member);
      }
    };
    for (const number of always) fire(number);
    for (let at = 0; at < queue.length; at++) {
      for (const number of usedBy[queue[at] ?? 0] ?? []) {
        const left = (missing[number] ?? 0) - 1;
        missing[number] = left;
        if (left === 0) fire(number);
      }
    }
    return known;
  };
}
