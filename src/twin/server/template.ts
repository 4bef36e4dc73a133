import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unavailable } from "../../model/error.ts";
import type { TwinRequest } from "../server.ts";
import { give } from "./account.ts";
import type { Workplace } from "./account.ts";
import type { Engine } from "./engine.ts";
import { buildOnce, fullDiskOr } from "./files.ts";
import { run } from "./program.ts";
import type { ProgramOptions, ProgramResult } from "./program.ts";

/** The superuser of every server that dbwright starts. */
export const ADMIN = "dbwright_admin";

/** A data directory as initdb made it, to be copied and never started itself. */
export interface Template {
  readonly dataDir: string;
  /** Of {@link ADMIN}; each server replaces it at once. */
  readonly password: string;
}

/** A clean environment: nothing of the user's own PostgreSQL or locale settings leaks in. */
export const SERVER_ENV: Readonly<Record<string, string>> = { LC_ALL: "C", TZ: "UTC" };

// Part of the template's name: a change of the arguments below must not meet an old template.
const LAYOUT = 2;

/** The template of an engine, made by initdb on first use. Throws a `DbwrightError` (exit 3) when initdb fails. */
export async function templateOf(
  engine: Engine,
  place: Workplace,
  request: Pick<TwinRequest, "signal" | "progress">,
): Promise<Template> {
  const dir = join(place.dir, "templates", `${engine.build}-${LAYOUT}`);
  if (!existsSync(dir)) {
    const task = request.progress.start(`preparing PostgreSQL ${engine.version} (once)`);
    try {
      await buildOnce(dir, "prepare a data directory", (made) => initialise(engine, place, made, request.signal));
      task.done();
    } catch (error) {
      task.failed();
      throw error;
    }
  }
  return { dataDir: join(dir, "data"), password: await readFile(join(dir, "password"), "utf8") };
}

// The server's collation is by code point everywhere, so that a twin sorts alike on every machine. Where
// the C library lacks C.UTF-8 (older macOS, Windows), C with UTF8 encoding is the same order.
function localeArguments(major: number): readonly (readonly string[])[] {
  const builtin = major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
  return [
    [...builtin, "--locale=C.UTF-8"],
    [...builtin, "--locale=C"],
  ];
}

async function initialise(engine: Engine, place: Workplace, made: string, signal: AbortSignal): Promise<void> {
  const password = randomBytes(24).toString("base64url");
  await writeFile(join(made, "password"), password, { mode: 0o600 });
  const passwordFile = join(dirname(made), "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await give(passwordFile, place.account);
  const dataDir = join(made, "data");
  const runAs = { cwd: made, env: SERVER_ENV, account: place.account, signal };
  let complaint = "";
  for (const locale of localeArguments(engine.major)) {
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(dataDir, { mode: 0o700 });
    await give(dataDir, place.account);
    const args = ["-D", dataDir, "-U", ADMIN, `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8"];
    if (engine.major >= 18) args.push("--no-data-checksums");
    // Small log segments: each server starts with a copy of one.
    args.push("--wal-segsize=1", "--text-search-config=english", "--no-sync", "--no-instructions", ...locale);
    const result = await tryRun(join(engine.binDir, "initdb"), args, runAs);
    if (result.code === 0) {
      await tryRun(join(engine.binDir, "postgres"), ["--single", "-D", dataDir, "-F", "postgres"], {
        ...runAs,
        input: SLIM,
      });
      return;
    }
    complaint = complaintOf(result);
    if (!/locale|collation|LC_/i.test(complaint)) break;
  }
  throw await fullDiskOr(place.dir, "prepare a data directory", () =>
    unavailable({
      what: `initdb of PostgreSQL ${engine.version} failed: ${complaint}`,
      where: engine.binDir,
      mend: "mend what initdb names, or name a server with --twin URL",
    }),
  );
}

// The lines that say what is wrong, where there are any; else the last ones.
function complaintOf({ code, stderr }: ProgramResult): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /(?:FATAL|PANIC|ERROR|error):|not found|GLIBC/.test(line)).slice(0, 3);
  const chosen = telling.length > 0 ? telling : lines.slice(-3);
  return chosen.length === 0 ? `it ended with ${code} and gave no reason` : chosen.join("; ");
}

// Scratch databases are made from template0, so template1 is a third of each copy for nothing. Should this
// fail, the template is larger and as good.
const SLIM = "update pg_database set datistemplate = false where datname = 'template1'\ndrop database template1\n";

// What could not be started counts as what failed, with the system's reason.
async function tryRun(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  return run(program, args, options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    return { code: null, stdout: "", stderr: (error as Error).message };
  });
}
