import { readFileSync } from "node:fs";

/** Two statements of a file of pairs, and what is known of them. */
export interface NamedPair {
  readonly name: string;
  readonly equal: boolean;
  readonly before: string;
  readonly after: string;
  readonly ordered: boolean;
}

/** Pairs about one schema. */
export interface PairSet {
  readonly schema: string;
  readonly pairs: readonly NamedPair[];
}

const read = (name: string): string => readFileSync(new URL(`${name}.sql`, import.meta.url), "utf8");

// `-- different: NAME` or `-- equal ordered: NAME`, then two statements of one line each.
const pairsOf = (file: string): readonly NamedPair[] =>
  read(file)
    .split(/^(?=-- (?:different|equal))/m)
    .map((part): NamedPair => {
      const [head = "", before = "", after = ""] = part.split("\n");
      const [, kind, order, name = ""] = /^-- (different|equal)( ordered)?: (.*)$/.exec(head) ?? [];
      if (kind === undefined || after === "") throw new Error(`${file}: two statements were expected after ${head}`);
      return { name, equal: kind === "equal", ordered: order !== undefined, before, after };
    });

/**
 * The pairs of this folder. The first set is about types, partitions, inheritance, composite and deferred keys; the
 * second about what most applications have.
 */
export const HOSTILE: readonly [PairSet, PairSet] = [
  { schema: read("schema"), pairs: ["different-rows", "different-values", "equal"].flatMap(pairsOf) },
  { schema: read("shop-schema"), pairs: pairsOf("shop") },
];
