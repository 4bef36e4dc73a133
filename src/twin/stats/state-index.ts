import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../engines/postgres/driver.ts";
import { qualified } from "../../engines/postgres/print.ts";
import { invalid } from "../../model/error.ts";
import { PAGES_MAX } from "../volumes/size.ts";
import { siblingLeaves } from "./end-leaves.ts";
import { emptyFile } from "./index-file.ts";
import { keyWidths } from "./key-widths.ts";
import { isTree, shapeOf, stateSizes, twinRelations } from "./relations.ts";
import type { TwinRelation } from "./relations.ts";

/** An index made on a transplanted twin, as it would be in production. */
export interface StatedIndex {
  readonly schema: string;
  readonly name: string;
  readonly pages: number;
  /** Entries: rows of its table, or as many as its predicate lets in. */
  readonly rows: number;
  /** Levels of a B-tree above its leaves; null to estimate them from pages and keys. */
  readonly height: number | null;
}

const OIDS = `
  SELECT c.oid FROM unnest($1::text[], $2::text[]) AS g (schema, name)
    JOIN pg_namespace AS n ON n.nspname = g.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = g.name`;

/**
 * Makes the planner of a transplanted database see indexes, just created and empty, at the size they would have: see
 * {@link whileEmpty} for how to create them. An index on a partitioned table has no file: give those of its partitions.
 * `admin` is a superuser's session on the database. Throws `invalid` (exit 2) for more pages than an index can have,
 * and an `Error` where one is not there.
 */
export async function stateIndexes(admin: Session, dataDir: string, indexes: readonly StatedIndex[]): Promise<void> {
  if (indexes.length === 0) return;
  for (const { schema, name, pages } of indexes) {
    if (pages > PAGES_MAX)
      throw invalid({
        what: `${pages} pages`,
        where: `index ${qualified(schema, name)}`,
        expected: `at most ${PAGES_MAX}`,
      });
  }
  const oids = await oidsOf(admin, indexes);
  // What creating them left in the server's buffers.
  await admin.execute("CHECKPOINT");
  const found = new Map((await twinRelations(admin, oids)).map((one) => [JSON.stringify([one.schema, one.name]), one]));
  const paired = indexes.map((index): { index: StatedIndex; relation: TwinRelation } => {
    const relation = found.get(JSON.stringify([index.schema, index.name]));
    if (relation === undefined) throw new Error(`no index ${qualified(index.schema, index.name)} on the twin`);
    return { index, relation };
  });
  const trees = paired.filter(({ relation, index }) => isTree(relation, index.pages) && index.height === null);
  const keys = await keyWidths(admin, new Map(trees.map(({ relation, index }) => [relation.oid, index.rows])));
  const leaves = await siblingLeaves(admin, dataDir, oids);
  const tables = await tablePages(
    admin,
    paired.map(({ relation }) => relation.table ?? 0),
  );
  await stateSizes(
    admin,
    dataDir,
    paired.map(({ index, relation }) => ({
      relation,
      pages: relation.path === null ? 0 : index.pages,
      countedPages: index.pages,
      rows: index.rows,
      allVisiblePages: 0,
      toastPages: 0,
      shape: shapeOf(relation, {
        pages: index.pages,
        rows: index.rows,
        height: index.height,
        keys: keys.get(relation.oid) ?? [],
        tablePages: tables.get(relation.table ?? 0) ?? 0,
        leaf: leaves.get(relation.oid) ?? null,
      }),
    })),
  );
}

async function oidsOf(
  admin: Session,
  named: readonly { readonly schema: string; readonly name: string }[],
): Promise<readonly number[]> {
  const { rows } = await admin.query<{ readonly oid: number }>(OIDS, [
    named.map((one) => one.schema),
    named.map((one) => one.name),
  ]);
  return rows.map((row) => row.oid);
}

async function tablePages(admin: Session, oids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const { rows } = await admin.query<{ readonly oid: number; readonly pages: string }>(
    "SELECT oid, pg_relation_size(oid) / 8192 AS pages FROM pg_class WHERE oid = ANY ($1::oid[]) AND relkind IN ('r', 'm')",
    [[...new Set(oids)]],
  );
  return new Map(rows.map((row) => [row.oid, Number(row.pages)]));
}

interface Emptied {
  readonly oid: number;
  readonly path: string;
  readonly node: number;
  readonly pages: number;
  readonly rows: number;
  readonly visible: number;
}

const WITH_PARTS = `
  WITH RECURSIVE tree AS (
    SELECT oid FROM unnest($1::oid[]) AS oid
    UNION
    SELECT i.inhrelid FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.oid)
  SELECT c.oid, pg_relation_filepath(c.oid) AS path, c.relfilenode AS node, c.relpages AS pages,
         c.reltuples::float8 AS rows, c.relallvisible AS visible
    FROM tree AS t JOIN pg_class AS c ON c.oid = t.oid AND c.relkind IN ('r', 'm')`;

/**
 * Runs `work` while the named tables, and their partitions, have empty files, so that `work` can create indexes (as
 * the owner, in a session of its own) on tables that pretend to be large. Meanwhile nobody may plan: the planner sees
 * empty tables. Afterwards, whatever became of `work`, sizes are what they were.
 */
export async function whileEmpty<T>(
  admin: Session,
  dataDir: string,
  tables: readonly { readonly schema: string; readonly name: string }[],
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await admin.query<Emptied>(WITH_PARTS, [await oidsOf(admin, tables)]);
  const held = rows.map((row) => ({ ...row, empty: emptyFile(dataDir, row.path) }));
  const set = async (nodes: readonly number[]): Promise<void> => {
    // Creating an index counts its table's rows, too.
    await admin.query(
      `UPDATE pg_class AS c SET relfilenode = g.node, relpages = g.pages, reltuples = g.rows, relallvisible = g.visible
         FROM json_to_recordset($1) AS g (oid oid, node oid, pages integer, rows real, visible integer)
        WHERE c.oid = g.oid`,
      [JSON.stringify(held.map((row, index) => ({ ...row, node: nodes[index] })))],
    );
  };
  try {
    await set(held.map(({ empty }) => empty.node));
    return await work();
  } finally {
    await set(held.map(({ node }) => node));
    for (const { empty } of held) rmSync(join(dataDir, empty.path), { force: true });
  }
}
