import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { ColumnEncoder } from "../../model/column-encoder.ts";
import type { RowsRead } from "../../model/dependency.ts";
import { unavailable } from "../../model/error.ts";
import { sqliteCode } from "./driver.ts";
import type { Session } from "./driver.ts";
import { folded } from "./lex.ts";
import { ident, MAIN, qualified } from "./print.ts";
import { analysedRows } from "./statistics.ts";

/** How rows are read. */
export interface EncodedRowsOptions {
  readonly rowsMax: number;
  readonly signal: AbortSignal;
  /** Default 60,000. */
  readonly timeMax_ms?: number;
}

const TIME_MAX_MS = 60_000;
const BATCH_ROWS = 2000;
/** Places of a large table that are read from. */
const PLACES = 100;
/** Longer values are remembered by their digest. */
const SHORT_MAX = 40;

/**
 * Reads up to `rowsMax` rows of a table of the catalog in one read transaction, values turned into numbers as they come:
 * what SQLite takes for equal in the column is equal here. Of a larger table with a rowid, runs of rows are read from
 * places all over it. Throws `unavailable` (exit 3) when rows cannot be read; a value is never told.
 */
export async function readEncodedRows(
  session: Session,
  catalog: Catalog,
  table: string,
  options: EncodedRowsOptions,
): Promise<RowsRead> {
  const of = viewOf(catalog).table(MAIN, table);
  if (of === undefined) throw unavailable({ what: "the table is gone", where: table });
  session.execute("BEGIN");
  try {
    const reader = new Reader(session, of, options);
    const rowid = rowidOf(of);
    const whole = await reader.read(rowid === null ? reader.first() : reader.all(rowid));
    const sampled = !whole.ended && rowid !== null;
    const { encoders } = sampled ? await reader.read(reader.places(rowid)) : whole;
    return {
      rows: { rows: encoders[0]?.length ?? 0, columns: encoders.map((encoder) => encoder.column()) },
      sampled: !whole.ended,
      rowsEstimated: analysedRows(session).get(folded(table)) ?? null,
      declaredKeys: declaredKeys(of),
      notes:
        whole.ended || sampled
          ? []
          : ["the rows are the first as stored, not drawn from all over: a table WITHOUT ROWID has no places to go to"],
    };
  } catch (error) {
    // The library's own text may quote a value, so that it is not even kept as the cause.
    if (sqliteCode(error) === null) throw error;
    throw unavailable({
      what: `the rows could not be read (${sqliteCode(error)})`,
      where: table,
      mend: "try the same with sqlite3: SELECT * FROM the table LIMIT 1",
    });
  } finally {
    session.execute("ROLLBACK");
  }
}

/** Rows of one statement, each with the text of its rowid where it has one. */
type Rows = readonly Readonly<Record<string, string | null>>[];

class Reader {
  readonly #session: Session;
  readonly #of: TableView;
  readonly #options: EncodedRowsOptions;
  readonly #deadline_ms: number;
  readonly #values: string;

  constructor(session: Session, of: TableView, options: EncodedRowsOptions) {
    this.#session = session;
    this.#of = of;
    this.#options = options;
    this.#deadline_ms = performance.now() + (options.timeMax_ms ?? TIME_MAX_MS);
    this.#values = of.columns.map((column, at) => `${comparable(column)} AS c${at}`).join(", ");
  }

  /** The rows as they are stored, one more than are wanted at most. */
  first(): Iterable<Rows> {
    return [this.#session.query(`SELECT ${this.#values} FROM ${this.#name} LIMIT ${this.#options.rowsMax + 1}`)];
  }

  /** All rows, in runs. */
  *all(rowid: string): Iterable<Rows> {
    const [low, high] = this.#ends(rowid);
    for (let next = low; ;) {
      const rows = this.#run(rowid, next, BATCH_ROWS);
      yield rows;
      const last = rows.at(-1)?.["at"] ?? null;
      if (last === null || rows.length < BATCH_ROWS || BigInt(last) >= high) return;
      next = BigInt(last) + 1n;
    }
  }

  /** Runs of rows that start at even distances between the first and the last. */
  *places(rowid: string): Iterable<Rows> {
    const [low, high] = this.#ends(rowid);
    const run = Math.max(Math.floor(this.#options.rowsMax / PLACES), 1);
    let next = low;
    for (let place = 0n; place < PLACES; place++) {
      const start = low + ((high - low) * place) / BigInt(PLACES);
      const rows = this.#run(rowid, start > next ? start : next, run);
      const last = rows.at(-1)?.["at"] ?? null;
      if (last === null) return;
      yield rows;
      // The largest rowid there is has none after it.
      if (BigInt(last) >= high) return;
      next = BigInt(last) + 1n;
    }
  }

  #ends(rowid: string): readonly [low: bigint, high: bigint] {
    const [ends] = this.#session.query<{ low: string | null; high: string | null }>(
      `SELECT CAST(min(${rowid}) AS TEXT) AS low, CAST(max(${rowid}) AS TEXT) AS high FROM ${this.#name}`,
    );
    return [BigInt(ends?.low ?? 0), BigInt(ends?.high ?? 0)];
  }

  #run(rowid: string, from: bigint, rows: number): Rows {
    return this.#session.query(
      `SELECT ${this.#values}, CAST(${rowid} AS TEXT) AS at FROM ${this.#name}
       WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${rows}`,
      [from],
    );
  }

  /** Encodes rows; `ended` is false where there were more than are wanted. */
  async read(
    groups: Iterable<Rows>,
  ): Promise<{ readonly encoders: readonly ColumnEncoder[]; readonly ended: boolean }> {
    const { rowsMax, signal } = this.#options;
    const encoders = this.#of.columns.map((column) => new ColumnEncoder(column));
    let read = 0;
    for (const rows of groups) {
      for (const row of rows) {
        if (read++ === rowsMax) return { encoders, ended: false };
        for (const [at, encoder] of encoders.entries()) encoder.add(shortened(row[`c${at}`] ?? null));
        if (read % BATCH_ROWS !== 0) continue;
        // SQLite runs in this process: only between rows can it be told to stop.
        await setImmediate();
        signal.throwIfAborted();
        if (performance.now() > this.#deadline_ms) throw this.#late();
      }
    }
    return { encoders, ended: true };
  }

  get #name(): string {
    return qualified(this.#of.table.schema, this.#of.table.name);
  }

  #late(): Error {
    const mend = "ask for fewer rows with --rows";
    return unavailable({ what: "the rows could not be read in time", where: this.#of.table.name, mend });
  }
}

/*
 * A text that is equal for equal values: 1 and 1.0 are, '1' is another, and texts are by the column's collation
 * (https://sqlite.org/datatype3.html#comparison_expressions).
 */
function comparable({ name, collation }: TableView["columns"][number]): string {
  const value = ident(name);
  const text = collation === "NOCASE" ? `lower(${value})` : collation === "RTRIM" ? `rtrim(${value}, ' ')` : value;
  return `CASE typeof(${value}) WHEN 'null' THEN NULL WHEN 'integer' THEN 'n' || ${value}
    WHEN 'real' THEN CASE WHEN ${value} = CAST(${value} AS INTEGER) THEN 'n' || CAST(${value} AS INTEGER)
      ELSE printf('n%!.17g', ${value}) END
    WHEN 'text' THEN 't' || ${text} ELSE 'b' || hex(${value}) END`;
}

function shortened(value: string | null): string | null {
  if (value === null || value.length <= SHORT_MAX) return value;
  return `*${createHash("sha256").update(value).digest("base64")}`;
}

// A column may bear one of the rowid's names.
function rowidOf({ table, columns }: TableView): string | null {
  if (table.options["without_rowid"] === "true") return null;
  const taken = new Set(columns.map(({ name }) => folded(name)));
  return ["_rowid_", "rowid", "oid"].find((name) => !taken.has(name)) ?? null;
}

function declaredKeys({ columns, indexes, primaryKey }: TableView): readonly (readonly string[])[] {
  const notNull = new Set(columns.filter((column) => column.notNull).map(({ name }) => name));
  const isPrimary = (constraint: string | null): number => (constraint === (primaryKey?.name ?? "") ? 0 : 1);
  return indexes
    .toSorted((a, b) => isPrimary(a.constraint) - isPrimary(b.constraint))
    .filter(({ unique, valid, predicate }) => unique && valid && predicate === null)
    .map(({ keys }) => keys.map(({ column }) => column))
    .filter((keys): keys is string[] => keys.every((column) => column !== null && notNull.has(column)));
}
