import type { Session } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import type { RowDrawer } from "./draw.ts";
import { quoted } from "./plan.ts";
import type { KeyPlan, TablePlan } from "./plan.ts";
import type { Row, Value } from "./store.ts";

const STAGE = "pg_temp.dbwright_candidates";
const JUDGE = "pg_temp.dbwright_refusals";
const NUMBER = "dbwright_row";
const ROUNDS_MAX = 60;

/** One line of COPY's text format. */
export function copyLine(values: readonly Value[]): string {
  return `${values.map((value) => (value === null ? "\\N" : escaped(value))).join("\t")}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? "") : text;
}

/** Lines joined to chunks of a size that suits a socket. */
export function* copyChunks(rows: Iterable<readonly Value[]>): Generator<string> {
  let chunk = "";
  for (const row of rows) {
    chunk += copyLine(row);
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk !== "") yield chunk;
}

/**
 * Lets the server judge candidates of one table: they are copied into a temporary table without
 * constraints, and every check, domain check, predicate and key expression is evaluated there.
 */
export class CandidateStage {
  private readonly session: Session;
  private readonly plan: TablePlan;
  private readonly serverKeys: readonly KeyPlan[];
  private readonly claimed = new Map<KeyPlan, Set<string>>();
  // What the server says of the last row that a check could not be evaluated for, by the check's name.
  private readonly faults = new Map<string, string>();

  constructor(session: Session, plan: TablePlan) {
    this.session = session;
    this.plan = plan;
    this.serverKeys = plan.keys.filter((key) => key.onServer !== null);
    for (const key of this.serverKeys) this.claimed.set(key, new Set());
  }

  /** Whether there is anything to judge. */
  get needed(): boolean {
    return this.plan.checks.length > 0 || this.serverKeys.length > 0;
  }

  async open(): Promise<void> {
    const columns = this.plan.columns.map((column) => {
      const generated = column.generated === null ? "" : ` GENERATED ALWAYS AS (${column.generated.expression}) STORED`;
      return `${quoted(column.name)} ${column.type.sql}${generated}`;
    });
    await this.session.execute(
      `DROP TABLE IF EXISTS ${STAGE}; CREATE TEMPORARY TABLE dbwright_candidates (${NUMBER} integer, ${columns.join(", ")})`,
    );
    if (this.plan.checks.length > 0) await this.session.execute(judgeSql(this.plan.checks));
  }

  async close(): Promise<void> {
    await this.session.execute(`DROP TABLE IF EXISTS ${STAGE}`);
  }

  /**
   * Draws refused rows anew until all pass; returns those that do. Rows that never pass are left out; when
   * they are most of the batch it throws `invalid`, naming the constraint.
   */
  async settle(batch: readonly Row[], drawer: RowDrawer): Promise<Row[]> {
    const rows: (Row | null)[] = [...batch];
    let pending = rows.map((_, index) => index);
    let refusals = new Map<number, readonly string[]>();
    for (let round = 0; round < ROUNDS_MAX && pending.length > 0; round++) {
      refusals = await this.judge(rows, pending);
      for (const [index, names] of refusals) this.mend(rows, index, names, drawer, round);
      pending = [...refusals.keys()].filter((index) => rows[index] !== null);
    }
    for (const index of pending) {
      const row = rows[index];
      if (row != null) drawer.release(row);
      rows[index] = null;
    }
    const kept = rows.filter((row) => row !== null);
    if (kept.length < batch.length / 2 && kept.length < batch.length - 5)
      this.giveUp(refusals, batch.length, kept.length);
    return kept;
  }

  /** The names of what refuses each candidate, by its index; those that would be accepted are not in it. */
  refusals(rows: readonly Row[]): Promise<Map<number, readonly string[]>> {
    return this.judge(rows, [...rows.keys()]);
  }

  private giveUp(refusals: ReadonlyMap<number, readonly string[]>, drawn: number, kept: number): void {
    const counts = new Map<string, number>();
    for (const names of refusals.values()) for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    const [worst] = [...counts].toSorted((a, b) => b[1] - a[1]);
    // Without refusals the rows ran out of free keys: the natural domain is small, which the caller reports.
    if (worst === undefined || this.serverKeys.some((key) => key.name === worst[0])) return;
    const fault = this.faults.get(worst[0]);
    throw invalid({
      what:
        `no rows could be generated that satisfy the constraint ${worst[0]}: ${kept} of ${drawn} candidates passed` +
        (fault === undefined ? "" : `; evaluating it fails: ${fault}`),
      where: `table ${this.plan.table}`,
      expected: "a constraint that values drawn column by column can satisfy within 60 tries",
      mend: "check the rule for a contradiction, or split it into simpler rules",
    });
  }

  private mend(rows: (Row | null)[], index: number, names: readonly string[], drawer: RowDrawer, round: number): void {
    const row = rows[index];
    if (row == null) return;
    const columns = new Set<number>();
    for (const check of this.plan.checks)
      if (names.includes(check.name)) for (const at of check.columns) columns.add(at);
    for (const key of this.serverKeys) if (names.includes(key.name)) for (const at of key.reads) columns.add(at);
    if (round % 8 !== 7 && drawer.redraw(row, [...columns])) return;
    drawer.release(row);
    rows[index] = drawer.draw();
  }

  // The names of what refuses each of the pending rows; rows that pass are not in it.
  private async judge(
    rows: readonly (Row | null)[],
    pending: readonly number[],
  ): Promise<Map<number, readonly string[]>> {
    const { plan, session } = this;
    const sent = plan.columns.flatMap((column, position) => (column.generated === null ? [position] : []));
    const names = sent.map((position) => quoted(plan.columns[position]?.name ?? ""));
    const lines = function* (): Generator<readonly Value[]> {
      for (const index of pending) {
        const row = rows[index];
        if (row != null) yield [String(index), ...sent.map((position) => row[position] ?? null)];
      }
    };
    await session.execute(`TRUNCATE ${STAGE}`);
    await session.copyIn(`COPY ${STAGE} (${[NUMBER, ...names].join(", ")}) FROM STDIN`, copyChunks(lines()));
    const refusals = await this.refusedByChecks();
    await this.refuseTakenKeys(refusals);
    return refusals;
  }

  private async refusedByChecks(): Promise<Map<number, readonly string[]>> {
    const refusals = new Map<number, readonly string[]>();
    const { checks } = this.plan;
    if (checks.length === 0) return refusals;
    const result = await this.session.query<{ index: number; refused: string[] }>(
      `SELECT index, refused FROM ${JUDGE}() ORDER BY 1`,
    );
    for (const row of result.rows) {
      const names = checks.flatMap(({ name }, at) => {
        const verdict = row.refused[at] ?? "";
        if (!verdict.startsWith(FAULT)) return verdict.startsWith("t") ? [name] : [];
        this.faults.set(name, verdict.slice(FAULT.length));
        // Named twice: it is refused, but not by the check's own answer.
        return [name, `${FAULT}${name}`];
      });
      refusals.set(row.index, names);
    }
    return refusals;
  }

  private async refuseTakenKeys(refusals: Map<number, readonly string[]>): Promise<void> {
    if (this.serverKeys.length === 0) return;
    const keys = this.serverKeys.map(
      ({ onServer }, at) =>
        `${onServer?.predicate == null ? onServer?.key : `CASE WHEN ${onServer.predicate} THEN ${onServer.key} END`} AS k${at}`,
    );
    const result = await this.session.query(`SELECT ${NUMBER} AS index, ${keys.join(", ")} FROM ${STAGE} ORDER BY 1`);
    for (const row of result.rows) {
      const index = row["index"] as number;
      if (refusals.has(index)) continue;
      const taken = this.serverKeys.filter((key, at) => {
        const value = row[`k${at}`];
        return typeof value === "string" && this.claimed.get(key)?.has(value) === true;
      });
      if (taken.length > 0)
        refusals.set(
          index,
          taken.map((key) => key.name),
        );
      else {
        this.serverKeys.forEach((key, at) => {
          const value = row[`k${at}`];
          if (typeof value === "string") this.claimed.get(key)?.add(value);
        });
      }
    }
  }
}

/** Begins the verdict on a row for which a check cannot be evaluated; the server's reason follows. */
const FAULT = "error: ";

// A check can fail instead of answering (a division by zero), which would end the whole query. Then each
// row and check is tried by itself, in a subtransaction.
function judgeSql(checks: TablePlan["checks"]): string {
  const refused = checks.map((check) => `(${check.expression}) IS FALSE`);
  const fault = "data_exception OR raise_exception OR program_limit_exceeded";
  const tries = refused.map(
    (expression) => `
    BEGIN
      dbwright_verdicts := dbwright_verdicts
        || (SELECT (${expression})::text FROM ${STAGE} WHERE ctid = dbwright_place);
    EXCEPTION WHEN ${fault} THEN
      dbwright_verdicts := dbwright_verdicts || ('${FAULT}' || SQLERRM);
    END;`,
  );
  const body = `
#variable_conflict use_column
DECLARE
  dbwright_place tid;
  dbwright_verdicts text[];
BEGIN
  RETURN QUERY SELECT ${NUMBER}, ARRAY[${refused.join(", ")}]::text[] FROM ${STAGE} WHERE ${refused.join(" OR ")};
EXCEPTION WHEN ${fault} THEN
  FOR index, dbwright_place IN SELECT ${NUMBER}, ctid FROM ${STAGE} LOOP
    dbwright_verdicts := '{}';${tries.join("")}
    refused := dbwright_verdicts;
    IF array_to_string(dbwright_verdicts, ' ') ~ 'true|error' THEN RETURN NEXT; END IF;
  END LOOP;
END`;
  const literal = `E'${body.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  return `CREATE OR REPLACE FUNCTION ${JUDGE}(OUT index integer, OUT refused text[]) RETURNS SETOF record LANGUAGE plpgsql AS ${literal}`;
}
