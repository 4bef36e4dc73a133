import type { JoinExpr, Node, SelectStmt } from "../../sql/nodes.ts";
import type { Query, Source } from "./meaning.ts";
import { allOf, conjuncts, truth, without } from "./tree.ts";

/*
 * The spine of a FROM clause: what is joined so that a condition on it may as well stand in WHERE. That are the items
 * between commas, both sides of inner joins, and the left side of left joins.
 */

/** A join on the spine, or on the right of one. */
export interface SpineJoin {
  readonly node: Node;
  readonly join: JoinExpr;
}

/** Items of FROM that are no join, the joins, and the conditions of inner joins, all of the spine. */
export interface Spine {
  readonly leaves: readonly Node[];
  readonly joins: readonly SpineJoin[];
  /** Those of WHERE too. */
  readonly conditions: readonly Node[];
}

/** Reads the spine of a query. Right and full joins are leaves. */
export function spineOf(select: SelectStmt): Spine {
  const leaves: Node[] = [];
  const joins: SpineJoin[] = [];
  const conditions: Node[] = [];
  const read = (item: Node | undefined): void => {
    if (item === undefined) return;
    const join = "JoinExpr" in item ? item.JoinExpr : null;
    if (join === null || !isSpinal(join)) {
      leaves.push(item);
      return;
    }
    joins.push({ node: item, join });
    read(join.larg);
    if (join.jointype !== "JOIN_INNER") return;
    read(join.rarg);
    conditions.push(...conjuncts(join.quals));
  };
  for (const item of select.fromClause ?? []) read(item);
  return { leaves, joins, conditions: [...conditions, ...conjuncts(select.whereClause)] };
}

const isSpinal = (join: JoinExpr): boolean =>
  (join.jointype === "JOIN_INNER" || join.jointype === "JOIN_LEFT") &&
  join.alias === undefined &&
  join.usingClause === undefined &&
  join.isNatural !== true;

/** What of a FROM clause and its conditions is to go. */
export interface Pruning {
  /** Items of FROM that go; a left join goes with its right side. */
  readonly items: ReadonlySet<Node>;
  /** Conditions, of those that {@link spineOf} lists, that go. */
  readonly conditions?: ReadonlySet<Node>;
  /** Conditions that come. */
  readonly added?: readonly Node[];
}

/** The clauses of a query without some items of the spine, or null where FROM cannot do without them. */
export function prune(select: SelectStmt, pruning: Pruning): SelectStmt | null {
  const stays = (condition: Node): boolean => pruning.conditions?.has(condition) !== true;
  const freed: Node[] = [];
  let broken = false;
  const cut = (item: Node | undefined): Node | null => {
    if (item === undefined || pruning.items.has(item)) return null;
    const join = "JoinExpr" in item ? item.JoinExpr : null;
    if (join === null || !isSpinal(join)) return item;
    const left = cut(join.larg);
    if (join.jointype === "JOIN_LEFT") {
      if (join.rarg === undefined || pruning.items.has(join.rarg)) return left;
      // Without its left side it has no meaning.
      if (left === null) broken = true;
      return left === null || left === join.larg ? item : { JoinExpr: { ...join, larg: left } };
    }
    const right = cut(join.rarg);
    const kept = conjuncts(join.quals).filter(stays);
    if (left === null || right === null) {
      freed.push(...kept);
      return left ?? right;
    }
    if (left === join.larg && right === join.rarg && kept.length === conjuncts(join.quals).length) return item;
    const quals = allOf(kept) ?? (join.quals === undefined ? undefined : truth(true));
    return {
      JoinExpr: { ...without(join, "quals"), larg: left, rarg: right, ...(quals === undefined ? {} : { quals }) },
    };
  };
  const fromClause = (select.fromClause ?? []).map(cut).filter((item) => item !== null);
  if (broken || fromClause.length === 0) return null;
  const where = allOf([...conjuncts(select.whereClause).filter(stays), ...freed, ...(pruning.added ?? [])]);
  return {
    ...without(select, "whereClause", "fromClause"),
    fromClause,
    ...(where === undefined ? {} : { whereClause: where }),
  };
}

/** The item of FROM that a node of it is. */
export const sourceAt = (query: Query, node: Node | undefined): Source | undefined =>
  query.sources.find((source) => source.node === node);

/** All parts of a query that may name its items of FROM, apart from some nodes. */
export function elsewhere(select: SelectStmt, ...apart: readonly Node[]): unknown {
  const out = new Set<unknown>(apart);
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (out.has(value)) return undefined;
    if (Array.isArray(value)) return value.map(copy);
    // References are told by identity.
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === "ColumnRef" ? inner : copy(inner)]),
    );
  };
  return copy(select);
}
