import type { Dependency, EncodedColumn, StatedDependencies, TargetForm } from "../../model/dependency.ts";
import { minimalCover } from "./cover.ts";
import type { Discovery, FoundDependency } from "./discover.ts";

/** What follows if the strong dependencies of rows are laws. */
export interface Hypothesis {
  readonly stated: StatedDependencies;
  /** The keys it rests on, and whether the schema declares them or the rows only happen to show them. */
  readonly keys: readonly (readonly string[])[];
  readonly keysFrom: "constraints" | "rows" | "nothing";
  /** Strong dependencies that no other ones imply: what a person should look at. */
  readonly assumed: readonly FoundDependency[];
}

/**
 * A relation under its declared keys (where there are none, the smallest sets of columns unique in the rows) and the
 * strong dependencies found in rows.
 */
export function hypothesis(
  columns: readonly EncodedColumn[],
  declaredKeys: readonly (readonly string[])[],
  discovery: Discovery,
  target: TargetForm | null,
): Hypothesis {
  const attributes = columns.map(({ name }) => name);
  const least = Math.min(...discovery.keys.map((key) => key.length));
  const unique = discovery.keys.filter((key) => key.length === least);
  const keys = declaredKeys.length > 0 ? declaredKeys : unique;
  const strong = discovery.dependencies.filter(({ plausibility }) => plausibility === "strong");
  const ordered = lessNaturalFirst(columns, strong);
  const cover = new Set(minimalCover(ordered).map(keyOf));
  return {
    stated: {
      attributes,
      dependencies: [
        ...lessNaturalFirst(
          columns,
          keys.flatMap((from) => attributes.map((to): Dependency => ({ from, to: [to] }))),
        ),
        ...ordered,
      ],
      target,
    },
    keys,
    keysFrom: declaredKeys.length > 0 ? "constraints" : unique.length > 0 ? "rows" : "nothing",
    assumed: strong.filter((one) => cover.has(keyOf(one))),
  };
}

// What identifies things, best first: numbers and UUIDs, then words; amounts, times and documents hardly ever do.
const NATURAL = [/^(?:smallint|integer|bigint|uuid)$/, /^(?:text|character|character varying|.*citext)$/];

// Of columns that determine each other one has to stand for all. A minimal cover leaves out what comes early, so that
// what names the less natural ones goes first.
function lessNaturalFirst<One extends Dependency>(
  columns: readonly EncodedColumn[],
  dependencies: readonly One[],
): readonly One[] {
  const rank = new Map(
    columns.map(({ name, type }, at): [string, number] => {
      const place = NATURAL.findIndex((pattern) => pattern.test(type));
      return [name, (place === -1 ? NATURAL.length : place) * columns.length + at];
    }),
  );
  const sum = ({ from, to }: One): number => [...from, ...to].reduce((total, name) => total + (rank.get(name) ?? 0), 0);
  return dependencies.toSorted((a, b) => sum(b) - sum(a));
}

const keyOf = ({ from, to }: Dependency): string => JSON.stringify([from.toSorted(), to]);
