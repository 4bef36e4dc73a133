import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Readable } from "node:stream";
import { invalid, unavailable } from "../../model/error.ts";
import type { ProgramFolder } from "./program-folder.ts";
import type { ProgramFormat, RecordedScript, RecordTask } from "./recorded.ts";

/** How a folder's programs are run. */
export interface RecordOptions {
  /** The working directory that the programs see. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Whether the ways down are run, too. Default false. */
  readonly down?: boolean;
  /** How long all programs together may take. Default 60,000. */
  readonly timeout_ms?: number;
}

const TIMEOUT_MS = 60_000;

/**
 * Runs a folder's own migration programs, in a process of its own, against a recorder in the place of a database:
 * nothing is connected to, every query gets no rows. The project's own Knex, TypeORM or node-pg-migrate is used where
 * it is installed beside the folder. Only ever to be called for a folder that the user named and for a command that
 * says so: it executes what lies there. Throws `invalid` (exit 2) when the programs do not end or end the process,
 * `unavailable` (exit 3) when Knex is nowhere installed.
 */
export async function recordMigrations(
  { dir, format, files }: ProgramFolder,
  options: RecordOptions,
): Promise<readonly RecordedScript[]> {
  options.signal.throwIfAborted();
  const tool = toolIn(dir, format);
  if (format === "knex" && tool === null) {
    throw unavailable({
      what: "Knex is not installed, without which its migrations cannot be read",
      where: dir,
      mend: "npm install knex",
    });
  }
  const task: RecordTask = { format, dir, files, tool, down: options.down === true };
  return await answerOf(task, options);
}

// Each format is named as its package. Knex is ours, too, where the project has none.
function toolIn(dir: string, format: ProgramFormat): string | null {
  const own = format === "knex" ? [import.meta.url] : [];
  for (const from of [join(dir, "migration.js"), ...own]) {
    try {
      return createRequire(from).resolve(format);
    } catch {
      // Not there; the next place is asked.
    }
  }
  return null;
}

// From source, the process needs a reader of TypeScript; from dist it does not.
function startUp(): string {
  const isSource = import.meta.url.endsWith(".ts");
  const program = fileURLToPath(new URL(isSource ? "./program.ts" : "./program.js", import.meta.url));
  const jiti = createRequire(import.meta.url).resolve("jiti");
  return isSource
    ? `require(${JSON.stringify(jiti)}).createJiti(${JSON.stringify(program)}, { fsCache: false }).import(${JSON.stringify(program)})`
    : `import(require("node:url").pathToFileURL(${JSON.stringify(program)}).href)`;
}

// Node 20 has it under its first name.
const PERMISSION = Number(process.versions.node.split(".")[0]) >= 24 ? "--permission" : "--experimental-permission";

async function answerOf(task: RecordTask, options: RecordOptions): Promise<readonly RecordedScript[]> {
  const child = spawn(
    process.execPath,
    [PERMISSION, "--allow-fs-read=*", "--allow-addons", "--input-type=commonjs", "--eval", startUp()],
    { cwd: options.cwd, env: {}, stdio: ["pipe", "ignore", "ignore", "pipe"], windowsHide: true },
  );
  let late = false;
  const stop = (): void => void child.kill("SIGKILL");
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, options.timeout_ms ?? TIMEOUT_MS);
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const chunks: Buffer[] = [];
    (child.stdio[3] as Readable).on("data", (chunk: Buffer) => chunks.push(chunk));
    // A process that died takes no more input; its end is told below.
    child.stdin?.on("error", () => {});
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    child.stdin?.end(JSON.stringify(task));
    const code = await ended;
    options.signal.throwIfAborted();
    const text = Buffer.concat(chunks).toString("utf8");
    if (code === 0 && text !== "") return JSON.parse(text) as readonly RecordedScript[];
    throw invalid({
      what: late
        ? `the migrations of ${task.format} did not end within ${(options.timeout_ms ?? TIMEOUT_MS) / 1000} s`
        : `the migrations of ${task.format} ended the process that read them`,
      where: task.dir,
      expected: "programs that only send statements; they are run without a database and get no rows",
    });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", stop);
    stop();
  }
}
