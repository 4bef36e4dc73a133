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

/** What a function set meanwhile is undone with the transaction before. */
const FRESH = "ROLLBACK; BEGIN READ ONLY";

const explaining = (what: string, options = ""): string => `EXPLAIN (FORMAT JSON, VERBOSE${options}) ${what}`;
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
    const readable = await this.read(execution.sql);
    if (!readable.ok) return { ok: false, why: readable.why, reason: "refused" };
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

  /**
   * The plans of many executions, in order, without their tables: those without parameters in one round trip, which
   * takes longer than planning does where a machine is busy. Throws only when the connection breaks.
   */
  async explainAll(executions: readonly Execution[]): Promise<readonly Explained[]> {
    const readable = await Promise.all(executions.map(({ sql }) => this.read(sql)));
    const plain = executions.filter((_, at) => {
      const one = readable[at];
      return one?.ok === true && one.parameters === 0;
    });
    const together = plain.length > 1 ? await this.inOne(plain) : null;
    const outcomes: Explained[] = [];
    for (const execution of executions) {
      const plans = together?.get(execution);
      outcomes.push(plans === undefined ? await this.explain(execution, false) : { ok: true, plans, tables: [] });
    }
    return outcomes;
  }

  // Null when one of them failed: which one is found out by asking one by one.
  private async inOne(executions: readonly Execution[]): Promise<ReadonlyMap<Execution, readonly QueryPlan[]> | null> {
    try {
      const { rows } = await this.session.query<{ "QUERY PLAN": unknown }>(
        executions.map(({ sql }) => `${FRESH};\n${explaining(sql)}\n`).join(";\n"),
      );
      if (rows.length !== executions.length) return null;
      return new Map(executions.map((execution, at) => [execution, readQueryPlans(rows[at]?.["QUERY PLAN"])]));
    } catch (error) {
      if (!isSqlState((error as { code?: string }).code)) throw error;
      return null;
    }
  }

  private async read(sql: string): Promise<Plannable> {
    let readable = this.known.get(sql);
    if (readable === undefined) this.known.set(sql, (readable = await plannable(sql)));
    if (!this.isSetUp) await this.session.execute(this.settings);
    this.isSetUp = true;
    return readable;
  }

  /** Ends the transaction of the last plan, and with it its locks on tables. */
  async rest(): Promise<void> {
    await this.session.execute("ROLLBACK");
  }

  private async ask({ sql, values }: Execution, parameters: number): Promise<unknown> {
    const generic = parameters > 0 && values.length === 0;
    // A message with parameters holds one statement.
    if (values.length > 0) {
      await this.session.execute(FRESH);
      return this.first(explaining(sql), values);
    }
    if (!generic) return this.first(`${FRESH};\n${explaining(sql)}`, []);
    if (this.session.versionNumber >= GENERIC_SINCE)
      return this.first(`${FRESH};\n${explaining(sql, ", GENERIC_PLAN")}`, []);
    await this.session.execute(`${FRESH}; SET LOCAL plan_cache_mode = force_generic_plan`);
    await this.session.execute(`PREPARE dbwright_generic AS ${sql}`);
    try {
      const nulls = Array.from({ length: parameters }, () => "NULL").join(", ");
      return await this.first(explaining(`EXECUTE dbwright_generic(${nulls})`), []);
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
