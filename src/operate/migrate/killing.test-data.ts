import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { ROOT } from "../../twin/server/testing.test-data.ts";

/** A folder of migration files for runners in processes of their own. */
export interface MigrationDir {
  readonly path: string;
  remove(): void;
}

/** Writes files to a temporary folder. */
export function writeDir(files: Readonly<Record<string, string>>): MigrationDir {
  const path = mkdtempSync(join(tmpdir(), "dbwright migrations "));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const PROGRAM = `
const { main } = await import(process.env.MAIN);
await new Promise((resolve) => process.stdin.once("data", resolve));
process.exitCode = await main(JSON.parse(process.env.WORDS));
process.stdin.destroy();
`;

let built: string | null = null;
let builtCopy: string | null = null;

/** Removes what runners in processes of their own were started from. */
export function removeRunners(): void {
  if (builtCopy !== null) rmSync(builtCopy, { recursive: true, force: true });
}

const COPIES = "dist.next-runner-";

// Of processes that were killed.
function removeLeftovers(): void {
  for (const name of readdirSync(ROOT)) {
    const pid = name.startsWith(COPIES) ? Number(name.slice(COPIES.length)) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The command line, compiled from the sources at hand to a place that no other build touches. */
function builtMain(): string {
  if (built !== null) return built;
  // Beside `dist`, from where its imports and the package's manifest are found.
  const copy = join(ROOT, `${COPIES}${process.pid}`);
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  removeLeftovers();
  // However this process ends: signals that nobody handles apart, which the next one makes good.
  process.once("exit", removeRunners);
  // Types are checked elsewhere; here it only has to run.
  const words = [compiler, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", copy, "--noCheck"];
  const { status, stdout } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the sources do not compile: ${stdout}`);
  builtCopy = copy;
  built = pathToFileURL(join(copy, "surfaces/cli/main.js")).href;
  return built;
}

/** The command line in a process of its own, loaded and waiting for the word to start. */
export interface RunnerProcess {
  readonly child: ChildProcess;
  /** Lets it run. */
  start(): void;
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
  /** What it has said so far, both streams. */
  said(): string;
  /** Kills it as nothing can be caught (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a process that will run `dbwright` with these words. */
export function runnerProcess(words: readonly string[]): RunnerProcess {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], MAIN: builtMain(), WORDS: JSON.stringify(words) },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return {
    child,
    start: () => void child.stdin.write("go\n"),
    ended,
    said: () => text,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Ends what the server still does for runners that are gone, as it would by itself within seconds. */
export async function endOrphans(session: Session): Promise<void> {
  await session.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dbwright migrate' AND datname = current_database()",
  );
}

/** Writers that change what a backfill fills, in an order that does not matter for the end. */
export interface Writers {
  /** Waits until they have done all that they do. */
  finish(): Promise<number>;
}

/**
 * Starts sessions that update and insert rows of public.task (id, title) until each has done its share of `changes`:
 * what is there afterwards does not hang on when each change was made.
 */
export async function startWriters(url: string, rows: number, changes: number, count = 2): Promise<Writers> {
  const run = async (writer: number): Promise<number> => {
    const session = await connect({ url, applicationName: "writer" });
    try {
      for (let number = writer; number < changes; number += count) {
        const id = 1 + ((number * 7919) % rows);
        if (number % 5 === 0)
          await session.query("INSERT INTO public.task (id, title) VALUES ($1, $2)", [
            rows + 1 + number,
            `new ${number}`,
          ]);
        else await session.query("UPDATE public.task SET title = $2 WHERE id = $1", [id, `changed ${id}`]);
        await delay(1);
      }
      return changes;
    } finally {
      await session.close();
    }
  };
  const all = Array.from({ length: count }, (_, writer) => run(writer));
  for (const one of all) one.catch(() => {});
  return { finish: async () => (await Promise.all(all)).length };
}

/** A table with old and new column, kept equal by a trigger for new writes, and a migration that fills the rest. */
export const BACKFILL_SETUP = `
  CREATE TABLE public.task (id bigint PRIMARY KEY, title text NOT NULL, name text);
  CREATE FUNCTION public.task_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.title; RETURN NEW; END $$`;

/** @see BACKFILL_SETUP */
export const BACKFILL_FILES: Readonly<Record<string, string>> = {
  "1_name.up.sql": `
-- dbwright:step 1 phase=expand
CREATE TRIGGER task_name BEFORE INSERT OR UPDATE OF title ON public.task FOR EACH ROW EXECUTE FUNCTION public.task_name();
-- dbwright:step 2 phase=migrate batch=public.task(id)
UPDATE public.task SET name = title WHERE name IS NULL;
-- dbwright:step 3 phase=migrate
ALTER TABLE public.task ADD CONSTRAINT task_name_filled CHECK (name IS NOT NULL) NOT VALID;
-- dbwright:step 4 phase=migrate
ALTER TABLE public.task VALIDATE CONSTRAINT task_name_filled;
`,
};

/** What a run with kills came to. */
export interface KillReport {
  /** Of each kill, how far the backfill had got: rows passed as a share of those it began with, or null outside of it. */
  readonly kills: readonly (number | null)[];
  readonly batches: number;
  /** Rows that the batches passed, each once: as many as there were keys. */
  readonly rowsPassed: number;
  readonly duration_ms: number;
}

/**
 * Runs the backfill of {@link BACKFILL_FILES} on a database that holds its table, killing the runner (SIGKILL) once at
 * a random place in each of equal stretches of its rows, a random moment after it got there; with writers at work, and
 * resuming each time. Ends with an uninterrupted resume. `said` is told each kill.
 */
export async function runWithKills(
  url: string,
  options: {
    readonly rows: number;
    readonly kills: number;
    readonly changes: number;
    readonly batchTarget: string;
    /** The longest time from getting to a place to the kill. */
    readonly late_ms: number;
    readonly said?: (text: string) => void;
  },
): Promise<KillReport> {
  const dir = writeDir(BACKFILL_FILES);
  const session = await connect({ url });
  const startedAt_ms = performance.now();
  const words = (command: string): readonly string[] => [
    "migrate",
    command,
    url,
    "--dir",
    dir.path,
    "--batch-target",
    options.batchTarget,
    "--quiet",
  ];
  const kills: (number | null)[] = [];
  let next: RunnerProcess | null = null;
  try {
    // First: what it may have to build keeps this process busy.
    next = runnerProcess(words("up"));
    const writers = await startWriters(url, options.rows, options.changes);
    let seen = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      const current = next;
      next = runnerProcess(words("resume"));
      current.start();
      const place = Math.floor(((kill + Math.random()) * options.rows) / options.kills);
      await Promise.race([passed(session, Math.max(place, seen + 1)), current.ended]);
      await delay(Math.random() * options.late_ms);
      await current.kill();
      await endOrphans(session);
      const { state, rows } = await backfillState(session);
      seen = rows;
      kills.push(state === "intended" ? rows / options.rows : null);
      options.said?.(`kill ${kill + 1}: ${state ?? "before the backfill"}, after ${rows} rows`);
    }
    next.start();
    const code = await next.ended;
    if (code !== 0) throw new Error(`the last run ended with ${code}: ${next.said()}`);
    await writers.finish();
    const { rows } = await session.query<{ batches: string; passed: string }>(
      "SELECT batches::text, rows_passed::text AS passed FROM dbwright.backfill",
    );
    return {
      kills,
      batches: Number(rows[0]?.batches),
      rowsPassed: Number(rows[0]?.passed),
      duration_ms: performance.now() - startedAt_ms,
    };
  } finally {
    await next?.kill();
    await session.close();
    dir.remove();
  }
}

async function backfillState(session: Session): Promise<{ readonly state: string | null; readonly rows: number }> {
  const there = await session.query<{ t: string | null }>("SELECT to_regclass('dbwright.backfill')::text AS t");
  if (there.rows[0]?.t === null) return { state: null, rows: 0 };
  const { rows } = await session.query<{ state: string; rows: number }>(
    "SELECT state, rows_passed::int4 AS rows FROM dbwright.step JOIN dbwright.backfill USING (migration, number) WHERE number = 2",
  );
  return rows[0] ?? { state: null, rows: 0 };
}

// Until a runner has passed so many rows.
async function passed(session: Session, place: number): Promise<void> {
  for (;;) {
    const { state, rows } = await backfillState(session);
    if (rows >= place || state === "done") return;
    await delay(2);
  }
}

// Any number that nobody else locks.
const HOLD_KEY = 4242;

/**
 * Makes every write to the history count, and the one of a chosen number wait: where a runner is killed is then no
 * matter of chance. The history must exist. `hold_at` 0 lets everything pass.
 */
export const HOLDABLE: string = `
  CREATE SEQUENCE dbwright.write_count;
  CREATE TABLE dbwright.hold_at (n int);
  INSERT INTO dbwright.hold_at VALUES (0);
  CREATE FUNCTION dbwright.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('dbwright.write_count') = (SELECT n FROM dbwright.hold_at) THEN
      PERFORM pg_advisory_xact_lock(${HOLD_KEY});
    END IF;
    RETURN COALESCE(NEW, OLD);
  END $$;
  CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON dbwright.migration FOR EACH ROW EXECUTE FUNCTION dbwright.hold();
  CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON dbwright.step FOR EACH ROW EXECUTE FUNCTION dbwright.hold();
  CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON dbwright.backfill FOR EACH ROW EXECUTE FUNCTION dbwright.hold()`;

/** Something under way that can be cut off. */
export interface Victim {
  start(): void;
  /** Resolves when it is over by itself. */
  readonly ended: Promise<unknown>;
  /** Cuts it off as nothing can be caught; `backend` is its process on the server. */
  cut(backend: number, session: Session): Promise<void>;
}

/** A runner's process as a victim of SIGKILL. */
export function processVictim(runner: RunnerProcess): Victim {
  const outcome = async (): Promise<void> => {
    const code = await runner.ended;
    if (code !== 0 && code !== null) throw new Error(`the runner ended with ${code}: ${runner.said()}`);
  };
  const ended = outcome();
  ended.catch(() => {});
  const cut = async (_backend: number, session: Session): Promise<void> => {
    await runner.kill();
    await endOrphans(session);
  };
  return { start: runner.start, ended, cut };
}

/** A run in this process whose connection the server ends. */
export function connectionVictim(run: () => Promise<unknown>, expected: (error: unknown) => void): Victim {
  let settle: (value: unknown) => void = () => {};
  const ended = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  let work: Promise<unknown> = Promise.resolve();
  return {
    start: () => {
      work = run();
      work.then(settle, settle);
    },
    ended,
    cut: async (backend, session) => {
      await session.query("SELECT pg_terminate_backend($1, 5000)", [backend]);
      expected(await work.catch((error: unknown) => error));
    },
  };
}

/** Starts a victim and cuts it off at its `n`-th write to the history. False when it ended before that write. */
export async function cutAtWrite(url: string, victim: Victim, n: number): Promise<boolean> {
  const session = await connect({ url });
  try {
    await session.query("SELECT pg_advisory_lock($1)", [HOLD_KEY]);
    await session.query("UPDATE dbwright.hold_at SET n = $1", [n]);
    victim.start();
    let over = false;
    const watch = victim.ended.then(() => (over = true));
    watch.catch(() => (over = true));
    for (;;) {
      const { rows } = await session.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [HOLD_KEY],
      );
      const [waiting] = rows;
      if (waiting !== undefined) {
        await victim.cut(waiting.pid, session);
        await session.query("UPDATE dbwright.hold_at SET n = 0");
        return true;
      }
      if (over) {
        await watch;
        return false;
      }
      await delay(5);
    }
  } finally {
    await session.close();
  }
}
