import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Design, DesignedQuery } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import { planNodes } from "../../model/query-plan.ts";
import type { Dialect } from "../../model/statement.ts";
import { asCaller, beginAs, operatorOf } from "./application.ts";
import type { Caller } from "./application.ts";
import { tableRead } from "./parameters.ts";
import type { Draw } from "./parameters.ts";
import { decisionFor, notRun, observe, refused } from "./step.ts";
import type { Observation } from "./step.ts";

/** A table of more rows than this is large: a plan must not read it whole without a stated reason. */
export const LARGE_TABLE_ROWS = 10_000;

/** What judging a plan needs. */
export interface PlanTrial {
  /** The owner's session in the database whose statistics say the stated volume. */
  readonly session: Session;
  readonly design: Design;
  readonly view: CatalogView;
  readonly dialect: Dialect;
  /** Whether the planner sees the stated volume; else the rows that were loaded, with the reason. */
  readonly depth: { readonly stated: true } | { readonly stated: false; readonly why: string };
  /** Rows by `schema.table` as JSON, as the planner sees them. */
  readonly rows: ReadonlyMap<string, number>;
}

/** What one plan reads. */
export interface PlanReading {
  readonly cost: number;
  readonly rows: number;
  readonly indexes: readonly string[];
  /** Relations read whole. */
  readonly scanned: readonly { readonly schema: string; readonly table: string }[];
}

/** Reads `EXPLAIN (FORMAT JSON, VERBOSE)`. Throws `invalid` for anything else. */
export function readPlan(explained: unknown): PlanReading {
  const { root } = readQueryPlan(explained);
  const nodes = planNodes(root);
  return {
    cost: root.cost.total,
    rows: root.rows,
    indexes: [...new Set(nodes.flatMap(({ index }) => index ?? []))],
    scanned: nodes.flatMap(({ kind, relation }) =>
      kind === "Seq Scan" && relation !== null ? [{ schema: relation.schema ?? "", table: relation.name }] : [],
    ),
  };
}

/** The plan of one execution, as its caller gets it. */
export async function explain(trial: PlanTrial, query: DesignedQuery, draw: Draw): Promise<PlanReading> {
  const { session, design, dialect } = trial;
  return asCaller(session, design, dialect, callerOf(design, query, draw), async () => {
    const result = await session.query<{ "QUERY PLAN": unknown }>(
      `EXPLAIN (FORMAT JSON, VERBOSE, COSTS) ${query.sql}`,
      draw.values,
    );
    return readPlan(result.rows[0]?.["QUERY PLAN"]);
  });
}

/** Who runs a pattern's query: what crosses tenants is not the application's to run. */
export function callerOf(design: Design, query: DesignedQuery, draw: Draw): Caller {
  return query.source.acrossTenants ? operatorOf(design) : { as: "application", tenant: draw.tenant };
}

/** The id part of a pattern's name. */
export function slugOf(pattern: string): string {
  return pattern
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** The decision a pattern rests on: that which made its index; null for patterns without one. */
export function decisionOfQuery(design: Design, query: DesignedQuery): string | null {
  const { index } = query;
  if (index === null) return null;
  // The index behind a key is made by the constraint of the same name, or by the decision on its table.
  const path = index.replace(/^\S+ /, "");
  const table = path.split(".").slice(0, -1).join(".");
  const makers = [index, `constraint ${path}`, `table ${table}`];
  return decisionFor(design, makers, ["index", "primary-key", "constraint"]);
}

/**
 * Judges the plan of one access pattern over several draws of its parameters: it uses the intended index
 * in each, and reads no large table whole that it was not meant to.
 */
export async function provePlan(trial: PlanTrial, query: DesignedQuery, draws: readonly Draw[]): Promise<ProofStep> {
  const index = query.index === null ? null : nameIn(trial.view, query.index);
  const claim = {
    id: `plan/${slugOf(query.pattern)}`,
    claim: `“${query.pattern}” ${index === null ? "reads no large table whole" : `uses ${index} and reads no large table whole`} at the ${trial.depth.stated ? "stated volume" : "loaded volume"}`,
    decision: decisionOfQuery(trial.design, query),
  };
  return observe(claim, async () => {
    if (draws.length === 0) return notRun("no generated row was there to draw parameters from");
    const plans: PlanReading[] = [];
    for (const draw of draws) {
      try {
        plans.push(await explain(trial, query, draw));
      } catch (error) {
        if (!refused(error)) throw error;
        return refusedQuery(query, error.code ?? "?", error.message);
      }
    }
    return judge(trial, query, index, plans, draws);
  });
}

function refusedQuery(query: DesignedQuery, code: string, message: string): Observation {
  return {
    verdict: "refuted",
    standing: "proved",
    observed: `the server refused the query (SQLSTATE ${code}): ${message}`,
    sql: [query.sql],
  };
}

function nameIn(view: CatalogView, key: string): string {
  return view.get(key)?.name ?? key.replace(/^.*\./s, "").replaceAll('"', "");
}

// The index and, on a partitioned table, the partitions' indexes attached to it.
function family(view: CatalogView, name: string): ReadonlySet<string> {
  const names = new Set([name]);
  for (let before = 0; before < names.size;) {
    before = names.size;
    for (const index of view.of("index"))
      if (index.partitionOf !== null && names.has(index.partitionOf.name)) names.add(index.name);
  }
  return names;
}

function judge(
  trial: PlanTrial,
  query: DesignedQuery,
  index: string | null,
  plans: readonly PlanReading[],
  draws: readonly Draw[],
): Observation {
  const allowed = index === null ? new Set<string>() : family(trial.view, index);
  const missing = index === null ? [] : plans.filter((plan) => !plan.indexes.some((name) => allowed.has(name)));
  const scans = new Set(
    plans.flatMap((plan) => plan.scanned.filter((scan) => isLarge(trial, query, scan)).map((scan) => scan.table)),
  );
  const costs = plans.map((plan) => plan.cost);
  const read = tableRead(query);
  const stated = trial.rows.get(JSON.stringify([read.schema, read.table])) ?? 0;
  // On a small table either index reads few pages, and the planner may prefer another for a frequent value.
  const small = stated <= LARGE_TABLE_ROWS;
  const idle = small && missing.length > 0 && missing.length === plans.length;
  const problems = [
    ...(idle ? [`at this size the planner does not need ${index}: ${others(missing)} serves all draws`] : []),
    ...(missing.length === 0 || small
      ? []
      : [`${missing.length} of ${plans.length} plans do not use ${index} but ${others(missing)}`]),
    ...[...scans].map((table) => `${table} is read whole`),
  ];
  const used = plans.length - missing.length;
  const seen =
    index === null
      ? `no large table is read whole in ${plans.length} draws`
      : `${index} is used in ${used} of ${plans.length} draws${missing.length === 0 ? "" : `; the table is small, and ${others(missing)} serves the rest`}`;
  const basis = trial.depth.stated
    ? `${stated} rows in ${read.table}, the stated volume`
    : `${stated} rows as loaded; the stated volume was not tried: ${trial.depth.why}`;
  // The planner's choice for a few rows is no evidence against an index made for many.
  const untried = problems.length > 0 && (!trial.depth.stated || (idle && scans.size === 0));
  return {
    verdict: problems.length === 0 ? "proved" : untried ? "not-run" : "refuted",
    standing: untried ? "not proved" : "estimated",
    observed: `${problems.length === 0 ? seen : problems.join("; ")}; cost ${round(Math.min(...costs))} to ${round(Math.max(...costs))} at ${basis}`,
    sql: reproduce(trial, query, draws[0]),
    figures: {
      draws: plans.length,
      cost_min: round(Math.min(...costs)),
      cost_max: round(Math.max(...costs)),
      rows_estimated_max: Math.max(...plans.map((plan) => plan.rows)),
      table_rows: stated,
    },
  };
}

function others(plans: readonly PlanReading[]): string {
  const names = [...new Set(plans.flatMap((plan) => plan.indexes))];
  return names.length === 0 ? "no index" : names.join(", ");
}

function isLarge(
  trial: PlanTrial,
  query: DesignedQuery,
  scan: { readonly schema: string; readonly table: string },
): boolean {
  const parent = trial.view.table(scan.schema, scan.table)?.table.partitionOf ?? scan;
  const may = query.mayScan.some(
    ({ schema, table }) => schema === scan.schema && (table === scan.table || table === parent.table),
  );
  return !may && (trial.rows.get(JSON.stringify([scan.schema, scan.table])) ?? 0) > LARGE_TABLE_ROWS;
}

/** Statements that show the plan (or run the query) again by hand. */
export function reproduce(
  trial: Pick<PlanTrial, "design" | "dialect">,
  query: DesignedQuery,
  draw: Draw | undefined,
  verb = "EXPLAIN EXECUTE",
): readonly string[] {
  if (draw === undefined) return [query.sql];
  const values = draw.values.map((value) => (value === null ? "NULL" : trial.dialect.literal(value)));
  return [
    ...beginAs(trial.design, trial.dialect, callerOf(trial.design, query, draw)),
    `PREPARE q${typeList(query)} AS ${query.sql}`,
    `${verb} q${values.length === 0 ? "" : `(${values.join(", ")})`}`,
    "ROLLBACK",
  ];
}

function typeList(query: DesignedQuery): string {
  return query.parameters.length === 0
    ? ""
    : `(${query.parameters.map((parameter) => parameterType(parameter.type, parameter.role)).join(", ")})`;
}

/** The SQL type of a parameter: a list is an array of its column's type. */
export function parameterType(type: string, role: string): string {
  return role === "list" && !type.endsWith("[]") ? `${type}[]` : type;
}

const round = (value: number): number => Math.round(value * 100) / 100;
