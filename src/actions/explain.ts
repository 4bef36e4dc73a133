import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { invalid, unavailable } from "../model/error.ts";
import { showPlan, showTwoPlans } from "../specialist/explain/show.ts";
import type { ExplainedPlan } from "../specialist/explain/show.ts";

const input = z.object({
  source: z
    .string()
    .describe("a postgres:// URL, or SQL files with rows (run on a twin); without a query a file with a plan, or -"),
  query: z.string().optional().describe("the query: SQL text, a file of it, or - for standard input"),
  value: z
    .array(z.string())
    .default([])
    .meta({ oneEach: true })
    .describe("the value of $1; given again, of $2 and so on"),
  analyze: z
    .boolean()
    .default(false)
    .describe("run the query in the live database: a SELECT only, read-only and cut off after --timeout"),
  timeout: z.number().positive().max(3_600).default(30).describe("seconds after which the query is cut off"),
  against: z.string().optional().describe("what to compare with: another query for the same source, or another plan"),
  html: z.string().optional().describe("also write one page with the plan drawn, which opens without a network"),
  engine: z.string().optional().describe("what SQL files are written for, e.g. postgres@16"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
});

type Options = z.output<typeof input>;

/** What `explain` prints with `--json`. */
interface ExplainOutput extends ExplainedPlan {
  /** What it is compared with; null where nothing was given. `against` is the later one of the two. */
  readonly against: ExplainedPlan | null;
  /** The page that was written, or null. */
  readonly html: string | null;
}

async function runExplain(options: Options, context: ActionContext): Promise<ExplainOutput> {
  const { findPlan } = await import("../twin/explain/plan-source.ts");
  const { explainPlan } = await import("../tune/explain/explain.ts");
  const raw: unknown[] = [];
  const one = async (source: string, query: string | null): Promise<ExplainedPlan> => {
    const { source: _, query: __, value: values, analyze: analyse, timeout, ...rest } = options;
    const found = await findPlan({ ...rest, source, query, values, analyse, timeout_ms: timeout * 1_000 }, context);
    raw.push(found.json);
    return { how: found.how, sql: found.sql, plan: found.plan, findings: explainPlan(found.plan) };
  };
  const first = await one(options.source, options.query ?? null);
  const isPlan = options.query === undefined;
  const against =
    options.against === undefined
      ? null
      : await one(isPlan ? options.against : options.source, isPlan ? null : options.against);
  if (options.html !== undefined)
    await writePage(options.html, [first, ...(against === null ? [] : [against])], raw, context);
  return { ...first, against, html: options.html ?? null };
}

async function writePage(
  file: string,
  plans: readonly ExplainedPlan[],
  raw: readonly unknown[],
  context: ActionContext,
): Promise<void> {
  if (!/\.html?$/i.test(file))
    throw invalid({ what: "the page is HTML", where: "--html", expected: "a file name that ends in .html" });
  const { planPage } = await import("../specialist/explain/page.ts");
  const page = await planPage(plans, raw);
  try {
    await writeFile(resolve(context.cwd, file), page);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unavailable({ what: `the page cannot be written (${code})`, where: file }, { cause: error });
  }
}

function render(output: ExplainOutput, style: Style): string {
  const text = output.against === null ? showPlan(output, style) : showTwoPlans(output, output.against, style);
  return `${text.trimEnd()}${output.html === null ? "" : `\n\n${output.html} shows it as a picture`}`;
}

/** A plan, what is slow in it and why. */
export const explainAction: Action = action({
  name: "explain",
  summary: "Explain a query's plan: what is slow in it, why, and what helps",
  description: `Gets a query's plan and says in words what is slow in it: with the mechanism, the numbers and a remedy. The plan is
shown as a tree with the time of each node, rows expected and real, and pages touched.

A live database plans the query and does not run it, unless --analyze asks for that: then a SELECT is run in a read-only
transaction and cut off after --timeout. SQL files are loaded with their rows on a twin, a scratch server, where the
query is run and everything is thrown away. Without a query the source is a plan that was saved or pasted: text or JSON
of EXPLAIN, as psql, a log or a client shows it.

--against shows two plans side by side, with what got better and worse. --html writes one page that draws the plan and
opens without a network. It holds the query and the plan, and so the constants in them.`,
  examples: [
    {
      command: "explain postgres://app@localhost/shop \"SELECT * FROM orders WHERE state = 'open'\"",
      what: "the plan, without running the query",
    },
    {
      command: "explain postgres://app@localhost/shop slow.sql --analyze --html plan.html",
      what: "run it read-only, and draw the plan",
    },
    { command: "explain shop.sql before.sql --against after.sql", what: "two ways of asking, compared on a twin" },
    { command: "explain - < plan.txt", what: "a plan that was pasted" },
  ],
  effect: "reads",
  input,
  positionals: ["source", "query"],
  run: runExplain,
  render,
  exitCode: () => 0,
});
