import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { outputName } from "./output-name.ts";

/*
 * Trees are values here: what is changed is copied down to the change, and all else is shared. Nodes are made with the
 * properties that the grammar itself gives, or the printed text would not be read back as the same tree.
 */

/** What {@link substitute} puts in a node's place, or nothing at all. */
export const REMOVED: unique symbol = Symbol("removed");

/**
 * The tree with some of its objects (nodes, or what they hold) replaced, each found by identity; {@link REMOVED} takes
 * it out of its list or property. A replacement is not looked into again. The given tree is left as it is. A column of a
 * select list that would be called otherwise than before is given its former name.
 */
export function substitute<T>(tree: T, by: ReadonlyMap<unknown, unknown>): T {
  return by.size === 0 ? tree : (replaced(tree, by) as T);
}

function replaced(value: unknown, by: ReadonlyMap<unknown, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (by.has(value)) return by.get(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => replaced(item, by));
    return items.every((item, index) => item === value[index]) ? value : items.filter((item) => item !== REMOVED);
  }
  let changed = false;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const next = replaced(inner, by);
    if (next !== inner) changed = true;
    if (next !== REMOVED) copy[key] = next;
  }
  if (!changed) return value;
  return "ResTarget" in value ? named(value as Target, copy as unknown as Target) : copy;
}

type Target = Extract<Node, { ResTarget: unknown }>;

function named(before: Target, after: Target): Target {
  const name = outputName(before.ResTarget.val);
  if (before.ResTarget.name !== undefined || name === null || name === outputName(after.ResTarget.val)) return after;
  return { ResTarget: { ...after.ResTarget, name } };
}

/** The object without some of its properties. */
export function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as unknown as Omit<T, K>;
}

const string = (sval: string): Node => ({ String: { sval } });

/** `a.b`, or a plain name. */
export const columnRef = (...path: readonly string[]): Node => ({ ColumnRef: { fields: path.map(string) } });

/** A whole number that fits the grammar's integers. */
export const integer = (value: number): Node => ({ A_Const: { ival: value === 0 ? {} : { ival: value } } });

/** TRUE or FALSE. */
export const truth = (value: boolean): Node => ({ A_Const: { boolval: value ? { boolval: true } : {} } });

/** `left operator right`. */
export const operation = (operator: string, left: Node, right: Node): Node => ({
  A_Expr: { kind: "AEXPR_OP", name: [string(operator)], lexpr: left, rexpr: right },
});

/** A call of a function that is found by its bare name; `more` as the grammar has it (over, agg_star, …). */
export const call = (name: string, args: readonly Node[], more: Omit<FuncCall, "funcname" | "args"> = {}): Node => ({
  FuncCall: {
    funcname: [string(name)],
    ...(args.length === 0 ? {} : { args: [...args] }),
    ...more,
    funcformat: "COERCE_EXPLICIT_CALL",
  },
});

/** `coalesce(a, b, …)`. */
export const coalesce = (...args: readonly Node[]): Node => ({ CoalesceExpr: { args: [...args] } });

/** `NOT x`. */
export const not = (condition: Node): Node => ({ BoolExpr: { boolop: "NOT_EXPR", args: [condition] } });

/** `x IS NULL`, or `x IS NOT NULL`. */
export const isNull = (arg: Node, is = true): Node => ({
  NullTest: { arg, nulltesttype: is ? "IS_NULL" : "IS_NOT_NULL" },
});

/** `EXISTS (query)`. */
export const exists = (query: SelectStmt): Node => ({
  SubLink: { subLinkType: "EXISTS_SUBLINK", subselect: { SelectStmt: query } },
});

/** An item of a select list; without a name it is called as the server calls it. */
export const target = (val: Node, name?: string): Node => ({
  ResTarget: name === undefined ? { val } : { name, val },
});

/** A plain SELECT of the given clauses. */
export const select = (clauses: SelectStmt): SelectStmt => ({
  ...clauses,
  limitOption: clauses.limitOption ?? "LIMIT_OPTION_DEFAULT",
  op: clauses.op ?? "SETOP_NONE",
});

/** The conditions that a condition is an AND of, at any depth. */
export function conjuncts(condition: Node | undefined): readonly Node[] {
  if (condition === undefined) return [];
  if ("BoolExpr" in condition && condition.BoolExpr.boolop === "AND_EXPR")
    return (condition.BoolExpr.args ?? []).flatMap(conjuncts);
  return [condition];
}

/** The AND of conditions; undefined for none. */
export const allOf = (conditions: readonly Node[]): Node | undefined => joined("AND_EXPR", conditions);

/** The OR of conditions; undefined for none. */
export const anyOf = (conditions: readonly Node[]): Node | undefined => joined("OR_EXPR", conditions);

function joined(boolop: "AND_EXPR" | "OR_EXPR", conditions: readonly Node[]): Node | undefined {
  // As the grammar does: a chain is one node.
  const args = conditions.flatMap((one) =>
    "BoolExpr" in one && one.BoolExpr.boolop === boolop ? (one.BoolExpr.args ?? []) : [one],
  );
  return args.length > 1 ? { BoolExpr: { boolop, args } } : args[0];
}

/** The operator of `a op b` when it is written as a bare symbol. */
export function operatorOf(node: Node | undefined): { name: string; left: Node; right: Node } | null {
  if (node === undefined || !("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") return null;
  const { name, lexpr, rexpr } = node.A_Expr;
  const [first, ...more] = name ?? [];
  if (first === undefined || more.length > 0 || !("String" in first) || lexpr === undefined || rexpr === undefined)
    return null;
  return { name: first.String.sval ?? "", left: lexpr, right: rexpr };
}

/** A function's name when it is called by a bare name or one of `pg_catalog`. */
export function functionName(called: FuncCall): string | null {
  const path = (called.funcname ?? []).map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
  if (path.length === 1) return path[0] ?? null;
  return path.length === 2 && path[0] === "pg_catalog" ? (path[1] ?? null) : null;
}

/** Whether a query has none of the clauses named. */
export const lacks = (query: SelectStmt, ...clauses: readonly (keyof SelectStmt)[]): boolean =>
  clauses.every((clause) => query[clause] === undefined);

type Wrapped<K extends string> = Extract<Node, Record<K, unknown>>;

/** Every node of one type at or below a value, outer ones first, as it can be given to {@link substitute}. */
export function* wrapped<K extends string>(root: unknown, type: K): Generator<Wrapped<K>> {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value) && type in value) yield value as Wrapped<K>;
    pending.push(...Object.values(value as Record<string, unknown>).toReversed());
  }
}

/**
 * The parts of a condition, down through AND and OR, of which it does not matter whether they are false or NULL when only
 * those rows count for which the whole is true.
 */
export function asked(condition: Node | undefined): readonly Node[] {
  if (condition === undefined) return [];
  if ("BoolExpr" in condition && condition.BoolExpr.boolop !== "NOT_EXPR")
    return (condition.BoolExpr.args ?? []).flatMap(asked);
  return [condition];
}
