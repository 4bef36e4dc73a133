import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import type { Dialect } from "../../model/statement.ts";
import { ConditionReader } from "./conditions.ts";
import { Demand } from "./demand.ts";
import type { OrderKey } from "./demand.ts";
import { constantText, namesOf } from "./expression-text.ts";
import type { Relations } from "./relations.ts";
import { Scope } from "./scope.ts";
import type { Place, Source } from "./scope.ts";

type Body<K extends string> = Extract<Node, Record<K, unknown>> extends Record<K, infer T> ? T : never;
type Select = Body<"SelectStmt">;
type Columns = ReadonlyMap<string, Place | null>;

/** Views in views, and queries in queries, to this depth: no more is read of a statement from outside. */
const DEPTH_MAX = 64;

/** Reads what a statement asks of each table, name by name resolved against a catalog. */
export class StatementReader {
  readonly demands: Demand[] = [];
  private readonly relations: Relations;
  private readonly conditions: ConditionReader;
  private depth = 0;
  private readonly views: ReadonlyMap<string, Node>;

  constructor(relations: Relations, dialect: Dialect, views: ReadonlyMap<string, Node>) {
    this.relations = relations;
    this.views = views;
    this.conditions = new ConditionReader(relations, dialect, (select, scope) => this.query(select, scope));
  }

  /** Reads one parsed statement; what is no SELECT, INSERT, UPDATE, DELETE or MERGE asks nothing. */
  read(node: Node): void {
    const scope = new Scope(null);
    if ("SelectStmt" in node) this.query(node, scope);
    else if ("InsertStmt" in node) {
      this.withs(node.InsertStmt.withClause, scope);
      if (node.InsertStmt.selectStmt !== undefined) this.query(node.InsertStmt.selectStmt, scope);
    } else if ("UpdateStmt" in node) {
      const { relation, fromClause, whereClause, targetList, withClause } = node.UpdateStmt;
      this.withs(withClause, scope);
      this.written(relation, fromClause, scope);
      for (const target of targetList ?? [])
        if ("ResTarget" in target) this.conditions.uses(target.ResTarget.val, scope);
      this.conditions.predicate(whereClause, scope);
    } else if ("DeleteStmt" in node) {
      const { relation, usingClause, whereClause, withClause } = node.DeleteStmt;
      this.withs(withClause, scope);
      this.written(relation, usingClause, scope);
      this.conditions.predicate(whereClause, scope);
    } else if ("MergeStmt" in node) {
      const { relation, sourceRelation, joinCondition, withClause } = node.MergeStmt;
      this.withs(withClause, scope);
      this.written(relation, sourceRelation === undefined ? [] : [sourceRelation], scope);
      this.conditions.predicate(joinCondition, scope);
    }
  }

  // A row that is written is read whole.
  private written(relation: Body<"RangeVar"> | undefined, others: readonly Node[] | undefined, scope: Scope): void {
    if (relation !== undefined) this.from({ RangeVar: relation }, scope);
    for (const { demand } of scope.sources) if (demand !== null) demand.whole = true;
    for (const other of others ?? []) this.from(other, scope);
  }

  private withs(clause: Select["withClause"], scope: Scope): void {
    for (const node of clause?.ctes ?? []) {
      if (!("CommonTableExpr" in node)) continue;
      const { ctename = "", ctequery, aliascolnames } = node.CommonTableExpr;
      // It may name itself.
      if (clause?.recursive === true) scope.define(ctename, new Map());
      const columns = ctequery === undefined ? new Map<string, Place | null>() : this.query(ctequery, scope);
      scope.define(ctename, renamed(columns, aliascolnames));
    }
  }

  /** Reads a query seen from `outer`; gives its columns with where they come from. */
  private query(node: Node, outer: Scope): Columns {
    if (!("SelectStmt" in node) || this.depth >= DEPTH_MAX) return new Map();
    this.depth++;
    try {
      const select = node.SelectStmt;
      const scope = new Scope(outer);
      this.withs(select.withClause, scope);
      if (select.larg !== undefined && select.rarg !== undefined) {
        const left = this.query({ SelectStmt: select.larg }, scope);
        this.query({ SelectStmt: select.rarg }, scope);
        // Two sides: what stands above reaches neither through its name alone.
        return new Map([...left.keys()].map((name) => [name, null]));
      }
      return this.plain(select, scope);
    } finally {
      this.depth--;
    }
  }

  private plain(select: Select, scope: Scope): Columns {
    for (const item of select.fromClause ?? []) this.from(item, scope);
    this.conditions.predicate(select.whereClause, scope);
    // What is held to a value there is computed of groups, which no index holds.
    this.conditions.uses(select.havingClause, scope);
    const columns = this.targets(select.targetList ?? [], scope);
    for (const list of select.valuesLists ?? []) this.conditions.uses(list, scope);
    const byName = (node: Node | undefined): Place | null => this.named(node, select.targetList ?? [], columns, scope);
    this.groups(select.groupClause ?? [], byName, scope);
    if (select.distinctClause !== undefined) {
      const keys = select.distinctClause.filter((node) => Object.keys(node).length > 0);
      if (keys.length > 0) this.groups(keys, byName, scope);
      else this.group([...columns.values()]);
    }
    const limited = select.limitCount !== undefined && select.groupClause === undefined;
    this.order(select.sortClause ?? [], limited, byName, scope);
    for (const node of select.windowClause ?? []) this.window(node, byName, scope);
    return columns;
  }

  private targets(list: readonly Node[], scope: Scope): Columns {
    const columns = new Map<string, Place | null>();
    for (const [index, target] of list.entries()) {
      if (!("ResTarget" in target)) continue;
      const { val, name } = target.ResTarget;
      const path = val !== undefined && "ColumnRef" in val ? starOf(val.ColumnRef.fields) : null;
      if (path !== null) {
        for (const source of scope.sources.filter((one) => path === "" || one.alias === path)) {
          if (source.demand !== null) source.demand.whole = true;
          for (const [column, place] of source.columns) columns.set(column, place);
        }
        continue;
      }
      this.conditions.uses(val, scope);
      this.extremes(val, scope);
      const place = val !== undefined && "ColumnRef" in val ? this.place(val, scope) : null;
      const own = val !== undefined && "ColumnRef" in val ? (namesOf(val.ColumnRef.fields)?.at(-1) ?? "") : "";
      columns.set(name ?? (own === "" ? `?column${index}?` : own), place);
    }
    return columns;
  }

  // min and max are read off an index's end; windows want an order.
  private extremes(val: Node | undefined, scope: Scope): void {
    if (val === undefined || !("FuncCall" in val)) return;
    const { funcname, args = [], over, agg_filter } = val.FuncCall;
    const name = namesOf(funcname)?.at(-1);
    if (over !== undefined) this.window({ WindowDef: over }, (node) => this.place(node, scope), scope);
    if ((name !== "min" && name !== "max") || over !== undefined || agg_filter !== undefined) return;
    const place = this.place(args[0], scope);
    if (place === null) return;
    const key: OrderKey = { column: place.column, order: "asc", nulls: "last" };
    place.demand.orders.push({ keys: [key], limited: true });
  }

  private window(node: Node, byName: (node: Node | undefined) => Place | null, scope: Scope): void {
    if (!("WindowDef" in node)) return;
    const { partitionClause = [], orderClause = [] } = node.WindowDef;
    const first = partitionClause.map((one) => ({ SortBy: { node: one } }));
    this.order([...first, ...orderClause], false, byName, scope);
  }

  private place(node: Node | undefined, scope: Scope): Place | null {
    if (node === undefined || !("ColumnRef" in node)) return null;
    const path = namesOf(node.ColumnRef.fields);
    return path === null ? null : scope.resolve(path);
  }

  // A key of ORDER BY or GROUP BY: a column, an output's name, or its number.
  private named(node: Node | undefined, targets: readonly Node[], columns: Columns, scope: Scope): Place | null {
    if (node === undefined) return null;
    if ("A_Const" in node) {
      const target = targets[Number(constantText(node)) - 1];
      return target !== undefined && "ResTarget" in target ? this.place(target.ResTarget.val, scope) : null;
    }
    if (!("ColumnRef" in node)) return null;
    const path = namesOf(node.ColumnRef.fields) ?? [];
    const output = path.length === 1 ? columns.get(path[0] ?? "") : undefined;
    return output === undefined ? this.place(node, scope) : output;
  }

  private groups(nodes: readonly Node[], byName: (node: Node) => Place | null, scope: Scope): void {
    for (const node of nodes) this.conditions.uses(node, scope);
    this.group(nodes.map((node) => byName(node)));
  }

  private group(places: readonly (Place | null)[]): void {
    for (const demand of new Set(places.flatMap((place) => place?.demand ?? []))) {
      const columns = places.flatMap((place) => (place?.demand === demand ? [place.column] : []));
      demand.groups.push([...new Set(columns)]);
    }
  }

  private order(
    nodes: readonly Node[],
    limited: boolean,
    byName: (node: Node | undefined) => Place | null,
    scope: Scope,
  ): void {
    const keys: (OrderKey & { readonly demand: Demand })[] = [];
    for (const node of nodes) {
      if (!("SortBy" in node)) break;
      const { node: by, sortby_dir, sortby_nulls, useOp } = node.SortBy;
      this.conditions.uses(by, scope);
      this.conditions.nearest(by, scope);
      const place = byName(by);
      // What comes after a key of another table is sorted anyhow.
      if (place === null || useOp !== undefined || (keys[0] !== undefined && keys[0].demand !== place.demand)) break;
      const order = sortby_dir === "SORTBY_DESC" ? "desc" : "asc";
      const nulls =
        sortby_nulls === "SORTBY_NULLS_FIRST"
          ? "first"
          : sortby_nulls === "SORTBY_NULLS_LAST"
            ? "last"
            : order === "desc"
              ? "first"
              : "last";
      keys.push({ column: place.column, order, nulls, demand: place.demand });
    }
    const [first] = keys;
    if (first === undefined) return;
    const whole = keys.length === nodes.length;
    first.demand.orders.push({
      keys: keys.map(({ column, order, nulls }) => ({ column, order, nulls })),
      limited: limited && whole,
    });
  }

  private from(node: Node, scope: Scope): void {
    if ("RangeVar" in node) this.relation(node.RangeVar, scope);
    else if ("RangeSubselect" in node) {
      const { subquery, alias } = node.RangeSubselect;
      const columns = subquery === undefined ? new Map<string, Place | null>() : this.query(subquery, scope);
      scope.sources.push({ alias: alias?.aliasname ?? "", columns: renamed(columns, alias?.colnames), demand: null });
    } else if ("JoinExpr" in node) {
      const { larg, rarg, quals, usingClause, isNatural } = node.JoinExpr;
      const before = scope.sources.length;
      if (larg !== undefined) this.from(larg, scope);
      const middle = scope.sources.length;
      if (rarg !== undefined) this.from(rarg, scope);
      const [left, right] = [scope.sources.slice(before, middle), scope.sources.slice(middle)];
      const names = isNatural === true ? shared(left, right) : (namesOf(usingClause) ?? []);
      for (const name of names) this.conditions.joined(lookUp(left, name), lookUp(right, name));
      this.conditions.predicate(quals, scope);
    } else if ("RangeFunction" in node || "RangeTableSample" in node) this.conditions.uses(node, scope);
  }

  private relation({ schemaname, relname = "", alias }: Body<"RangeVar">, scope: Scope): void {
    const name = alias?.aliasname ?? relname;
    const own = schemaname === undefined ? scope.defined(relname) : undefined;
    if (own !== undefined) {
      scope.sources.push({ alias: name, columns: renamed(own, alias?.colnames), demand: null });
      return;
    }
    const found = this.relations.find(schemaname, relname);
    if (found?.is === "stored") {
      const demand = new Demand(found.schema, found.name, this.demands.length);
      this.demands.push(demand);
      const columns = new Map([...found.types.keys()].map((column) => [column, { demand, column }]));
      scope.sources.push({ alias: name, columns: renamed(columns, alias?.colnames), demand });
    } else if (found?.is === "view") {
      const query = this.views.get(JSON.stringify([found.schema, found.view.name]));
      const inner = query === undefined ? new Map<string, Place | null>() : this.query(query, new Scope(null));
      const names = found.view.columns.map((column) => ({ String: { sval: column.name } }));
      const columns = renamed(inner, names);
      scope.sources.push({ alias: name, columns: renamed(columns, alias?.colnames), demand: null });
    }
  }
}

// `*` gives "", `t.*` the alias, anything else null.
function starOf(fields: readonly Node[] | undefined): string | null {
  const last = fields?.at(-1);
  if (last === undefined || !("A_Star" in last)) return null;
  const before = fields?.at(-2);
  return before !== undefined && "String" in before ? (before.String.sval ?? "") : "";
}

function renamed(columns: Columns, names: readonly Node[] | undefined): Columns {
  const given = namesOf(names) ?? [];
  if (given.length === 0) return columns;
  return new Map([...columns].map(([name, place], index) => [given[index] ?? name, place]));
}

function lookUp(sources: readonly Source[], name: string): Place | null {
  for (const source of sources) {
    const place = source.columns.get(name);
    if (place !== undefined) return place;
  }
  return null;
}

function shared(left: readonly Source[], right: readonly Source[]): string[] {
  const names = new Set(left.flatMap((source) => [...source.columns.keys()]));
  return right.flatMap((source) => [...source.columns.keys()]).filter((name) => names.has(name));
}

/** The queries of a catalog's views by `[schema, name]` as JSON; one that does not parse is left out. */
export async function viewQueries(relations: Relations): Promise<ReadonlyMap<string, Node>> {
  const queries = new Map<string, Node>();
  for (const view of relations.view.of("view")) {
    if (view.materialised) continue;
    const parsed = await parseSql(view.definition);
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node !== undefined) queries.set(JSON.stringify([view.schema, view.name]), node);
  }
  return queries;
}
