import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { invalid, unavailable } from "../model/error.ts";
import type { Plan } from "../model/plan.ts";
import type { Proof } from "../model/proof.ts";
import type { Statistics } from "../model/statistics.ts";
import { LazyServer } from "../twin/lazy-server.ts";
import type { ReadSource } from "../twin/source.ts";

const SOURCE =
  "a postgres:// URL, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH";

const input = z.object({
  from: z.string().describe(`what there is: ${SOURCE}`),
  to: z.string().describe("what is wanted: a source of the same kinds"),
  direct: z.boolean().default(false).describe("the shortest script, whatever it locks or rewrites"),
  rename: z
    .array(z.string())
    .optional()
    .describe("an object that keeps its rows under another name: public.task.title=name, public.task=public.job"),
  engine: z.string().optional().describe("what SQL files are written for, e.g. postgres@16"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  prove: z.boolean().default(true).describe("do not try the plan on a twin"),
  rows: z.number().int().min(0).max(100_000).default(20).describe("synthetic rows in each table for the proof"),
  out: z.string().optional().describe("the file to write to (default: standard output)"),
});

type Options = z.output<typeof input>;

/** What `diff` prints with `--json`. */
interface DiffOutput extends Plan {
  /** What the proof observed; null where there was nothing to prove or it was not wanted. */
  readonly proof: Proof | null;
  readonly script: string;
  /** The file it was written to, or null. */
  readonly out: string | null;
}

// Loaded at their use: help and other commands need none of them.
const parts = async () => ({
  ...(await import("../twin/make-plan/make-plan.ts")),
  ...(await import("../twin/dialect.ts")),
  ...(await import("../twin/source.ts")),
  ...(await import("../diff/rename-requests.ts")),
  ...(await import("../formats/plan/write.ts")),
});

async function runDiff(options: Options, context: ActionContext): Promise<DiffOutput> {
  const load = await parts();
  const twin = new LazyServer(options, context);
  try {
    const [from, to] = await readBoth(options, context, twin, load.readSource);
    const dialect = await load.dialectOf(from.catalog);
    if (from.catalog.engine.name !== "postgres" || to.catalog.engine.name !== "postgres") {
      throw invalid({
        what: `a plan from ${from.catalog.engine.name} to ${to.catalog.engine.name} is not made by this version`,
        where: "FROM and TO",
        expected: "two PostgreSQL schemas",
      });
    }
    const requests = [
      ...(options.rename ?? []).map((text) => ({ text, where: "--rename" })),
      ...(to.load?.scripts ?? []).flatMap(({ text, file }) => load.renamesIn(text, file)),
    ];
    const made = await load.makePlan({
      from,
      to,
      planning: { dialect, direct: options.direct, statistics: await statisticsOf(options.from, from, context) },
      renames: load.renameRequests(requests, from.catalog, to.catalog),
      prove: options.prove,
      rows: options.rows,
      server: () => twin.open(from.catalog),
      searchPath: context.searchPath,
      signal: context.signal,
      progress: context.progress,
    });
    if (made.appended > 0)
      context.progress.note(`${made.appended} steps were found only by running the plan on the twin; they stand at its end`);
    const script = load.writePlan(made.plan, {
      from: shown(options.from),
      to: shown(options.to),
      remarks: remarksOf(made.proof, made.plan, options),
    });
    if (options.out !== undefined) await save(resolve(context.cwd, options.out), options.out, script);
    warn(made.proof, made.plan, context);
    return { ...made.plan, proof: made.proof, script, out: options.out ?? null };
  } finally {
    await twin.close();
  }
}

// A live database first: files are then run on a server of its version.
async function readBoth(
  options: Options,
  context: ActionContext,
  twin: LazyServer,
  readSource: typeof import("../twin/source.ts").readSource,
): Promise<readonly [ReadSource, ReadSource]> {
  let live: ReadSource | null = null;
  const read = async (source: string): Promise<ReadSource> => {
    const found = await readSource(source, {
      server: () => twin.open(live?.catalog ?? null),
      cwd: context.cwd,
      signal: context.signal,
      progress: context.progress,
      engine: twin.engine,
      ...(options.schemas === undefined ? {} : { schemas: options.schemas }),
    });
    for (const note of found.notes) context.progress.note(`${shown(source)}: ${note}`);
    if (found.kind === "live") live ??= found;
    return found;
  };
  if (!isUrl(options.from) && isUrl(options.to)) {
    const to = await read(options.to);
    return [await read(options.from), to];
  }
  const from = await read(options.from);
  return [from, await read(options.to)];
}

const isUrl = (source: string): boolean => /^postgres(?:ql)?:\/\//i.test(source);

// A source without what must not be shown.
function shown(source: string): string {
  if (!isUrl(source)) return source;
  try {
    const url = new URL(source);
    return `${url.protocol}//${url.username === "" ? "" : `${url.username}@`}${url.host}${url.pathname}`;
  } catch {
    return "a live database";
  }
}

async function statisticsOf(source: string, { kind, catalog }: ReadSource, context: ActionContext): Promise<Statistics | null> {
  if (kind !== "live" || !isUrl(source)) return null;
  const { connect } = await import("../engines/postgres/driver.ts");
  const { readStatistics } = await import("../engines/postgres/statistics.ts");
  const session = await connect({ url: source, signal: context.signal });
  try {
    return await readStatistics(session, catalog, { signal: context.signal });
  } catch (error) {
    context.signal.throwIfAborted();
    context.progress.note(
      `the sizes of tables could not be read, so each may be large: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  } finally {
    await session.close();
  }
}

function remarksOf(proof: Proof | null, plan: Plan, options: Options): string[] {
  if (plan.steps.length === 0) return [];
  if (!options.prove) return ["Not proved: --no-prove"];
  if (proof === null) return [];
  const { description } = { description: proof.twin.server };
  if (proof.verdict === "proved") return [`Proved on ${description}: it leads to the wanted schema, and planning again finds nothing`];
  return [`${proof.verdict === "refuted" ? "REFUTED" : "Not proved"} on ${description}: ${proof.reason ?? "no reason"}`];
}

function warn(proof: Proof | null, plan: Plan, { progress }: ActionContext): void {
  if (proof?.verdict === "refuted") progress.note(`this script was REFUTED on the twin: ${proof.reason ?? "no reason"}`);
  for (const { what, why } of plan.unreachable) progress.note(`no statement makes this change: ${what}: ${why}`);
  for (const { flag, from, to, why } of plan.likelyRenames)
    progress.note(`is ${from} now called ${to} (${why})? Then say --rename ${flag}; else its rows are lost`);
}

async function save(path: string, shownPath: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unavailable({ what: `the script cannot be written (${code})`, where: shownPath }, { cause: error });
  }
}

function render(output: DiffOutput, style: Style): string {
  if (output.out === null) return output.script.replace(/\n$/, "");
  return `${style.bold(output.out)}: ${output.steps.length} steps`;
}

/** From one schema to another, safely and proved. */
export const diffAction: Action = action({
  name: "diff",
  summary: "Plan a safe, ordered and proved migration from one schema to another",
  description: `Compares two sources and prints the statements that lead from the first to the second, as a script for
psql. Nothing is run in either of them: a live database is only read.

Changes that would keep readers or writers waiting, or read or write a whole table under a lock, are made in a longer
and safer way unless --direct. Each step says in a comment what it locks, when it may run in a rollout and what it
destroys; --json says all of it, with each step's undo.

The plan is tried on a twin: a scratch server builds FROM, runs every step, compares the outcome with TO by three
independent means, plans again and takes it all back. A plan that was refuted is printed with exit code 1 and says so.

What looks like a rename is offered and never assumed: without --rename, or a line "-- dbwright:rename
public.task.title=name" in TO, it is a drop and a create.`,
  examples: [
    { command: "diff postgres://app@localhost/shop schema.sql", what: "what brings a live database to a schema file" },
    { command: "diff git:main:db/schema.sql db/schema.sql --direct", what: "what a branch changed, in the fewest statements" },
    {
      command: "diff old.sql new.sql --rename public.task.title=name --out migration.sql",
      what: "a column keeps its values under a new name",
    },
    { command: "diff migrations postgres://app@localhost/shop --json", what: "how far a live database is from its migrations" },
  ],
  effect: "reads",
  input,
  positionals: ["from", "to"],
  run: runDiff,
  render,
  exitCode: ({ proof }) => (proof?.verdict === "refuted" ? 1 : 0),
});
