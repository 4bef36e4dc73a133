/**
 * The optimal-string-alignment distance between two words: the least number of insertions, deletions,
 * substitutions and swaps of neighbours, no substring edited twice (Damerau 1964, Levenshtein 1966).
 * Ours because the well-kept small libraries count a swap, the commonest slip of the hand, as two.
 */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}

/**
 * The candidate that a slip of the hand would explain best, or null when none is near: at most one edit
 * for each three characters begun, letter case and `-` for `_` free. Ties go to the earlier candidate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const fold = (text: string): string => text.toLowerCase().replaceAll("-", "_");
  const sought = fold(word);
  // Nobody mistypes a whole paragraph; and the distance is quadratic.
  if (sought.length === 0 || sought.length > 100) return null;
  let best: string | null = null;
  let least = Math.ceil(sought.length / 3) + 1;
  for (const candidate of candidates) {
    const folded = fold(candidate);
    if (Math.abs(folded.length - sought.length) >= least) continue;
    const distance = editDistance(sought, folded);
    if (distance < least && distance < folded.length) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}
