import type { Node } from "../../sql/nodes.ts";
import { allOf, functionName, integer, operatorOf } from "./tree.ts";

/** The comparisons that a B-tree answers, and what is none of its own. */
export type Operator = "=" | "<" | ">" | "<=" | ">=" | "<>";

/** Two operands and how they are compared. */
export interface Comparison {
  readonly left: Node;
  readonly operator: Operator;
  readonly right: Node;
}

/** What an operator becomes when its operands change places. */
export const SWAPPED: Readonly<Record<Operator, Operator>> = {
  "=": "=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
  "<>": "<>",
};

/** What says the contrary, NULL aside. */
export const NEGATED: Readonly<Record<Operator, Operator>> = {
  "=": "<>",
  "<": ">=",
  ">": "<=",
  "<=": ">",
  ">=": "<",
  "<>": "=",
};

/** A comparison of two operands, as it is written. */
export function comparisonOf(node: Node): Comparison | null {
  const found = operatorOf(node);
  if (found === null || !(found.name in SWAPPED)) return null;
  return { left: found.left, operator: found.name as Operator, right: found.right };
}

/** Both readings of a comparison: as it is written, and from right to left. */
export function bothWays(node: Node): readonly Comparison[] {
  const found = comparisonOf(node);
  if (found === null) return [];
  return [found, { left: found.right, operator: SWAPPED[found.operator], right: found.left }];
}

/** A plain call, no aggregate's or window's parts about it: its name (`pg_catalog.` left out) and arguments. */
export function callOf(node: Node | undefined): { readonly name: string; readonly args: readonly Node[] } | null {
  if (node === undefined || !("FuncCall" in node)) return null;
  const { funcname: _, args = [], funcformat: __, location: ___, ...rest } = node.FuncCall;
  const name = functionName(node.FuncCall);
  return name === null || Object.keys(rest).length > 0 ? null : { name, args };
}

/** The system's type that a cast names, e.g. `date` or `int4`, without modifiers and bounds; null for any other. */
export function castOf(node: Node | undefined): { readonly type: string; readonly arg: Node } | null {
  if (node === undefined || !("TypeCast" in node)) return null;
  const { arg, typeName } = node.TypeCast;
  if (arg === undefined || typeName?.arrayBounds !== undefined || typeName?.typmods !== undefined) return null;
  const names = (typeName?.names ?? []).map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
  const type = names.length === 2 && names[0] === "pg_catalog" ? names[1] : names.length === 1 ? names[0] : undefined;
  return type === undefined ? null : { type, arg };
}

/** A number written without quotes, exactly. */
export interface Decimal {
  /** The number is `digits` divided by 10 to the power of `scale`. */
  readonly digits: bigint;
  readonly scale: number;
}

/** A number written without quotes and exponent; null for anything else. */
export function decimalOf(node: Node | undefined): Decimal | null {
  if (node === undefined || !("A_Const" in node)) return null;
  const { ival, fval } = node.A_Const;
  if (ival !== undefined) return { digits: BigInt(ival.ival ?? 0), scale: 0 };
  const found = /^(-?)(\d{1,30})(?:\.(\d{0,30}))?$/.exec(fval?.fval ?? "");
  if (found === null) return null;
  const [, sign = "", whole = "", fraction = ""] = found;
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}

/** A whole number written as such. */
export function wholeOf(node: Node | undefined): bigint | null {
  const found = decimalOf(node);
  const dotted = node !== undefined && "A_Const" in node && (node.A_Const.fval?.fval ?? "").includes(".");
  return found === null || dotted ? null : found.digits;
}

/** The text of a literal in quotes that no cast surrounds. */
export function textOf(node: Node | undefined): string | null {
  return node !== undefined && "A_Const" in node && node.A_Const.sval !== undefined
    ? (node.A_Const.sval.sval ?? "")
    : null;
}

/** True, false, or null for what is neither. */
export function truthOf(node: Node | undefined): boolean | null {
  return node !== undefined && "A_Const" in node && node.A_Const.boolval !== undefined
    ? node.A_Const.boolval.boolval === true
    : null;
}

const INT4_MAX = 2_147_483_647n;

/** A whole number as a literal. */
export function wholeNode(value: bigint): Node {
  if (value < -INT4_MAX || value > INT4_MAX) return { A_Const: { fval: { fval: String(value) } } };
  return integer(Number(value));
}

/** A number with decimal places as a literal, without those that are zero. */
export function decimalNode({ digits, scale }: Decimal): Node {
  let [rest, places] = [digits, scale];
  for (; places > 0 && rest % 10n === 0n; places--) rest /= 10n;
  if (places === 0) return wholeNode(rest);
  const text = String(rest < 0n ? -rest : rest).padStart(places + 1, "0");
  return { A_Const: { fval: { fval: `${rest < 0n ? "-" : ""}${text.slice(0, -places)}.${text.slice(-places)}` } } };
}

/** A literal in quotes, which takes its type from what it is compared with. */
export const textNode = (text: string): Node => ({ A_Const: { sval: { sval: text } } });

/** The AND of some conditions. */
export const all = (first: Node, ...others: readonly Node[]): Node => allOf([first, ...others]) ?? first;
