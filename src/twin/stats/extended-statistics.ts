import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import { ident, qualified } from "../../engines/postgres/print.ts";
import type { ExtendedDistribution } from "../../model/planner-statistics.ts";
import { writeAt } from "./column-statistics.ts";
import type { PlacedColumn } from "./column-statistics.ts";
import { dependenciesBytes, ndistinctBytes, readColumnSets, withShares } from "./extended-bytes.ts";
import type { ColumnSet } from "./extended-bytes.ts";

/** Extended statistics as they were written, and which could not be. */
export interface WrittenExtended {
  readonly written: number;
  /** Holds no value. */
  readonly notes: readonly string[];
}

interface TwinStatistics {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly tableSchema: string;
  readonly table: string;
  /** Numbers and names of its columns, in the order of the numbers. */
  readonly numbers: readonly string[];
  readonly columns: readonly string[];
  readonly expressions: readonly string[];
}

const OBJECTS = `
  SELECT e.oid, sn.nspname::text AS schema, e.stxname::text AS name, tn.nspname::text AS "tableSchema",
         c.relname::text AS "table", array(SELECT k::text FROM unnest(e.stxkeys::int2[]) AS k) AS numbers,
         array(SELECT a.attname FROM unnest(e.stxkeys::int2[]) WITH ORDINALITY AS k (number, at)
                 JOIN pg_attribute AS a ON a.attrelid = e.stxrelid AND a.attnum = k.number
                ORDER BY k.at)::text[] AS columns,
         coalesce(pg_get_statisticsobjdef_expressions(e.oid), '{}') AS expressions
    FROM pg_statistic_ext AS e
    JOIN pg_namespace AS sn ON sn.oid = e.stxnamespace
    JOIN pg_class AS c ON c.oid = e.stxrelid
    JOIN pg_namespace AS tn ON tn.oid = c.relnamespace`;

// The types' input functions refuse all text, so bytes are declared to be of the types, for this transaction alone.
const CASTS = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"] as const;
const CREATE_CASTS = CASTS.map((type) => `CREATE CAST (bytea AS ${type}) WITHOUT FUNCTION`).join(";");
const DROP_CASTS = CASTS.map((type) => `DROP CAST (bytea AS ${type})`).join(";");

// Statistics of expressions are rows of pg_statistic within: made there first, under the object's own oid.
const WRITE = `
  INSERT INTO pg_statistic_ext_data (stxoid, stxdinherit, stxdndistinct, stxddependencies, stxdmcv, stxdexpr)
  SELECT $1::oid, $2::boolean, $3::bytea::pg_ndistinct, $4::bytea::pg_dependencies, $5::bytea::pg_mcv_list,
         CASE WHEN $7 THEN (SELECT array_agg(s ORDER BY n) FROM generate_series(1, $6::integer) AS n
                              LEFT JOIN pg_statistic AS s ON s.starelid = $1 AND s.staattnum = n) END`;

/**
 * Writes what extended statistics hold into `pg_statistic_ext_data` of a scratch database. `admin` is a superuser's
 * session on it; `owner` one of its owner's, in which the expressions of the objects are parsed.
 */
export async function writeExtendedStatistics(
  admin: Session,
  owner: Session,
  extended: readonly ExtendedDistribution[],
): Promise<WrittenExtended> {
  const notes: string[] = [];
  if (extended.length === 0) return { written: 0, notes };
  const there = new Map(
    (await admin.query<TwinStatistics>(OBJECTS)).rows.map((one) => [JSON.stringify([one.schema, one.name]), one]),
  );
  let written = 0;
  for (const one of extended) {
    const name = `statistics ${qualified(one.schema, one.name)}`;
    const object = there.get(JSON.stringify([one.schema, one.name]));
    if (object === undefined) {
      notes.push(`${name}: not on the twin, so what it held was left out`);
      continue;
    }
    try {
      const prepared = await prepare(admin, owner, one, object, (what) => notes.push(`${name}: ${what}`));
      await write(admin, prepared, notes);
      written += 1;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (!isSqlState(code)) throw error;
      notes.push(`${name}: the server refused what it held (SQLSTATE ${code}), so it was left out`);
    }
  }
  return { written, notes };
}

interface Prepared {
  readonly object: TwinStatistics;
  readonly inherited: boolean;
  readonly distinct: Buffer | null;
  readonly dependencies: Buffer | null;
  readonly common: Buffer | null;
  readonly expressions: readonly PlacedColumn[];
}

async function prepare(
  admin: Session,
  owner: Session,
  given: ExtendedDistribution,
  object: TwinStatistics,
  note: (what: string) => void,
): Promise<Prepared> {
  const sets = columnSets(given, object);
  if (sets === null) note("its columns could not be told from their numbers, so distinct counts were left out");
  const scratch = await Scratch.open(admin, owner, object);
  try {
    const common = given.common === null ? null : await scratch.commonBytes(given.common);
    if (common === null && given.common !== null) note("its most common values are not those of the twin's types");
    return {
      object,
      inherited: given.inherited,
      distinct: sets?.distinct == null ? null : ndistinctBytes(sets.distinct),
      dependencies: sets?.dependencies == null ? null : dependenciesBytes(sets.dependencies),
      common,
      expressions: placedExpressions(given, object, scratch.expressionTypes),
    };
  } finally {
    await scratch.close();
  }
}

async function write(admin: Session, prepared: Prepared, notes: string[]): Promise<void> {
  const { object, inherited, expressions } = prepared;
  await admin.execute(`BEGIN; ${CREATE_CASTS}`);
  try {
    await writeAt(admin, expressions, notes);
    await admin.query("DELETE FROM pg_statistic_ext_data WHERE stxoid = $1 AND stxdinherit = $2", [
      object.oid,
      inherited,
    ]);
    await admin.query(WRITE, [
      object.oid,
      inherited,
      prepared.distinct,
      prepared.dependencies,
      prepared.common,
      object.expressions.length,
      expressions.length > 0,
    ]);
    await admin.query("DELETE FROM pg_statistic WHERE starelid = $1", [object.oid]);
    await admin.execute(`${DROP_CASTS}; COMMIT`);
  } catch (error) {
    await admin.execute("ROLLBACK");
    throw error;
  }
}

interface Sets {
  readonly distinct: readonly ColumnSet[] | null;
  readonly dependencies: readonly ColumnSet[] | null;
}

/**
 * Production numbers its columns with gaps where some were dropped, the twin does not. All of an object's columns are in
 * its distinct counts, so their order tells which is which. Null where it does not.
 */
function columnSets(given: ExtendedDistribution, object: TwinStatistics): Sets | null {
  const distinct = given.distinct === null ? null : readColumnSets(given.distinct);
  const dependencies = given.dependencies === null ? null : readColumnSets(given.dependencies);
  if ((distinct === null) !== (given.distinct === null)) return null;
  if ((dependencies === null) !== (given.dependencies === null)) return null;
  const own = object.numbers.map(Number);
  const used = [...new Set([...(distinct ?? []), ...(dependencies ?? [])].flatMap(({ columns }) => columns))]
    .filter((number) => number > 0)
    .toSorted((a, b) => a - b);
  const names = given.columns ?? object.columns;
  const numberOf = new Map<number, number>();
  if (used.length === names.length) {
    for (const [index, number] of used.entries()) {
      const at = object.columns.indexOf(names[index] ?? "");
      if (at < 0) return null;
      numberOf.set(number, own[at] ?? 0);
    }
  } else {
    if (!used.every((number) => own.includes(number))) return null;
    for (const number of used) numberOf.set(number, number);
  }
  const renumbered = (sets: readonly ColumnSet[] | null): readonly ColumnSet[] | null =>
    sets?.map(({ columns, value }) => ({ columns: columns.map((one) => numberOf.get(one) ?? one), value })) ?? null;
  return { distinct: renumbered(distinct), dependencies: renumbered(dependencies) };
}

function placedExpressions(
  given: ExtendedDistribution,
  object: TwinStatistics,
  types: readonly { readonly type: number; readonly collation: number }[],
): readonly PlacedColumn[] {
  return (given.expressions ?? []).flatMap((column, index): PlacedColumn[] => {
    const named = object.expressions.indexOf(column.column);
    const at = named >= 0 || given.expressions?.length !== object.expressions.length ? named : index;
    const type = types[at];
    if (type === undefined) return [];
    return [{ column: { ...column, inherited: false }, place: { oid: object.oid, attribute: at + 1, ...type } }];
  });
}

const TABLE = "pg_temp.dbwright_combinations";

/** A temporary table with the columns of a statistics object, in which the server itself makes stored lists. */
class Scratch {
  readonly #admin: Session;
  readonly #owner: Session;
  readonly #count: number;
  /** Of the object's expressions, in order. */
  readonly expressionTypes: readonly { readonly type: number; readonly collation: number }[];

  private constructor(admin: Session, owner: Session, count: number, expressionTypes: Scratch["expressionTypes"]) {
    this.#admin = admin;
    this.#owner = owner;
    this.#count = count;
    this.expressionTypes = expressionTypes;
  }

  static async open(admin: Session, owner: Session, object: TwinStatistics): Promise<Scratch> {
    const parts = [...object.columns.map(ident), ...object.expressions.map((one) => `(${one})`)];
    const list = parts.map((part, index) => `${part} AS c${index}`).join(", ");
    await owner.execute(`DROP TABLE IF EXISTS ${TABLE}`);
    await owner.query(
      `CREATE TEMP TABLE dbwright_combinations AS SELECT ${list} FROM ${qualified(object.tableSchema, object.table)} WITH NO DATA`,
    );
    const { rows } = await owner.query<{ readonly type: number; readonly collation: number }>(
      `SELECT atttypid AS type, attcollation AS collation FROM pg_attribute
        WHERE attrelid = '${TABLE}'::regclass AND attnum > $1 ORDER BY attnum`,
      [object.columns.length],
    );
    return new Scratch(admin, owner, parts.length, rows);
  }

  async close(): Promise<void> {
    await this.#owner.execute(`DROP TABLE IF EXISTS ${TABLE}`);
  }

  /** The stored form of a list of combinations; null where the server makes other values of them. */
  async commonBytes(common: NonNullable<ExtendedDistribution["common"]>): Promise<Buffer | null> {
    const names = Array.from({ length: this.#count }, (_, index) => `c${index}`);
    const rows = common.values.map((values) => Object.fromEntries(names.map((name, at) => [name, values[at] ?? null])));
    await this.#owner.query(`INSERT INTO ${TABLE} SELECT * FROM json_populate_recordset(NULL::${TABLE}, $1)`, [
      JSON.stringify(rows),
    ]);
    await this.#owner.execute(
      `CREATE STATISTICS pg_temp.dbwright_list (mcv) ON ${names.join(", ")} FROM ${TABLE};
       ALTER STATISTICS pg_temp.dbwright_list SET STATISTICS 10000; ANALYZE ${TABLE}`,
    );
    const { rows: made } = await this.#owner.query<{ readonly oid: number }>(
      `SELECT oid FROM pg_statistic_ext WHERE stxrelid = '${TABLE}'::regclass`,
    );
    const oid = made[0]?.oid ?? 0;
    const { rows: items } = await this.#admin.query<{ readonly values: readonly (string | null)[] }>(
      `SELECT i.values FROM pg_statistic_ext_data AS d, pg_mcv_list_items(d.stxdmcv) AS i
        WHERE d.stxoid = $1 ORDER BY i.index`,
      [oid],
    );
    const { rows: stored } = await this.#admin.query<{ readonly list: string }>(
      "SELECT encode(stxdmcv::bytea, 'hex') AS list FROM pg_statistic_ext_data WHERE stxoid = $1",
      [oid],
    );
    const places = new Map(items.map((item, at) => [JSON.stringify(item.values), at]));
    const shares = common.values.map((values, index) => ({
      at: places.get(JSON.stringify(values)) ?? -1,
      share: common.shares[index] ?? 0,
      baseShare: common.baseShares[index] ?? 0,
    }));
    const list = stored[0]?.list;
    if (list === undefined || items.length !== shares.length || shares.some(({ at }) => at < 0)) return null;
    return withShares(Buffer.from(list, "hex"), this.#count, shares);
  }
}
