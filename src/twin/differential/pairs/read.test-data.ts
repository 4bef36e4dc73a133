import { readFileSync } from "node:fs";

/** Two statements of a file of pairs, and what is known of them. */
export interface NamedPair {
  readonly name: string;
  readonly equal: boolean;
  readonly before: string;
  readonly after: string;
  readonly ordered: boolean;
}

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

/** The schema that the pairs of this folder are about: types, partitions, inheritance, composite and deferred keys. */
export const HOSTILE_SCHEMA: string = read("schema.sql");

/** All pairs of this folder: `-- different: NAME` or `-- equal ordered: NAME`, then two statements of one line each. */
export const HOSTILE_PAIRS: readonly NamedPair[] = ["different-rows", "different-values", "equal"].flatMap((file) =>
  read(`${file}.sql`)
    .split(/^(?=-- (?:different|equal))/m)
    .filter((part) => part.trim() !== "")
    .map((part): NamedPair => {
      const [head = "", before = "", after = ""] = part.split("\n");
      const [, kind, order, name = ""] = /^-- (different|equal)( ordered)?: (.*)$/.exec(head) ?? [];
      if (kind === undefined || after === "") throw new Error(`${file}: two statements were expected after ${head}`);
      return { name, equal: kind === "equal", ordered: order !== undefined, before, after };
    }),
);
