import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { ident, qualified } from "../../engines/postgres/print.ts";
import type { ColumnObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { MeasuredWrites } from "../../tune/measurements.ts";
import { silenceTriggers } from "../rows/gates.ts";
import { median } from "./trials.ts";

/** A table with the new indexes on it. */
export interface WrittenTable {
  readonly view: TableView;
  /** As DROP INDEX takes them. */
  readonly added: readonly string[];
  /** Those that go when they come. */
  readonly gone: readonly string[];
  /** First columns of the new ones: those that an update changes. */
  readonly leading: readonly string[];
}

/** What was timed, or why not. */
export type Batches =
  | { readonly ok: true; readonly writes: readonly MeasuredWrites[]; readonly notes: readonly string[] }
  | { readonly ok: false; readonly why: string };

const RUNS = 3;
/** Short batches run more often, as long as all runs of a batch take no longer than this: a single one is mostly noise. */
const SHORT_MS = 300;
const RUNS_MAX = 9;
const BATCH_ROWS = 1_000;
/** A batch is no large part of its table: what follows would be timed on another table than production's. */
const BATCH_SHARE = 0.1;
const LIMIT_MS = 20_000;

const BATCH = "pg_temp.dbwright_batch";
// Where the rows of the batch lie; names that no table of an application has.
const [PLACE, PART] = ["dbwright_place", "dbwright_part"];

/**
 * Times a batch of inserts and one of updates on a table, with its new indexes and without, in turns, each in a
 * transaction that is rolled back. The rows are the table's own, spread evenly: for an insert they are deleted before, so that
 * keys stay unique; an update gives each the value that the next one has in a column that a new index leads with.
 * Neither foreign keys nor triggers are counted: they cost the same on both sides.
 *
 * `session` is the owner's, who must be allowed to set `session_replication_role`.
 */
export async function timeWrites(session: Session, written: WrittenTable): Promise<Batches> {
  const restore = await silenceTriggers(session, [written.view]);
  try {
    const rows = await takeBatch(session, written.view);
    if (rows === 0) return { ok: false, why: "it holds too few rows" };
    const writes: MeasuredWrites[] = [];
    const notes: string[] = [];
    for (const [verb, statements] of Object.entries(batches(written)) as [MeasuredWrites["verb"], Batch[]][]) {
      const outcome = await timed(session, written, statements);
      const { schema, name } = written.view.table;
      if (typeof outcome === "string")
        notes.push(`${verb}s into ${qualified(schema, name)} were not timed: ${outcome}`);
      else writes.push({ schema: schema ?? "", table: name, verb, rows, ...outcome });
    }
    return { ok: true, writes, notes };
  } catch (error) {
    if (!isSqlState((error as { code?: unknown }).code)) throw error;
    return { ok: false, why: (error as Error).message };
  } finally {
    await session.execute(`ROLLBACK; RESET statement_timeout; DROP TABLE IF EXISTS ${BATCH}`);
    await restore();
  }
}

interface Batch {
  /** Runs before it, without being timed. */
  readonly first: string | null;
  readonly sql: string;
}

async function takeBatch(session: Session, { table }: TableView): Promise<number> {
  const name = qualified(table.schema, table.name);
  await session.execute(`SET statement_timeout = ${LIMIT_MS}`);
  const { rows: counted } = await session.query<{ rows: number }>(`SELECT count(*)::float8 AS rows FROM ${name}`);
  const wanted = Math.min(BATCH_ROWS, Math.floor((counted[0]?.rows ?? 0) * BATCH_SHARE));
  if (wanted === 0) return 0;
  // In no order, as writes come, and the same for each run.
  await session.execute(
    `CREATE TEMPORARY TABLE dbwright_batch AS SELECT tableoid AS ${PART}, ctid AS ${PLACE}, * FROM ${name}
      ORDER BY pg_catalog.hashtextextended(ctid::text, 7) LIMIT ${wanted}; ANALYZE ${BATCH}`,
  );
  return wanted;
}

// What is given, each kind with the ways to try, the best first.
function batches({ view, leading }: WrittenTable): Record<MeasuredWrites["verb"], readonly Batch[]> {
  const name = qualified(view.table.schema, view.table.name);
  const given = view.columns.filter(({ generated }) => generated === null);
  const names = given.map((column) => ident(column.name)).join(", ");
  const where = `w.ctid = b.${PLACE} AND w.tableoid = b.${PART}`;
  const update = ({ name: column }: ColumnObject, value: string): Batch => ({
    first: null,
    sql: `UPDATE ${name} AS w SET ${ident(column)} = b.v FROM (SELECT ${PLACE}, ${PART}, ${value} AS v FROM ${BATCH}) AS b WHERE ${where}`,
  });
  const changed = changeable(view, leading);
  const any = given.find(({ identity }) => identity?.generation !== "always");
  return {
    insert: [
      {
        first: `DELETE FROM ${name} AS w USING ${BATCH} AS b WHERE ${where}`,
        sql: `INSERT INTO ${name} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${BATCH}`,
      },
    ],
    update: [
      ...changed.map((column) => {
        const own = ident(column.name);
        return update(column, `coalesce(pg_catalog.lead(${own}) OVER (ORDER BY ${PLACE}), ${own})`);
      }),
      ...(any === undefined ? [] : [update(any, ident(any.name))]),
    ],
  };
}

// Columns that take another row's value: in no key, and not what a row's partition hangs on.
function changeable({ table, columns, indexes }: TableView, leading: readonly string[]): readonly ColumnObject[] {
  const fixed = new Set(
    indexes.filter(({ unique }) => unique).flatMap(({ keys }) => keys.flatMap(({ column }) => column ?? [])),
  );
  const parted = table.partitionBy?.key ?? "";
  return columns.filter(
    (column) =>
      leading.includes(column.name) &&
      column.generated === null &&
      column.identity === null &&
      !fixed.has(column.name) &&
      !parted.includes(column.name),
  );
}

// Medians of both sides; or why the server refused all ways.
async function timed(
  session: Session,
  { added, gone }: WrittenTable,
  ways: readonly Batch[],
): Promise<Pick<MeasuredWrites, "runs" | "msWithout" | "msWith"> | string> {
  let why = "no column can be written";
  for (const way of ways) {
    try {
      const [without, having]: [number[], number[]] = [[], []];
      // One round that does not count: it finds colder caches.
      const started = performance.now();
      for (let round = 0; round <= RUNS || (round <= RUNS_MAX && performance.now() - started < SHORT_MS); round++) {
        for (const drops of round % 2 === 0 ? [added, gone] : [gone, added]) {
          const ms = await once(session, way, drops);
          if (round > 0) (drops === added ? without : having).push(ms);
        }
      }
      return { runs: having.length, msWithout: median(without), msWith: median(having) };
    } catch (error) {
      if (!isSqlState((error as { code?: unknown }).code)) throw error;
      why = (error as Error).message;
    }
  }
  return why;
}

async function once(session: Session, { first, sql }: Batch, drops: readonly string[]): Promise<number> {
  await session.execute(
    [
      "ROLLBACK",
      "BEGIN",
      ...drops.map((index) => `DROP INDEX IF EXISTS ${index}`),
      "SET LOCAL session_replication_role = replica",
      ...(first === null ? [] : [first]),
    ].join("; "),
  );
  const { rows } = await session.query<{ "QUERY PLAN": readonly { "Execution Time": number }[] }>(
    `EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, FORMAT JSON) ${sql}`,
  );
  await session.execute("ROLLBACK");
  return rows[0]?.["QUERY PLAN"][0]?.["Execution Time"] ?? Number.NaN;
}
