import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import { readPastedPlan } from "../../formats/explain/pasted.ts";
import { isTextPlan } from "../../formats/explain/read.ts";
import { decodeText } from "../../formats/encoding/decode.ts";
import type { ActionContext } from "../../model/action.ts";
import { invalid, unavailable } from "../../model/error.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import { looksLikeSql } from "../../sql/looks-like-sql.ts";
import { highestParameter } from "../../sql/parameter-number.ts";
import { loadStatementForm } from "../../sql/fingerprint.ts";
import type { Verb } from "../../model/workload.ts";
import { LazyServer } from "../lazy-server.ts";
import { meansConnection, parseSource } from "../load/address.ts";
import { readSource } from "../source.ts";

/** What is explained and how. */
export interface PlanRequest {
  /** A live database, SQL (run on the twin), or where there is no query a plan in a file. */
  readonly source: string;
  /** SQL text, a file of it, or `-`; null where the source is a plan. */
  readonly query: string | null;
  /** Values of `$1`, `$2` … */
  readonly values: readonly string[];
  /** Whether to run the query in a live database; on the twin it is run anyway. */
  readonly analyse: boolean;
  readonly timeout_ms: number;
  readonly engine?: string | undefined;
  readonly twin?: string | undefined;
}

/** A plan with how it was come by. */
export interface FoundPlan {
  readonly plan: QueryPlan;
  /** The server's JSON, or the one made of a text. */
  readonly json: unknown;
  /** Null where only the plan is known. */
  readonly sql: string | null;
  /** In a few words: where it ran, or that it did not. */
  readonly how: string;
}

/** Gets the plan of a query, or reads one that was saved or pasted. Throws `invalid` (exit 2) or `unavailable` (exit 3). */
export async function findPlan(request: PlanRequest, context: ActionContext): Promise<FoundPlan> {
  if (request.query === null) {
    if (request.analyse || request.values.length > 0) throw withoutQuery(request.analyse ? "--analyze" : "--value");
    return await savedPlan(request.source, context);
  }
  const sql = await queryText(request.query, context);
  const form = (await loadStatementForm())(sql);
  if (form === null || form.verb === "other") {
    throw invalid({
      what:
        form === null
          ? "this is not one SQL statement that PostgreSQL's grammar reads"
          : "only SELECT, INSERT, UPDATE, DELETE and MERGE have a plan",
      where: sql === "" || request.query.length > 60 || request.query.includes("\n") ? "the query" : request.query,
      expected: "one SELECT, INSERT, UPDATE, DELETE or MERGE",
      ...(/^\s*explain\b/i.test(sql) ? { mend: "leave EXPLAIN and its options out: they are added here" } : {}),
    });
  }
  const address = parseSource(request.source);
  if (address.kind === "live") return await explainLive(address.url, sql, form.verb, request, context);
  return await explainOnTwin(sql, request, context);
}

const withoutQuery = (option: string): Error =>
  invalid({
    what: "there is no query that it is about",
    where: option,
    expected: `dbwright explain SOURCE "SELECT …" ${option}`,
  });

async function savedPlan(source: string, context: ActionContext): Promise<FoundPlan> {
  const text = source === "-" ? await context.stdin() : await fileText(source, context);
  const isSource = text !== null && /\.sql$/i.test(source) && !isTextPlan(text);
  if (text === null || isSource) {
    throw invalid({
      what:
        text === null
          ? "there is no such file, and a source needs a query"
          : "this is SQL and no plan: a source needs a query",
      // A connection may hold a password.
      where: /:\/\//.test(source) || meansConnection(source) ? "the source" : source,
      expected: "a file with a plan (text or JSON), - for standard input, or a source and a query",
      mend: `dbwright explain SOURCE "SELECT …"`,
    });
  }
  const json = readPastedPlan(text);
  const sql = (json as readonly Record<string, unknown>[])[0]?.["Query Text"];
  const how = json.length === 1 ? "a plan as it was given" : `the first of ${json.length} plans that were given`;
  return { plan: readQueryPlan(json), json, sql: typeof sql === "string" ? sql : null, how };
}

async function fileText(source: string, context: ActionContext): Promise<string | null> {
  const path = resolve(context.cwd, source);
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? decodeText(await readFile(path)) : null;
}

async function queryText(query: string, context: ActionContext): Promise<string> {
  if (query === "-") return bare(await context.stdin());
  const text = looksLikeSql(query) ? null : await fileText(query, context);
  if (text !== null) return bare(text);
  if (/^[\w./\\-]+\.sql$/i.test(query))
    throw invalid({ what: "there is no such file", where: query, expected: "a file with one SQL statement" });
  return bare(query);
}

const bare = (text: string): string => text.replace(/;\s*$/, "").trim();

async function explainLive(
  url: string,
  sql: string,
  verb: Verb,
  request: PlanRequest,
  context: ActionContext,
): Promise<FoundPlan> {
  if (request.analyse && verb !== "select") {
    throw invalid({
      what: `a statement that writes (${verb}) is not run in a live database`,
      where: "--analyze",
      expected: "a SELECT",
      mend: "leave --analyze out to see the plan, or give SQL with rows as the source, which is run on a twin",
    });
  }
  const session = await connect({ url, signal: context.signal });
  try {
    const how = request.analyse ? "run in the live database, read-only" : "planned by the live database, not run";
    return { ...(await explained(session, sql, request, { run: request.analyse, mode: "READ ONLY" })), how };
  } finally {
    await session.close();
  }
}

async function explainOnTwin(sql: string, request: PlanRequest, context: ActionContext): Promise<FoundPlan> {
  const server = new LazyServer(request, context);
  try {
    const { database, kind } = await readSource(request.source, {
      server: () => server.open(null),
      cwd: context.cwd,
      signal: context.signal,
      progress: context.progress,
      rows: true,
    });
    if (database === undefined) {
      throw invalid({
        what: `a source of this kind (${kind}) has no server to plan the query`,
        where: /:\/\//.test(request.source) || meansConnection(request.source) ? "the source" : request.source,
        expected: "a postgres:// URL, or SQL files (run on a twin, with their rows)",
      });
    }
    const session = await database.connect("owner");
    try {
      await session.execute("ANALYZE");
      return {
        ...(await explained(session, sql, request, { run: true, mode: "READ WRITE" })),
        how: "run on a twin with the rows of the source",
      };
    } finally {
      await session.close();
    }
  } finally {
    await server.close();
  }
}

// Whatever the statement does is taken back; a live one may not write to begin with.
async function explained(
  session: Session,
  sql: string,
  { values, timeout_ms }: PlanRequest,
  { run, mode }: { readonly run: boolean; readonly mode: "READ ONLY" | "READ WRITE" },
): Promise<Omit<FoundPlan, "how">> {
  const needed = highestParameter(sql);
  const generic = needed > 0 && values.length === 0;
  if ((generic && run) || (needed !== values.length && !generic)) throw valuesMissing(needed, values.length);
  if (generic && session.versionNumber < 160_000) throw valuesMissing(needed, 0);
  const options = generic ? "GENERIC_PLAN" : run ? "ANALYZE, BUFFERS" : "COSTS";
  await session.execute(
    `BEGIN ${mode}; SET LOCAL statement_timeout = ${Math.round(timeout_ms)}; SET LOCAL lock_timeout = '2s'`,
  );
  try {
    const found = await session.query<{ "QUERY PLAN": unknown }>(
      `EXPLAIN (${options}, VERBOSE, SETTINGS, FORMAT JSON) ${sql}`,
      generic ? [] : values,
    );
    const json = found.rows[0]?.["QUERY PLAN"];
    return { plan: readQueryPlan(json), json, sql };
  } catch (error) {
    throw refusal(error, timeout_ms, mode);
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

function valuesMissing(needed: number, given: number): Error {
  return invalid({
    what: `the query has ${needed} ${needed === 1 ? "parameter" : "parameters"} and ${given} ${given === 1 ? "value was" : "values were"} given`,
    where: "--value",
    expected: `${needed <= 1 ? "a value for $1" : `a value for each of $1 to $${needed}`} (or none, for the plan of a prepared statement, from PostgreSQL 16 and without running it)`,
  });
}

function refusal(error: unknown, timeout_ms: number, mode: "READ ONLY" | "READ WRITE"): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === "57014") {
    return invalid(
      {
        what: `the query was cut off after ${timeout_ms / 1_000} s`,
        where: "the query",
        mend:
          mode === "READ ONLY"
            ? "a longer --timeout, or leave --analyze out to see the plan without running it"
            : "a longer --timeout, or a live database as the source, which plans without running",
      },
      { cause: error },
    );
  }
  if (code === "25006")
    return invalid(
      { what: `the query writes, which this transaction may not: ${message}`, where: "the query" },
      { cause: error },
    );
  if (code === undefined || !/^(?:42|22|0A|2[0-9A-Z]|P0|3F|55)/.test(code)) return error;
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code) || /^(?:57P0|08|53|58|XX)/.test(code))
    return unavailable(
      { what: `the server did not finish the query: ${message}`, where: "the query" },
      { cause: error },
    );
  return invalid(
    { what: `the server refused it (SQLSTATE ${code}): ${message}`, where: "the query" },
    { cause: error },
  );
}
