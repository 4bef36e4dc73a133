import type { CatalogView } from "../model/catalog-view.ts";
import type { WorkloadQuery } from "../model/workload.ts";
import type { Node } from "../sql/nodes.ts";
import { parseSql } from "../sql/parse.ts";
import type { Write } from "./selection/upkeep.ts";
import { castSpellings } from "./workload/draws.ts";

/**
 * What one unit of the planner's cost of each query counts. Where times were measured, a query counts as much as it
 * took: its cost is scaled so that all costs together stand to each other as the times do, and keep the planner's unit
 * on the whole. Where they were not, it counts as often as it ran.
 */
export function weightsOf(
  queries: readonly WorkloadQuery[],
  costs: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const timed = queries.filter(({ id, total_ms }) => total_ms !== null && (costs.get(id) ?? 0) > 0);
  const cost = timed.reduce((sum, { id, calls }) => sum + calls * (costs.get(id) ?? 0), 0);
  const time = timed.reduce((sum, { total_ms }) => sum + (total_ms ?? 0), 0);
  return new Map(
    queries.map(({ id, calls, total_ms }) => {
      const own = costs.get(id) ?? 0;
      const byTime = total_ms !== null && own > 0 && time > 0;
      return [id, byTime ? (total_ms * (cost / time)) / own : calls];
    }),
  );
}

type Relation = { readonly relname?: string; readonly schemaname?: string };

/** What the workload writes, weighed as its queries are. Writes into tables that are not known are left out. */
export async function writesOf(
  queries: readonly WorkloadQuery[],
  view: CatalogView,
  weights: ReadonlyMap<string, number>,
): Promise<readonly Write[]> {
  const writes: Write[] = [];
  for (const query of queries) {
    if (query.verb === "select" || query.verb === "other") continue;
    const parsed = await parseSql(castSpellings(query.executions[0]?.sql ?? query.text));
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node === undefined) continue;
    const perCall = (weights.get(query.id) ?? query.calls) / Math.max(1, query.calls);
    // Without a count each call writes one row.
    const rows = (query.rows ?? query.calls) * perCall;
    for (const { relation, verb, columns } of written(node)) {
      const table = tableOf(relation, view);
      if (table !== null) writes.push({ ...table, verb, rows, columns });
    }
  }
  return writes;
}

interface Written {
  readonly relation: Relation | undefined;
  readonly verb: Write["verb"];
  readonly columns: ReadonlySet<string>;
}

function written(node: Node): readonly Written[] {
  if ("InsertStmt" in node) {
    const { relation, onConflictClause } = node.InsertStmt;
    const insert: Written = { relation, verb: "insert", columns: new Set() };
    const targets = onConflictClause?.targetList;
    return targets === undefined ? [insert] : [insert, { relation, verb: "update", columns: columnsOf(targets) }];
  }
  if ("UpdateStmt" in node)
    return [
      { relation: node.UpdateStmt.relation, verb: "update", columns: columnsOf(node.UpdateStmt.targetList ?? []) },
    ];
  if ("DeleteStmt" in node) return [{ relation: node.DeleteStmt.relation, verb: "delete", columns: new Set() }];
  if ("MergeStmt" in node) return [{ relation: node.MergeStmt.relation, verb: "insert", columns: new Set() }];
  const inner = "SelectStmt" in node ? (node.SelectStmt.withClause?.ctes ?? []) : [];
  return inner.flatMap((one) =>
    "CommonTableExpr" in one && one.CommonTableExpr.ctequery !== undefined ? written(one.CommonTableExpr.ctequery) : [],
  );
}

const columnsOf = (targets: readonly Node[]): ReadonlySet<string> =>
  new Set(targets.flatMap((one) => ("ResTarget" in one ? [one.ResTarget.name ?? ""] : [])));

function tableOf(
  relation: Relation | undefined,
  view: CatalogView,
): { readonly schema: string; readonly table: string } | null {
  if (relation?.relname === undefined) return null;
  const { relname, schemaname } = relation;
  const found =
    schemaname === undefined
      ? (view.table("public", relname) ?? view.tables.find(({ table }) => table.name === relname))
      : view.table(schemaname, relname);
  return found === undefined ? null : { schema: found.table.schema ?? "", table: found.table.name };
}
