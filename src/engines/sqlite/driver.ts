import { copyFile, mkdtemp, open, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatabaseSyncInstance, DatabaseSyncOptions } from "@photostructure/sqlite";
import { invalid, unavailable } from "../../model/error.ts";

/** How a file is opened. */
export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** How long to wait for another process that holds a lock. Default 2000. */
  readonly busyTimeout_ms?: number;
}

/** A value that SQLite takes and gives. */
export type Value = null | number | bigint | string | Uint8Array;

/** A connection to one database. The calls return when the work is done: SQLite runs in this process. */
export interface Session {
  /** The library's version, e.g. "3.53.0". */
  readonly version: string;
  /** One statement with `?` parameters. Errors are the library's own; see {@link sqliteCode}. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly Value[]): readonly Row[];
  /** One or several statements, results thrown away. */
  execute(sql: string): void;
  close(): Promise<void>;
}

type Library = typeof import("@photostructure/sqlite");

// Optional: absent on a platform without a build, or when optional packages are left out.
async function library(): Promise<Library> {
  try {
    return await import("@photostructure/sqlite");
  } catch (error) {
    throw unavailable(
      {
        what: "SQLite is not installed",
        where: "the optional package @photostructure/sqlite",
        mend: "npm install @photostructure/sqlite@1.2.1 (it brings builds for Linux, macOS and Windows)",
      },
      { cause: error },
    );
  }
}

/**
 * The name of an error of the library, e.g. "SQLITE_BUSY"; null for any other error. Where the library keeps the
 * name to itself, which it does for some that show while rows are read, it is told from SQLite's own text.
 */
export function sqliteCode(error: unknown): string | null {
  const { code, sqliteCodeName, message } = (error ?? {}) as Record<string, unknown>;
  if (code !== "ERR_SQLITE_ERROR") return null;
  if (typeof sqliteCodeName === "string") return sqliteCodeName;
  const text = typeof message === "string" ? message : "";
  return TEXTS.find(([known]) => text.includes(known))?.[1] ?? "SQLITE_ERROR";
}

// The texts of sqlite3_errstr, which no version has changed.
const TEXTS: readonly (readonly [string, string])[] = [
  ["database is locked", "SQLITE_BUSY"],
  ["database disk image is malformed", "SQLITE_CORRUPT"],
  ["malformed database schema", "SQLITE_CORRUPT"],
  ["file is not a database", "SQLITE_NOTADB"],
  ["unable to open database file", "SQLITE_CANTOPEN"],
  ["attempt to write a readonly database", "SQLITE_READONLY"],
  ["disk I/O error", "SQLITE_IOERR"],
  ["out of memory", "SQLITE_NOMEM"],
];

const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
// The file format's read version: 2 means write-ahead log (https://sqlite.org/fileformat2.html#file_format_version_numbers).
const READ_VERSION_AT = 19;
const WAL_VERSION = 2;

/**
 * Opens a database file for reading. Nothing is written: not the file, and no -wal or -shm beside it. A log that a
 * crash left behind is read from a copy of both files. Throws `invalid` (exit 2) for what is no SQLite database,
 * `unavailable` (exit 3) where it cannot be read: locked, no permission, damaged, or no SQLite library here.
 */
export async function openFile(path: string, shown: string, options: OpenOptions = {}): Promise<Session> {
  options.signal?.throwIfAborted();
  const header = await headerOf(path, shown);
  const sqlite = await library();
  const place = await placeOf(path, shown, header);
  try {
    const session = sessionOf(sqlite, place.target, place.remove, {
      readOnly: place.readOnly,
      timeout: options.busyTimeout_ms ?? 2000,
    });
    try {
      // The first look at the schema is where a lock, damage or encryption shows.
      session.query("SELECT count(*) FROM sqlite_schema");
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  } catch (error) {
    await place.remove();
    throw openProblem(error, shown);
  }
}

/** Opens an empty database in memory. Throws `unavailable` (exit 3) when there is no SQLite library here. */
export async function openMemory(): Promise<Session> {
  const sqlite = await library();
  return sessionOf(sqlite, ":memory:", async () => {}, {});
}

/** Where the library lies, for a process of its own. Throws `unavailable` (exit 3) when there is none. */
export async function libraryPath(): Promise<string> {
  await library();
  return createRequire(import.meta.url).resolve("@photostructure/sqlite");
}

function sessionOf(
  sqlite: Library,
  target: string | URL,
  cleanUp: () => Promise<void>,
  options: Pick<DatabaseSyncOptions, "readOnly" | "timeout">,
): Session {
  const database: DatabaseSyncInstance = new sqlite.DatabaseSync(target, {
    ...options,
    enableForeignKeyConstraints: false,
    // As the sqlite3 shell and most programs have it: schemas lean on it.
    enableDoubleQuotedStringLiterals: true,
    allowExtension: false,
    defensive: true,
  });
  const query = <Row>(sql: string, parameters: readonly Value[] = []): readonly Row[] =>
    database.prepare(sql).all(...parameters) as Row[];
  // A schema is somebody else's: its views and triggers may call no function with effects.
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  const version = query<{ v: string }>("SELECT sqlite_version() AS v")[0]?.v ?? "";
  let isOpen = true;
  return {
    version,
    query,
    execute: (sql) => {
      database.exec(sql);
    },
    close: async () => {
      if (isOpen) database.close();
      isOpen = false;
      await cleanUp();
    },
  };
}

async function headerOf(path: string, shown: string): Promise<Buffer> {
  const failed = (error: unknown): Error => {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      return invalid({ what: "there is no such file", where: shown, expected: "an SQLite database" });
    if (code === "EISDIR") return invalid({ what: "it is a folder", where: shown, expected: "an SQLite database" });
    return unavailable({ what: `the file cannot be read: ${code}`, where: shown }, { cause: error });
  };
  const file = await open(path, "r").catch((error: unknown) => {
    throw failed(error);
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    const header = buffer.subarray(0, bytesRead);
    // An empty file is an empty database.
    if (bytesRead > 0 && header.toString("latin1", 0, MAGIC.length) !== MAGIC) {
      throw invalid({
        what: "this is no SQLite database, or it is encrypted",
        where: shown,
        expected: "a file that begins with “SQLite format 3”",
        mend: "an encrypted one can be exported in plain by the program that made it",
      });
    }
    return header;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw failed(error);
    throw error;
  } finally {
    await file.close();
  }
}

interface Place {
  readonly target: string | URL;
  readonly readOnly: boolean;
  remove(): Promise<void>;
}

const nothing = async (): Promise<void> => {};

/*
 * Opening a file with a write-ahead log creates -wal and -shm where they are missing. Without a log the file
 * is whole by itself and is read as immutable; with a log but no -shm no process has it open, so that both can
 * be copied.
 */
async function placeOf(path: string, shown: string, header: Buffer): Promise<Place> {
  const size = async (suffix: string): Promise<number | null> =>
    await stat(path + suffix).then(
      (found) => found.size,
      () => null,
    );
  if (header[READ_VERSION_AT] !== WAL_VERSION) return { target: uri(path, "mode=ro"), readOnly: true, remove: nothing };
  const log = await size("-wal");
  if (log === null || log === 0) return { target: uri(path, "mode=ro&immutable=1"), readOnly: true, remove: nothing };
  if ((await size("-shm")) !== null) return { target: uri(path, "mode=ro"), readOnly: true, remove: nothing };
  const folder = await mkdtemp(join(tmpdir(), "dbwright-sqlite-"));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  const copy = join(folder, basename(path));
  try {
    await copyFile(path, copy);
    await copyFile(`${path}-wal`, `${copy}-wal`);
  } catch (error) {
    await remove();
    throw unavailable(
      {
        what: `its write-ahead log cannot be copied to be read: ${(error as NodeJS.ErrnoException).code ?? ""}`,
        where: shown,
        mend: "let the program that owns the database close it, or run PRAGMA wal_checkpoint in it",
      },
      { cause: error },
    );
  }
  return { target: copy, readOnly: false, remove };
}

function uri(path: string, query: string): URL {
  const url = pathToFileURL(path);
  url.search = query;
  return url;
}

function openProblem(error: unknown, shown: string): unknown {
  const code = sqliteCode(error);
  if (code === null) return error;
  switch (code) {
    case "SQLITE_NOTADB":
      return invalid(
        { what: "this is no SQLite database, or it is encrypted", where: shown, expected: "an SQLite database" },
        { cause: error },
      );
    default:
      return readProblem(error, shown);
  }
}

const READ_PROBLEMS: Readonly<Record<string, { readonly what: string; readonly mend: string }>> = {
  SQLITE_BUSY: {
    what: "the database is locked by another process",
    mend: "try again when that process has finished its transaction, or read a copy of the file",
  },
  SQLITE_CORRUPT: {
    what: "the database is damaged",
    mend: "sqlite3 FILE .recover writes what can be saved; or take a backup",
  },
  SQLITE_CANTOPEN: {
    what: "the database cannot be opened",
    mend: "check the permissions of the file and its folder, and of -wal and -shm beside it",
  },
  SQLITE_READONLY: {
    what: "a transaction that was cut off has to be rolled back first, which needs to write",
    mend: "open the database once with the program that owns it, or with sqlite3",
  },
  SQLITE_PERM: { what: "access to the database is refused", mend: "check the permissions of the file and its folder" },
  SQLITE_IOERR: { what: "reading the database failed", mend: "check the disk" },
};

/**
 * An error of the library while a database is read, as `unavailable` (exit 3) with what can be done; any other
 * error as it is.
 */
export function readProblem(error: unknown, shown: string): unknown {
  const code = sqliteCode(error);
  const found = Object.entries(READ_PROBLEMS).find(([known]) => code === known || code?.startsWith(`${known}_`));
  if (found === undefined) return error;
  const [, { what, mend }] = found;
  return unavailable({ what, where: shown, mend }, { cause: error });
}
