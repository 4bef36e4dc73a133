import type { IndexObject } from "../../model/catalog.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { ColumnDistribution, PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import type { Dialect } from "../../model/statement.ts";
import type { Statistics, TableActivity } from "../../model/statistics.ts";
import type { Workload } from "../../model/workload.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { factsOf } from "../explain/facts.ts";
import { detailText } from "../explain/plan-rule.ts";
import type { PlanFacts } from "../explain/plan-rule.ts";
import { comparisonsOf } from "./conditions.ts";
import type { Comparison } from "./conditions.ts";

/** A query with a plan of it. */
export interface ObservedPlan {
  /** `WorkloadQuery.id`. */
  readonly query: string;
  /** With actual rows where it was run: in production (auto_explain, EXPLAIN ANALYZE) or on a twin with rows. */
  readonly plan: QueryPlan;
  /** How often it runs, or its weight. */
  readonly calls: number;
}

/** All that advice on statistics and settings is made from. */
export interface SettingInput {
  readonly view: CatalogView;
  readonly dialect: Dialect;
  readonly statistics: PlannerStatistics;
  /** Null where the source is no live server. */
  readonly usage: Statistics | null;
  readonly workload: Workload;
  readonly plans: readonly ObservedPlan[];
  /** Indexes that are advised: nothing is said against them. Absent: none. */
  readonly advised?: readonly IndexObject[];
}

/** A node that reads a table, with what its conditions compare. */
export interface TableScan {
  readonly observed: ObservedPlan;
  readonly facts: PlanFacts;
  readonly node: QueryPlanNode;
  readonly table: TableView;
  readonly comparisons: readonly Comparison[];
}

/** {@link SettingInput} with what the rules ask of it again and again. */
export interface SettingFacts extends SettingInput {
  readonly scans: readonly TableScan[];
  readonly factsOf: ReadonlyMap<ObservedPlan, PlanFacts>;
  /** Columns that the workload's updates write, by table (schema and name as JSON). */
  readonly updated: ReadonlyMap<string, ReadonlySet<string>>;
  sizeOf(table: TableView): RelationSize | null;
  columnOf(table: TableView, column: string): ColumnDistribution | null;
  activityOf(table: TableView): TableActivity | null;
  /** A setting in kilobytes; null where it is not known or no size. */
  kilobytes(setting: string): number | null;
  /** A setting's text; null where it is not known. */
  setting(name: string): string | null;
}

const key = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

const CONDITIONS = ["Filter", "Index Cond", "Recheck Cond"];

/** Reads plans' conditions and the workload's updates once for all rules. Pure but for the grammar's loading. */
export async function settingFacts(input: SettingInput): Promise<SettingFacts> {
  const { view, statistics, usage, plans, dialect } = input;
  const sizes = new Map(statistics.relations.map((size) => [key(size.schema, size.name), size]));
  const columns = new Map<string, ColumnDistribution>();
  for (const column of statistics.columns) {
    const name = JSON.stringify([column.schema, column.relation, column.column]);
    if (column.inherited || !columns.has(name)) columns.set(name, column);
  }
  const activities = new Map(usage?.tables.map((one) => [key(one.schema, one.table), one.activity ?? null]));
  const facts = new Map(plans.map((observed) => [observed, factsOf(observed.plan)]));
  const scans: TableScan[] = [];
  for (const [observed, own] of facts) {
    for (const node of own.nodes) {
      const table = tableOf(view, node);
      if (table === undefined || node.kind === "ModifyTable") continue;
      const comparisons: Comparison[] = [];
      for (const name of CONDITIONS) {
        const text = detailText(node, name);
        if (text !== "") comparisons.push(...(await comparisonsOf(text, dialect)));
      }
      scans.push({ observed, facts: own, node, table, comparisons });
    }
  }
  return {
    ...input,
    scans,
    factsOf: facts,
    updated: await updatedColumns(input),
    sizeOf: ({ table }) => sizes.get(key(table.schema, table.name)) ?? null,
    columnOf: ({ table }, column) => columns.get(JSON.stringify([table.schema, table.name, column])) ?? null,
    activityOf: ({ table }) => activities.get(key(table.schema, table.name)) ?? null,
    kilobytes: (name) => kilobytesOf(statistics.settings[name]),
    setting: (name) => statistics.settings[name] ?? null,
  };
}

function tableOf(view: CatalogView, { relation }: QueryPlanNode): TableView | undefined {
  if (relation === null) return undefined;
  if (relation.schema !== null) return view.table(relation.schema, relation.name);
  // A plan without schemas: the name must be of one table alone.
  const named = view.tables.filter(({ table }) => table.name === relation.name);
  return named.length === 1 ? named[0] : undefined;
}

async function updatedColumns({ workload, view }: SettingInput): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for (const query of workload.queries) {
    if (query.verb !== "update") continue;
    const parsed = await parseSql(query.text);
    if (!parsed.ok) continue;
    for (const { node } of parsed.value) {
      for (const visited of nodesOf(node)) {
        if (visited.type !== "UpdateStmt") continue;
        const { relation, targetList } = visited.node as {
          relation?: { schemaname?: string; relname?: string };
          targetList?: readonly { ResTarget?: { name?: string } }[];
        };
        const named = view.tables.filter(
          ({ table }) =>
            table.name === relation?.relname &&
            (relation.schemaname === undefined || relation.schemaname === table.schema),
        );
        if (named.length !== 1 || named[0] === undefined) continue;
        const name = key(named[0].table.schema, named[0].table.name);
        const own = found.get(name) ?? new Set<string>();
        found.set(name, own);
        for (const target of targetList ?? []) if (target.ResTarget?.name !== undefined) own.add(target.ResTarget.name);
      }
    }
  }
  return found;
}

const UNITS: Readonly<Record<string, number>> = { B: 1 / 1024, kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 };

function kilobytesOf(text: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)$/.exec(text ?? "");
  return match === null ? null : Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1);
}

/** A size as the server takes it, rounded up to a power of two of megabytes. */
export function memoryText(kB: number): string {
  const megabytes = 2 ** Math.max(0, Math.ceil(Math.log2(kB / 1024)));
  return megabytes >= 1024 ? `${megabytes / 1024}GB` : `${megabytes}MB`;
}
