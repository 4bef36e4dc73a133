import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { Design } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import type { GeneratedTable, SpareRow } from "../rows/generate.ts";
import { insertSql, tryStatement } from "./probe-row.ts";
import { decisionFor, notRun, refused, stepOf } from "./step.ts";
import { violationsOf } from "./violations.ts";
import type { Violation } from "./violations.ts";

/** What trying constraints needs. The session is the owner's; row security must let it write. */
export interface ConstraintTrial {
  readonly session: Session;
  readonly design: Design;
  /** As read back from the server. */
  readonly catalog: Catalog;
  readonly generated: readonly GeneratedTable[];
  readonly dialect: Dialect;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

type Trying = Pick<ConstraintTrial, "session" | "catalog" | "dialect">;

/** What became of one violating row. `other`: refused, but first by something else. */
export interface Outcome {
  readonly violation: Violation;
  readonly sql: string;
  readonly result: "refused" | "accepted" | "other" | "not tried";
  readonly seen: string;
}

/** Most statements kept per table, so that a proof stays readable. */
const STATEMENTS_MAX = 40;
/** Rows taken out of a table that has room for no other. */
const EXISTING_ROWS = 8;
/** Longest statement kept, in characters. */
const STATEMENT_LENGTH_MAX = 700;

/**
 * Tries to break every constraint of every table: a row that would be accepted, with one thing changed,
 * must be refused with the right SQLSTATE and by the right name. One step per table, and one more for
 * each constraint that did not hold.
 */
export async function proveConstraints(trial: ConstraintTrial): Promise<readonly ProofStep[]> {
  const view = viewOf(trial.catalog);
  const task = trial.progress.start("Breaking constraints", trial.generated.length);
  const steps: ProofStep[] = [];
  for (const [index, table] of trial.generated.entries()) {
    trial.signal.throwIfAborted();
    const own = view.table(table.schema, table.table);
    if (own === undefined) continue;
    steps.push(...(await tryTable(trial, own, table)));
    task.update(index + 1, table.table);
  }
  const refuted = steps.filter((step) => step.verdict === "refuted").length;
  task.done(`${steps.reduce((sum, step) => sum + Number(step.figures?.["refused"] ?? 0), 0)} refused, ${refuted} not`);
  return steps;
}

async function tryTable(trial: ConstraintTrial, own: TableView, generated: GeneratedTable): Promise<ProofStep[]> {
  const started = performance.now();
  const name = generated.table;
  const claim = {
    id: `constraints/${name}`,
    claim: `Every constraint of ${name} refuses a row that breaks it`,
    decision: null,
  };
  const { why, outcomes } = await tryConstraints(trial, own, generated);
  const took_ms = performance.now() - started;
  if (why !== null) return [stepOf(claim, notRun(why), took_ms)];
  return [stepOf(claim, summary(outcomes), took_ms), ...failures(trial, name, outcomes)];
}

/**
 * Tries a violating row for every constraint of one table, in a transaction that is rolled back. `why` says
 * why none could be tried, or is null.
 */
export async function tryConstraints(
  trial: Trying,
  own: TableView,
  generated: GeneratedTable,
): Promise<{ readonly why: string | null; readonly outcomes: readonly Outcome[] }> {
  const { session, dialect } = trial;
  await session.execute("BEGIN");
  try {
    const spare = await acceptedFirst(trial, own, generated);
    if (spare.why !== null) return { why: spare.why, outcomes: [] };
    const violations = await violationsOf({ session, view: viewOf(trial.catalog), own, dialect, spare: spare.rows });
    const outcomes: Outcome[] = [];
    for (const violation of violations) outcomes.push(await tryOne(trial, generated, violation));
    return { why: null, outcomes };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

// The control: an unchanged spare row is accepted, so what refuses a changed one is the change.
async function acceptedFirst(
  trial: Trying,
  own: TableView,
  generated: GeneratedTable,
): Promise<{ readonly rows: readonly SpareRow[]; readonly why: string | null }> {
  let last = "no row could be kept back";
  const accepted: SpareRow[] = [];
  for (const row of generated.spare) {
    const answer = await tryStatement(trial.session, insertSql(trial.dialect, generated, row));
    if (answer.accepted) accepted.push(row);
    else last = `a row drawn for it was refused itself (${answer.error.constraint ?? answer.error.code ?? "?"})`;
  }
  return accepted.length > 0 ? { rows: accepted, why: null } : fromExisting(trial, own, generated, last);
}

// Where no new row has room (every parent has its one child), existing rows are taken out and put back.
async function fromExisting(
  trial: Trying,
  own: TableView,
  table: GeneratedTable,
  last: string,
): Promise<{ readonly rows: readonly SpareRow[]; readonly why: string | null }> {
  const { session, dialect } = trial;
  const names = own.columns.filter((column) => column.generated === null).map((column) => dialect.ident(column.name));
  const name = dialect.qualified(table.schema, table.table);
  await session.execute("SAVEPOINT dbwright_taken");
  try {
    const taken = await session.query<Record<string, string | null>>(
      `DELETE FROM ${name} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM ${name} LIMIT ${EXISTING_ROWS}) RETURNING ${names.map((column) => `${column}::text AS ${column}`).join(", ")}`,
    );
    if (taken.rows.length > 0) return { rows: taken.rows, why: null };
  } catch (error) {
    if (!refused(error)) throw error;
    await session.execute("ROLLBACK TO SAVEPOINT dbwright_taken");
  }
  return { rows: [], why: last };
}

async function tryOne(trial: Trying, table: GeneratedTable, violation: Violation): Promise<Outcome> {
  if (violation.row === null) return { violation, sql: "", result: "not tried", seen: violation.why ?? "" };
  const sql = insertSql(trial.dialect, table, violation.row);
  const answer = await tryStatement(trial.session, sql);
  if (answer.accepted) return { violation, sql, result: "accepted", seen: "the row was accepted" };
  const { code, constraint, column } = answer.error;
  const by = constraint ?? column ?? "";
  const right = code === violation.code && (violation.names.length === 0 || violation.names.includes(by));
  return {
    violation,
    sql,
    result: right ? "refused" : "other",
    seen: `SQLSTATE ${code} by ${by === "" ? "the type" : by}`,
  };
}

function summary(
  outcomes: readonly Outcome[],
): Pick<ProofStep, "verdict" | "standing" | "observed" | "sql" | "figures"> {
  const count = (result: Outcome["result"]): number => outcomes.filter((outcome) => outcome.result === result).length;
  const [held, accepted] = [count("refused"), count("accepted")];
  const aside = outcomes.filter((outcome) => outcome.result === "not tried" || outcome.result === "other");
  const why = aside.map(({ violation, seen, result }) =>
    result === "other"
      ? `${violation.name} (something else refused its row first: ${seen})`
      : `${violation.name} (${seen})`,
  );
  const tail = why.length === 0 ? "" : `; not tried in isolation: ${why.join("; ")}`;
  return {
    verdict: accepted > 0 ? "refuted" : held > 0 ? "proved" : "not-run",
    standing: accepted + held > 0 ? "proved" : "not proved",
    observed: `${held} of ${outcomes.length} constraints refused a row that breaks only them, each with its own SQLSTATE and name; ${accepted} accepted one${tail}`,
    sql: outcomes
      .filter((outcome) => outcome.result === "refused" && outcome.sql.length <= STATEMENT_LENGTH_MAX)
      .slice(0, STATEMENTS_MAX)
      .map(({ sql, violation }) => `${sql} -- ${violation.code} ${violation.name}`),
    figures: { constraints: outcomes.length, refused: held, accepted, not_tried: aside.length },
  };
}

function failures(trial: ConstraintTrial, table: string, outcomes: readonly Outcome[]): ProofStep[] {
  return outcomes
    .filter((outcome) => outcome.result === "accepted")
    .map(({ violation, sql, seen }) =>
      stepOf(
        {
          id: `constraints/${table}/${violation.kind.replace(" ", "-")}/${violation.name}`,
          claim: `${violation.name} of ${table} (${violation.kind}) refuses a row that breaks it`,
          decision: decisionFor(
            trial.design,
            [violation.object],
            ["constraint", "foreign-key", "type", "enum", "primary-key"],
          ),
        },
        {
          verdict: "refuted",
          standing: "proved",
          observed: `${seen}, SQLSTATE ${violation.code} was expected`,
          sql: [sql],
        },
        0,
      ),
    );
}
