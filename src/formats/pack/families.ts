import { MAC, MAC8, maskAddresses, UUID } from "./address-scale.ts";
import { maskBytes, maskTexts } from "./mask-text.ts";
import { DOUBLE, EXACT, REAL } from "./number-scale.ts";
import { KeyedRandom } from "./random.ts";
import { maskOnScale } from "./scale.ts";
import type { Scale, Typed } from "./scale.ts";
import { dateScale, INTERVAL, momentScale, TIME } from "./time-scale.ts";
import type { Family } from "./value-shape.ts";

/** The order of texts under a collation: each text once, ascending. */
export type TextOrder = readonly string[];

/** How the values of one family are masked. */
export interface FamilyMask {
  /** The form in which values count as equal: without padding, or regardless of case. */
  normal(value: Typed): string;
  /** Throws an `Error` for text that is no value of the family. */
  check(text: string): void;
  /** The stand-ins of values in normal form. What is not in the result stays. */
  mask(values: readonly Typed[], random: KeyedRandom, order: TextOrder | null): Map<string, string>;
}

const asIs = ({ text }: Typed): string => text;

function onScale(scale: Scale): FamilyMask {
  return {
    normal: asIs,
    check: (text) => void scale.key(text),
    mask: (values, random) => maskOnScale(values, scale, random),
  };
}

/** The families; `now` (ISO 8601, UTC) is when the values were read. */
export function familyMasks(now: string): Readonly<Record<Family, FamilyMask>> {
  return {
    exact: onScale(EXACT),
    real: onScale(REAL),
    double: onScale(DOUBLE),
    date: onScale(dateScale(now)),
    moment: onScale(momentScale(now)),
    time: onScale(TIME),
    interval: onScale(INTERVAL),
    uuid: onScale(UUID),
    macaddr: onScale(MAC),
    macaddr8: onScale(MAC8),
    address: {
      normal: asIs,
      check: (text) => void maskAddresses([text], new KeyedRandom("", "")),
      mask: (values, random) => maskAddresses(distinct(values), random),
    },
    text: {
      // Padding of char(n) does not count, but for the length.
      normal: ({ text, type }) => (isPadded(type) ? text.trimEnd() : text),
      check: () => {},
      mask: (values, random, order) => maskTexts(inOrder(distinct(values), order), random),
    },
    citext: {
      normal: ({ text }) => text.toLowerCase(),
      check: () => {},
      mask: (values, random) => maskTexts(inOrder(distinct(values), null), random),
    },
    bytea: {
      normal: asIs,
      check: (text) => void bytesOf(text),
      mask: (values, random) => {
        const bytes = inOrder(distinct(values).map(bytesOf), null);
        return new Map([...maskBytes(bytes, random)].map(([from, to]) => [hexOf(from), hexOf(to)]));
      },
    },
  };
}

/** Whether values of a type are filled up with blanks. */
export function isPadded(type: string): boolean {
  return /^character(?:\(\d+\))?$/.test(type);
}

const distinct = (values: readonly Typed[]): string[] => [...new Set(values.map(({ text }) => text))];

// By code points, which is the order of "C" in UTF-8; surrogates alone make JavaScript's own differ from it.
function inOrder(texts: readonly string[], order: TextOrder | null): string[] {
  if (order !== null) {
    const ranks = new Map(order.map((text, at) => [text, at]));
    if (texts.every((text) => ranks.has(text)))
      return texts.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  }
  if (texts.some((text) => /[\ud800-\udfff]/.test(text)))
    return texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return texts.toSorted();
}

function bytesOf(text: string): string {
  if (!/^\\x(?:[0-9a-f]{2})*$/.test(text)) throw new Error("these are no bytes in hexadecimal digits");
  return Buffer.from(text.slice(2), "hex").toString("latin1");
}

const hexOf = (bytes: string): string => `\\x${Buffer.from(bytes, "latin1").toString("hex")}`;
