import type { Node } from "../../sql/nodes.ts";
import { decimalNode } from "./terms.ts";
import type { Operator } from "./terms.ts";
import { operation } from "./tree.ts";

/** The largest value of each whole type; the smallest is taken to be its negative, one less than there is. */
export const WHOLE_MAX: Readonly<Record<string, bigint>> = {
  smallint: 32_767n,
  integer: 2_147_483_647n,
  bigint: 9_223_372_036_854_775_807n,
};

/** An exact quotient; the denominator is above zero. */
export interface Quotient {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const floorOf = ({ numerator, denominator }: Quotient): bigint => {
  const cut = numerator / denominator;
  return numerator % denominator < 0n ? cut - 1n : cut;
};

/**
 * The comparison of a column with a quotient, where all its values are multiples of 10 to the power of minus `scale`:
 * the quotient is moved to the multiple beside it that parts them alike. Null for an equality that no value meets, and
 * for an inequality that all do.
 */
export function gridCondition(column: Node, operator: Operator, quotient: Quotient, scale: number): Node | null {
  const scaled = { ...quotient, numerator: quotient.numerator * 10n ** BigInt(scale) };
  const floor = floorOf(scaled);
  const exact = scaled.numerator % scaled.denominator === 0n;
  if (!exact && (operator === "=" || operator === "<>")) return null;
  const digits = !exact && (operator === ">=" || operator === "<") ? floor + 1n : floor;
  return operation(operator, column, decimalNode({ digits, scale }));
}
