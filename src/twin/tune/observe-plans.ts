import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { Execution, WorkloadQuery } from "../../model/workload.ts";
import type { ObservedPlan } from "../../tune/settings/facts.ts";
import { plannable } from "../what-if/plannable.ts";

/** How statements are run for their plans. */
export interface ObservingOptions {
  /** The search path of the application, as `current_setting('search_path')` gives it. */
  readonly searchPath: string;
  /** What one run may take, in milliseconds. */
  readonly limit_ms: number;
}

/** A plan with actual rows, or why there is none. */
export type Observed = { readonly ok: true; readonly plan: QueryPlan } | { readonly ok: false; readonly why: string };

/**
 * Runs statements on a scratch database for their plans with actual rows, times and buffers. All happens in one
 * transaction, which is rolled back; a statement that fails leaves it as it was before.
 */
export class PlanObserver {
  private readonly session: Session;
  private readonly options: ObservingOptions;

  /** `session`: the owner's, in a database with rows. */
  constructor(session: Session, options: ObservingOptions) {
    this.session = session;
    this.options = options;
  }

  /** Ends the transaction before, and begins one. */
  async begin(): Promise<void> {
    await this.session.execute("ROLLBACK; BEGIN");
    await this.set({
      // What the grammar here and the server's must read alike.
      standard_conforming_strings: "on",
      search_path: this.options.searchPath,
      statement_timeout: String(Math.max(1, Math.round(this.options.limit_ms))),
    });
  }

  /** Changes settings for the rest of the transaction. */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings))
      await this.session.query("SELECT pg_catalog.set_config($1, $2, true)", [name, value]);
  }

  /** Runs statements of ours in the transaction. */
  async apply(statements: readonly string[]): Promise<void> {
    for (const sql of statements) await this.session.execute(sql);
  }

  /** The plan of one execution; with `run` it is run, and what it wrote is taken back. */
  async observe({ sql, values }: Execution, run = true): Promise<Observed> {
    const readable = await plannable(sql);
    if (!readable.ok) return readable;
    if (readable.parameters > values.length)
      return { ok: false, why: "no values of its parameters are known, and without them it cannot be run" };
    await this.session.execute("SAVEPOINT dbwright_observed");
    try {
      const options = run ? "ANALYZE, BUFFERS, VERBOSE, SETTINGS, FORMAT JSON" : "VERBOSE, FORMAT JSON";
      const { rows } = await this.session.query<{ "QUERY PLAN": unknown }>(
        `EXPLAIN (${options}) ${sql}`,
        values.length === 0 ? undefined : values,
      );
      return { ok: true, plan: readQueryPlan(rows[0]?.["QUERY PLAN"]) };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!isSqlState(code)) throw error;
      return { ok: false, why: message };
    } finally {
      await this.session.execute("ROLLBACK TO SAVEPOINT dbwright_observed").catch(() => {});
    }
  }

  /** Takes everything back. */
  async rest(): Promise<void> {
    await this.session.execute("ROLLBACK");
  }
}

/**
 * Runs the first execution of each query that reads, the most important first, for as long as `time_ms` lets, and
 * gives their plans with actual rows: what advice on statistics and settings rests on. Those that cannot be run are
 * told.
 */
export async function observePlans(
  observer: PlanObserver,
  queries: readonly WorkloadQuery[],
  { time_ms, signal }: { readonly time_ms: number; readonly signal: AbortSignal },
): Promise<{
  readonly plans: readonly ObservedPlan[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}> {
  const plans: ObservedPlan[] = [];
  const unseen: { what: string; why: string }[] = [];
  const until = performance.now() + time_ms;
  await observer.begin();
  for (const [at, { id, verb, executions, calls }] of queries.entries()) {
    signal.throwIfAborted();
    if (performance.now() > until) {
      unseen.push({ what: `plans of ${queries.length - at} queries`, why: "there was no time left to run them" });
      break;
    }
    const [first] = executions;
    if (verb !== "select" || first === undefined) continue;
    const observed = await observer.observe(first);
    if (observed.ok) plans.push({ query: id, plan: observed.plan, calls });
    else unseen.push({ what: `the plan of query ${id} with its rows`, why: observed.why });
  }
  await observer.rest();
  return { plans, unseen };
}
