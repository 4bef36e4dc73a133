import { truncateSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../engines/postgres/driver.ts";
import { extendRelation } from "../volumes/extend.ts";
import { btreeHeight } from "./btree-height.ts";
import type { KeyWidth } from "./btree-height.ts";
import { shapePageCount, writeIndexFile } from "./index-file.ts";
import type { IndexShape } from "./index-file.ts";

/** A relation of the twin, as far as its size goes. */
export interface TwinRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `relkind`: r, p, m, i, I or f. */
  readonly kind: string;
  /** Access method of an index; null for others. */
  readonly method: string | null;
  /** The table of an index; null for others. */
  readonly table: number | null;
  /** Of a BRIN index, where it is stated. */
  readonly pagesPerRange: string | null;
  /** Its main file below the data directory; null for what has none. */
  readonly path: string | null;
  /** The main file of its TOAST table; null without. */
  readonly toastPath: string | null;
}

const RELATIONS = `
  SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, m.amname::text AS method,
         i.indrelid AS "table",
         (SELECT o.option_value FROM pg_options_to_table(c.reloptions) AS o
           WHERE o.option_name = 'pages_per_range') AS "pagesPerRange",
         pg_relation_filepath(c.oid) AS path,
         CASE WHEN c.reltoastrelid <> 0 THEN pg_relation_filepath(c.reltoastrelid) END AS "toastPath"
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
    LEFT JOIN pg_am AS m ON m.oid = c.relam AND c.relkind IN ('i', 'I')
   WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 'f') AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND ($1::oid[] IS NULL OR c.oid = ANY ($1))`;

/** The relations of the session's database outside the system's schemas; of all, or of those with these oids. */
export async function twinRelations(
  session: Session,
  oids: readonly number[] | null = null,
): Promise<readonly TwinRelation[]> {
  return (await session.query<TwinRelation>(RELATIONS, [oids])).rows;
}

/** What the planner shall believe of one relation. */
export interface StatedSize {
  readonly relation: TwinRelation;
  /** Pages of its file. */
  readonly pages: number;
  readonly countedPages: number;
  readonly rows: number;
  readonly allVisiblePages: number;
  readonly toastPages: number;
  /** What its file's first pages shall say; null to leave them. */
  readonly shape: IndexShape | null;
}

/** Whether a relation of that many pages is a B-tree with a root; one of a single page has none yet. */
export function isTree({ path, method }: TwinRelation, pages: number): boolean {
  return path !== null && method === "btree" && pages > 1;
}

/** The server's default for BRIN indexes. */
const PAGES_PER_RANGE = 128;

/** What the first pages of a relation's file are to say; null to leave them as they are. */
export function shapeOf(
  relation: TwinRelation,
  size: {
    readonly pages: number;
    readonly rows: number;
    /** Null to estimate it from the keys. */
    readonly height: number | null;
    readonly keys: readonly KeyWidth[];
    readonly tablePages: number;
    /** A leaf with entries; null for an empty one. */
    readonly leaf: Uint8Array | null;
  },
): IndexShape | null {
  if (isTree(relation, size.pages)) {
    const height = size.height ?? btreeHeight(size.pages, size.keys, Math.max(0, size.rows));
    return { method: "btree", height, leaf: size.leaf };
  }
  if (relation.path !== null && relation.method === "brin") {
    const pagesPerRange = Number(relation.pagesPerRange ?? PAGES_PER_RANGE);
    return { method: "brin", tablePages: size.tablePages, pagesPerRange };
  }
  return null;
}

// The columns are `integer`, the numbers in them unsigned.
const signed = (pages: number): number => (pages > 0x7fffffff ? pages - 2 ** 32 : pages);

const UPDATE = `
  UPDATE pg_class AS c
     SET relpages = g.pages, reltuples = g.rows, relallvisible = g.visible,
         relfilenode = coalesce(g.node, c.relfilenode),
         relispopulated = c.relispopulated OR c.relkind = 'm'
    FROM json_to_recordset($1) AS g (oid oid, pages integer, rows real, visible integer, node oid)
   WHERE c.oid = g.oid`;

const AT_ONCE = 64;

/**
 * Gives relations their sizes: files are extended sparsely, indexes get first pages of their shape, and `pg_class`
 * says what the planner shall believe. What the server holds of their files must be on disk (CHECKPOINT). Returns the
 * names of indexes whose files were not those of an empty index, and so keep their shape.
 */
export async function stateSizes(
  admin: Session,
  dataDir: string,
  sizes: readonly StatedSize[],
): Promise<readonly TwinRelation[]> {
  const unshaped: TwinRelation[] = [];
  const replaced: string[] = [];
  const rows: unknown[] = [];
  for (let first = 0; first < sizes.length; first += AT_ONCE) {
    await Promise.all(
      sizes.slice(first, first + AT_ONCE).map(async (size) => {
        const { relation, shape } = size;
        let { path } = relation;
        let node: number | null = null;
        if (path !== null && shape !== null) {
          node = writeIndexFile(dataDir, path, shape);
          if (node === null) unshaped.push(relation);
          else {
            replaced.push(path);
            path = path.replace(/\d+$/, String(node));
          }
        }
        const pages = shape === null ? size.pages : Math.max(size.pages, shapePageCount(shape));
        if (path !== null) await extendRelation(dataDir, path, pages);
        if (relation.toastPath !== null && size.toastPages > 0)
          await extendRelation(dataDir, relation.toastPath, size.toastPages);
        rows.push({
          oid: relation.oid,
          pages: signed(size.countedPages),
          rows: size.rows,
          visible: signed(size.allVisiblePages),
          node,
        });
      }),
    );
  }
  await admin.query(UPDATE, [JSON.stringify(rows)]);
  // Emptied, not removed: what the server still holds of an unlogged index it will write there.
  for (const path of replaced) truncateSync(join(dataDir, path), 0);
  return unshaped;
}
