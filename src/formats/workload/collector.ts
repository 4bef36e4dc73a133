import type { Execution, Workload, WorkloadOrigin, WorkloadPattern, WorkloadQuery } from "../../model/workload.ts";
import { STATEMENT_LENGTH_MAX, loadStatementForm } from "../../sql/fingerprint.ts";
import type { StatementForm } from "../../sql/fingerprint.ts";
import { lexicalShape } from "./shape.ts";

/** One statement as it was seen, once or (where somebody counted) many times. */
export interface Seen {
  readonly sql: string;
  /** Values of its `$n`; null: not known, to be drawn from statistics. */
  readonly values: readonly (string | null)[] | null;
  readonly calls: number;
  readonly total_ms: number | null;
  readonly rows: number | null;
  readonly prepared: boolean;
  readonly origin: WorkloadOrigin;
}

/** Bounds on what a collector keeps, so that a log of any length fits in memory. */
export interface CollectorLimits {
  /** Forms kept; beyond them those that cost least go, and are counted. */
  readonly queriesMax: number;
  /** Concrete forms kept of each query. */
  readonly executionsMax: number;
}

const LIMITS: CollectorLimits = { queriesMax: 20_000, executionsMax: 5 };
const ORIGINS_MAX = 3;
/** Shapes of texts whose form is remembered: logs repeat a statement with other literals, or word for word. */
const REMEMBERED_MAX = 20_000;
const REMEMBERED_LENGTH_MAX = 10_000;

interface Collected {
  readonly form: StatementForm;
  calls: number;
  total_ms: number | null;
  rows: number | null;
  prepared: boolean;
  readonly executions: Execution[];
  readonly origins: WorkloadOrigin[];
}

/**
 * Gathers statements by their form. Time and memory are bounded whatever comes in: the constants of at most
 * `executionsMax` executions are kept, chosen evenly over all seen.
 */
export class WorkloadCollector {
  readonly #limits: CollectorLimits;
  readonly #formOf: (sql: string) => StatementForm | null;
  readonly #queries = new Map<string, Collected>();
  readonly #forms = new Map<string, StatementForm | null>();
  readonly #leftOut = new Map<string, { readonly what: string; readonly why: string; count: number }>();
  #state = 0x9e37_79b9;

  private constructor(formOf: (sql: string) => StatementForm | null, limits: CollectorLimits) {
    this.#formOf = formOf;
    this.#limits = limits;
  }

  /** Loads the grammar. */
  static async create(limits: Partial<CollectorLimits> = {}): Promise<WorkloadCollector> {
    return new WorkloadCollector(await loadStatementForm(), { ...LIMITS, ...limits });
  }

  /** Adds one statement. Answers its id, or null when it is left out (and then is counted as such). */
  add(seen: Seen): string | null {
    const form = this.#form(seen.sql);
    if (form === null) {
      const why =
        seen.sql.length > STATEMENT_LENGTH_MAX
          ? `longer than ${STATEMENT_LENGTH_MAX} characters`
          : "not one statement that PostgreSQL's grammar reads";
      this.leaveOut(`statement at ${originText(seen.origin)}`, why, seen.calls);
      return null;
    }
    if (form.verb === "other") {
      this.leaveOut(
        "statements that neither read nor write rows of tables (BEGIN, SET, DDL)",
        "there is nothing to plan",
        seen.calls,
      );
      return null;
    }
    this.#take(form, seen);
    return form.id;
  }

  leaveOut(what: string, why: string, count = 1): void {
    const key = `${what}\0${why}`;
    const known = this.#leftOut.get(key);
    if (known !== undefined) known.count += count;
    else if (this.#leftOut.size < 200) this.#leftOut.set(key, { what, why, count });
    else this.leaveOut("more statements", "not listed one by one", count);
  }

  /** What was gathered, the costliest first. */
  workload(source: string, span_s: number | null, patterns: readonly WorkloadPattern[] = []): Workload {
    const queries = [...this.#queries.values()]
      .toSorted((a, b) => weight(b) - weight(a) || b.calls - a.calls)
      .map(({ form, ...rest }): WorkloadQuery => ({ id: form.id, text: form.text, verb: form.verb, ...rest }));
    return { source, span_s, queries, patterns, leftOut: [...this.#leftOut.values()] };
  }

  #form(sql: string): StatementForm | null {
    const key = sql.length <= REMEMBERED_LENGTH_MAX ? lexicalShape(sql) : null;
    const known = key === null ? undefined : this.#forms.get(key);
    if (known !== undefined) return known;
    const form = this.#formOf(sql);
    // Only short texts, and the whole memory at once: what repeats is soon back.
    if (this.#forms.size >= REMEMBERED_MAX) this.#forms.clear();
    if (key !== null) this.#forms.set(key, form);
    return form;
  }

  #take(form: StatementForm, seen: Seen): void {
    const known = this.#queries.get(form.id);
    const query = known ?? { form, calls: 0, total_ms: null, rows: null, prepared: false, executions: [], origins: [] };
    if (known === undefined) {
      if (this.#queries.size >= this.#limits.queriesMax) this.#prune();
      this.#queries.set(form.id, query);
    }
    query.calls += seen.calls;
    query.total_ms = sum(query.total_ms, seen.total_ms);
    query.rows = sum(query.rows, seen.rows);
    query.prepared ||= seen.prepared;
    if (query.origins.length < ORIGINS_MAX) query.origins.push(seen.origin);
    this.#draw(query, seen);
  }

  // Reservoir sampling (Vitter 1985, algorithm R), with a seed of its own so that a run can be repeated.
  #draw(query: Collected, { sql, values, calls }: Seen): void {
    if (values === null) return;
    const execution: Execution = { sql, values };
    const { executions } = query;
    if (executions.length < this.#limits.executionsMax) {
      if (!executions.some((one) => sameExecution(one, execution))) executions.push(execution);
      return;
    }
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    const place = Math.floor((this.#state / 2 ** 32) * Math.max(query.calls, calls));
    if (place < executions.length && !executions.some((one) => sameExecution(one, execution)))
      executions[place] = execution;
  }

  // Half of them go at once, so that the cost of choosing is shared by many that come.
  #prune(): void {
    const order = [...this.#queries.entries()].toSorted(([, a], [, b]) => weight(a) - weight(b) || a.calls - b.calls);
    let calls = 0;
    const gone = order.slice(0, Math.ceil(order.length / 2));
    for (const [id, query] of gone) {
      calls += query.calls;
      this.#queries.delete(id);
    }
    this.leaveOut("statements that cost least", `only ${this.#limits.queriesMax} different ones are kept`, calls);
  }
}

const weight = (query: Pick<Collected, "total_ms" | "calls">): number => query.total_ms ?? query.calls / 1e6;

const sum = (a: number | null, b: number | null): number | null => (b === null ? a : (a ?? 0) + b);

function sameExecution(a: Execution, b: Execution): boolean {
  return a.sql === b.sql && a.values.length === b.values.length && a.values.every((value, i) => value === b.values[i]);
}

/** A place as text: `queries.sql:12`. */
export function originText({ where, line }: WorkloadOrigin): string {
  return line === null ? where : `${where}:${line}`;
}
