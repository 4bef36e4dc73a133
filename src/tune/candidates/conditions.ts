import type { Node } from "../../sql/nodes.ts";
import type { Dialect } from "../../model/statement.ts";
import type { Demand, Equality, TextMatch } from "./demand.ts";
import { constantText, expressionText, namesOf } from "./expression-text.ts";
import type { Relations } from "./relations.ts";
import type { Place, Scope } from "./scope.ts";

/** Reads a query inside a condition and gives its columns. */
export type ReadQuery = (select: Node, scope: Scope) => ReadonlyMap<string, Place | null>;

const RANGE = new Set(["<", "<=", ">", ">="]);
/** Operators that GIN, GiST or SP-GiST serve and a B-tree does not. */
const CONTENT = new Set(["@>", "<@", "&&", "?", "?|", "?&", "@@", "@@@", "@?", "<<", ">>", "-|-", "~=", "&<", "&>"]);
const TEXT: Readonly<Record<string, TextMatch>> = {
  "~~": "anywhere",
  "~~*": "insensitive",
  "~": "anywhere",
  "~*": "insensitive",
  "%": "similar",
  "<%": "similar",
  "%>": "similar",
};
const TEXT_TYPE = /^(?:text|character varying|varchar|character|bpchar|citext)\b/;

/** Sorts conditions by what an index can do for them, and notes which columns are used. */
export class ConditionReader {
  private readonly relations: Relations;
  private readonly dialect: Dialect;
  private readonly query: ReadQuery;

  constructor(relations: Relations, dialect: Dialect, query: ReadQuery) {
    this.relations = relations;
    this.dialect = dialect;
    this.query = query;
  }

  /** A condition that must hold. Of an OR each arm is looked at by itself: a bitmap can join indexes of all. */
  predicate(node: Node | undefined, scope: Scope): void {
    if (node === undefined) return;
    if ("BoolExpr" in node) {
      const { boolop, args = [] } = node.BoolExpr;
      if (boolop === "NOT_EXPR") this.negated(args[0], scope);
      else for (const arg of args) this.predicate(arg, scope);
      return;
    }
    if ("SubLink" in node) this.subLink(node, scope);
    else if ("A_Expr" in node) this.comparison(node.A_Expr, scope);
    else if ("NullTest" in node) this.nullTest(node, scope);
    else if ("BooleanTest" in node) {
      const { booltesttype, arg } = node.BooleanTest;
      if (booltesttype === "IS_TRUE" || booltesttype === "IS_FALSE")
        this.boolean(arg, booltesttype === "IS_TRUE", scope);
      else this.uses(arg, scope);
    } else if ("ColumnRef" in node) this.boolean(node, true, scope);
    else this.uses(node, scope);
  }

  /** Notes the columns that an expression reads, and reads the queries in it. */
  uses(node: unknown, scope: Scope): void {
    const pending: unknown[] = [node];
    while (pending.length > 0) {
      const value = pending.pop();
      if (typeof value !== "object" || value === null) continue;
      if (Array.isArray(value)) pending.push(...(value as readonly unknown[]));
      else if ("SelectStmt" in value) this.query(value as Node, scope);
      else if ("ColumnRef" in value) this.columnUse(value as Node, scope);
      else pending.push(...(Object.values(value) as readonly unknown[]));
    }
  }

  /** Two columns that a join holds equal. */
  joined(left: Place | null, right: Place | null): void {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (one === null) continue;
      one.demand.uses.add(one.column);
      this.add(one, { by: other === null ? "value" : "join", with: other?.demand.number ?? null });
    }
  }

  /** `ORDER BY column <-> value`: the nearest first. */
  nearest(node: Node | undefined, scope: Scope): void {
    if (node === undefined || !("A_Expr" in node)) return;
    const operator = namesOf(node.A_Expr.name)?.at(-1) ?? "";
    if (!["<->", "<<->", "<->>"].includes(operator)) return;
    this.content(node.A_Expr.lexpr, operator, scope);
    this.content(node.A_Expr.rexpr, operator, scope);
  }

  private columnUse(node: Node, scope: Scope): void {
    if (!("ColumnRef" in node)) return;
    const path = namesOf(node.ColumnRef.fields);
    if (path === null) {
      const alias = namesOf(node.ColumnRef.fields?.slice(0, -1))?.at(-1);
      for (const source of scope.sources)
        if (source.demand !== null && (alias === undefined || source.alias === alias)) source.demand.whole = true;
      return;
    }
    const place = scope.resolve(path);
    if (place !== null) place.demand.uses.add(place.column);
    // A table's own name stands for its row.
    for (const source of scope.sources)
      if (place === null && path.length === 1 && source.alias === path[0] && source.demand !== null)
        source.demand.whole = true;
  }

  private negated(node: Node | undefined, scope: Scope): void {
    if (node !== undefined && "ColumnRef" in node) this.boolean(node, false, scope);
    else if (node !== undefined && "SubLink" in node && node.SubLink.subLinkType === "EXISTS_SUBLINK")
      this.subLink(node, scope);
    else this.uses(node, scope);
  }

  // `IN (SELECT …)` is a join of its two columns; EXISTS asks nothing of what its query gives.
  private subLink(node: Extract<Node, { SubLink: unknown }>, scope: Scope): void {
    const { subLinkType, testexpr, subselect, operName } = node.SubLink;
    const columns = subselect === undefined ? new Map<string, Place | null>() : this.query(subselect, scope);
    this.uses(testexpr, scope);
    const isEqual = operName === undefined || namesOf(operName)?.at(-1) === "=";
    if (subLinkType !== "ANY_SUBLINK" || !isEqual) return;
    const [inner = null] = columns.values();
    this.joined(this.place(testexpr, scope), inner);
  }

  private comparison(node: Extract<Node, { A_Expr: unknown }>["A_Expr"], scope: Scope): void {
    const { kind, name, lexpr, rexpr } = node;
    this.uses([lexpr, rexpr], scope);
    const operator = namesOf(name)?.at(-1) ?? "";
    if (kind === "AEXPR_BETWEEN") this.range(lexpr, rexpr, scope);
    else if (kind === "AEXPR_IN" && operator === "=") this.list(lexpr, rexpr, scope);
    else if (kind === "AEXPR_OP_ANY" && operator === "=") this.list(lexpr, undefined, scope, rexpr);
    else if (kind === "AEXPR_LIKE" || kind === "AEXPR_ILIKE") this.text(operator, lexpr, rexpr, scope);
    else if (kind === "AEXPR_NOT_DISTINCT") this.equal(lexpr, rexpr, scope);
    else if (kind !== "AEXPR_OP" || rexpr === undefined || lexpr === undefined) return;
    else if (operator === "=") this.equal(lexpr, rexpr, scope);
    else if (RANGE.has(operator)) {
      this.range(lexpr, rexpr, scope);
      this.range(rexpr, lexpr, scope);
    } else if (operator in TEXT) this.text(operator, lexpr, rexpr, scope);
    else if (CONTENT.has(operator)) {
      this.content(lexpr, operator, scope);
      this.content(rexpr, operator, scope);
    }
  }

  private equal(left: Node | undefined, right: Node | undefined, scope: Scope): void {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const others = this.demandsIn(other, scope);
      const place = this.place(one, scope);
      if (place === null) this.expression(one, others, others.size === 0 ? "value" : "join", scope);
      else if (!others.has(place.demand)) {
        const constant = constantText(other);
        const [joined] = others;
        this.add(place, {
          by: joined === undefined ? "value" : "join",
          with: joined?.number ?? null,
          ...(constant === null ? {} : { constants: [constant] }),
          text:
            constant === null
              ? null
              : this.conditionText(place, (column) => {
                  const value = expressionText(other, this.dialect, () => null);
                  return value === null ? null : `${column} = ${value}`;
                }),
        });
      }
    }
  }

  private list(left: Node | undefined, right: Node | undefined, scope: Scope, array?: Node): void {
    const place = this.place(left, scope);
    const items = right !== undefined && "List" in right ? (right.List.items ?? []) : [];
    const others = this.demandsIn(right ?? array, scope);
    if (place === null) return this.expression(left, others, "value", scope);
    if (others.has(place.demand)) return undefined;
    const constants = items.map((item) => constantText(item));
    const known = constants.length > 0 && constants.every((one): one is string => one !== null);
    const values = items.map((item) => expressionText(item, this.dialect, () => null));
    const text =
      known && values.every((one) => one !== null)
        ? this.conditionText(place, (column) => `${column} IN (${values.join(", ")})`)
        : null;
    this.add(place, { by: "list", constants: known ? constants : null, text });
  }

  private range(node: Node | undefined, other: Node | undefined, scope: Scope): void {
    const others = this.demandsIn(other, scope);
    const place = this.place(node, scope);
    if (place === null) this.expression(node, others, "range", scope);
    else if (!others.has(place.demand)) place.demand.ranges.add(place.column);
  }

  private text(operator: string, left: Node | undefined, right: Node | undefined, scope: Scope): void {
    const pattern = constantText(right);
    const match = TEXT[operator] ?? "anywhere";
    // A pattern that begins with letters is a range; one that is a parameter may be either.
    const anchored = operator === "~~" && (pattern === null || /^[^%_\\]/.test(pattern));
    const place = this.place(left, scope);
    if (place === null) this.expression(left, this.demandsIn(right, scope), "prefix", scope);
    else {
      if (anchored) place.demand.texts.push({ column: place.column, match: "prefix" });
      if (!anchored || pattern === null || /[%_]./.test(pattern))
        place.demand.texts.push({ column: place.column, match });
    }
  }

  private content(node: Node | undefined, operator: string, scope: Scope): void {
    const place = this.place(node, scope);
    if (place !== null) {
      place.demand.contents.push({ key: place.column, isColumn: true, operator });
      return;
    }
    const found = this.textOf(node, scope);
    if (found !== null) found.demand.contents.push({ key: found.text, isColumn: false, operator });
  }

  private nullTest(node: Extract<Node, { NullTest: unknown }>, scope: Scope): void {
    const { arg, nulltesttype } = node.NullTest;
    this.uses(arg, scope);
    const place = this.place(arg, scope);
    if (place === null) return;
    const isNull = nulltesttype === "IS_NULL";
    const text = this.conditionText(place, (column) => `${column} IS ${isNull ? "" : "NOT "}NULL`);
    if (isNull) this.add(place, { by: "null", text });
    else if (text !== null) place.demand.conditions.push({ column: place.column, text });
  }

  private boolean(node: Node | undefined, truth: boolean, scope: Scope): void {
    this.uses(node, scope);
    const place = this.place(node, scope);
    if (place === null) return;
    const text = this.conditionText(place, (column) => (truth ? column : `NOT ${column}`));
    this.add(place, { by: "value", constants: [truth ? "t" : "f"], text });
  }

  private expression(
    node: Node | undefined,
    others: ReadonlySet<Demand>,
    by: Demand["expressions"][number]["by"],
    scope: Scope,
  ): void {
    const found = this.textOf(node, scope);
    if (found !== null && !others.has(found.demand)) found.demand.expressions.push({ text: found.text, by });
  }

  // An expression over columns of one table that is worth a key: it calls or computes something.
  private textOf(node: Node | undefined, scope: Scope): { readonly demand: Demand; readonly text: string } | null {
    if (node === undefined || !("FuncCall" in node || "A_Expr" in node || "TypeCast" in node || "CoalesceExpr" in node))
      return null;
    const demands = this.demandsIn(node, scope);
    const [demand, ...more] = demands;
    if (demand === undefined || more.length > 0) return null;
    const text = expressionText(node, this.dialect, (path) => {
      const place = scope.resolve(path);
      return place?.demand === demand ? this.dialect.ident(place.column) : null;
    });
    return text === null ? null : { demand, text };
  }

  private conditionText(place: Place, text: (column: string) => string | null): string | null {
    return text(this.dialect.ident(place.column));
  }

  private add(place: Place, equality: Partial<Equality> & { readonly by: Equality["by"] }): void {
    place.demand.equalities.push({ column: place.column, constants: null, text: null, with: null, ...equality });
  }

  // A column, also behind a cast that changes nothing: the server prints one for character varying.
  private place(node: Node | undefined, scope: Scope): Place | null {
    if (node === undefined) return null;
    if ("TypeCast" in node) {
      const inner = this.place(node.TypeCast.arg, scope);
      const to = namesOf(node.TypeCast.typeName?.names)?.at(-1);
      const type =
        inner === null ? undefined : this.relations.typeOf(inner.demand.schema, inner.demand.table, inner.column);
      return to === "text" && type !== undefined && TEXT_TYPE.test(type) ? inner : null;
    }
    if (!("ColumnRef" in node)) return null;
    const path = namesOf(node.ColumnRef.fields);
    return path === null ? null : scope.resolve(path);
  }

  private demandsIn(node: unknown, scope: Scope): ReadonlySet<Demand> {
    const found = new Set<Demand>();
    const pending: unknown[] = [node];
    while (pending.length > 0) {
      const value = pending.pop();
      if (typeof value !== "object" || value === null) continue;
      if (Array.isArray(value)) pending.push(...(value as readonly unknown[]));
      else if ("ColumnRef" in value) {
        const path = namesOf((value as Extract<Node, { ColumnRef: unknown }>).ColumnRef.fields);
        const place = path === null ? null : scope.resolve(path);
        if (place !== null) found.add(place.demand);
      } else if (!("SelectStmt" in value)) pending.push(...(Object.values(value) as readonly unknown[]));
    }
    return found;
  }
}
