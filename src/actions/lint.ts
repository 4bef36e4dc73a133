import { z } from "zod";
import { lintText, traceText } from "../formats/findings/lint-text.ts";
import { FINDINGS_FORMATS, writeFindings } from "../formats/findings/write.ts";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { RuleTexts } from "../model/review.ts";
import type { LintReport } from "../lint/report.ts";
import type { TracedStatement } from "../specialist/lint/trace.ts";

const input = z.object({
  files: z
    .array(z.string())
    .min(1)
    .describe(
      "SQL files, migrations of Knex, node-pg-migrate or TypeORM, folders of them, or - for standard input; in the order in which they run",
    ),
  format: z.enum(FINDINGS_FORMATS).default("text").describe("how findings are written"),
  failOn: z
    .enum(["error", "warning", "info", "never"])
    .optional()
    .describe(
      "end with exit code 1 when a finding is at least this bad (default: error, or what the configuration says)",
    ),
  pgVersion: z
    .string()
    .optional()
    .describe("the PostgreSQL version the files run on, e.g. 16 or 9.6 (default: that of --source, else 18)"),
  assumeInTransaction: z
    .boolean()
    .optional()
    .describe("each file runs inside one transaction, whatever it says itself"),
  source: z
    .string()
    .optional()
    .describe("the schema that the files meet: a database, a .sql file, a saved catalog; a live one tells sizes, too"),
  fix: z.boolean().default(false).describe("write the safe statements into the files"),
  trace: z
    .boolean()
    .default(false)
    .describe("run the files on a scratch server and report the locks, rewrites and scans that it saw"),
  down: z.boolean().default(false).describe("look at what takes the migrations back instead"),
  rules: z.array(z.string()).optional().describe("only these rules"),
  notRules: z.array(z.string()).optional().describe("all but these rules"),
  config: z.string().optional().describe("the configuration (default: the nearest dbwright.config.* upwards)"),
  baseline: z.string().optional().describe("a file of known findings, which are counted and not shown"),
  writeBaseline: z.string().optional().describe("write the findings of this run to a file, as a baseline"),
  engine: z.string().optional().describe("what --source is read with and --trace runs on, e.g. postgres@16"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
});

type Options = z.output<typeof input>;

/** What `lint` hands to its surface. JSON holds the report, and the trace where there is one. */
interface LintOutput {
  readonly report: LintReport;
  readonly trace: readonly TracedStatement[] | null;
  readonly fixed: readonly string[];
  readonly texts: RuleTexts;
  readonly format: Options["format"];
  readonly found: boolean;
  toJSON(): object;
}

async function runLint(options: Options, context: ActionContext): Promise<LintOutput> {
  // The grammar is compiled beside the loading of the rules, which takes as long.
  const grammar = import("../sql/parse.ts").then(({ loadGrammar }) => loadGrammar());
  grammar.catch(() => {});
  const { lintFiles } = await import("../specialist/lint/lint-files.ts");
  const { report, texts, trace, fixed, notes, failOn: wanted } = await lintFiles(options, context);
  for (const note of notes) context.progress.note(note);
  const failOn = options.failOn ?? wanted ?? "error";
  const rank: readonly string[] = ["info", "warning", "error"];
  return {
    report,
    trace,
    fixed,
    texts,
    format: options.format,
    found:
      failOn !== "never" &&
      options.writeBaseline === undefined &&
      report.findings.some(({ severity }) => rank.indexOf(severity) >= rank.indexOf(failOn)),
    toJSON: () => ({ ...report, ...(trace === null ? {} : { trace }), ...(options.fix ? { fixed } : {}) }),
  };
}

function render({ report, texts, format, trace }: LintOutput, style: Style): string {
  return writeFindings(report, texts, format, () =>
    [lintText(report, texts, style), ...(trace === null ? [] : [traceText(trace, style)])].join("\n\n"),
  );
}

/** Rules over migration files: which statements block, rewrite, lose or break something, and what to write instead. */
export const lintAction: Action = action({
  name: "lint",
  summary: "Say which statements of migrations block, rewrite, lose or break something",
  description: `Reads SQL files, or folders of them, in the order in which they run, with the server's own grammar. Each finding names
the file, line and column, the lock that the statement takes and what it keeps others from, the reason, and what to
write instead. What the same file did before counts: a table that it made keeps nobody waiting, a lock that its
transaction holds keeps everybody waiting. Bodies of DO blocks and functions are read, too.

A file is one transaction unless it has its own BEGIN, says otherwise, or holds a statement that may not run in one.
The marks of dbmate, goose, sql-migrate, rambler and Liquibase are understood: only what goes up is looked at. Drizzle's
folder is read by its journal. Migrations of Knex, node-pg-migrate and TypeORM are programs: they are run in a process of
their own that may not connect, write files or start processes, and what they send is looked at.

A statement that does not parse is reported as syntax-error with exit code 2, and the others are looked at all the same.

With --source the old types, keys and partitions are known, and on a live database the sizes: what is dangerous only on
a large table is not reported for a small one. --fix writes the statements that are called safe into the files; --trace
runs the files on a scratch server and says where it did otherwise than was claimed.

A finding is set aside by a comment above its statement, with a reason: -- dbwright-ignore rule-id: reason. Comments for
eugene, squawk and Atlas are honoured for the rules that are equivalents of theirs. dbwright.config.* switches rules off,
makes them worse or milder, and makes exceptions, as for review; a baseline takes over what is there today.`,
  examples: [
    { command: "lint migrations", what: "all migrations of a folder" },
    {
      command: "lint migrations/42_add_title.sql --source postgres://app@localhost/shop",
      what: "with the sizes and types of a live database",
    },
    { command: "lint migrations/42_add_title.sql --fix", what: "write the safe statements into the file" },
    { command: "lint migrations --format github --fail-on warning", what: "annotations on a pull request" },
    { command: "lint up.sql --pg-version 12 --assume-in-transaction --json", what: "for another program" },
    { command: "lint db/migrations", what: "Knex, node-pg-migrate or TypeORM: what the programs send" },
    { command: "lint migrations --trace", what: "try each statement on a scratch server" },
  ],
  effect: "writes files",
  input,
  positionals: ["files"],
  run: runLint,
  render,
  exitCode: ({ found, report }) => (report.summary.syntaxErrors > 0 ? 2 : found ? 1 : 0),
});
