/** A set of attributes by number: bit `i` of the words, lowest first, stands for attribute `i`. */
export type AttributeSet = Uint32Array;

/** The set of the given members, out of `width` attributes. */
export function setOf(width: number, members: Iterable<number> = []): AttributeSet {
  const set = new Uint32Array(Math.max(1, Math.ceil(width / 32)));
  for (const member of members) add(set, member);
  return set;
}

/** Puts a member into a set that nobody else holds yet. */
export function add(set: AttributeSet, member: number): void {
  set[member >>> 5] = (set[member >>> 5] ?? 0) | (1 << (member & 31));
}

/** Whether the set holds the member. */
export function has(set: AttributeSet, member: number): boolean {
  return ((set[member >>> 5] ?? 0) & (1 << (member & 31))) !== 0;
}

/** The members in ascending order. */
export function membersOf(set: AttributeSet): number[] {
  const members: number[] = [];
  for (const [at, word] of set.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) members.push(at * 32 + (31 - Math.clz32(rest & -rest)));
  }
  return members;
}

/** Whether every member of the first is one of the second. */
export function within(inner: AttributeSet, outer: AttributeSet): boolean {
  // An indexed loop: this is the innermost step of the search for keys.
  for (let at = 0; at < inner.length; at++) if (((inner[at] ?? 0) & ~(outer[at] ?? 0)) !== 0) return false;
  return true;
}

/** The members of either. */
export function union(a: AttributeSet, b: AttributeSet): AttributeSet {
  return a.map((word, at) => word | (b[at] ?? 0));
}

/** The members of both. */
export function common(a: AttributeSet, b: AttributeSet): AttributeSet {
  return a.map((word, at) => word & (b[at] ?? 0));
}

/** The members of the first that the second lacks. */
export function minus(a: AttributeSet, b: AttributeSet): AttributeSet {
  return a.map((word, at) => word & ~(b[at] ?? 0));
}

/** The set less one member. */
export function without(set: AttributeSet, member: number): AttributeSet {
  const less = set.slice();
  less[member >>> 5] = (less[member >>> 5] ?? 0) & ~(1 << (member & 31));
  return less;
}

/** The number of members. */
export function sizeOf(set: AttributeSet): number {
  let size = 0;
  for (const word of set) for (let rest = word; rest !== 0; rest &= rest - 1) size++;
  return size;
}

/** Whether both have the same members. */
export function same(a: AttributeSet, b: AttributeSet): boolean {
  return within(a, b) && within(b, a);
}

/** Those of the sets that lie in no other; of equal ones the first. */
export function maximal(sets: readonly AttributeSet[]): readonly AttributeSet[] {
  return sets.filter(
    (set, at) =>
      !sets.some((other, place) => place !== at && within(set, other) && (place < at || !within(other, set))),
  );
}
