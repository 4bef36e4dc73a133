import { readFile, readdir, stat } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { basename, dirname, extname, join, resolve } from "node:path";
import { connect } from "../engines/postgres/driver.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { nearest } from "../formats/brief/nearest.ts";
import { readJson } from "../formats/json/read.ts";
import { looksLikePack } from "../formats/pack/pack.ts";
import { upPart } from "../formats/migration/markers.ts";
import type { Catalog } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";
import { invalid, unavailable } from "../model/error.ts";
import type { PlannerStatistics } from "../model/planner-statistics.ts";
import type { Progress } from "../model/progress.ts";
import { withoutOuterTransaction } from "../sql/outer-transaction.ts";
import { sqliteCatalog } from "./sqlite/catalog.ts";
import { meansConnection, parseSource } from "./load/address.ts";
import { folderScripts } from "./load/folder.ts";
import { gitFile } from "./load/git.ts";
import { withIncludes } from "./load/includes.ts";
import { loadScripts } from "./load/load.ts";
import { judge } from "./load/judge.ts";
import { leftOut } from "./load/left-out.ts";
import type { LoadReport, ScriptText } from "./load/report.ts";
import { decodeText } from "./load/text.ts";
import { giveAway } from "./owners/give-away.ts";
import { catalogWithout, HISTORY_SCHEMA, holdsHistory, isOfHistory } from "./own-history.ts";
import type { TwinDatabase, TwinServer } from "./server.ts";

/** How a source is read. */
export interface ReadSourceOptions {
  /** Opens the twin's server; called only for sources that are SQL. */
  readonly server: () => Promise<TwinServer>;
  /** Relative paths are resolved against it. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Whether the rows of SQL files are loaded too. */
  readonly rows?: boolean;
  /** Only these schemas (exact names). */
  readonly schemas?: readonly string[];
  /** Whether statements that the server refuses are notes instead of an error. */
  readonly lenient?: boolean;
  /** What SQL files are written for and run on. Default "postgres". */
  readonly engine?: "postgres" | "sqlite";
  /** Gets the path of the scratch file in which SQL for SQLite was run; the file is gone when it returns. */
  readonly inScratch?: (path: string) => Promise<void>;
  /**
   * Whether a folder of Knex, TypeORM or node-pg-migrate is read by running its programs against a recorder. Default
   * false: nothing of a source is executed but SQL.
   */
  readonly programs?: boolean;
}

/** A source that was read. */
export interface ReadSource {
  readonly catalog: Catalog;
  /** What a person should know: what was left out, and why. */
  readonly notes: readonly string[];
  readonly kind: "live" | "sql" | "json";
  /** Of a live database: the roles whose objects state no owner, its owner and the one that read it. */
  readonly expectedOwners?: readonly string[];
  /** Of a pack: what production's planner judged by. */
  readonly statistics?: PlannerStatistics;
  /** The scratch database in which SQL was run; it lives as long as its server. */
  readonly database?: TwinDatabase;
  /** Of SQL: the texts that were run, in order, and what became of them. */
  readonly load?: { readonly scripts: readonly ScriptText[]; readonly report: LoadReport };
}

/**
 * Reads any source into a catalog: a live database (only read), a `.sql` file or a folder of them (run on the
 * twin), a saved catalog, or a file as a commit holds it. Throws `invalid` (exit 2) for a source that does
 * not exist or is of another kind, and for SQL that the server refuses; `unavailable` (exit 3) when a server
 * cannot be reached.
 */
export async function readSource(source: string, options: ReadSourceOptions): Promise<ReadSource> {
  options.signal.throwIfAborted();
  const address = parseSource(source);
  if (address.kind === "live") return await readLive(address.url, options);
  if (address.kind === "git") {
    const bytes = await gitFile(address.rev, address.path, options.cwd, options.signal);
    return await readBytes(bytes, source, null, options);
  }
  const path = resolve(options.cwd, address.path);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw await missing(found, path, source);
  if (address.kind === "sqlite") return await readSqlite(path, source, options);
  if (found.isDirectory()) return await readFolder(path, source, options);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw unavailable(
      { what: `the file cannot be read: ${error.code ?? error.message}`, where: source },
      { cause: error },
    );
  });
  return await readBytes(bytes, source, path, options);
}

async function missing(error: NodeJS.ErrnoException, path: string, source: string): Promise<Error> {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR")
    return unavailable({ what: `it cannot be read: ${error.code ?? error.message}`, where: source }, { cause: error });
  if (meansConnection(source)) {
    return invalid(
      {
        what: "this is no file, and no URL of a database",
        where: "SOURCE",
        expected: "postgres://USER@HOST:PORT/DATABASE, with the password in it or in PGPASSWORD",
      },
      { cause: error },
    );
  }
  const siblings = await readdir(dirname(path)).catch(() => []);
  const near = nearest(basename(path), siblings);
  return invalid(
    {
      what: "there is no such file or folder",
      where: source,
      expected:
        "a postgres:// URL, sqlite:PATH, a .sql file, a folder of .sql files, a saved catalog (.json) or git:REV:PATH",
      ...(near === null ? {} : { mend: `did you mean ${join(dirname(source), near)}?` }),
    },
    { cause: error },
  );
}

async function readLive(url: string, options: ReadSourceOptions): Promise<ReadSource> {
  const session = await connect({ url, signal: options.signal });
  const task = options.progress.start("reading the catalog");
  try {
    const whole = await introspected(session, options);
    const isOurs = options.schemas === undefined && holdsHistory(whole);
    const catalog = isOurs ? catalogWithout(whole, isOfHistory) : whole;
    task.done(`${catalog.objects.length} objects`);
    const notes = isOurs ? [`left out: the history of migrations, schema ${HISTORY_SCHEMA}`] : [];
    const { rows } = await session.query<{ owner: string; reader: string }>(
      `select pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text as owner, current_user::pg_catalog.text as reader
        from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
    );
    return { catalog, notes, kind: "live", expectedOwners: rows.flatMap(({ owner, reader }) => [owner, reader]) };
  } catch (error) {
    task.failed();
    throw error;
  } finally {
    await session.close();
  }
}

/**
 * A file that was read, with its objects in the hands of the owners that it states; see `giveAway`. Any other source
 * is given back as it is.
 */
export async function withStatedOwners(
  read: ReadSource,
  expected: readonly string[],
  options: ReadSourceOptions,
): Promise<ReadSource> {
  const { database, load } = read;
  const gifts = load?.report.gifts ?? [];
  if (database === undefined || load === undefined || gifts.length === 0) return read;
  const failed = await giveAway(database, gifts, expected);
  const session = await database.connect("owner");
  try {
    const { engine, objects, unmodelled } = await introspected(session, options);
    const catalog = catalogOf(engine, objects, [...unmodelled, ...leftOut(load.report)]);
    const notes = failed === 0 ? [] : [`left out: ${failed} × ALTER … OWNER TO, which the twin refused`];
    return { ...read, catalog, notes };
  } finally {
    await session.close();
  }
}

async function introspected(session: Session, { schemas, signal }: ReadSourceOptions): Promise<Catalog> {
  if (schemas !== undefined) {
    const { rows } = await session.query<{ name: string }>(
      "select nspname::pg_catalog.text as name from pg_catalog.pg_namespace",
    );
    checkSchemas(
      schemas,
      rows.map(({ name }) => name),
    );
  }
  return await introspect(session, { ...(schemas === undefined ? {} : { schemas }), signal });
}

function checkSchemas(wanted: readonly string[], there: readonly string[]): void {
  const unknown = wanted.find((name) => !there.includes(name));
  if (unknown === undefined) return;
  const own = there.filter((name) => !/^pg_|^information_schema$/.test(name));
  const near = nearest(unknown, own);
  throw invalid({
    what: `there is no schema ${JSON.stringify(unknown)}`,
    where: "--schemas",
    expected: own.length === 0 ? "a schema of the source" : `of ${own.slice(0, 20).join(", ")}`,
    ...(near === null ? {} : { mend: `did you mean ${near}?` }),
  });
}

// A file by its name and its first bytes; `path` is where it lies, or null when it comes from a commit.
async function readBytes(
  bytes: Buffer,
  source: string,
  path: string | null,
  options: ReadSourceOptions,
): Promise<ReadSource> {
  const text = decodeText(isGzip(source) ? unpacked(bytes, source) : bytes, source);
  if (looksLikePack(text)) return await readPackText(text, source, options);
  if (text.trim() === "")
    throw invalid({ what: "the file is empty", where: source, expected: "SQL statements or a saved catalog" });
  if (extname(isGzip(source) ? source.slice(0, -3) : source).toLowerCase() === ".json") {
    const catalog = readJson(text, source);
    return {
      catalog: options.schemas === undefined ? catalog : onlySchemas(catalog, options.schemas),
      notes: [],
      kind: "json",
    };
  }
  const notes: string[] = [];
  const shown = path === null ? source : basename(path);
  const up = upPart(text);
  if (up !== null) notes.push(`${shown}: only the part that goes up was run`);
  const script = up ?? text;
  const scripts =
    path === null
      ? [{ file: shown, text: script, line: 1, continues: false }]
      : await withIncludes(path, shown, script);
  return await readScripts(scripts, notes, options);
}

const isGzip = (source: string): boolean => extname(source).toLowerCase() === ".gz";

/** The longest text that can be held (V8's limit is near 2^29 characters). */
const UNPACKED_BYTES_MAX = 500_000_000;

function unpacked(bytes: Buffer, source: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw invalid(
      {
        what: tooLarge ? "unpacked, the file is too large to be read whole" : "this is no whole gzip file",
        where: source,
        expected: tooLarge ? "at most 500 MB" : "a file packed by gzip, or one whose name does not end in .gz",
      },
      { cause: error },
    );
  }
}

async function readPackText(text: string, source: string, { schemas }: ReadSourceOptions): Promise<ReadSource> {
  const { readPack } = await import("../formats/pack/read.ts");
  const { catalog, statistics } = readPack(text, source);
  return {
    catalog: schemas === undefined ? catalog : onlySchemas(catalog, schemas),
    notes: [],
    kind: "json",
    statistics,
  };
}

async function readFolder(dir: string, source: string, options: ReadSourceOptions): Promise<ReadSource> {
  if (options.programs === true) {
    const { programScripts } = await import("./record/program-scripts.ts");
    const programs = await programScripts(dir, options);
    if (programs !== null) return await readScripts(programs.scripts, programs.notes, options);
  }
  const { scripts, undoing, unlisted, list } = await folderScripts(dir);
  if (scripts.length === 0) {
    throw invalid({
      what: undoing.length > 0 ? "the folder holds only scripts that undo others" : "the folder holds no .sql file",
      where: source,
      expected: "SQL files; they are run in the natural order of their names",
    });
  }
  const notes: string[] = [];
  if (undoing.length > 0) notes.push(`${undoing.length} files that undo others were left out, e.g. ${undoing[0]}`);
  if (list !== null && unlisted.length > 0)
    notes.push(`${unlisted.length} files that ${list} does not name were left out, e.g. ${unlisted[0]}`);
  const texts: ScriptText[] = [];
  let marked = 0;
  for (const file of scripts) {
    options.signal.throwIfAborted();
    const text = withoutOuterTransaction(decodeText(await readFile(join(dir, file)), file));
    const up = upPart(text);
    if (up !== null) marked++;
    texts.push({ file, text: up ?? text, line: 1, continues: false });
  }
  if (marked > 0) notes.push(`of ${marked} files only the part that goes up was run`);
  return await readScripts(texts, notes, options);
}

async function readScripts(
  scripts: readonly ScriptText[],
  notes: readonly string[],
  options: ReadSourceOptions,
): Promise<ReadSource> {
  const { signal, progress, rows = false, lenient = false } = options;
  if (options.engine === "sqlite") return await readSqliteScripts(scripts, notes, options);
  const server = await options.server();
  const database = await server.createDatabase();
  try {
    const report = await loadScripts(database, scripts, { rows, signal, progress });
    const remarks = judge(report, scripts, lenient);
    const session = await database.connect("owner");
    try {
      const read = await introspected(session, options);
      const catalog = catalogOf(read.engine, read.objects, [...read.unmodelled, ...leftOut(report)]);
      return { catalog, notes: [...notes, ...remarks], kind: "sql", database, load: { scripts, report } };
    } finally {
      await session.close();
    }
  } catch (error) {
    await database.drop().catch(() => {});
    throw error;
  }
}

// A file has one schema; asking for another is a mistake worth telling.
async function readSqlite(path: string, source: string, options: ReadSourceOptions): Promise<ReadSource> {
  if (options.schemas !== undefined) checkSchemas(options.schemas, ["main"]);
  const task = options.progress.start("reading the catalog");
  try {
    const catalog = await sqliteCatalog(path, source, options.signal);
    task.done(`${catalog.objects.length} objects`);
    return { catalog, notes: [], kind: "live" };
  } catch (error) {
    task.failed();
    throw error;
  }
}

async function readSqliteScripts(
  scripts: readonly ScriptText[],
  notes: readonly string[],
  options: ReadSourceOptions,
): Promise<ReadSource> {
  const { signal, rows = false, lenient = false } = options;
  if (options.schemas !== undefined) checkSchemas(options.schemas, ["main"]);
  const { scratchFile } = await import("./sqlite/scratch.ts");
  const scratch = await scratchFile(scripts, { rows, signal });
  try {
    const { report } = scratch;
    const remarks = judge(report, scripts, lenient);
    const catalog = await sqliteCatalog(scratch.path, "the scratch database", signal);
    await options.inScratch?.(scratch.path);
    return { catalog, notes: [...notes, ...remarks], kind: "sql", load: { scripts, report } };
  } finally {
    await scratch.remove();
  }
}

// A saved catalog cut down to some schemas; what lies outside schemas stays where something kept needs it.
function onlySchemas(catalog: Catalog, schemas: readonly string[]): Catalog {
  const names = catalog.objects.flatMap((object) =>
    object.kind === "schema" ? [object.name] : object.schema === null ? [] : [object.schema],
  );
  checkSchemas(schemas, [...new Set(["public", ...names])]);
  const inside = catalog.objects.filter((object) => {
    if (object.kind === "schema" || (object.kind === "grant" && object.on === "schema"))
      return schemas.includes(object.name);
    return object.schema !== null && schemas.includes(object.schema);
  });
  const needed = new Set(inside.flatMap(({ dependsOn }) => dependsOn));
  // Roles and extensions belong to the whole database, wherever an extension's objects lie.
  const outside = catalog.objects.filter(
    (object) => (object.kind === "role" || object.kind === "extension") && needed.has(refKey(object)),
  );
  const kept = [...new Set([...inside, ...outside])];
  const keys = new Set(kept.map(refKey));
  const closed = kept.map((object) => ({ ...object, dependsOn: object.dependsOn.filter((key) => keys.has(key)) }));
  return catalogOf(catalog.engine, closed, catalog.unmodelled);
}
