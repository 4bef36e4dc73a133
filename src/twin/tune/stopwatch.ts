import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlans } from "../../engines/postgres/explain.ts";
import { literal } from "../../engines/postgres/print.ts";
import type { Execution } from "../../model/workload.ts";
import { indexesRead } from "../what-if/index-parts.ts";
import { plannable } from "../what-if/plannable.ts";

/** What became of one run. */
export type Run =
  | { readonly ok: true; readonly ms: number; /** Ids of the indexes read. */ readonly uses: ReadonlySet<string> }
  /** `cut-off`: it took longer than its limit. */
  | { readonly ok: false; readonly why: string; readonly reason: "refused" | "cut-off" };

/** SQLSTATE of a statement that was cancelled, by its time limit for one. */
const CANCELLED = "57014";

/**
 * Runs statements on a scratch database and takes their time on the server, as EXPLAIN ANALYZE does: no row leaves it,
 * and no clock is read for each. Everything happens in transactions that are rolled back.
 */
export class Stopwatch {
  private readonly session: Session;
  private readonly searchPath: string;
  /** Ids of indexes by `partKey`. */
  private readonly names: ReadonlyMap<string, string>;
  private readonly refusals = new Map<string, string | null>();

  constructor(session: Session, searchPath: string, names: ReadonlyMap<string, string>) {
    this.session = session;
    this.searchPath = searchPath;
    this.names = names;
  }

  /** Begins a transaction in which `prelude` holds (statements of ours), and ends the one before. */
  async begin(prelude: readonly string[], limit_ms: number): Promise<void> {
    const settings = Object.entries({
      // What the grammar here and the server's must read alike.
      standard_conforming_strings: "on",
      search_path: this.searchPath,
      statement_timeout: String(Math.max(1, Math.round(limit_ms))),
    }).map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`);
    await this.session.execute(["ROLLBACK", "BEGIN", ...prelude, `SELECT ${settings.join(", ")}`].join("; "));
  }

  /** Runs one statement and takes back what it did. Throws only when the connection breaks. */
  async run({ sql, values }: Execution): Promise<Run> {
    const refused = await this.refusal(sql, values.length);
    if (refused !== null) return { ok: false, why: refused, reason: "refused" };
    await this.session.execute("SAVEPOINT dbwright_run");
    try {
      const { rows } = await this.session.query<{ "QUERY PLAN": unknown }>(
        `EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, VERBOSE, FORMAT JSON) ${sql}`,
        values.length === 0 ? undefined : values,
      );
      const plans = readQueryPlans(rows[0]?.["QUERY PLAN"]);
      return {
        ok: true,
        ms: plans.reduce((sum, plan) => sum + (plan.execution_ms ?? 0), 0),
        uses: new Set(plans.flatMap(({ root }) => [...indexesRead(root, this.names)])),
      };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!isSqlState(code)) throw error;
      return { ok: false, why: message, reason: code === CANCELLED ? "cut-off" : "refused" };
    } finally {
      await this.session.execute("ROLLBACK TO SAVEPOINT dbwright_run").catch(() => {});
    }
  }

  /** Ends the last transaction. */
  async rest(): Promise<void> {
    await this.session.execute("ROLLBACK");
  }

  private async refusal(sql: string, values: number): Promise<string | null> {
    let known = this.refusals.get(sql);
    if (known === undefined) {
      const readable = await plannable(sql);
      known = !readable.ok
        ? readable.why
        : readable.parameters > values
          ? "no values of its parameters are known, and without them it cannot be run"
          : null;
      this.refusals.set(sql, known);
    }
    return known;
  }
}
