import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { stat } from "node:fs/promises";
import { z } from "zod";
import { findingsText } from "../formats/findings/text.ts";
import { FINDINGS_FORMATS, writeFindings } from "../formats/findings/write.ts";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { Catalog } from "../model/catalog.ts";
import type { ReviewReport, UnseenPart } from "../model/review.ts";
import type { Statistics } from "../model/statistics.ts";
import type { Rule } from "../rules/rule.ts";
import type { ReviewedSource, SchemaReview } from "../specialist/review/review-schema.ts";
import { LazyServer } from "../twin/lazy-server.ts";
import type { ReadSource } from "../twin/source.ts";

const AREAS = ["schema", "index", "integrity", "security", "privacy", "naming", "operations"] as const;

const input = z.object({
  source: z
    .string()
    .describe(
      "a postgres:// URL, sqlite:PATH or a .db file, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH",
    ),
  failOn: z
    .enum(["error", "warning", "info", "never"])
    .optional()
    .describe(
      "end with exit code 1 when a finding is at least this bad (default: error, or what the configuration says)",
    ),
  format: z
    .enum(FINDINGS_FORMATS)
    .default("text")
    .describe("how findings are written; --json goes before it and writes the report itself"),
  rules: z.array(z.string()).optional().describe("only these rules"),
  notRules: z.array(z.string()).optional().describe("all but these rules"),
  area: z.array(z.enum(AREAS)).optional().describe("only rules about these areas"),
  baseline: z.string().optional().describe("a file of known findings, which are counted and not shown"),
  writeBaseline: z
    .string()
    .optional()
    .describe("write the findings of this run to that file, to be known from now on; ends with exit code 0"),
  config: z.string().optional().describe("the configuration (default: the nearest dbwright.config.* upwards)"),
  engine: z
    .string()
    .optional()
    .describe("what SQL files are run on and fixes are tried on, e.g. postgres@16 or sqlite"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  lenient: z.boolean().default(false).describe("take what loads when the server refuses statements of a SQL file"),
  proveFixes: z.boolean().default(true).describe("do not try the fixes that are called safe on a twin"),
});

type Options = z.output<typeof input>;

/** What `review` hands to its surface: the report, and how it is to be shown. JSON holds the report alone. */
interface ReviewOutput extends ReviewedSource {
  readonly format: Options["format"];
  readonly found: boolean;
  toJSON(): ReviewReport;
}

// Loaded at their use: help and other commands need none of them.
const parts = async () => ({
  ...(await import("../rules/registry.ts")),
  ...(await import("../specialist/review/review-schema.ts")),
  ...(await import("../specialist/review/choose-rules.ts")),
  ...(await import("../specialist/review/all-rule-ids.ts")),
  ...(await import("../specialist/review/configuration.ts")),
  ...(await import("../specialist/review/baseline.ts")),
  ...(await import("../specialist/review/suppress.ts")),
});

async function runReview(options: Options, context: ActionContext): Promise<ReviewOutput> {
  const load = await parts();
  const { RULES } = load;
  const found = await load.readConfiguration(context.cwd, options.config, await load.allRuleIds());
  const choice = { only: options.rules, not: options.notRules, areas: options.area };
  const chosen = load.chooseRules(RULES, choice, found.settings, found.file);
  const baseline = options.baseline === undefined ? null : await load.readBaseline(context.cwd, options.baseline);
  const twin = new LazyServer(options, context);
  try {
    const source = await readWhole(options, context, twin);
    const { catalog } = source;
    const { dialectOf } = await import("../twin/dialect.ts");
    const dialect = await dialectOf(catalog);
    const known = await statisticsOf(options.source, source, context);
    const places = source.load === undefined ? null : await placesIn(source.load.scripts, options.source, context.cwd);
    const reviewed = await load.reviewSchema({
      catalog,
      dialect,
      statistics: known.statistics,
      withoutStatistics: known.why,
      chosen,
      all: RULES,
      configuration: found.settings,
      configurationFile: found.file,
      places,
      baseline,
      unseen: [...unseenIn(source), ...known.unseen],
      prove: options.proveFixes ? proverOf(source, chosen.rules, twin, context) : null,
    });
    await finish(options, context, reviewed);
    const { report, fixes } = reviewed;
    const failOn = options.failOn ?? found.settings.failOn ?? "error";
    return {
      report,
      catalog,
      fixes,
      texts: new Map([...RULES, load.SUPPRESSION].map((rule) => [rule.id, rule])),
      format: options.format,
      found: options.writeBaseline === undefined && load.reaches(report, failOn),
      toJSON: () => report,
    };
  } finally {
    await twin.close();
  }
}

// Fixes are tried on the engine that they are for.
function proverOf(
  { catalog, database }: ReadSource,
  rules: readonly Rule[],
  twin: LazyServer,
  { signal, progress }: ActionContext,
): SchemaReview["prove"] {
  return async (trials, ruleInput) => {
    const common = { rules, input: ruleInput, signal, progress };
    if (catalog.engine.name === "sqlite") {
      const { proveSqliteFixes } = await import("../specialist/review/prove-sqlite-fixes.ts");
      return await proveSqliteFixes(trials, common);
    }
    const { proveFixes } = await import("../specialist/review/prove-fixes.ts");
    return await proveFixes(trials, { ...common, server: () => twin.open(catalog), database: database ?? null });
  };
}

async function readWhole(options: Options, context: ActionContext, twin: LazyServer): Promise<ReadSource> {
  const { readSource } = await import("../twin/source.ts");
  const source = await readSource(options.source, {
    server: () => twin.open(null),
    cwd: context.cwd,
    signal: context.signal,
    progress: context.progress,
    lenient: options.lenient,
    engine: twin.engine,
    ...(options.schemas === undefined ? {} : { schemas: options.schemas }),
  });
  for (const note of source.notes) context.progress.note(note);
  return source;
}

interface KnownStatistics {
  readonly statistics: Statistics | null;
  readonly why: string;
  readonly unseen: readonly UnseenPart[];
}

// A server that does not tell leaves a review of the schema alone, and that is said.
async function statisticsOf(
  source: string,
  { kind, catalog }: ReadSource,
  context: ActionContext,
): Promise<KnownStatistics> {
  if (kind !== "live") return { statistics: null, why: "needs a live server; the source is a file", unseen: [] };
  const task = context.progress.start("reading statistics");
  try {
    const statistics = await liveStatistics(source, catalog, context);
    task.done();
    return { statistics, why: "", unseen: statistics.unseen };
  } catch (error) {
    task.failed();
    context.signal.throwIfAborted();
    const why = `the statistics could not be read: ${error instanceof Error ? error.message : String(error)}`;
    return { statistics: null, why, unseen: [{ what: "statistics", why }] };
  }
}

async function liveStatistics(source: string, catalog: Catalog, { signal, cwd }: ActionContext): Promise<Statistics> {
  if (catalog.engine.name === "sqlite") {
    const { sqliteStatistics } = await import("../twin/sqlite/catalog.ts");
    return await sqliteStatistics(source, cwd, catalog, signal);
  }
  const { connect } = await import("../engines/postgres/driver.ts");
  const { readStatistics } = await import("../engines/postgres/statistics.ts");
  const session = await connect({ url: source, signal });
  try {
    return await readStatistics(session, catalog, { signal });
  } finally {
    await session.close();
  }
}

const NAMED_MAX = 10;

// What the catalog does not hold, a line for each kind and reason.
function unseenIn({ catalog, load }: ReadSource): UnseenPart[] {
  const groups = new Map<string, { readonly what: string; readonly why: string; readonly names: string[] }>();
  const add = (what: string, why: string, name: string): void => {
    const key = JSON.stringify([what, why]);
    const group = groups.get(key) ?? { what, why, names: [] };
    group.names.push(name);
    groups.set(key, group);
  };
  for (const { kind, name } of catalog.unmodelled) {
    const doesNotExpand = /^(.*?): (.*)$/s.exec(kind === "columns of a view that does not expand" ? name : "");
    if (doesNotExpand !== null)
      add("columns of the view ", `it does not expand: ${doesNotExpand[2]}`, doesNotExpand[1] ?? "");
    else if (kind === "not readable") add("", "this user may not read it", name);
    else add(`${kind} `, "no rule looks at this kind of object", name);
  }
  for (const { what, why, file, line } of load?.report.skipped ?? []) add("", why, `${what} (${file}:${line})`);
  for (const { statement, message, file, line } of load?.report.failures ?? [])
    add("", `the server refused it: ${message}`, `${statement} (${file}:${line})`);
  return [...groups.values()].map(({ what, why, names }) => {
    const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
    return { what: `${what}${names.slice(0, NAMED_MAX).join(", ")}${more}`, why };
  });
}

type Scripts = NonNullable<ReadSource["load"]>["scripts"];

// Scripts name their files from where the source lies; readers of a report start where dbwright was started.
async function placesIn(scripts: Scripts, source: string, cwd: string) {
  const { placesOf } = await import("../specialist/review/places.ts");
  const git = /^git:[^:]*:(.*)$/s.exec(source)?.[1];
  const isFolder = git === undefined && (await stat(resolve(cwd, source)).catch(() => null))?.isDirectory() === true;
  const base = isFolder ? source : dirname(git ?? source);
  const named = (file: string): string => {
    if (git !== undefined) return git;
    const path = relative(cwd, resolve(cwd, join(base, file)));
    const shown = path.startsWith("..") || isAbsolute(path) ? join(base, file) : path;
    return shown.split(sep).join("/");
  };
  return await placesOf(scripts.map((script) => ({ ...script, file: named(script.file) })));
}

async function finish(
  options: Options,
  context: ActionContext,
  { fingerprints, outdated }: { readonly fingerprints: readonly string[]; readonly outdated: readonly string[] },
): Promise<void> {
  const { progress, cwd } = context;
  if (options.writeBaseline !== undefined) {
    const { writeBaseline } = await import("../specialist/review/baseline.ts");
    await writeBaseline(cwd, options.writeBaseline, fingerprints);
    progress.note(`${options.writeBaseline}: ${fingerprints.length} findings are known from now on`);
  } else if (outdated.length > 0) {
    progress.note(
      `${options.baseline}: ${outdated.length} of its findings are gone; write it anew with --write-baseline ${options.baseline}`,
    );
  }
}

function render({ report, texts, format }: ReviewOutput, style: Style): string {
  return writeFindings(report, texts, format, () => findingsText(report, texts, style));
}

/** Rules over a schema: what is wrong, why it hurts, and fixes that were tried. */
export const reviewAction: Action = action({
  name: "review",
  summary: "Say what is wrong with a schema, why it hurts, and how to mend it",
  description: `Runs the rules over a live database (only read), a SQL file, a folder of migrations or a saved catalog. Each
finding names the object, the file and line that make it where the source is SQL, the reason, and fixes as SQL.
Fixes that change no meaning and lose nothing are called safe; they are tried on a scratch copy of the schema, and
shown as proved only when the finding went, no other came, and the rest of the schema stayed as it was.

On a live database sizes, use of indexes and the planner's statistics are read, too, and columns are sampled for card
numbers by count; no value of a row leaves the server. What could not be looked at is listed, never taken for clean.

A finding is set aside with a reason: by a comment -- dbwright-ignore rule-id: reason above the statement or on the
line, in the object's own COMMENT, or in dbwright.config.{ts,js,mjs,json,yaml,yml}. A baseline takes over what is there
already, so that only what is new fails.`,
  examples: [
    { command: "review schema.sql", what: "all findings of a script, with file and line" },
    { command: "review postgres://app@localhost/shop --fail-on warning", what: "a live database as a gate in CI" },
    { command: "review migrations --format github --baseline baseline.json", what: "annotations on a pull request" },
    { command: "review migrations --write-baseline baseline.json", what: "take over the findings of today" },
    { command: "review schema.sql --area security,privacy --format sarif", what: "for a code scanner" },
  ],
  effect: "reads",
  input,
  positionals: ["source"],
  run: runReview,
  render,
  exitCode: ({ found }) => (found ? 1 : 0),
});
