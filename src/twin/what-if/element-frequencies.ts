/*
 * How often the elements of arrays, documents and texts come, which a GIN index keeps once each: from the list of most
 * common elements that statistics hold, or from the few values that they name.
 */

/** Elements that come about equally often. */
export interface ElementClass {
  /** Different elements. */
  readonly count: number;
  /** Rows that hold each, 1 or more on average. */
  readonly rows: number;
}

/** Shares alike are taken together. */
const SHARES_ALIKE = 1.3;

function listed(shares: readonly number[], rows: number): ElementClass[] {
  const classes: { count: number; sum: number }[] = [];
  for (const share of shares.toSorted((a, b) => b - a)) {
    const last = classes.at(-1);
    if (last === undefined || last.sum / last.count > share * SHARES_ALIKE) classes.push({ count: 1, sum: share });
    else {
      last.count += 1;
      last.sum += share;
    }
  }
  return classes.map(({ count, sum }) => ({ count, rows: Math.max(1, (rows * sum) / count) }));
}

// Elements beyond a list: `mass` of them in a row on average, none as frequent as `share`, falling off by the rank as the
// list does at its end (Zipf's law). `first` is how many there are before.
function beyond(
  {
    mass,
    share,
    slope,
    first,
  }: { readonly mass: number; readonly share: number; readonly slope: number; readonly first: number },
  rows: number,
): ElementClass[] {
  const classes: { count: number; share: number }[] = [];
  let left = mass;
  const start = Math.max(1, first);
  for (let [rank, size] = [start, start]; left > 1e-9 && classes.length < 40; rank += size, size *= 2) {
    const each = Math.max(1 / rows, share * (start / (rank + size / 2)) ** slope);
    const count = Math.min(size, left / each);
    classes.push({ count, share: each });
    left -= count * each;
  }
  return classes.map(({ count, share: each }) => ({ count, rows: Math.max(1, rows * each) }));
}

/** A list is of no use for its fall from so few elements on. */
const SLOPE_FROM = 20;
const SLOPE_MAX = 1.5;

// By how much shares fall where ranks double, over the second half of a list in descending order.
function slopeOf(shares: readonly number[]): number {
  const [middle, last] = [shares[Math.floor(shares.length / 2)], shares.at(-1)];
  if (shares.length < SLOPE_FROM || middle === undefined || last === undefined || last <= 0) return 0;
  return Math.min(SLOPE_MAX, Math.max(0, Math.log2(middle / last)));
}

/** Shares below this, of all elements, are not listed by ANALYZE (array_typanalyze.c: 9 in 144,000), nor are more than so many. */
const LISTED_SHARE_LEAST = 9 / 144_000;
const LISTED_MAX = 1_000;

/**
 * From the shares of rows that hold the most common elements, and how many a row holds on average (null: not known, so
 * that those listed are all). What the list does not come to is elements rarer than any in it.
 */
export function elementsOfList(
  shares: readonly number[],
  perRow: number | null,
  rows: number,
): readonly ElementClass[] {
  if (rows < 1) return [];
  const sorted = shares.toSorted((a, b) => b - a);
  const whole = sorted.reduce((sum, share) => sum + share, 0);
  const mass = Math.max(0, (perRow ?? whole) - whole);
  const classes = listed(sorted, rows);
  if (mass <= 0.02 * whole) return classes;
  const cutOff = LISTED_SHARE_LEAST * (perRow ?? whole);
  const last = sorted.at(-1);
  // Between all as frequent as may be and all met once: nearer to the former.
  if (last === undefined) return beyond({ mass, share: Math.cbrt(cutOff ** 2 / rows), slope: 0, first: 1 }, rows);
  const share = sorted.length >= LISTED_MAX ? last : Math.min(last, cutOff);
  return [...classes, ...beyond({ mass, share, slope: slopeOf(sorted), first: sorted.length }, rows)];
}

/** An element in so many of the sampled values is taken to be as frequent among all. */
const FREQUENT_FROM = 4;

/** An element of a value, and what others it can be compared with: those at the same place of a document. */
export interface SampledElement {
  readonly place: string;
  readonly text: string;
}

/**
 * From the different elements of some values, each value one of many rows. Rare ones at a place are as many as make it
 * likely that so few of them were met twice (two of V equally frequent ones in n draws: n²/2V).
 */
export function elementsOfSample(
  values: readonly (readonly SampledElement[])[],
  rows: number,
): readonly ElementClass[] {
  if (rows < 1 || values.length === 0) return [];
  const places = new Map<string, Map<string, number>>();
  for (const elements of values)
    for (const { place, text } of elements) {
      const counts = places.get(place) ?? new Map<string, number>();
      places.set(place, counts.set(text, (counts.get(text) ?? 0) + 1));
    }
  return [...places.values()].flatMap((counts) => elementsAt(counts, values.length, rows));
}

function elementsAt(counts: ReadonlyMap<string, number>, values: number, rows: number): readonly ElementClass[] {
  const frequent: number[] = [];
  let [drawn, pairs] = [0, 0];
  for (const count of counts.values()) {
    if (count >= FREQUENT_FROM) frequent.push(Math.min(1, count / values));
    else {
      drawn += count;
      pairs += (count * (count - 1)) / 2;
    }
  }
  const classes = listed(frequent, rows);
  if (drawn === 0) return classes;
  const all = (rows * drawn) / values;
  // Of elements that were never met twice as many as would be met half a time and all are equally likely ends.
  const different = Math.min(all, pairs === 0 ? Math.sqrt(drawn ** 2 * all) : drawn ** 2 / (2 * pairs));
  return [...classes, { count: Math.max(1, different), rows: Math.max(1, all / different) }];
}

/** The trigrams of a text as pg_trgm takes them: of each word in lower case, two blanks before it and one behind. */
export function trigramsOf(text: string): readonly SampledElement[] {
  const found = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    const padded = `  ${word} `;
    for (let at = 0; at + 3 <= padded.length; at++) found.add(padded.slice(at, at + 3));
  }
  return [...found].map((trigram) => ({ place: "", text: trigram }));
}

/**
 * What a GIN index keeps of a document (jsonb_gin.c): by its default operators each key and each value, by
 * `jsonb_path_ops` one number for each value with its path. None of a text that is no JSON.
 */
export function documentElements(text: string, paths: boolean): readonly SampledElement[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const found = new Map<string, SampledElement>();
  const add = (place: string, value: string): void => {
    found.set(JSON.stringify([place, value]), { place, text: value });
  };
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) {
        if (!paths) add("", key);
        visit(item, `${path}/${key}`);
      }
    else add(path, String(value));
  };
  visit(document, "/");
  return [...found.values()];
}
