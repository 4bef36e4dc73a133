import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import type { Equivalence } from "../../tune/rewrites/rewrite.ts";
import { randomOf } from "../rows/random.ts";
import { drawRows, trialTables } from "./rows.ts";
import type { TrialRow, TrialTable } from "./rows.ts";
import { constantsOf, momentsOf } from "./constants.ts";
import { bind, parametersOf, withoutParameters } from "./parameters.ts";
import type { Parameter } from "./parameters.ts";
import { involvedTables } from "./tables.ts";

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
/** How many times as many databases as wanted are made at most, where their answers are alike. */
const MORE = 4;

// Inserts rows (those that a constraint refuses are left out) and answers what both statements give, row by row as text.
const TRY = `
  CREATE FUNCTION pg_temp.dbwright_rows(query text) RETURNS text[] LANGUAGE plpgsql AS $dbwright$
  DECLARE answer text[];
  BEGIN
    EXECUTE 'SELECT coalesce(array_agg(r::text), ''{}'') FROM (' || query || ') AS r' INTO answer;
    RETURN answer;
  EXCEPTION WHEN data_exception OR cardinality_violation OR invalid_text_representation THEN
    RETURN ARRAY[NULL, SQLSTATE];
  END $dbwright$;
  CREATE FUNCTION pg_temp.dbwright_insert(inserts text[]) RETURNS int LANGUAGE plpgsql AS $dbwright$
  DECLARE
    one text;
    own int;
    kept int := 0;
  BEGIN
    FOREACH one IN ARRAY inserts LOOP
      BEGIN
        EXECUTE one;
        GET DIAGNOSTICS own = ROW_COUNT;
        kept := kept + own;
      EXCEPTION WHEN integrity_constraint_violation OR data_exception OR raise_exception THEN
        NULL;
      END;
    END LOOP;
    RETURN kept;
  END $dbwright$`;

interface Answers {
  readonly before: readonly (string | null)[];
  readonly after: readonly (string | null)[];
}

/**
 * Tries on many small databases whether two statements answer the same: as bags of rows, and in order where that is
 * decided. Rows are adversarial: NULLs, duplicates, empty tables, the statements' own constants and what lies next to
 * them, missing partners. `session` is the owner's, in a database that holds the schema and no rows; every trial is
 * taken back. A difference is cut down to the fewest rows that still show it.
 *
 * That all agree is evidence and no proof: the argument of a rewrite has to hold besides.
 */
export async function tryEquivalent(
  session: Session,
  view: CatalogView,
  trial: DifferentialTrial,
  options: DifferentialOptions = {},
): Promise<Equivalence> {
  const prepared = await prepare(session, view, trial);
  if (!prepared.ok) return { verdict: "not-tried", why: prepared.why };
  const { tables, parameters } = prepared;
  const wanted = options.databases ?? DATABASES;
  const until = Date.now() + (options.time_ms ?? TIME_MS);
  const answers = new Set<string>();
  let withRows = 0;
  let databases = 0;
  const failures: string[] = [];
  // Some databases say nothing, as the first statement fails on them: others are made in their stead. And where all
  // answers were alike so far, conditions that few rows meet may be reached by more.
  const enough = (): boolean => databases >= wanted && answers.size >= ANSWERS_MIN;
  for (let number = 0; !enough() && number < (databases < wanted ? 2 : MORE) * wanted; number++) {
    options.signal?.throwIfAborted();
    if (Date.now() > until && databases >= wanted) break;
    if (Date.now() > until)
      return { verdict: "not-tried", why: `only ${databases} of ${wanted} databases could be tried in the time given` };
    const random = randomOf(options.seed ?? 1, `database ${number}`);
    const rows = drawRows(tables, random);
    const bound = { ...trial, ...bind(trial, parameters, random) };
    const found = await answersWith(session, rows, bound, number < wanted / 4);
    if (found.kind === "refused") return { verdict: "not-tried", why: found.why };
    if (found.kind === "unsteady") return { verdict: "not-tried", why: UNSTEADY };
    if (found.answers.before[0] === null) {
      failures.push(found.answers.before[1] ?? "");
      continue;
    }
    databases++;
    if (found.answers.before.length > 0) withRows++;
    answers.add(sorted(found.answers.before).join("\n"));
    if (!same(found.answers, trial.ordered)) return await smallest(session, rows, bound);
  }
  if (databases < wanted)
    return {
      verdict: "not-tried",
      why: `the statement fails on most rows that were tried (SQLSTATE ${failures[0] ?? "?"})`,
    };
  if (answers.size < ANSWERS_MIN)
    return {
      verdict: "not-tried",
      why: "the rows that were made never reached what the statement asks for: all answers were alike",
    };
  return { verdict: "equivalent-on-twin", databases, withRows };
}

const UNSTEADY =
  "the statement itself gives other rows when the same rows lie in another order (LIMIT or a pick without an order that decides)";

function same({ before, after }: Answers, ordered: boolean): boolean {
  if (before.length !== after.length) return false;
  const [left, right] = ordered ? [before, after] : [sorted(before), sorted(after)];
  return left.every((row, place) => row === right[place]);
}

const sorted = (rows: readonly (string | null)[]): readonly (string | null)[] =>
  rows.toSorted((a, b) => ((a ?? "") < (b ?? "") ? -1 : 1));

type Prepared =
  | { readonly ok: true; readonly tables: readonly TrialTable[]; readonly parameters: readonly Parameter[] }
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
  const constants = [...constantsOf(nodes), ...(await momentsOf(session, nodes))];
  const trial = trialTables(involved.tables, view, constants);
  if (!trial.ok) return trial;
  const columns = await columnsOf(session, [before, after]);
  if (columns.why !== null) return { ok: false, why: columns.why };
  await session.execute(
    `${(await isReady(session)) ? "" : TRY};${trial.tables.map(({ name }) => `ALTER TABLE ${name} DISABLE TRIGGER USER`).join(";")}`,
  );
  const parameters = await parametersOf(session, view, { before, after }, trial.tables, constants);
  return { ok: true, tables: trial.tables, parameters };
}

async function isReady(session: Session): Promise<boolean> {
  const found = await session.query<{ there: boolean }>(
    "SELECT to_regprocedure('pg_temp.dbwright_rows(text)') IS NOT NULL AS there",
  );
  return found.rows[0]?.there === true;
}

// Both must give columns of the same names and types, whatever the rows.
async function columnsOf(session: Session, statements: readonly string[]): Promise<{ readonly why: string | null }> {
  const shapes: string[] = [];
  for (const sql of statements) {
    await session.execute("BEGIN");
    try {
      await session.execute(`CREATE TEMPORARY VIEW dbwright_shape AS SELECT * FROM (${withoutParameters(sql)}) AS r`);
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

type Found =
  | { readonly kind: "answers"; readonly answers: Answers }
  | { readonly kind: "unsteady" }
  | { readonly kind: "refused"; readonly why: string };

async function answersWith(
  session: Session,
  rows: readonly TrialRow[],
  trial: DifferentialTrial,
  checkOrder: boolean,
): Promise<Found> {
  const inserts = rows.map(({ sql }) => sql);
  await session.execute(`BEGIN; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  try {
    await session.query("SELECT pg_temp.dbwright_insert($1::text[])", [inserts]);
    const found = await session.query<{ before: (string | null)[]; after: (string | null)[] }>(
      "SELECT pg_temp.dbwright_rows($1) AS before, pg_temp.dbwright_rows($2) AS after",
      [trial.before, trial.after],
    );
    const answers: Answers = found.rows[0] ?? { before: [], after: [] };
    if (checkOrder && rows.length > 1 && !(await isSteady(session, inserts, trial, answers)))
      return { kind: "unsteady" };
    return { kind: "answers", answers };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!isSqlState(code)) throw error;
    return {
      kind: "refused",
      why: code === "57014" ? "it ran too long on a few rows" : `the server refused it (SQLSTATE ${code}): ${message}`,
    };
  } finally {
    await session.execute("ROLLBACK");
  }
}

// The same rows in another order on disk, and other ways of reading them.
async function isSteady(
  session: Session,
  inserts: readonly string[],
  trial: DifferentialTrial,
  answers: Answers,
): Promise<boolean> {
  await session.execute(
    "ROLLBACK; BEGIN; SET LOCAL statement_timeout = 2000; SET LOCAL enable_hashjoin = off; SET LOCAL enable_hashagg = off; SET LOCAL enable_seqscan = off",
  );
  const inserted = await session.query<{ kept: number }>("SELECT pg_temp.dbwright_insert($1::text[]) AS kept", [
    inserts.toReversed(),
  ]);
  // A key that two rows want goes to the first: then other rows are there, and nothing follows.
  if (inserted.rows[0]?.kept !== inserts.length) return true;
  const again = await session.query<{ before: (string | null)[] }>("SELECT pg_temp.dbwright_rows($1) AS before", [
    trial.before,
  ]);
  return same({ before: again.rows[0]?.before ?? [], after: answers.before }, false);
}

// Rows are taken away one after the other for as long as the difference stays (Zeller's ddmin with single steps).
async function smallest(session: Session, rows: readonly TrialRow[], trial: DifferentialTrial): Promise<Equivalence> {
  let kept = [...rows];
  let last = await answersOf(session, kept, trial);
  for (let changed = true; changed;) {
    changed = false;
    for (let place = kept.length - 1; place >= 0; place--) {
      const fewer = kept.filter((_, index) => index !== place);
      const answers = await answersOf(session, fewer, trial);
      if (answers === null || answers.before[0] === null || same(answers, trial.ordered)) continue;
      kept = fewer;
      last = answers;
      changed = true;
    }
  }
  const inserts = kept.map(({ sql }) => sql);
  await session.execute(`BEGIN; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  const steady = last === null || (await isSteady(session, inserts, trial, last));
  await session.execute("ROLLBACK");
  if (!steady) return { verdict: "not-tried", why: UNSTEADY };
  const text = (answer: readonly (string | null)[]): string[] => answer.map((row) => row ?? "error");
  return {
    verdict: "not-equivalent",
    counterexample: {
      inserts: inserts.map((sql) => sql.replace(/ ON CONFLICT DO NOTHING$/, "")),
      before: text(last?.before ?? []),
      after: text(last?.after ?? []),
    },
  };
}

async function answersOf(
  session: Session,
  rows: readonly TrialRow[],
  trial: DifferentialTrial,
): Promise<Answers | null> {
  const found = await answersWith(session, rows, trial, false);
  return found.kind === "answers" ? found.answers : null;
}
