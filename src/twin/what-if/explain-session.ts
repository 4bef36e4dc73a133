import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlans } from "../../engines/postgres/explain.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { Execution } from "../../model/workload.ts";
import { plannable } from "./plannable.ts";
import type { Plannable } from "./plannable.ts";

/** How statements are planned. */
export interface PlanningOptions {
  /** The search path of the application, as `current_setting('search_path')` gives it. */
  readonly searchPath: string;
  /** What one plan may take, in milliseconds. */
  readonly timeout_ms: number;
  /** Planner settings of production by name. The database's own settings need not be repeated. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A plan, with the tables that the server locked for it (its inlined views, functions and partitions among them). */
export type Explained =
  | { readonly ok: true; readonly plans: readonly QueryPlan[]; readonly tables: readonly number[] }
  | { readonly ok: false; readonly why: string; readonly reason: "refused" | "cut-off" };

/** SQLSTATE of a statement that was cancelled, by its time limit for one. */
const CANCELLED = "57014";
/** EXPLAIN (GENERIC_PLAN) came with this version. */
const GENERIC_SINCE = 160_000;

const LOCKED = `
  SELECT DISTINCT l.relation FROM pg_catalog.pg_locks AS l
   WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.locktype OPERATOR(pg_catalog.=) 'relation'
     AND l.relation OPERATOR(pg_catalog.>=) 16384`;

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/**
 * Plans statements from outside as the owner of the scratch database, who is no superuser: functions that claim to be
 * immutable run while planning. Each is planned in a read-only transaction of its own that is rolled back, with a time
 * limit, and is never run.
 */
export class ExplainSession {
  private readonly session: Session;
  private readonly settings: string;
  private readonly known = new Map<string, Plannable>();
  private isSetUp = false;

  constructor(session: Session, { searchPath, timeout_ms, settings }: PlanningOptions) {
    this.session = session;
    const all = Object.entries({
      ...settings,
      // What the grammar here and the server's must read alike.
      standard_conforming_strings: "on",
      search_path: searchPath,
      statement_timeout: String(Math.max(1, Math.round(timeout_ms))),
    }).map(([name, value]) => `pg_catalog.set_config(${text(name)}, ${text(value)}, false)`);
    this.settings = `SELECT ${all.join(", ")}`;
  }

  /**
   * The plan of one execution under the indexes that are valid now; without `tables` those are not looked up and are
   * an empty list. Throws only when the connection breaks.
   */
  async explain(execution: Execution, tables = true): Promise<Explained> {
    let readable = this.known.get(execution.sql);
    if (readable === undefined) this.known.set(execution.sql, (readable = await plannable(execution.sql)));
    if (!readable.ok) return { ok: false, why: readable.why, reason: "refused" };
    if (!this.isSetUp) await this.session.execute(this.settings);
    this.isSetUp = true;
    // What a function set meanwhile is undone with the transaction. One round trip: thousands of plans are asked for.
    await this.session.execute("ROLLBACK; BEGIN READ ONLY");
    try {
      const result = await this.ask(execution, readable.parameters);
      const plans = readQueryPlans(result);
      const locked = tables ? (await this.session.query<{ relation: number }>(LOCKED)).rows : [];
      return { ok: true, plans, tables: locked.map((row) => row.relation) };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!isSqlState(code)) throw error;
      return { ok: false, why: message, reason: code === CANCELLED ? "cut-off" : "refused" };
    }
  }

  /** Ends the transaction of the last plan, and with it its locks on tables. */
  async rest(): Promise<void> {
    await this.session.execute("ROLLBACK");
  }

  private async ask({ sql, values }: Execution, parameters: number): Promise<unknown> {
    const explain = (what: string, options = ""): string => `EXPLAIN (FORMAT JSON, VERBOSE${options}) ${what}`;
    if (parameters === 0 || values.length > 0) return this.first(explain(sql), values);
    if (this.session.versionNumber >= GENERIC_SINCE) return this.first(explain(sql, ", GENERIC_PLAN"), []);
    await this.session.execute("SET LOCAL plan_cache_mode = force_generic_plan");
    await this.session.execute(`PREPARE dbwright_generic AS ${sql}`);
    try {
      const nulls = Array.from({ length: parameters }, () => "NULL").join(", ");
      return await this.first(explain(`EXECUTE dbwright_generic(${nulls})`), []);
    } finally {
      // In a failed transaction it is refused, and the next PREPARE must find the name free.
      await this.session.execute("ROLLBACK; DEALLOCATE dbwright_generic; BEGIN");
    }
  }

  private async first(sql: string, values: readonly (string | null)[]): Promise<unknown> {
    const { rows } = await this.session.query<{ "QUERY PLAN": unknown }>(sql, values.length === 0 ? undefined : values);
    return rows[0]?.["QUERY PLAN"];
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
