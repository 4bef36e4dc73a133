/*
 * How often the keys of an index repeat, from what statistics say of each column and of several together: a B-tree keeps
 * equal keys once, so that its size hangs on it.
 */

/** Keys that come about equally often. */
export interface KeyGroups {
  /** Different keys. */
  readonly count: number;
  /** Rows of each, 1 or more on average. */
  readonly rows: number;
}

/** How the values of one column, or of several that go together, share its rows. */
export interface Repetition {
  /** Different values, NULL left out; null where it is not known: all are then different. */
  readonly distinct: number | null;
  readonly nullShare: number;
  /** Shares of all rows that the most common values have. */
  readonly commonShares: readonly number[];
}

interface ValueClass {
  readonly count: number;
  readonly share: number;
}

/** Values of about the same share are taken together: none is off by more than a fifth. */
const SHARES_ALIKE = 1.4;

function classesOf({ distinct, nullShare, commonShares }: Repetition, rows: number): readonly ValueClass[] {
  const present = 1 - nullShare;
  const classes: { count: number; share: number }[] = [];
  const values = Math.min(Math.max(1, distinct ?? rows), Math.max(1, rows * present));
  let listed = 0;
  for (const share of commonShares.toSorted((a, b) => b - a)) {
    const last = classes.at(-1);
    if (last === undefined || last.share / last.count > share * SHARES_ALIKE) classes.push({ count: 1, share });
    else {
      last.count += 1;
      last.share += share;
    }
    listed += share;
  }
  const others = values - commonShares.length;
  const rest = Math.max(0, present - listed);
  if (rest > 0 && (others >= 1 || listed === 0)) classes.push({ count: Math.max(1, others), share: rest });
  // There are no others: those that are listed are all.
  else for (const one of classes) one.share *= present / Math.max(1e-9, listed);
  if (nullShare > 0) classes.push({ count: 1, share: nullShare });
  return classes.map(({ count, share }) => ({ count, share: Math.min(1, share / count) }));
}

const countOf = (classes: readonly ValueClass[]): number => classes.reduce((sum, { count }) => sum + count, 0);

/**
 * The groups of equal keys of an index that holds `rows` of a table's `tableRows` rows, each column drawn by itself: a
 * group of n rows falls apart into as many of a column's values as are to be expected among n (a value of share p is
 * met with 1 - (1 - p)^n). Columns that hang on each other are to be given as one. Of no row there is no group.
 */
export function keyGroups(columns: readonly Repetition[], tableRows: number, rows: number): readonly KeyGroups[] {
  if (tableRows < 1 || rows <= 0) return [];
  // The finest first: of its values all are known to be there.
  const [first = [], ...others] = columns
    .map((column) => classesOf(column, tableRows))
    .toSorted((a, b) => countOf(b) - countOf(a));
  let groups = first.map(({ count, share }): KeyGroups => ({ count, rows: Math.max(1, tableRows * share) }));
  for (const classes of others) groups = alike(groups.flatMap((group) => split(group, classes)));
  const kept = Math.min(1, rows / tableRows);
  return kept === 1 ? groups : groups.map((group) => thinned(group, kept));
}

function split(group: KeyGroups, classes: readonly ValueClass[]): KeyGroups[] {
  return classes.flatMap(({ count, share }): KeyGroups[] => {
    const met = chance(share, group.rows);
    if (met <= 0) return [];
    return [{ count: group.count * count * met, rows: Math.max(1, (group.rows * share) / met) }];
  });
}

// Of each group some rows are left, of some none.
function thinned(group: KeyGroups, kept: number): KeyGroups {
  const met = chance(kept, group.rows);
  return { count: group.count * met, rows: Math.max(1, (group.rows * kept) / met) };
}

const chance = (share: number, rows: number): number => (share >= 1 ? 1 : -Math.expm1(rows * Math.log1p(-share)));

// Groups of about as many rows as one, so that they do not grow with every column.
function alike(groups: readonly KeyGroups[]): KeyGroups[] {
  const bySize = new Map<number, { count: number; rows: number }>();
  for (const { count, rows } of groups) {
    const size = Math.round(Math.log2(rows) * 4);
    const same = bySize.get(size);
    if (same === undefined) bySize.set(size, { count, rows: count * rows });
    else {
      same.count += count;
      same.rows += count * rows;
    }
  }
  return [...bySize.values()].map(({ count, rows }) => ({ count, rows: rows / count }));
}

/** So many different combinations of columns there are at most. */
export interface CombinationLimit {
  /** Numbers of the table's columns. */
  readonly columns: readonly number[];
  readonly distinct: number;
  /** Whether so many were counted; else so many could be (rows of a referenced table). */
  readonly counted: boolean;
}

/** A key column that may hang on others. */
export interface NumberedColumn extends Repetition {
  /** Its number in the table; 0 for an expression. */
  readonly number: number;
}

/**
 * Takes columns together where fewer combinations of them are known to exist than each by itself would make: by a
 * foreign key over them no more than the referenced table has rows, by extended statistics as many as were counted. The
 * limit that takes most away comes first; each column is taken once.
 */
export function withLimits(
  columns: readonly NumberedColumn[],
  limits: readonly CombinationLimit[],
  tableRows: number,
): readonly Repetition[] {
  let left: readonly NumberedColumn[] = columns;
  const together: Repetition[] = [];
  for (;;) {
    const best = limits
      .map((limit) => {
        const members = left.filter(({ number }) => number !== 0 && limit.columns.includes(number));
        const groups = keyGroups(members, tableRows, tableRows);
        const apart = groups.reduce((sum, { count }) => sum + count, 0);
        // A row that may be referred to need not be.
        const distinct = limit.distinct * (limit.counted ? 1 : -Math.expm1(-tableRows / Math.max(1, limit.distinct)));
        return { members, distinct, gain: members.length < 2 ? 0 : apart / Math.max(1, distinct) };
      })
      .toSorted((a, b) => b.gain - a.gain)[0];
    if (best === undefined || best.gain <= 1) break;
    left = left.filter((column) => !best.members.includes(column));
    const nullShare = Math.max(...best.members.map((member) => member.nullShare));
    together.push({ distinct: best.distinct, nullShare, commonShares: [] });
  }
  return [...together, ...left];
}
