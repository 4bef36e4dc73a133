import type { KeyedRandom } from "./random.ts";

/*
 * Texts become others of the same length in the same order. Seen as a path: a text of e characters from an alphabet
 * of k is a number of e digits, and one in front of another either has the smaller digits or is its beginning. From the
 * last to the first the highest place of each is found that leaves room for those after it; from the first to the
 * last each then gets a place at random between its predecessor and that.
 *
 * Only lower-case letters and digits are written: of them the collations of most languages, and "C", agree on the
 * order. The first alphabet leaves out letters that some language orders in pairs (ch, ll, aa, dz, ny …).
 */

/** Digits so far that all places are exact in a double. */
const ROOM = 2 ** 52;

interface Attempt {
  readonly alphabet: string;
  /** Texts shorter than this are made as long, for want of room; the empty text never is. */
  readonly shortest: number;
}

const ALPHABETS = ["beikmnopstu", "abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuvwxyz"] as const;
const ATTEMPTS: readonly Attempt[] = [
  ...ALPHABETS.map((alphabet) => ({ alphabet, shortest: 1 })),
  ...[2, 3, 4, 6, 9].map((shortest) => ({ alphabet: ALPHABETS[2], shortest })),
];
const HEX_ATTEMPTS: readonly Attempt[] = [1, 2, 3, 5].map((shortest) => ({ alphabet: BYTES(), shortest }));

function BYTES(): string {
  return Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
}

/** Texts up to this length may happen to stay: a letter or two tell nothing of a row. */
const TELLING_LENGTH = 3;

/** The stand-ins of texts that are distinct and in the order of their collation. */
export function maskTexts(ordered: readonly string[], random: KeyedRandom): Map<string, string> {
  return mask(ordered, ATTEMPTS, random);
}

/** The same for strings of bytes (one character each, U+0000 to U+00FF), in which any byte may come. */
export function maskBytes(ordered: readonly string[], random: KeyedRandom): Map<string, string> {
  return mask(ordered, HEX_ATTEMPTS, random);
}

function mask(ordered: readonly string[], attempts: readonly Attempt[], random: KeyedRandom): Map<string, string> {
  const originals = new Set(ordered);
  for (const attempt of attempts) {
    const masked = tryAttempt(ordered, originals, attempt, random);
    if (masked !== null) return new Map(ordered.map((text, at) => [text, masked[at] ?? ""]));
  }
  throw new Error("there are more texts than stand-ins for them");
}

/** A place on the path: `digits` padded to full depth, and the length up to which they count. */
interface Place {
  readonly at: number;
  readonly length: number;
}

class Path {
  readonly depth: number;
  /** What one step of a text of that length is worth. */
  readonly unit: readonly number[];

  constructor(letters: number) {
    this.depth = Math.floor(Math.log(ROOM) / Math.log(letters));
    this.unit = Array.from({ length: this.depth + 1 }, (_, length) => letters ** (this.depth - length));
  }

  unitOf(length: number): number {
    return this.unit[length] ?? 1;
  }

  /** The first text of that length behind a place. */
  after(place: Place, length: number): Place {
    if (length > place.length) return { at: place.at, length };
    const unit = this.unitOf(length);
    return { at: (Math.floor(place.at / unit) + 1) * unit, length };
  }

  /** The last text of that length in front of a place. */
  before(place: Place, length: number): Place {
    const unit = this.unitOf(length);
    return { at: length < place.length ? Math.floor(place.at / unit) * unit : place.at - unit, length };
  }
}

// Null where the alphabet has no room.
function tryAttempt(
  ordered: readonly string[],
  originals: ReadonlySet<string>,
  { alphabet, shortest }: Attempt,
  random: KeyedRandom,
): string[] | null {
  const path = new Path(alphabet.length);
  const whole = ordered.map((text) => (text === "" ? 0 : Math.max(shortest, lengthOf(text))));
  const lengths = whole.map((length) => Math.min(length, path.depth));
  const highest = highestPlaces(lengths, path);
  if (highest === null) return null;
  const masked: string[] = [];
  let last: Place | null = null;
  for (const [at, length] of lengths.entries()) {
    const first: Place = last === null ? { at: 0, length } : path.after(last, length);
    const most = highest[at] ?? first;
    const unit = path.unitOf(length);
    const room = Math.round((most.at - first.at) / unit);
    if (room < 0) return null;
    // On average each takes its fair part of what is left.
    const share = Math.floor((random.fraction() * 2 * room) / (lengths.length - at + 1));
    const chosen = freePlace(Math.min(share, room), room, (offset) => {
      const text = textOf({ at: first.at + offset * unit, length }, alphabet, path);
      const full = text + tail((whole[at] ?? length) - length, alphabet, random);
      return lengthOf(full) >= TELLING_LENGTH && originals.has(full) ? null : full;
    });
    if (chosen === null) return null;
    masked.push(chosen.text);
    last = { at: first.at + chosen.offset * unit, length };
  }
  return masked;
}

const lengthOf = (text: string): number => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);

function highestPlaces(lengths: readonly number[], path: Path): Place[] | null {
  const places: Place[] = Array.from({ length: lengths.length });
  let next: Place = { at: path.unitOf(0), length: 0 };
  for (let at = lengths.length - 1; at >= 0; at--) {
    next = path.before(next, lengths[at] ?? 0);
    if (next.at < 0) return null;
    places[at] = next;
  }
  return places;
}

/** Places looked at for one that is no original. */
const PLACES_MAX = 64;

function freePlace(
  wanted: number,
  room: number,
  textAt: (offset: number) => string | null,
): { readonly offset: number; readonly text: string } | null {
  for (let tries = 0; tries < PLACES_MAX; tries++) {
    // To and fro around what was wanted.
    const offset = wanted + (tries % 2 === 0 ? tries / 2 : -(tries + 1) / 2);
    if (offset < 0 || offset > room) continue;
    const text = textAt(offset);
    if (text !== null) return { offset, text };
  }
  return null;
}

function textOf(place: Place, alphabet: string, path: Path): string {
  let rest = place.at;
  let text = "";
  for (let position = 1; position <= place.length; position++) {
    const unit = path.unitOf(position);
    const digit = Math.floor(rest / unit);
    text += alphabet[digit] ?? "";
    rest -= digit * unit;
  }
  return text;
}

function tail(length: number, alphabet: string, random: KeyedRandom): string {
  let text = "";
  for (let at = 0; at < length; at++) text += alphabet[random.below(alphabet.length)] ?? "";
  return text;
}
