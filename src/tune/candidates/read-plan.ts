import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import { planNodes } from "../../model/query-plan.ts";
import type { Dialect } from "../../model/statement.ts";
import { parseExpression, parseSql } from "../../sql/parse.ts";
import { ConditionReader } from "./conditions.ts";
import { Demand } from "./demand.ts";
import type { OrderKey } from "./demand.ts";
import { namesOf } from "./expression-text.ts";
import type { Relations } from "./relations.ts";
import { Scope } from "./scope.ts";
import type { Place } from "./scope.ts";

const CONDITIONS = ["Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter"] as const;

/**
 * Reads what a plan asks of each table that it scans: its conditions and sort keys, as the server prints them. So are
 * found tables behind functions that the server inlines, row security's conditions, and what the planner derived
 * itself. A condition that is not one expression (of a SubPlan) is passed over. What else the query needs of a row is
 * not asked here, so that no index is thought to cover it.
 */
export async function planDemands(plan: QueryPlan, relations: Relations, dialect: Dialect): Promise<readonly Demand[]> {
  const scope = new Scope(null);
  const demands: Demand[] = [];
  const alone = new Map<QueryPlanNode, Scope>();
  const nodes = planNodes(plan.root);
  for (const node of nodes) {
    if (node.relation === null) continue;
    const { schema, name, alias } = node.relation;
    const found = relations.findWhole(schema ?? undefined, name);
    if (found?.is !== "stored") continue;
    const demand = new Demand(found.schema, found.name, demands.length);
    demand.whole = true;
    demands.push(demand);
    const columns = new Map([...found.types.keys()].map((column) => [column, { demand, column }]));
    scope.sources.push({ alias, columns, demand });
    // In a scan's own conditions a bare name is a column of its table.
    const own = new Scope(scope);
    own.sources.push({ alias, columns, demand });
    alone.set(node, own);
  }
  const reader = new ConditionReader(relations, dialect, () => new Map());
  for (const node of nodes) {
    const seen = alone.get(node) ?? scope;
    for (const name of CONDITIONS) {
      const text = node.details[name];
      if (typeof text !== "string") continue;
      const parsed = await parseExpression(text);
      if (parsed.ok) reader.predicate(parsed.value.node, seen);
    }
    const keys = node.details["Sort Key"];
    if (Array.isArray(keys)) await order(keys, seen);
  }
  return demands;
}

// Sort keys are printed as in ORDER BY; those of the first key's table, as far as they go together, are an order.
async function order(texts: readonly unknown[], scope: Scope): Promise<void> {
  const keys: (OrderKey & Pick<Place, "demand">)[] = [];
  for (const text of texts) {
    const parsed = typeof text === "string" ? await parseSql(`SELECT ORDER BY ${text}`) : null;
    const select = parsed?.ok === true && parsed.value.length === 1 ? parsed.value[0]?.node : undefined;
    const [by] = select !== undefined && "SelectStmt" in select ? (select.SelectStmt.sortClause ?? []) : [];
    if (by === undefined || !("SortBy" in by)) break;
    const { node, sortby_dir, sortby_nulls } = by.SortBy;
    const path = node !== undefined && "ColumnRef" in node ? namesOf(node.ColumnRef.fields) : null;
    const place = path === null ? null : scope.resolve(path);
    if (place === null || (keys[0] !== undefined && keys[0].demand !== place.demand)) break;
    const direction = sortby_dir === "SORTBY_DESC" ? "desc" : "asc";
    const natural = direction === "desc" ? "first" : "last";
    const stated =
      sortby_nulls === "SORTBY_NULLS_FIRST" ? "first" : sortby_nulls === "SORTBY_NULLS_LAST" ? "last" : natural;
    keys.push({ column: place.column, order: direction, nulls: stated, demand: place.demand });
  }
  const [first] = keys;
  if (first === undefined) return;
  first.demand.orders.push({
    keys: keys.map(({ column, order: by, nulls }) => ({ column, order: by, nulls })),
    limited: false,
  });
}
