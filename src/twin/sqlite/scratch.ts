import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { libraryPath } from "../../engines/sqlite/driver.ts";
import { splitScript } from "../../engines/sqlite/split.ts";
import type { ScriptStatement } from "../../engines/sqlite/split.ts";
import { invalid, unavailable } from "../../model/error.ts";
import { firstWords } from "../load/report.ts";
import type { Ignored, LoadFailure, LoadReport, LoadSkip, ScriptText } from "../load/report.ts";
import { treatmentOf } from "./classify.ts";
import { run } from "./runner.ts";
import type { RunnerAnswer, RunnerTask } from "./runner.ts";

/** How scripts are run. */
export interface ScratchOptions {
  /** Whether INSERT and the like are run, too. */
  readonly rows: boolean;
  readonly signal: AbortSignal;
  /** How long one statement may take. Default 10,000. */
  readonly statementTimeout_ms?: number;
}

/** A database that was made from scripts. */
export interface ScratchFile {
  readonly path: string;
  readonly report: LoadReport;
  remove(): Promise<void>;
}

const STATEMENT_MS_MAX = 10_000;
// Enough for any schema and for rows of a test; far from what would trouble a machine.
const LIMITS = { lengthBytesMax: 64 * 2 ** 20, heapBytesMax: 512 * 2 ** 20, pagesMax: 2 ** 18 } as const;

interface Placed extends ScriptStatement {
  readonly file: string;
}

/**
 * Runs scripts for SQLite in a scratch file, in a process of its own. Statements that open other files are reported
 * as failures; settings, rows (unless asked for) and shell commands are left out and reported. Throws `invalid` (exit
 * 2) for a statement that takes too long, `unavailable` (exit 3) when SQLite is not installed or the process dies, and
 * the signal's reason.
 */
export async function scratchFile(scripts: readonly ScriptText[], options: ScratchOptions): Promise<ScratchFile> {
  options.signal.throwIfAborted();
  const library = await libraryPath();
  const folder = await mkdtemp(join(tmpdir(), "dbwright-sqlite-"));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const path = join(folder, "scratch.db");
    const report = await runAll(scripts, { library, file: path, ...LIMITS }, options);
    return { path, report, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What statements made of an empty database. */
export interface ScratchRun {
  readonly path: string;
  /** For each group, for each of its statements, what SQLite said against it; null where it ran. */
  readonly errors: readonly (readonly (string | null)[])[];
  remove(): Promise<void>;
}

/**
 * Runs groups of single statements, as a dialect prints them, in a scratch file in a process of its own. After an
 * error the rest of the group is not run, and the next group is. Throws `unavailable` (exit 3) when SQLite is not
 * installed, the process dies or a statement takes too long, and the signal's reason.
 */
export async function scratchGroups(
  groups: readonly (readonly string[])[],
  options: Pick<ScratchOptions, "signal" | "statementTimeout_ms">,
): Promise<ScratchRun> {
  options.signal.throwIfAborted();
  const library = await libraryPath();
  const folder = await mkdtemp(join(tmpdir(), "dbwright-sqlite-"));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const path = join(folder, "scratch.db");
    const task = {
      library,
      file: path,
      ...LIMITS,
      statements: groups.flat(),
      groups: groups.flatMap((group, index) => group.map(() => index)),
    };
    const { answers, lateAt } = await answersOf(task, { rows: false, ...options });
    if (lateAt !== null)
      throw unavailable({ what: `a statement takes too long: ${firstWords(task.statements[lateAt] ?? "")}` });
    let at = 0;
    const errors = groups.map((group) => group.map(() => answers[at++]?.error ?? null));
    return { path, errors, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function runAll(
  scripts: readonly ScriptText[],
  task: Omit<RunnerTask, "statements">,
  options: ScratchOptions,
): Promise<LoadReport> {
  const all = scripts.flatMap(({ file, text, line }): Placed[] =>
    splitScript(text).map((statement) => ({ ...statement, file, line: statement.line + line - 1 })),
  );
  const ignored: Record<Ignored, number> = { rows: 0, ownership: 0, "session settings": 0, maintenance: 0 };
  const skipped: LoadSkip[] = [];
  const failures: LoadFailure[] = [];
  const toRun: Placed[] = [];
  for (const statement of all) {
    const treatment = treatmentOf(statement, options.rows);
    const { file, line } = statement;
    if (treatment.do === "run") toRun.push(statement);
    else if (treatment.do === "ignore") ignored[treatment.as]++;
    else if (treatment.do === "skip")
      skipped.push({ file, line, what: firstWords(statement.text), why: treatment.why });
    else failures.push(failure(statement, treatment.why));
  }
  const { answers, lateAt } = await answersOf({ ...task, statements: toRun.map(({ text }) => text) }, options);
  const late = lateAt === null ? undefined : toRun[lateAt];
  if (late !== undefined) {
    throw invalid({
      what: `the statement takes longer than ${(options.statementTimeout_ms ?? STATEMENT_MS_MAX) / 1000} s: ${firstWords(late.text)}`,
      where: `${late.file}:${late.line}`,
      expected: "statements that define a schema",
    });
  }
  for (const [index, statement] of toRun.entries()) {
    const error = answers[index]?.error ?? null;
    if (error === null) continue;
    // Dumps hold what SQLite keeps for itself: sqlite_sequence, and the tables behind virtual ones.
    const reserved = /^object name reserved for internal use: (.*)$/s.exec(error)?.[1];
    if (reserved === undefined) failures.push(failure(statement, error));
    else {
      const { file, line } = statement;
      skipped.push({ file, line, what: `table ${reserved}`, why: "SQLite makes it by itself" });
    }
  }
  const place = new Map(all.map((statement, index) => [`${statement.file}:${statement.line}`, index]));
  return {
    statements: all.length,
    loaded: answers.filter(({ error }) => error === null).length,
    ignored,
    skipped,
    failures: failures.toSorted(
      (a, b) => (place.get(`${a.file}:${a.line}`) ?? 0) - (place.get(`${b.file}:${b.line}`) ?? 0),
    ),
    missingExtensions: [],
    createdRoles: [],
    deferred: 0,
    databases: [],
  };
}

// SQLite's message may quote a value only where rows are written.
function failure({ file, line, text }: Placed, why: string): LoadFailure {
  const onRows = /^(?:insert|replace|update|delete|with)\b/i.test(text);
  const message = onRows && /constraint failed|datatype mismatch/i.test(why) ? "a constraint refuses the row" : why;
  return { file, line, statement: firstWords(text), message, hint: null, followsFrom: null, sqlstate: null };
}

async function answersOf(
  task: RunnerTask,
  options: ScratchOptions,
): Promise<{ readonly answers: readonly RunnerAnswer[]; readonly lateAt: number | null }> {
  const timeout_ms = options.statementTimeout_ms ?? STATEMENT_MS_MAX;
  // Some TypeScript runners wrap inner functions in a call of __name.
  const program = `const __name = (f) => f; (${run.toString()})()`;
  const child = spawn(process.execPath, ["--eval", program], { stdio: "pipe", windowsHide: true, env: {} });
  const answers: RunnerAnswer[] = [];
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeout_ms);
  };
  const abort = (): void => void child.kill("SIGKILL");
  options.signal.addEventListener("abort", abort, { once: true });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    answers.push(JSON.parse(line) as RunnerAnswer);
    watch();
  });
  // A process that died takes no more input; its end is told below.
  child.stdin.on("error", () => {});
  try {
    watch();
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    child.stdin.end(JSON.stringify(task));
    const code = await ended;
    options.signal.throwIfAborted();
    // The last answer is for the end.
    if (code === 0) return { answers: answers.slice(0, task.statements.length), lateAt: null };
    if (!late || answers.length >= task.statements.length)
      throw unavailable({ what: `SQLite ended before the script did: ${lastLine(complaint)}`, where: "the script" });
    // Ended in the middle of writing, the file is good for nothing.
    return { answers, lateAt: answers.length };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
    child.kill("SIGKILL");
  }
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
