import type { Session } from "../../engines/postgres/driver.ts";
import type { Progress } from "../../model/progress.ts";
import type { TwinDatabase } from "../server.ts";
import { createExtension, dropExtension, isPristine } from "./extensions.ts";
import { extensionRequests } from "./prescan.ts";
import { firstWords } from "./report.ts";
import type { LoadReport, ScriptText } from "./report.ts";
import { runScript } from "./run.ts";
import { openScriptSession } from "./session.ts";
import { forgiveDrops, retryRefused, sortOut } from "./settle.ts";
import type { Loading } from "./state.ts";

/** How a script is loaded. */
export interface LoadOptions {
  /** Whether the script's rows are wanted too (INSERT, COPY, setval …). */
  readonly rows: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How long one statement may run; a minute unless given. */
  readonly statementMax_ms?: number;
}

/** Loads one script; see {@link loadScripts}. */
export async function loadScript(
  database: TwinDatabase,
  text: string,
  options: LoadOptions & { readonly file: string },
): Promise<LoadReport> {
  return await loadScripts(database, [{ file: options.file, text, line: 1, continues: false }], options);
}

/**
 * Runs scripts, in order, in a scratch database, as its owner: nothing of their text ever runs with more
 * rights. Each runs in a session of its own. What concerns the server, opens files or connects elsewhere is left
 * out and listed; BEGIN, COMMIT, ROLLBACK and savepoints are honoured, except that a refused statement
 * does not undo the transaction around it. Statements refused because of something defined later are
 * tried again at the end. Throws `invalid` (exit 2) for a script that cannot be split and for a statement
 * that holds its session for longer than it may; statements the server refuses are in the report.
 */
export async function loadScripts(
  database: TwinDatabase,
  scripts: readonly ScriptText[],
  options: LoadOptions,
): Promise<LoadReport> {
  // Opened before the script can change what a new session of this database starts with.
  const admin = await database.connect("admin");
  try {
    const requests = await extensionRequests(scripts);
    const session = await openScriptSession(database, admin, options);
    try {
      const loading: Loading = {
        database,
        admin,
        session,
        rows: options.rows,
        statements: 0,
        loaded: 0,
        ignored: { rows: 0, ownership: 0, "session settings": 0, maintenance: 0 },
        gifts: [],
        skipped: [],
        refused: [],
        names: new Map(),
        missing: new Map(),
        wanted: new Map(),
        presentSchemas: new Set(["public"]),
        roles: new Set(),
        variables: new Map([["DBNAME", database.name]]),
        databases: new Set(),
        connected: "",
        transaction: null,
      };
      await createExtensions(loading, requests);
      await runAll(loading, scripts, options.progress);
      const deferred = await retryRefused(loading);
      await forgiveDrops(loading);
      for (const [name, wanted] of loading.wanted) if (!wanted) await dropExtension(admin, name);
      const failures = sortOut(loading);
      options.signal.throwIfAborted();
      return {
        statements: loading.statements,
        loaded: loading.loaded,
        ignored: loading.ignored,
        ...(loading.gifts.length === 0 ? {} : { gifts: loading.gifts }),
        skipped: loading.skipped.toSorted((a, b) => order(scripts, a) - order(scripts, b) || a.line - b.line),
        failures,
        missingExtensions: [...loading.missing.keys()],
        createdRoles: [...loading.roles].toSorted(),
        deferred,
        databases: [...loading.databases],
      };
    } finally {
      await session.close();
    }
  } finally {
    await admin.close();
  }
}

function order(scripts: readonly ScriptText[], { file }: { readonly file: string }): number {
  return scripts.findIndex((script) => script.file === file);
}

async function createExtensions(
  loading: Loading,
  requests: Awaited<ReturnType<typeof extensionRequests>>,
): Promise<void> {
  if (requests.length === 0) return;
  const { admin, database } = loading;
  const owner: Session = await database.connect("owner");
  try {
    const creator = (await isPristine(admin)) ? admin : owner;
    const seen = new Set<string>();
    for (const { request, file, line } of requests) {
      if (seen.has(request.name)) continue;
      seen.add(request.name);
      const why = await createExtension({ admin, owner, creator }, request);
      if (request.schema !== null) loading.presentSchemas.add(request.schema);
      if (why === null) continue;
      loading.missing.set(request.name, request.schema);
      loading.skipped.push({ file, line, what: firstWords(`CREATE EXTENSION ${request.name}`), why });
    }
  } finally {
    await owner.close();
  }
}

async function runAll(loading: Loading, scripts: readonly ScriptText[], progress: Progress): Promise<void> {
  const total = scripts.reduce((sum, { text }) => sum + text.length, 0);
  const task = progress.start(
    scripts.length === 1 ? `loading ${scripts[0]?.file}` : `loading ${scripts.length} files`,
    total,
  );
  let before = 0;
  try {
    for (const [index, script] of scripts.entries()) {
      if (index > 0 && !script.continues) await loading.session.reset();
      const last = scripts[index + 1]?.continues !== true;
      await runScript(loading, script, last, (done) => task.update(before + done, script.file));
      before += script.text.length;
    }
    task.done(`${loading.loaded} statements`);
  } catch (error) {
    task.failed();
    throw error;
  }
}
