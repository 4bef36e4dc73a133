import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { IndexStatistics, SequenceStatistics, Statistics, TableStatistics } from "../../model/statistics.ts";
import { sqliteCode } from "./driver.ts";
import type { Session } from "./driver.ts";
import { folded } from "./lex.ts";
import { MAIN, ident } from "./print.ts";

/** What to read besides the schema. */
export interface StatisticsOptions {
  readonly signal?: AbortSignal;
  /** Rows are counted up to this many in each table that ANALYZE has not seen. Default 100,000. */
  readonly countMax?: number;
  /** Largest file whose pages are all read for sizes, in bytes. Default 256 MiB: dbstat reads every page. */
  readonly measuredBytesMax?: number;
}

const COUNT_MAX = 100_000;
const MEASURED_BYTES_MAX = 256 * 2 ** 20;
/** All counts together; what is not reached is reported as unseen. */
const COUNTING_MS_MAX = 10_000;

type Unseen = Statistics["unseen"][number];

/**
 * Sizes and row counts: from what ANALYZE left (sqlite_stat1), else by counting up to a bound; bytes from dbstat.
 * SQLite keeps no counters of use, so those are null. No value of a row is read. What is too large to look at is
 * named in `unseen`. Throws the library's own error, or the signal's reason.
 */
export function readStatistics(session: Session, catalog: Catalog, options: StatisticsOptions = {}): Statistics {
  options.signal?.throwIfAborted();
  const unseen: Unseen[] = [{ what: "use of tables and indexes", why: "SQLite does not count it" }];
  const view = viewOf(catalog);
  session.execute("BEGIN");
  try {
    const bytes = sizesOf(session, options, unseen);
    const analysed = analysedRows(session);
    return {
      readAt: new Date().toISOString(),
      countersSince: null,
      replica: false,
      hasReplicas: false,
      tables: tablesOf(session, view.tables, { bytes, analysed, unseen }, options),
      indexes: bytes === null ? [] : indexesOf(view.tables, bytes.indexes),
      columns: [],
      sequences: sequencesOf(session, view.tables),
      samples: [],
      unseen,
    };
  } finally {
    session.execute("ROLLBACK");
  }
}

/** Bytes by folded name. */
interface Sizes {
  /** A table with all its indexes, those behind constraints included. */
  readonly tables: ReadonlyMap<string, number>;
  readonly indexes: ReadonlyMap<string, number>;
}

function sizesOf(session: Session, options: StatisticsOptions, unseen: Unseen[]): Sizes | null {
  const [file] = session.query<{ bytes: number }>(
    "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
  );
  const most = options.measuredBytesMax ?? MEASURED_BYTES_MAX;
  if ((file?.bytes ?? 0) > most) {
    unseen.push({
      what: "sizes of tables and indexes",
      why: `the file is larger than ${Math.round(most / 2 ** 20)} MiB`,
    });
    return null;
  }
  try {
    const rows = session.query<{ type: string; name: string; relation: string; bytes: number }>(
      `SELECT m.type, m.name, m.tbl_name AS relation, s.pgsize AS bytes
       FROM dbstat('main', 1) s JOIN sqlite_schema m ON m.name = s.name AND m.type IN ('table', 'index')`,
    );
    const tables = new Map<string, number>();
    const indexes = new Map<string, number>();
    for (const { type, name, relation, bytes } of rows) {
      tables.set(folded(relation), (tables.get(folded(relation)) ?? 0) + bytes);
      if (type === "index") indexes.set(folded(name), bytes);
    }
    return { tables, indexes };
  } catch (error) {
    // A build without it.
    if (sqliteCode(error) !== "SQLITE_ERROR") throw error;
    unseen.push({ what: "sizes of tables and indexes", why: "this build of SQLite has no dbstat" });
    return null;
  }
}

// The first number of `stat` is the number of rows: https://sqlite.org/fileformat2.html#the_sqlite_stat1_table
/** Rows of each table, by folded name, as ANALYZE counted them when it last ran. */
export function analysedRows(session: Session): ReadonlyMap<string, number> {
  const there = session.query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").length > 0;
  if (!there) return new Map();
  const found = new Map<string, number>();
  const rows = session.query<{ tbl: string; stat: string }>(
    "SELECT tbl, CAST(stat AS TEXT) AS stat FROM sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL",
  );
  for (const { tbl, stat } of rows) {
    const count = Number.parseInt(stat, 10);
    // A partial index counts its own rows only.
    if (Number.isFinite(count)) found.set(folded(tbl), Math.max(count, found.get(folded(tbl)) ?? 0));
  }
  return found;
}

interface Known {
  readonly bytes: Sizes | null;
  readonly analysed: ReadonlyMap<string, number>;
  readonly unseen: Unseen[];
}

function tablesOf(
  session: Session,
  tables: readonly TableView[],
  { bytes, analysed, unseen }: Known,
  options: StatisticsOptions,
): TableStatistics[] {
  const most = options.countMax ?? COUNT_MAX;
  const started_ms = performance.now();
  const large: string[] = [];
  const counted = tables.map(({ table }): TableStatistics => {
    options.signal?.throwIfAborted();
    let rows = analysed.get(folded(table.name)) ?? null;
    if (rows === null && performance.now() - started_ms < COUNTING_MS_MAX) {
      const [found] = session.query<{ n: number }>(
        `SELECT count(*) AS n FROM (SELECT 1 FROM ${ident(MAIN)}.${ident(table.name)} LIMIT ${most + 1})`,
      );
      if (found !== undefined && found.n <= most) rows = found.n;
    }
    if (rows === null) large.push(table.name);
    return {
      schema: MAIN,
      table: table.name,
      rows,
      bytes: bytes?.tables.get(folded(table.name)) ?? null,
      sequentialScans: null,
      indexScans: null,
      lastAnalysed: null,
    };
  });
  if (large.length > 0) {
    const why = `there are more than ${most} rows, or counting took too long, and ANALYZE has not been run`;
    unseen.push({ what: `row counts of ${large.slice(0, 20).join(", ")}${large.length > 20 ? " and more" : ""}`, why });
  }
  return counted;
}

function indexesOf(tables: readonly TableView[], bytes: Sizes["indexes"]): IndexStatistics[] {
  return tables.flatMap(({ indexes }) =>
    indexes.flatMap((index) => {
      const size = bytes.get(folded(index.name));
      return size === undefined ? [] : [{ schema: MAIN, index: index.name, bytes: size, scans: null }];
    }),
  );
}

// AUTOINCREMENT remembers its last number; a plain rowid counts on from the largest.
function sequencesOf(session: Session, tables: readonly TableView[]): SequenceStatistics[] {
  const there = session.query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").length > 0;
  if (!there) return [];
  const rows = session.query<{ name: string; last: string | null }>(
    "SELECT name, CAST(seq AS TEXT) AS last FROM sqlite_sequence",
  );
  return rows.flatMap(({ name, last }) => {
    const of = tables.find(({ table }) => table.name === name);
    const column = of?.columns.find((one) => one.identity !== null);
    if (of === undefined || column === undefined) return [];
    return [
      {
        schema: MAIN,
        sequence: name,
        lastValue: last,
        feeds: [{ schema: MAIN, table: of.table.name, column: column.name }],
      },
    ];
  });
}
