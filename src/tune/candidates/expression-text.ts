import type { Node } from "../../sql/nodes.ts";
import type { Dialect } from "../../model/statement.ts";

/** How the names of columns are written; null for what may not stand in the text. */
export type ColumnText = (path: readonly string[]) => string | null;

/** The names in a list of string nodes: a column reference's or a function's. A star is not among them: null. */
export function namesOf(nodes: readonly Node[] | undefined): readonly string[] | null {
  const names: string[] = [];
  for (const node of nodes ?? []) {
    if (!("String" in node)) return null;
    names.push(node.String.sval ?? "");
  }
  return names;
}

/** A constant's text as the server reads it from a literal; null for NULL and for what is no constant. */
export function constantText(node: Node | undefined): string | null {
  if (node === undefined) return null;
  if ("TypeCast" in node) return constantText(node.TypeCast.arg);
  if (!("A_Const" in node)) return null;
  const { ival, fval, sval, boolval, isnull } = node.A_Const;
  if (isnull === true) return null;
  if (sval !== undefined) return sval.sval ?? "";
  if (fval !== undefined) return fval.fval ?? "";
  if (boolval !== undefined) return boolval.boolval === true ? "t" : "f";
  return ival === undefined ? null : String(ival.ival ?? 0);
}

/** Nobody indexes an expression nested deeper than this. */
const DEPTH_MAX = 20;

// Types whose names are keywords or plain names; modifiers are numbers.
function typeText(
  names: readonly Node[] | undefined,
  modifiers: readonly Node[] | undefined,
  dialect: Dialect,
): string | null {
  const path = namesOf(names);
  if (path === null || path.length === 0) return null;
  const numbers = (modifiers ?? []).map((node) => constantText(node));
  if (numbers.some((number) => number === null || !/^\d+$/.test(number))) return null;
  const name = path.map((part) => dialect.ident(part)).join(".");
  return numbers.length === 0 ? name : `${name}(${numbers.join(", ")})`;
}

/**
 * An expression over columns as text for an index's key or predicate, in parentheses where it needs them; null for
 * forms that are rarely worth an index (sub-queries, aggregates, parameters, CASE). Whether it is immutable the server
 * decides.
 */
export function expressionText(
  node: Node | undefined,
  dialect: Dialect,
  columnText: ColumnText,
  depth = 0,
): string | null {
  const text = (inner: Node | undefined): string | null => expressionText(inner, dialect, columnText, depth + 1);
  if (node === undefined || depth > DEPTH_MAX) return null;
  if ("ColumnRef" in node) {
    const path = namesOf(node.ColumnRef.fields);
    return path === null ? null : columnText(path);
  }
  if ("A_Const" in node) {
    const constant = constantText(node);
    if (constant === null) return null;
    if (node.A_Const.boolval !== undefined) return constant === "t" ? "true" : "false";
    return node.A_Const.sval === undefined
      ? constant.startsWith("-")
        ? `(${constant})`
        : constant
      : dialect.literal(constant);
  }
  if ("TypeCast" in node) {
    const { arg, typeName } = node.TypeCast;
    const inner = text(arg);
    const type = typeName?.arrayBounds === undefined ? typeText(typeName?.names, typeName?.typmods, dialect) : null;
    return inner === null || type === null ? null : `(${inner})::${type}`;
  }
  if ("FuncCall" in node) {
    const { funcname, args = [], agg_star, agg_distinct, agg_filter, agg_order, over, func_variadic } = node.FuncCall;
    const special = [agg_star, agg_distinct, agg_filter, agg_order, over, func_variadic].some(
      (part) => part !== undefined,
    );
    const path = namesOf(funcname);
    const given = args.map(text);
    if (special || path === null || given.some((one) => one === null)) return null;
    return `${path.map((part) => dialect.ident(part)).join(".")}(${given.join(", ")})`;
  }
  if ("A_Expr" in node && node.A_Expr.kind === "AEXPR_OP") {
    const { name, lexpr, rexpr } = node.A_Expr;
    const [operator, ...more] = namesOf(name) ?? [];
    const [left, right] = [lexpr === undefined ? "" : text(lexpr), text(rexpr)];
    if (operator === undefined || more.length > 0 || left === null || right === null) return null;
    return `(${left} ${operator} ${right})`;
  }
  if ("CoalesceExpr" in node) {
    const given = (node.CoalesceExpr.args ?? []).map(text);
    return given.some((one) => one === null) ? null : `COALESCE(${given.join(", ")})`;
  }
  return null;
}
