import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { qualified } from "../../engines/postgres/print.ts";
import type { IndexObject } from "../../model/catalog.ts";
import { parseSql } from "../../sql/parse.ts";
import { PAGES_MAX, PAGE_BYTES } from "../statistics/size.ts";
import { stateIndexes, whileEmpty } from "../stats/state-index.ts";
import type { StatedIndex } from "../stats/state-index.ts";
import { indexFacts } from "./index-facts.ts";
import { indexPages } from "./index-pages.ts";

/** Rows of a table that a predicate admits, by the planner's estimate; null when it cannot say. */
export type RowsWhere = (schema: string, table: string, predicate: string) => Promise<number | null>;

/** An index made at production's size, or why the server refused it. */
export type MadeIndex =
  | { readonly ok: true; readonly id: string; readonly oid: number; readonly bytes: number }
  | { readonly ok: false; readonly why: string };

/**
 * Makes indexes on tables whose files are long and hold nothing (or rows that are not to be read): see
 * {@link whileEmpty}. Their pages are then estimated and stated. `owner` runs the definitions, which come from outside;
 * `admin` writes the catalog.
 */
export async function makeIndexes(
  sessions: { readonly admin: Session; readonly owner: Session },
  dataDir: string,
  indexes: readonly IndexObject[],
  rowsWhere: RowsWhere,
): Promise<readonly MadeIndex[]> {
  const { admin, owner } = sessions;
  const whys = await whileEmpty(admin, dataDir, tablesOf(indexes), async () => {
    const answers: (string | null)[] = [];
    for (const index of indexes) answers.push(await create(owner, index));
    return answers;
  });
  const made = new Map<IndexObject, number>();
  for (const [place, index] of indexes.entries()) {
    if (whys[place] !== null) continue;
    const oid = await oidOf(admin, index);
    if (oid !== null) made.set(index, oid);
  }
  const bytes = await sizeIndexes(admin, dataDir, [...made.values()], rowsWhere);
  return indexes.map((index, place): MadeIndex => {
    const oid = made.get(index);
    if (oid === undefined) return { ok: false, why: whys[place] ?? "its definition made another index than it names" };
    return { ok: true, id: qualified(index.schema, index.name), oid, bytes: bytes.get(oid) ?? 0 };
  });
}

// Null when it was made; else why not.
async function create(owner: Session, { definition }: IndexObject): Promise<string | null> {
  const parsed = await parseSql(definition);
  if (!parsed.ok) return parsed.error.message;
  const [only, ...more] = parsed.value;
  if (only === undefined || more.length > 0 || !("IndexStmt" in only.node)) return "it is not one CREATE INDEX";
  try {
    await owner.execute(definition);
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (isSqlState(code)) return message;
    throw error;
  }
}

async function oidOf(admin: Session, index: IndexObject): Promise<number | null> {
  const { rows } = await admin.query<{ oid: number }>(
    `SELECT i.indexrelid AS oid FROM pg_catalog.pg_index AS i
       JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND t.relname = $3`,
    [index.schema, index.name, index.table],
  );
  return rows[0]?.oid ?? null;
}

function tablesOf(indexes: readonly IndexObject[]): { schema: string; name: string }[] {
  return indexes.flatMap(({ schema, table }) => (schema === null || table === null ? [] : [{ schema, name: table }]));
}

// Bytes of each index, all its parts together.
async function sizeIndexes(
  admin: Session,
  dataDir: string,
  oids: readonly number[],
  rowsWhere: RowsWhere,
): Promise<ReadonlyMap<number, number>> {
  const stated: StatedIndex[] = [];
  const bytes = new Map<number, number>();
  for (const part of await indexFacts(admin, oids)) {
    const { schema, table, name, predicate, tableRows, sized } = part;
    const where = predicate === null ? null : await rowsWhere(schema, table, predicate);
    const rows = Math.min(tableRows, where ?? tableRows);
    const pages = Math.min(PAGES_MAX, indexPages({ ...sized, rows }));
    stated.push({ schema, name, pages, rows, height: null });
    bytes.set(part.root, (bytes.get(part.root) ?? 0) + pages * PAGE_BYTES);
  }
  await stateIndexes(admin, dataDir, stated);
  return bytes;
}
