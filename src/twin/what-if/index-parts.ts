import type { Session } from "../../engines/postgres/driver.ts";
import type { QueryPlanNode } from "../../model/query-plan.ts";

/** One index of the scratch database: with storage, or one that only holds those of partitions. */
export interface IndexPart {
  readonly oid: number;
  readonly table_oid: number;
  readonly schema: string;
  readonly name: string;
  /** Of the index at the top of its tree; itself where it belongs to none. */
  readonly root_schema: string;
  readonly root_name: string;
  /** 0 without storage. */
  readonly bytes: number;
}

// Every index with that at the top of its tree.
const PARTS = `
  WITH RECURSIVE tree AS (
    SELECT i.indexrelid AS oid, i.indexrelid AS root FROM pg_catalog.pg_index AS i
     WHERE i.indexrelid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid)
    UNION ALL
    SELECT h.inhrelid, t.root FROM tree AS t JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid)
  SELECT t.oid, i.indrelid AS table_oid, n.nspname AS schema, c.relname AS name,
         rn.nspname AS root_schema, r.relname AS root_name,
         (CASE c.relkind WHEN 'i' THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END)::float8 AS bytes
    FROM tree AS t
    JOIN pg_catalog.pg_index AS i ON i.indexrelid = t.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class AS r ON r.oid = t.root
    JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`;

/** All indexes outside the system's schemas. `admin` may be any session that sees them. */
export async function indexParts(admin: Session): Promise<readonly IndexPart[]> {
  return (await admin.query<IndexPart>(PARTS)).rows;
}

/** Under which an index is found by {@link indexesRead}. */
export const partKey = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

/** What the indexes that a plan reads, or decides conflicts by, stand for in `names` (by {@link partKey}); others are left out. */
export function indexesRead(root: QueryPlanNode, names: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: QueryPlanNode, above: string | null): void => {
    // A bitmap's index scan does not say its schema, but the scan of the table above it does.
    const schema = node.relation?.schema ?? above;
    for (const name of [...(node.index === null ? [] : [node.index]), ...arbitersOf(node)]) {
      const id = names.get(partKey(schema, name));
      if (id !== undefined) found.add(id);
    }
    for (const child of node.children) visit(child, schema);
  };
  visit(root, null);
  return found;
}

// INSERT … ON CONFLICT names the unique indexes that decide.
function arbitersOf(node: QueryPlanNode): readonly string[] {
  const named = node.details["Conflict Arbiter Indexes"];
  return Array.isArray(named) ? named.filter((name): name is string => typeof name === "string") : [];
}
