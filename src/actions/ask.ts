import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext } from "../model/action.ts";
import type { Catalog } from "../model/catalog.ts";
import { invalid, unavailable } from "../model/error.ts";
import type { DatabaseResponse } from "../specialist/ask/answer.ts";
import type { TriedDesign } from "../specialist/ask/from-design.ts";
import type { DatabaseRequest } from "../specialist/ask/request.ts";
import type { ReviewedSource } from "../specialist/review/review-schema.ts";
import { LazyServer } from "../twin/lazy-server.ts";
import { parseEngine, twinRequest } from "../twin/request.ts";

const input = z.object({
  request: z.string().default("-").describe("the request as JSON, or a file that holds it (default: standard input)"),
  source: z.string().optional().describe("what requests that name no source are about, as inspect takes it"),
  brief: z.string().optional().describe("the brief for requests for a design that bring none, by path"),
  engine: z
    .string()
    .optional()
    .describe("what schemas and designs are tried on, e.g. postgres@16; a source may be sqlite"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
});

type Options = z.output<typeof input>;

/** What `ask` prints: the protocol's own envelope. */
interface AskOutput {
  readonly database_response: DatabaseResponse;
}

const REQUEST_BYTES_MAX = 4_000_000;

async function runAsk(options: Options, context: ActionContext): Promise<AskOutput> {
  const { readRequest } = await import("../specialist/ask/request.ts");
  const { text, where } = await requestText(options.request, context);
  const request = readRequest(text, where, options);
  if (request.source !== null) await context.admit?.(request.source, `${where}: payload.source`);
  if (request.brief !== null && "path" in request.brief) {
    await context.admit?.(request.brief.path, `${where}: payload.brief`);
  }
  return {
    database_response:
      request.operation === "review"
        ? await answerReview(request, request.source ?? "", options, context)
        : await answerDesign(request, where, options, context),
  };
}

async function requestText(given: string, context: ActionContext): Promise<{ text: string; where: string }> {
  if (given === "-") return { text: await context.stdin(), where: "standard input" };
  if (/^\s*[{[]/.test(given)) return { text: given, where: "the request" };
  return {
    text: await textOf(resolve(context.cwd, given), given, "a file that holds a request as JSON"),
    where: given,
  };
}

async function textOf(path: string, where: string, expected: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= REQUEST_BYTES_MAX) return bytes.toString("utf8");
    throw invalid({ what: "the file is too large", where, expected: `at most ${REQUEST_BYTES_MAX} bytes` });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT" || code === "EISDIR") {
      const what = code === "EISDIR" ? "it is a folder" : "there is no such file";
      throw invalid({ what, where, expected }, { cause: error });
    }
    throw unavailable({ what: `the file cannot be read (${code})`, where }, { cause: error });
  }
}

const engineOf = ({ engine, twin }: Options): Partial<Options> => ({
  ...(engine === undefined ? {} : { engine }),
  ...(twin === undefined ? {} : { twin }),
});

// The review is the action's own, with its configuration, its proofs and what people set aside.
async function answerReview(
  { query }: DatabaseRequest,
  source: string,
  options: Options,
  context: ActionContext,
): Promise<DatabaseResponse> {
  const { reviewAction } = await import("./review.ts");
  const { answerFromReview } = await import("../specialist/ask/from-review.ts");
  const asked = reviewAction.input.parse({ source, ...engineOf(options) });
  // What `review` hands to its surfaces is a reviewed source, with how to show it.
  const reviewed = (await reviewAction.run(asked, context)) as ReviewedSource;
  return answerFromReview(query, reviewed);
}

async function answerDesign(
  request: DatabaseRequest,
  where: string,
  options: Options,
  context: ActionContext,
): Promise<DatabaseResponse> {
  const { answerFromDesign } = await import("../specialist/ask/from-design.ts");
  const made = request.brief === null ? null : await tryDesign(request.brief, where, options, context);
  const current = request.source === null ? null : await readCurrent(request.source, options, context);
  return answerFromDesign(request.query, current, made);
}

async function readCurrent(source: string, options: Options, context: ActionContext): Promise<Catalog> {
  const { readSource } = await import("../twin/source.ts");
  const twin = new LazyServer(options, context);
  try {
    const { catalog, notes } = await readSource(source, {
      server: () => twin.open(null),
      engine: twin.engine,
      cwd: context.cwd,
      signal: context.signal,
      progress: context.progress,
    });
    for (const note of notes) context.progress.note(note);
    return catalog;
  } finally {
    await twin.close();
  }
}

// Rows enough to see plans and constraints at work; `design` tries more of them.
const ROWS_MAX = 2_000;

async function tryDesign(
  given: NonNullable<DatabaseRequest["brief"]>,
  where: string,
  options: Options,
  context: ActionContext,
): Promise<TriedDesign> {
  const { readBrief } = await import("../formats/brief/read.ts");
  const { design } = await import("../design/design.ts");
  const { postgres } = await import("../engines/postgres/dialect.ts");
  const { implementAndProve } = await import("../specialist/project/prove.ts");
  const [text, name] =
    "text" in given
      ? [given.text, `${where}: payload.brief`]
      : [await textOf(resolve(context.cwd, given.path), given.path, "a YAML brief"), given.path];
  const brief = readBrief(text, name);
  const major = options.engine === undefined ? brief.engine.major : parseEngine(options.engine, "--engine");
  const now = new Date().toISOString();
  const today = now.slice(0, 10);
  const made = await design({ ...brief, engine: { name: brief.engine.name, major } }, postgres, { today });
  const { proof } = await implementAndProve(made, postgres, {
    request: twinRequest(major, options.twin, context),
    rowsMax: ROWS_MAX,
    seed: 1,
    today,
    stamp: now.slice(0, 19).replaceAll(/\D/g, ""),
    signal: context.signal,
    progress: context.progress,
  });
  return { design: made, proof, dialect: postgres };
}

/** Another agent's question about a database, answered in its protocol. */
export const askAction: Action = action({
  name: "ask",
  summary: "Answer another agent's request for database context",
  description: `Reads a request {"requesting_agent", "request_type": "get_database_context", "payload": {"query",
"operation": "review" or "design", "source", "brief"}} and answers {"database_response": {"current_schema",
"recommended_changes", "migration_required", "breaking_changes"}}.

review needs a source, as inspect takes it: current_schema holds the tables that the words of the query name, and
recommended_changes the findings about them, each with its reason, the SQL of its first fix, and whether that was
proved on a scratch server. design takes a brief (a path, its text, or an object): it is designed and proved, and
recommended_changes holds its statements and decisions; with a source, current_schema shows what is there today.
breaking_changes lists what the recommended changes would break for programs that use the schema as it is.`,
  examples: [
    { command: "ask request.json", what: "answer the request in a file" },
    { command: "ask < request.json", what: "answer the request on standard input" },
  ],
  effect: "reads",
  input,
  positionals: ["request"],
  run: runAsk,
  // The answer is for a program, in a terminal too.
  render: (output) => JSON.stringify(output, null, 2),
  exitCode: () => 0,
});
