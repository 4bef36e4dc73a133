import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import { PAGE_BYTES } from "../volumes/size.ts";
import { leafOf, leafTuples } from "./btree-leaf.ts";

/*
 * Where a query reaches beyond a histogram, the planner asks an index for the lowest or highest value there is
 * (`get_actual_variable_range`). So that it gets production's, an index's only leaf holds these two. Their bytes are
 * made by the server itself, in a temporary index of the same type.
 */

/** Leaves by the index's oid, and what stands behind them. */
export interface EndLeaves {
  readonly leaves: ReadonlyMap<number, Uint8Array>;
  /** Files of tables whose first page must count as seen by all, so that no row is looked for behind an entry. */
  readonly tablePaths: readonly string[];
  /** Types whose values the server refused. Holds no value. */
  readonly notes: readonly string[];
}

interface LeadingKey {
  readonly index: number;
  readonly tablePath: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The type below a domain, and the operator class that says what of it an index keeps. */
  readonly type: string;
  readonly operators: string;
  readonly descending: boolean;
}

// As the planner: it asks no partial index.
const LEADING_KEYS = `
  SELECT i.indexrelid AS index, pg_relation_filepath(c.oid) AS "tablePath", n.nspname::text AS schema,
         c.relname::text AS "table", a.attname::text AS column,
         format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, -1) AS type,
         format('%I.%I', on_.nspname, o.opcname) AS operators, (i.indoption::int2[])[0] & 1 = 1 AS descending
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid AND x.relkind = 'i'
    JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
    JOIN pg_class AS c ON c.oid = i.indrelid AND c.relkind IN ('r', 'm')
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = (i.indkey::int2[])[0]
    JOIN pg_type AS t ON t.oid = a.atttypid
    JOIN pg_opclass AS o ON o.oid = (i.indclass::oid[])[0]
    JOIN pg_namespace AS on_ ON on_.oid = o.opcnamespace
   WHERE i.indpred IS NULL AND n.nspname = ANY ($1::text[])`;

const keyOf = (schema: string, table: string, column: string): string => JSON.stringify([schema, table, column]);

/**
 * Makes the leaves of indexes that lead with a column whose extremes are known. `owner` is a session of the database's owner, in which the values are read by their types.
 */
export async function endLeaves(
  admin: Session,
  owner: Session,
  dataDir: string,
  columns: readonly Pick<ColumnDistribution, "schema" | "relation" | "column" | "extremes">[],
): Promise<EndLeaves> {
  const ends = new Map(
    columns.flatMap((column) =>
      column.extremes === undefined
        ? []
        : [[keyOf(column.schema, column.relation, column.column), column.extremes] as const],
    ),
  );
  const leaves = new Map<number, Uint8Array>();
  const tablePaths = new Set<string>();
  const notes: string[] = [];
  if (ends.size === 0) return { leaves, tablePaths: [], notes };
  const schemas = [...new Set(columns.map(({ schema }) => schema))];
  const { rows } = await admin.query<LeadingKey>(LEADING_KEYS, [schemas]);
  const groups = new Map<string, LeadingKey[]>();
  for (const row of rows) {
    if (!ends.has(keyOf(row.schema, row.table, row.column))) continue;
    const key = `${row.type} ${row.operators}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  for (const group of groups.values()) {
    const values = group.flatMap((row) => {
      const end = ends.get(keyOf(row.schema, row.table, row.column));
      const both = [end?.lowest ?? "", end?.highest ?? ""];
      return row.descending ? both.toReversed() : both;
    });
    const tuples = await entriesOf(owner, dataDir, group[0] as LeadingKey, values);
    if (tuples === null) notes.push(`extremes of type ${group[0]?.type}: refused by the server, so left out`);
    for (const [at, row] of group.entries()) {
      const pair = tuples?.slice(2 * at, 2 * at + 2) ?? [];
      const leaf = pair.length < 2 ? null : leafOf(pair);
      if (leaf === null) continue;
      leaves.set(row.index, leaf);
      tablePaths.add(row.tablePath);
    }
  }
  return { leaves, tablePaths: [...tablePaths], notes };
}

const SIBLINGS = `
  SELECT DISTINCT ON (i.indexrelid) i.indexrelid AS index, pg_relation_filepath(o.indexrelid) AS path,
         ((i.indoption::int2[])[0] # (o.indoption::int2[])[0]) & 1 = 1 AS reversed
    FROM pg_index AS i
    JOIN pg_index AS o ON o.indrelid = i.indrelid AND o.indexrelid <> ALL ($1::oid[]) AND o.indpred IS NULL
     AND (o.indkey::int2[])[0] = (i.indkey::int2[])[0] AND (o.indclass::oid[])[0] = (i.indclass::oid[])[0]
    JOIN pg_class AS x ON x.oid = o.indexrelid AND x.relkind = 'i' AND pg_relation_size(x.oid) > 8192
    JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
   WHERE i.indexrelid = ANY ($1) AND i.indpred IS NULL AND (i.indkey::int2[])[0] <> 0
   ORDER BY i.indexrelid, o.indexrelid`;

/**
 * Leaves for new indexes, by their oids, with the extremes that an older index on the same leading column has. Without
 * them the planner, which asks the newest index alone, would know less than before.
 */
export async function siblingLeaves(
  admin: Session,
  dataDir: string,
  indexes: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  interface Sibling {
    readonly index: number;
    readonly path: string;
    readonly reversed: boolean;
  }
  const { rows } = await admin.query<Sibling>(SIBLINGS, [indexes]);
  const leaves = new Map<number, Uint8Array>();
  for (const { index, path, reversed } of rows) {
    const tuples = leafTuples(await firstPages(join(dataDir, path)));
    const ends = ["(0,1)", "(0,2)"].flatMap((place) => tuples.get(place) ?? []);
    const leaf = ends.length === 2 ? leafOf(reversed ? ends.toReversed() : ends) : null;
    if (leaf !== null) leaves.set(index, leaf);
  }
  return leaves;
}

// Metapage and leaf; all behind them pretends to be there.
async function firstPages(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const pages = Buffer.alloc(2 * PAGE_BYTES);
    await file.read(pages, 0, pages.length, 0);
    return pages;
  } finally {
    await file.close();
  }
}

const TABLE = "pg_temp.dbwright_ends";

// The bytes of an index's entry for each value, in order; null where the server refuses a value. A second column that
// is null makes the entry one of an index of any number of columns, whose others are null.
async function entriesOf(
  owner: Session,
  dataDir: string,
  { type, operators }: LeadingKey,
  values: readonly string[],
): Promise<readonly Buffer[] | null> {
  try {
    await owner.execute(`DROP TABLE IF EXISTS ${TABLE}; CREATE TEMP TABLE dbwright_ends (c0 ${type}, c1 integer)`);
    await owner.query(
      `INSERT INTO ${TABLE} (c0) SELECT v::${type} FROM unnest($1::text[]) WITH ORDINALITY AS g (v, n) ORDER BY n`,
      [values],
    );
    await owner.execute(
      `CREATE INDEX dbwright_ends_index ON ${TABLE} (c0 ${operators}, c1) WITH (deduplicate_items = off)`,
    );
    const { rows } = await owner.query<{ readonly path: string }>(
      "SELECT pg_relation_filepath('pg_temp.dbwright_ends_index') AS path",
    );
    const { rows: places } = await owner.query<{ readonly place: string }>(`SELECT ctid::text AS place FROM ${TABLE}`);
    const found = leafTuples(await readFile(join(dataDir, rows[0]?.path ?? "")));
    const tuples = places.flatMap(({ place }) => found.get(place) ?? []);
    return tuples.length === values.length ? tuples : null;
  } catch (error) {
    if (!isSqlState((error as { readonly code?: unknown }).code)) throw error;
    return null;
  } finally {
    await owner.execute(`DROP TABLE IF EXISTS ${TABLE}`);
  }
}
