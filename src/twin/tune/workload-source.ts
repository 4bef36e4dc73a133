import { createReadStream } from "node:fs";
import type { Stats } from "node:fs";
import { open, readFile, readdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Session } from "../../engines/postgres/driver.ts";
import { decodeText, encodingOf, isGzip } from "../../formats/encoding/decode.ts";
import { WorkloadCollector } from "../../formats/workload/collector.ts";
import { addLog, logFormatOf } from "../../formats/workload/log.ts";
import { addPgbenchScript, isPgbenchScript } from "../../formats/workload/pgbench.ts";
import { addSqlFile } from "../../formats/workload/sql-file.ts";
import { invalid, unavailable } from "../../model/error.ts";
import type { Progress } from "../../model/progress.ts";
import type { Workload, WorkloadPattern } from "../../model/workload.ts";

/** The word for the live server's own counters. */
export const STAT_STATEMENTS = "stat-statements";

/** What reading a workload needs. */
export interface WorkloadSourceOptions {
  /** Relative paths are resolved against it. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Opens a session on the live database, for `stat-statements`; null where the source is none. */
  readonly session: (() => Promise<Session>) | null;
  /** pgbench's `:scale`. */
  readonly scale?: number;
}

/** A file of SQL is read whole; a longer one is no collection of queries. */
const SQL_BYTES_MAX = 64 * 1024 ** 2;
const HEAD_BYTES = 64 * 1024;

interface Reading {
  span_s: number | null;
  readonly patterns: WorkloadPattern[];
}

/**
 * Reads a workload: `stat-statements`, or a file or folder of SQL (`.sql`, with weights), pgbench scripts (`file@5`
 * weighs 5), or server logs (stderr, csvlog, jsonlog; `.log`, `.csv`, `.json`), told apart by what they hold.
 * Statements that cannot be used are named in `leftOut`. Throws `invalid` (exit 2) for what does not exist or holds
 * no statement at all.
 */
export async function readWorkload(source: string, options: WorkloadSourceOptions): Promise<Workload> {
  const collector = await WorkloadCollector.create();
  const reading: Reading = { span_s: null, patterns: [] };
  const task = options.progress.start("reading the workload");
  try {
    if (source === STAT_STATEMENTS) await readCounters(collector, reading, options);
    else await readPath(collector, reading, source, options);
  } finally {
    task.done();
  }
  const workload = collector.workload(source, reading.span_s, reading.patterns);
  if (workload.queries.length > 0) return workload;
  const leftOut = workload.leftOut
    .slice(0, 5)
    .map(({ what, why }) => `${what} (${why})`)
    .join("; ");
  throw invalid({
    what: `the workload holds no statement that reads or writes rows${leftOut === "" ? "" : `; left out: ${leftOut}`}`,
    where: source,
    expected: "SELECT, INSERT, UPDATE, DELETE or MERGE statements",
    ...(source === STAT_STATEMENTS
      ? { mend: "let the application run for a while, or give --workload a log or a file of SQL" }
      : {}),
  });
}

async function readCounters(
  collector: WorkloadCollector,
  reading: Reading,
  { session }: WorkloadSourceOptions,
): Promise<void> {
  if (session === null) {
    throw invalid({
      what: `${STAT_STATEMENTS} is a live server's, and the source is none`,
      where: "--workload",
      expected: "a file or folder of SQL, pgbench scripts or server logs",
    });
  }
  const { readCountedStatements } = await import("../../engines/postgres/workload.ts");
  const { castSpellings } = await import("../../tune/workload/draws.ts");
  const own = await session();
  try {
    const { statements, span_s, leftOut } = await readCountedStatements(own);
    reading.span_s = span_s;
    for (const { sql, ...counts } of statements) {
      if (isAboutCatalog(sql)) {
        collector.leaveOut("questions about the catalog itself", "no table of the application is read", counts.calls);
        continue;
      }
      const bare = castSpellings(sql);
      const values = /\$\d/.test(bare) ? null : [];
      // Whether the application prepares is not counted; most drivers send values apart from the text.
      collector.add({ sql: bare, values, ...counts, prepared: false, origin: { where: STAT_STATEMENTS, line: null } });
    }
    for (const { what, why, count } of leftOut) collector.leaveOut(what, why, count);
  } finally {
    await own.close();
  }
}

function isAboutCatalog(sql: string): boolean {
  return /\b(?:from|join)\s+pg_\w|\b(?:pg_catalog\.|information_schema\.|pg_(?:class|stat_\w+|settings|database|namespace|attribute|extension)\b)/i.test(
    sql,
  );
}

async function readPath(
  collector: WorkloadCollector,
  reading: Reading,
  source: string,
  options: WorkloadSourceOptions,
): Promise<void> {
  const { path, weight, found } = await placeOf(source, options.cwd);
  if (!found.isDirectory()) {
    await readOne(collector, reading, { path, name: basename(path), weight, explicit: true }, options);
    return;
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:sql|pgbench|log|csv|json|txt)(?:\.gz)?$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length === 0) {
    throw invalid({
      what: "the folder holds no workload",
      where: source,
      expected: "files that end in .sql, .pgbench, .log, .csv or .json",
    });
  }
  for (const file of files)
    await readOne(
      collector,
      reading,
      { path: file, name: file.slice(path.length + 1), weight, explicit: false },
      options,
    );
}

// `file@5`, as pgbench's -f takes it, where there is no file of that name.
async function placeOf(source: string, cwd: string): Promise<{ path: string; weight: number; found: Stats }> {
  const path = resolve(cwd, source);
  const found = await stat(path).catch(() => null);
  if (found !== null) return { path, weight: 1, found };
  const weighted = /^(.+)@(\d+(?:\.\d+)?)$/.exec(source);
  const other = weighted === null ? null : await stat(resolve(cwd, weighted[1] ?? "")).catch(() => null);
  if (weighted !== null && other !== null)
    return { path: resolve(cwd, weighted[1] ?? ""), weight: Number(weighted[2]), found: other };
  throw invalid({
    what: "there is no such file or folder",
    where: source,
    expected: `${STAT_STATEMENTS}, or a file or folder of SQL, pgbench scripts or server logs`,
  });
}

interface OneFile {
  readonly path: string;
  readonly name: string;
  readonly weight: number;
  /** Whether the user named it: what it is not is then an error. */
  readonly explicit: boolean;
}

async function readOne(
  collector: WorkloadCollector,
  reading: Reading,
  { path, name, weight, explicit }: OneFile,
  { signal, scale }: WorkloadSourceOptions,
): Promise<void> {
  signal.throwIfAborted();
  const bytes = await headOf(path);
  const head = isGzip(bytes) ? await unpackedHead(path, bytes, signal) : decodeText(bytes);
  const format = extname(path.replace(/\.gz$/i, "")).toLowerCase() === ".sql" ? null : logFormatOf(head);
  if (format !== null) {
    const stream = textStream(path, bytes, signal);
    const log = await addLog(
      collector,
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }),
      format,
      name,
    );
    reading.patterns.push(...log.patterns);
    if (log.span_s !== null) reading.span_s = (reading.span_s ?? 0) + log.span_s;
    if (log.statements === 0)
      collector.leaveOut(
        name,
        "a server log without statements: log_min_duration_statement, log_statement and auto_explain write them",
      );
    return;
  }
  const { size } = await stat(path);
  if (size > SQL_BYTES_MAX || head.includes("\0") || (!explicit && /\.(?:csv|json)(?:\.gz)?$/i.test(path))) {
    const why =
      size > SQL_BYTES_MAX
        ? `longer than ${SQL_BYTES_MAX / 1024 ** 2} MiB, and no server log`
        : "neither SQL nor a server log";
    if (explicit)
      throw invalid({ what: why, where: name, expected: "SQL, a pgbench script or a PostgreSQL server log" });
    collector.leaveOut(name, why);
    return;
  }
  const text = await wholeText(path, bytes, signal);
  if (isPgbenchScript(text))
    await addPgbenchScript(collector, text, name, { weight, ...(scale === undefined ? {} : { scale }) });
  else addSqlFile(collector, text, name, weight);
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unavailable({ what: `the file cannot be read (${code})`, where: basename(path) }, { cause: error });
  }
}

// Rotated logs are mostly packed; PowerShell writes UTF-16.
function textStream(path: string, head: Uint8Array, signal: AbortSignal): Readable {
  const file = createReadStream(path, { signal });
  if (!isGzip(head)) return decoded(file, head);
  // Ends both when either ends; what fails is thrown to who reads.
  return decoded(
    pipeline(file, createGunzip(), () => {}),
    new Uint8Array(),
  );
}

function decoded(stream: Readable, head: Uint8Array): Readable {
  const decoder = new TextDecoder(encodingOf(head));
  return Readable.from(
    (async function* texts() {
      for await (const chunk of stream) yield decoder.decode(chunk as Uint8Array, { stream: true });
      yield decoder.decode();
    })(),
  );
}

async function unpackedHead(path: string, head: Uint8Array, signal: AbortSignal): Promise<string> {
  return await firstText(textStream(path, head, signal), HEAD_BYTES, path);
}

async function wholeText(path: string, head: Uint8Array, signal: AbortSignal): Promise<string> {
  return isGzip(head)
    ? await firstText(textStream(path, head, signal), SQL_BYTES_MAX, path)
    : decodeText(await readFile(path));
}

async function firstText(stream: Readable, length: number, path: string): Promise<string> {
  let text = "";
  try {
    for await (const part of stream) {
      text += String(part);
      if (text.length >= length) break;
    }
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw invalid(
      { what: "the file cannot be unpacked: it is damaged or cut off", where: basename(path) },
      { cause: error },
    );
  } finally {
    stream.destroy();
  }
  return text;
}
