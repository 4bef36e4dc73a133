import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { Discovery, FoundDependency } from "../design/normalise/discover.ts";
import { arrowText, explain, nameText, setText } from "../design/normalise/explain.ts";
import { normalise } from "../design/normalise/normalise.ts";
import type { Normalisation } from "../design/normalise/normalise.ts";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { DbwrightError, invalid, unavailable } from "../model/error.ts";
import type { EncodedTable } from "../twin/encoded-table.ts";
import { LazyServer } from "../twin/lazy-server.ts";

const input = z.object({
  input: z
    .string()
    .optional()
    .describe("the dependencies: a file, - for standard input (default), or the text itself: 'A B -> C; C -> D'"),
  target: z
    .enum(["3NF", "BCNF"])
    .optional()
    .describe("the form to decompose to (default: what the input says, or 3NF)"),
  source: z
    .string()
    .optional()
    .describe(
      "look for dependencies in rows of this source: a postgres:// URL, sqlite:PATH or a .db file, or SQL with rows",
    ),
  table: z.string().optional().describe("the table of the source, as schema.table"),
  maxLeft: z.number().int().min(1).max(6).default(3).describe("most columns on a left side when looking into rows"),
  rows: z.number().int().min(10).max(5_000_000).default(100_000).describe("most rows to look into"),
  engine: z.string().optional().describe("what SQL is run on, e.g. postgres@16 or sqlite (default: postgres@18)"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to run SQL on, by URL; databases are made and dropped there"),
});
type Options = z.output<typeof input>;

/** What was found in rows: candidates for dependencies, not laws. */
interface Discovered extends Discovery {
  /** It was seen in the rows that were read, and is claimed of no other. */
  readonly standing: "measured";
  readonly table: string;
  readonly rows: number;
  /** True when the table has more rows than were read. */
  readonly sampled: boolean;
  readonly rowsEstimated: number | null;
  readonly leftMax: number;
  readonly declaredKeys: readonly (readonly string[])[];
  /** What the keys of the normalisation above rest on. */
  readonly keysFrom: "constraints" | "rows" | "nothing";
  /** The strong dependencies that the normalisation above takes for laws, less those implied. */
  readonly assumed: readonly FoundDependency[];
}

/** What `normalise` prints with `--json`. */
interface NormaliseOutput extends Normalisation {
  /** Null where the dependencies were stated. */
  readonly discovered: Discovered | null;
}

async function runNormalise(options: Options, context: ActionContext): Promise<NormaliseOutput> {
  if (options.source !== undefined || options.table !== undefined) return await fromRows(options, context);
  const { readDependencies } = await import("../formats/dependencies/read.ts");
  const { text, name } = await textOf(options.input ?? "-", context);
  const stated = readDependencies(text, name);
  return { ...normalise({ ...stated, target: options.target ?? stated.target }), discovered: null };
}

async function textOf(
  given: string,
  context: ActionContext,
): Promise<{ readonly text: string; readonly name: string }> {
  if (given === "-") {
    const task = context.progress.start("reading dependencies from standard input");
    const text = await context.stdin();
    task.done(`${text.length} characters`);
    return { text, name: "standard input" };
  }
  if (given.trim() === "") return { text: given, name: "the text" };
  if (given.includes("->") || given.includes("→") || /^\s*[{[]/.test(given)) return { text: given, name: "the text" };
  const git = /^git:([^:]+):(.+)$/s.exec(given);
  if (git !== null) {
    const { gitFile } = await import("../twin/load/git.ts");
    const bytes = await gitFile(git[1] ?? "", git[2] ?? "", context.cwd, context.signal);
    return { text: await decoded(bytes, given), name: given };
  }
  return { text: await fileText(resolve(context.cwd, given), given), name: given };
}

async function decoded(bytes: Buffer, shown: string): Promise<string> {
  const { decodeText } = await import("../twin/load/text.ts");
  return decodeText(bytes, shown);
}

async function fileText(path: string, shown: string): Promise<string> {
  try {
    return await decoded(await readFile(path), shown);
  } catch (error) {
    if (error instanceof DbwrightError) throw error;
    const { code = "" } = error as NodeJS.ErrnoException;
    const expected = "a file, - for standard input, or dependencies: 'A B -> C; C -> D'";
    if (code === "EISDIR") throw invalid({ what: "it is a folder", where: shown, expected }, { cause: error });
    if (!["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(code))
      throw unavailable({ what: `the file cannot be read (${code})`, where: shown }, { cause: error });
    const { nearest } = await import("../formats/brief/nearest.ts");
    const near = nearest(basename(path), await readdir(dirname(path)).catch(() => []));
    const mend = near === null ? {} : { mend: `did you mean ${join(dirname(shown), near)}?` };
    throw invalid({ what: "there is no such file", where: shown, expected, ...mend }, { cause: error });
  }
}

async function fromRows(options: Options, context: ActionContext): Promise<NormaliseOutput> {
  const { source, table, input: given, maxLeft, rows: rowsMax } = options;
  if (source === undefined || table === undefined) {
    throw invalid({
      what: source === undefined ? "--table needs --source" : "--source needs --table",
      expected: "--source SOURCE --table schema.table",
    });
  }
  if (given !== undefined) {
    throw invalid({
      what: "dependencies are either stated or looked for in rows, not both",
      expected: "an input, or --source with --table",
    });
  }
  const read = await readTable(source, table, { rowsMax, options, context });
  const { discover } = await import("../design/normalise/discover.ts");
  const { hypothesis } = await import("../design/normalise/hypothesis.ts");
  const task = context.progress.start("looking for dependencies");
  const discovery = discover(read.rows, maxLeft);
  task.done(`${discovery.dependencies.length} worth a look`);
  const assumed = hypothesis(read.rows.columns, read.declaredKeys, discovery, options.target ?? null);
  const result = normalise(assumed.stated);
  const { table: fullName, rows, sampled, rowsEstimated, declaredKeys } = read;
  return {
    ...result,
    notes: [...read.remarks, ...read.notes, ...(rows.rows === 0 ? [NO_ROWS] : []), ...result.notes],
    discovered: {
      ...discovery,
      standing: "measured",
      table: fullName,
      rows: rows.rows,
      sampled,
      rowsEstimated,
      leftMax: maxLeft,
      declaredKeys,
      keysFrom: assumed.keysFrom,
      assumed: assumed.assumed,
    },
  };
}

const NO_ROWS = "there are no rows, or none that may be seen: nothing was measured";

async function readTable(
  source: string,
  table: string,
  { rowsMax, options, context }: { rowsMax: number; options: Options; context: ActionContext },
): Promise<EncodedTable> {
  const { readEncodedTable } = await import("../twin/encoded-table.ts");
  const { cwd, signal, progress } = context;
  const twin = new LazyServer(options, context);

  try {
    return await readEncodedTable(source, table, {
      server: () => twin.open(null),
      cwd,
      signal,
      progress,
      rowsMax,
      engine: twin.engine,
    });
  } finally {
    await twin.close();
  }
}

const count = (number: number): string => number.toLocaleString("en");
const some = (number: number, what: string): string => `${count(number)} ${number === 1 ? what : `${what}s`}`;

function render(output: NormaliseOutput, style: Style): string {
  const { attributes, minimalCover, discovered, notes } = output;
  const lines: string[] = [];
  if (discovered === null) {
    const relation = `R(${attributes.map(nameText).join(", ")})`;
    lines.push(
      `${style.bold(relation)}: ${some(minimalCover.length, "dependency").replace("dependencys", "dependencies")} in the minimal cover`,
    );
  } else lines.push(...discoveryLines(discovered, style));
  for (const [at, { title, lines: own }] of explain(output).entries())
    lines.push("", style.bold(`${at + 1}. ${title}`), ...own.map((line) => `   ${line}`));
  if (notes.length > 0) lines.push("", ...notes.map((note) => `${style.yellow("note")}: ${note}`));
  return lines.join("\n");
}

const FOUND_MAX = 20;

function discoveryLines(found: Discovered, style: Style): readonly string[] {
  const { table, rows, sampled, rowsEstimated, leftSearched, leftMax } = found;
  const of = rowsEstimated === null ? "more" : `about ${count(Math.round(rowsEstimated))}`;
  const searched =
    leftSearched < leftMax
      ? `left sides of up to ${leftSearched} were all tried; the search for larger ones ended at its bound`
      : `left sides of up to ${leftMax}`;
  const lines = [
    `${style.bold(table)}: ${sampled ? `${style.yellow("a sample")} of ${count(rows)} of ${of} rows` : `all ${count(rows)} rows`}, ${searched}`,
    style.yellow(
      `measured: what follows holds in ${sampled ? "the sampled" : "these"} rows. It is a candidate for a rule, not a rule: the next row may break it.`,
    ),
    "",
    style.bold("Dependencies in the rows"),
    ...found.dependencies.slice(0, FOUND_MAX).map((one) => foundLine(one, found, style)),
  ];
  const { length } = found.dependencies;
  if (length > FOUND_MAX) lines.push(`  … and ${length - FOUND_MAX} more (--json lists all)`);
  if (length === 0) lines.push("  none that the rows speak for");
  if (found.noise > 0)
    lines.push(style.dim(`  ${count(found.noise)} more hold only for want of rows that could contradict: left out`));
  const least = found.keys.filter((key) => key.length === found.keys[0]?.length).map(setText);
  const larger = found.keys.length - least.length;
  if (least.length > 0)
    lines.push(
      `unique in these rows: ${least.slice(0, FOUND_MAX).join(", ")}${larger > 0 ? ` (and ${larger} larger sets)` : ""}`,
    );
  if (found.constants.length > 0) lines.push(`one value in all rows: ${setText(found.constants)}`);
  const basis = {
    constraints: `the declared keys ${found.declaredKeys.map(setText).join(", ")}`,
    rows: "the smallest sets unique in these rows, since the table declares no key",
    nothing: "no key, since the table declares none and the rows show none",
  }[found.keysFrom];
  lines.push("", style.bold(`If the strong ones were rules, with ${basis}:`));
  return lines;
}

function foundLine(one: FoundDependency, { rows }: Discovered, style: Style): string {
  const share = Math.round((100 * one.repeats) / rows);
  const mark = one.plausibility === "strong" ? style.green("strong  ") : style.dim("moderate");
  return `  ${mark} ${arrowText(one)}  ${style.dim(`${count(one.distinctLeft)} left values in ${count(rows)} rows: ${share} % of the rows could have broken it`)}`;
}

/** From functional dependencies, stated or looked for in rows, to keys, normal form and a decomposition. */
export const normaliseAction: Action = action({
  name: "normalise",
  summary: "Find keys and normal form from functional dependencies, and decompose to 3NF or BCNF",
  description: `Reads a relation and its functional dependencies and answers, step by step: what each left side determines,
all candidate keys, a minimal cover, the highest normal form (1NF to BCNF) with the dependency that keeps it from the
next, and a decomposition: to 3NF by synthesis, or to BCNF by analysis. It says whether joining gives back the original
(by the chase) and which dependencies only a join can check.

The input is JSON, {"attributes": [...], "fds": [{"from": [...], "to": [...]}], "target": "3NF"}, or text:
A B -> C; C -> D, optionally with the attributes before: R(A, B, C, D).

With --source and --table, dependencies are looked for in rows of a live table or an SQLite file (only read), or of SQL
with rows. What
holds in rows is a candidate, not a rule: those that the rows hardly test are left out, the rest ranked. No value of a
row is ever shown.`,
  examples: [
    { command: "normalise 'street city -> zip; zip -> city' --target BCNF", what: "what splitting would lose" },
    { command: "normalise relation.json --json", what: "the result as one JSON document" },
    { command: "normalise - < dependencies.txt", what: "dependencies from standard input" },
    {
      command: "normalise --source postgres://app@localhost/shop --table public.orders --max-left 2",
      what: "dependencies that hold in a table's rows, and what would follow from them",
    },
  ],
  effect: "reads",
  input,
  positionals: ["input"],
  run: runNormalise,
  render,
  exitCode: () => 0,
});
