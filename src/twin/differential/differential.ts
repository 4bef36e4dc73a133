import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import type { Equivalence } from "../../tune/rewrites/rewrite.ts";
import { randomOf } from "../rows/random.ts";
import { attempt, failed, makeReady, sameAnswer, sorted } from "./attempt.ts";
import type { Answer, Attempted } from "./attempt.ts";
import { constantsByColumn, constantsOf, momentsOf } from "./constants.ts";
import { Reached, coverageOf } from "./coverage.ts";
import type { Checked, Coverage } from "./coverage.ts";
import { bindings, parametersOf, withParameters, withoutParameters } from "./parameters.ts";
import type { Parameter } from "./parameters.ts";
import { drawRows, insertOf, literals, trialTables } from "./rows.ts";
import type { TrialTable } from "./rows.ts";
import { withValidValues } from "./valid.ts";
import { shapesOf } from "./shapes.ts";
import type { Shapes } from "./shapes.ts";
import { smallest } from "./smallest.ts";
import type { Difference } from "./smallest.ts";
import { calledFunctions, involvedTables } from "./tables.ts";

/** Two statements to be told apart. */
export interface DifferentialTrial {
  readonly before: string;
  readonly after: string;
  /** Whether the order of rows is decided by ORDER BY and has to be the same. */
  readonly ordered: boolean;
}

/** Bounds of a trial. */
export interface DifferentialOptions {
  /** Databases that must agree. Default 400. */
  readonly databases?: number;
  readonly seed?: number;
  readonly time_ms?: number;
  readonly signal?: AbortSignal;
}

const DATABASES = 400;
const TIME_MS = 30_000;
const STATEMENT_TIMEOUT_MS = 2_000;
/** Different answers that must have been seen, or the rows never reached what the statements do. */
const ANSWERS_MIN = 3;
/** How often each of two answers must have been seen where there are no others: of a question of yes or no. */
const SEEN_MIN = 5;
/** How many times as many databases as wanted are made at most, where their answers are alike. */
const MORE = 4;

/**
 * Tries on many small databases whether two statements answer the same: as bags of rows, and in order where that is
 * decided. Rows are adversarial: NULLs, duplicates, empty tables, the statements' own constants and what lies next to
 * them, missing partners, other time zones. `session` is the owner's, in a database that holds the schema and no rows;
 * every trial is taken back. A difference is cut down to the fewest rows that still show it.
 *
 * That all agree is evidence and no proof: the argument of a rewrite has to hold besides. Where the rows never reached a
 * condition or a limit of either statement, nothing is said.
 */
export async function tryEquivalent(
  session: Session,
  view: CatalogView,
  trial: DifferentialTrial,
  options: DifferentialOptions = {},
): Promise<Equivalence> {
  const plain = { ...trial, before: withoutEnd(trial.before), after: withoutEnd(trial.after) };
  const before = await session.query<{ timeout: string }>("SELECT current_setting('statement_timeout') AS timeout");
  const prepared = await prepare(session, view, plain);
  if (!prepared.ok) return { verdict: "not-tried", why: prepared.why };
  try {
    await session.execute(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    return await tryDatabases(session, plain, prepared, options);
  } finally {
    await session.query("SELECT set_config('statement_timeout', $1, false)", [before.rows[0]?.timeout ?? "0"]);
  }
}

const withoutEnd = (sql: string): string => sql.replace(/[\s;]+$/, "");

type Ready = Extract<Prepared, { ok: true }>;

// tidy: long because one loop holds all reasons to end it
async function tryDatabases(
  session: Session,
  trial: DifferentialTrial,
  prepared: Ready,
  options: DifferentialOptions,
): Promise<Equivalence> {
  const { tables, parameters, coverage, shapes } = prepared;
  const wanted = options.databases ?? DATABASES;
  const until = Date.now() + (options.time_ms ?? TIME_MS);
  const answers = new Map<string, number>();
  const reached = new Reached(coverage);
  let withRows = 0;
  let databases = 0;
  const failures: string[] = [];
  // Some databases say nothing, as both statements fail on them: others are made in their stead. And where all
  // answers were alike so far, conditions that few rows meet may be reached by more.
  const enough = (): boolean =>
    databases >= wanted &&
    isVaried(answers) &&
    (reached.isComplete() || (databases >= 2 * wanted && reached.missing().length === 0));
  for (let number = 0; !enough() && number < (databases < wanted ? 2 : MORE) * wanted; number++) {
    options.signal?.throwIfAborted();
    if (Date.now() > until && databases >= wanted) break;
    if (Date.now() > until)
      return { verdict: "not-tried", why: `only ${databases} of ${wanted} databases could be tried in the time given` };
    const random = randomOf(options.seed ?? 1, `database ${number}`);
    const zone = random.pick(ZONES);
    const rows = drawRows(tables, random, shapes.of(number, random));
    const bound = bindings(parameters, random);
    const query = (sql: string): string => withParameters(sql, bound);
    const queries: readonly [string, string] = [query(trial.before), query(trial.after)];
    const more = reached.queries().map(query);
    const found = await attempt(session, { zone, rows, queries: [...queries, ...more] });
    if (!found.ok) return { verdict: "not-tried", why: found.why };
    const [one, other] = [found.answers[0] ?? [], found.answers[1] ?? []];
    reached.add(found.answers.slice(2), found.seen);
    const check = number < wanted / 4 && rows.length > 1;
    const again = check ? await attempt(session, { zone, rows, queries, scrambled: true }) : null;
    // A key that two rows want goes to the first: then other rows are there, and nothing follows.
    const comparable = again?.ok === true && found.kept === rows.length && again.kept === rows.length ? again : null;
    if (comparable !== null && !isSteady(one, comparable.answers[0])) return { verdict: "not-tried", why: UNSTEADY };
    if (isDifferent(one, other) && !sameAnswer(one, other, trial.ordered))
      return await differs(session, queries, trial, bound, { zone, rows, before: one, after: other });
    if (comparable !== null && !isSteady(other, comparable.answers[1])) return { verdict: "not-tried", why: LOOSE };
    if (failed(one)) {
      failures.push(one);
      continue;
    }
    databases++;
    if (one.length > 0) withRows++;
    const text = sorted(one).join("\n");
    answers.set(text, (answers.get(text) ?? 0) + 1);
  }
  if (databases < wanted)
    return {
      verdict: "not-tried",
      why: `the statement fails on most rows that were tried (SQLSTATE ${failures[0] ?? "?"})`,
    };
  if (!isVaried(answers))
    return {
      verdict: "not-tried",
      why: "the rows that were made never reached what the statement asks for: all answers were alike",
    };
  const [missing] = reached.missing();
  if (missing !== undefined) return { verdict: "not-tried", why: `no rows that were made ever decided ${missing}` };
  return { verdict: "equivalent-on-twin", databases, withRows };
}

/** The clocks of sessions: none, ones put forward and back, and one that is off by no whole hour. */
const ZONES = ["UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"];

const UNSTEADY =
  "the statement itself gives other rows when the same rows lie in another order (LIMIT or a pick without an order that decides)";
const LOOSE = "the other statement gives other rows when the same rows lie in another order";

function isVaried(answers: ReadonlyMap<string, number>): boolean {
  if (answers.size >= ANSWERS_MIN) return true;
  return answers.size === 2 && [...answers.values()].every((times) => times >= SEEN_MIN);
}

/**
 * Whether what both gave may count as a difference. That an overflow no longer happens does not: `a + 1 > 2` is rightly
 * written as `a > 1`. Any other failure that comes or goes does.
 */
const isDifferent = (before: Answer, _after: Answer): boolean => before !== "22003" && before !== "22008";

const isSteady = (first: Answer, second: Answer | undefined): boolean =>
  second === undefined || sameAnswer(first, second, false);

async function differs(
  session: Session,
  queries: readonly [string, string],
  trial: DifferentialTrial,
  bound: readonly (string | null)[],
  first: Difference,
): Promise<Equivalence> {
  const last = await smallest(session, queries, trial.ordered, isDifferent, first);
  const { zone, rows, before, after } = last;
  const scrambled: Attempted = await attempt(session, { zone, rows, queries, scrambled: true });
  if (scrambled.ok && scrambled.kept === rows.length && !isSteady(before, scrambled.answers[0]))
    return { verdict: "not-tried", why: UNSTEADY };
  const text = (answer: Answer): readonly string[] => (failed(answer) ? [`error ${answer}`] : answer);
  const setting = zone === "UTC" ? [] : [`SET TimeZone = '${zone}'`];
  return {
    verdict: "not-equivalent",
    counterexample: {
      inserts: [...setting, ...rows.map(insertOf)],
      before: text(before),
      after: text(after),
      ...(bound.length === 0 ? {} : { parameters: bound }),
    },
  };
}

type Prepared =
  | {
      readonly ok: true;
      readonly tables: readonly TrialTable[];
      readonly parameters: readonly Parameter[];
      readonly coverage: Coverage;
      readonly shapes: Shapes;
    }
  | { readonly ok: false; readonly why: string };

async function prepare(session: Session, view: CatalogView, { before, after }: DifferentialTrial): Promise<Prepared> {
  const nodes: Node[] = [];
  for (const sql of [before, after]) {
    const parsed = await parseSql(sql);
    const node = parsed.ok && parsed.value.length === 1 ? parsed.value[0]?.node : undefined;
    if (node === undefined || !("SelectStmt" in node)) return { ok: false, why: "only SELECT statements are tried" };
    if (node.SelectStmt.lockingClause !== undefined) return { ok: false, why: "it locks rows" };
    nodes.push(node);
  }
  const involved = await involvedTables(nodes, view);
  if (!involved.ok) return involved;
  const volatile = await volatileFunction(session, nodes);
  if (volatile !== null) return { ok: false, why: `it calls ${volatile}, which gives another value each time` };
  const all = [...nodes, ...involved.definitions];
  const constants = [...constantsOf(all), ...(await momentsOf(session, all))];
  const { constants: byColumn, groups } = constantsByColumn(all);
  const wanted = { all: constants, byColumn, groups, asked: askedColumns(all) };
  const trial = trialTables(involved.tables, view, wanted);
  if (!trial.ok) return trial;
  const columns = await columnsOf(session, [before, after]);
  if (columns.why !== null) return { ok: false, why: columns.why };
  await makeReady(session);
  await session.execute(trial.tables.map(({ name }) => `ALTER TABLE ${name} DISABLE TRIGGER USER`).join(";"));
  const parameters = await parametersOf(session, view, { before, after }, trial.tables, constants);
  const coverage = await coverageOf(
    nodes,
    (sql) => isAccepted(session, withoutParameters(sql)),
    checksOf(involved.tables),
  );
  return {
    ok: true,
    tables: await withValidValues(session, trial.tables),
    parameters,
    coverage,
    shapes: shapesOf(all),
  };
}

const checksOf = (tables: readonly TableView[]): readonly Checked[] =>
  tables.flatMap(({ constraints }) =>
    constraints.flatMap(({ expression, columns }) =>
      expression === null ? [] : [{ columns, constants: literals(expression) }],
    ),
  );

// Whether the server can plan it.
async function isAccepted(session: Session, sql: string): Promise<boolean> {
  await session.execute("BEGIN");
  try {
    await session.execute(`EXPLAIN ${sql}`);
    return true;
  } catch (error) {
    if (!isSqlState((error as { code?: string }).code)) throw error;
    return false;
  } finally {
    await session.execute("ROLLBACK");
  }
}

// The server knows of its own functions.
async function volatileFunction(session: Session, nodes: readonly Node[]): Promise<string | null> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT proname::text AS name FROM pg_catalog.pg_proc
     WHERE proname = ANY ($1::text[]) AND provolatile = 'v' AND pronamespace = 'pg_catalog'::regnamespace LIMIT 1`,
    [[...calledFunctions(nodes)]],
  );
  return rows[0]?.name ?? null;
}

// Whether a column that cannot be filled may matter: it is named, or rows are compared as wholes.
function askedColumns(nodes: readonly Node[]): (column: string) => boolean {
  const names = new Set<string>();
  let whole = false;
  for (const root of nodes)
    for (const { type, node } of nodesOf(root)) {
      if (type === "ColumnRef")
        for (const field of (node["fields"] ?? []) as readonly { String?: { sval?: string } }[])
          names.add(field.String?.sval ?? "*");
      if (node["distinctClause"] !== undefined || node["larg"] !== undefined) whole = true;
    }
  return (column) => names.has(column) || (whole && names.has("*"));
}

// Both must give columns of the same names and types, whatever the rows.
async function columnsOf(session: Session, statements: readonly string[]): Promise<{ readonly why: string | null }> {
  const shapes: string[] = [];
  for (const sql of statements) {
    await session.execute("BEGIN");
    try {
      await session.execute(`CREATE TEMPORARY VIEW dbwright_shape AS SELECT * FROM (${withoutParameters(sql)}\n) AS r`);
      const { rows } = await session.query(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'pg_temp.dbwright_shape'::regclass AND attnum > 0 ORDER BY attnum",
      );
      shapes.push(JSON.stringify(rows));
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!isSqlState(code)) throw error;
      // A view's columns need different names, and those of values without a type cannot be told.
      if (code === "42701") shapes.push("");
      else return { why: `the server refused it (SQLSTATE ${code}): ${message}` };
    } finally {
      await session.execute("ROLLBACK");
    }
  }
  const [first, second] = shapes;
  return {
    why:
      first === second || first === "" || second === "" ? null : "the columns that both give have other names or types",
  };
}
