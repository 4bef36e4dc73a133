import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { invalid } from "../../model/error.ts";
import { extendRelation } from "./extend.ts";
import { PAGES_MAX, PAGE_BYTES, heapPages, scaledIndexPages } from "./size.ts";
import { growthOf } from "./growth.ts";
import type { Growth, StatedTable } from "./growth.ts";

export type { StatedTable } from "./growth.ts";

/** What the planner now believes of one relation. */
export interface StatedRelation {
  readonly schema: string;
  readonly name: string;
  readonly rows: number;
  readonly pages: number;
}

interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly table_oid: number;
  readonly pages: number;
  readonly rows: number;
  readonly path: string | null;
  readonly visible: number;
}

const RELATIONS = `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
         coalesce(i.indrelid, c.oid) AS table_oid, c.relpages AS pages, c.reltuples AS rows,
         pg_relation_filepath(c.oid) AS path, c.relallvisible AS visible
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
   WHERE c.relkind IN ('r', 'p', 'i', 'I') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   ORDER BY c.oid`;

/** Pages that a well-kept table has marked as seen by all: what index-only scans need. */
const VISIBLE_SHARE_MAX = 0.95;

/**
 * Makes the planner of a scratch database judge by the stated volume: sizes come from files, which are
 * extended sparsely; everything else comes from the catalog, where row counts and the numbers of distinct
 * values are scaled. The database must hold analysed rows, be copied for this purpose, and not be
 * vacuumed or analysed afterwards. `admin` is a superuser's session: nothing from outside is run in it.
 */
export async function stateVolumes(
  admin: Session,
  dataDir: string,
  view: CatalogView,
  stated: readonly StatedTable[],
): Promise<readonly StatedRelation[]> {
  // What is still in shared buffers must be on disk before file sizes change under it.
  await admin.execute("CHECKPOINT");
  const relations = (await admin.query<Relation>(RELATIONS)).rows;
  const growth = await growthOf(admin, view, relations, stated);
  const told: StatedRelation[] = [];
  for (const relation of relations) {
    const own = growth.tables.get(relation.table_oid);
    if (own === undefined) continue;
    const next = sizeOf(relation, own.factor, own.row_bytes);
    if (next.pages > PAGES_MAX) throw tooLarge(relation, next.pages);
    if (relation.path !== null) await extendRelation(dataDir, relation.path, next.pages);
    const visible = relation.pages > 0 ? Math.min(VISIBLE_SHARE_MAX, relation.visible / relation.pages) : 0;
    await admin.query("UPDATE pg_class SET relpages = $2, reltuples = $3, relallvisible = $4 WHERE oid = $1", [
      relation.oid,
      relation.path === null ? relation.pages : next.pages,
      next.rows,
      Math.floor(next.pages * visible),
    ]);
    told.push({ schema: relation.schema, name: relation.name, ...next });
  }
  await scaleColumns(admin, growth);
  return told;
}

function tooLarge(relation: Relation, pages: number): Error {
  return invalid({
    what: `at the stated volume it takes ${((pages * PAGE_BYTES) / 1024 ** 4).toFixed(0)} TiB`,
    where: `${relation.kind === "i" ? "index" : "table"} ${relation.schema}.${relation.name}`,
    expected: "at most 32 TiB: PostgreSQL keeps no more in one table, partition or index",
    mend: "correct the volume; or state a retention and a time to range over, so that the table is partitioned",
  });
}

function sizeOf(relation: Relation, factor: number, row_bytes: number | null): { rows: number; pages: number } {
  const rows = Math.max(0, relation.rows) * factor;
  if (relation.kind === "i" || relation.kind === "I") return { rows, pages: scaledIndexPages(relation.pages, factor) };
  const measured = Math.ceil(relation.pages * factor);
  return { rows, pages: Math.max(relation.pages, row_bytes === null ? measured : heapPages(rows, row_bytes)) };
}

async function scaleColumns(admin: Session, growth: Growth): Promise<void> {
  for (const column of growth.columns) {
    // Slots of kind 1 hold the most common values; their shares shrink as the values become more.
    await admin.query(
      `UPDATE pg_statistic SET stadistinct = $3::real,
         stanumbers1 = CASE WHEN stakind1 = 1 THEN (SELECT array_agg((f * $4::real)::real ORDER BY n) FROM unnest(stanumbers1) WITH ORDINALITY AS s (f, n)) ELSE stanumbers1 END
       WHERE starelid = $1 AND staattnum = $2`,
      [column.table_oid, column.attribute, column.distinct, column.share],
    );
  }
}
