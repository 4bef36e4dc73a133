import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import type { Random } from "../rows/random.ts";
import { constantsOf } from "./constants.ts";
import type { Shape } from "./rows.ts";

/** What kinds of databases two statements call for. */
export interface Shapes {
  /** The kind of one database, by its number. */
  of(number: number, random: Random): Shape;
}

/** Numbers of rows that may be meant by a constant where rows are counted. */
const MANY_MIN = 5;
const MANY_SOME = 120;
const MANY_MAX = 1_000;

const COUNTS =
  /^(?:count|row_number|rank|dense_rank|ntile|sum|array_agg|string_agg|array_length|cardinality|jsonb?_agg|nth_value|lag|lead)$/;

/** Large tables are rare, and only made where something counts rows up to a constant. */
export function shapesOf(nodes: readonly Node[]): Shapes {
  const counts = nodes.some((root) =>
    [...nodesOf(root)].some(({ type, node }) => {
      if (node["limitCount"] !== undefined || node["limitOffset"] !== undefined) return true;
      const names = type === "FuncCall" ? (node["funcname"] as readonly { String?: { sval?: string } }[]) : [];
      return COUNTS.test(names.at(-1)?.String?.sval ?? "");
    }),
  );
  const numbers = counts
    ? constantsOf(nodes)
        .filter((text) => /^\d{1,4}$/.test(text))
        .map(Number)
    : [];
  const some = numbers.filter((number) => number >= MANY_MIN && number <= MANY_SOME);
  const many = numbers.filter((number) => number > MANY_SOME && number <= MANY_MAX);
  return {
    of: (number, random) => {
      const wanted = number % 16 === 11 && some.length > 0 ? some : number % 64 === 45 ? many : [];
      const size = wanted.length === 0 ? null : random.pick(wanted) + random.pick([-1, 0, 1, 2, 9]);
      return { focused: random.chance(0.45), many: size };
    },
  };
}
