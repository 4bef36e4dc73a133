import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { qualified } from "../../engines/postgres/print.ts";
import type { IndexObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { parseSql } from "../../sql/parse.ts";
import { PAGES_MAX, PAGE_BYTES } from "../volumes/size.ts";
import { stateIndexes, whileEmpty } from "../stats/state-index.ts";
import type { StatedIndex } from "../stats/state-index.ts";
import { stateExpressions } from "./expression-statistics.ts";
import { indexFacts } from "./index-facts.ts";
import { indexPages } from "./index-pages.ts";

/** Rows of a table that a predicate admits, by the planner's estimate; null when it cannot say. */
export type RowsWhere = (schema: string, table: string, predicate: string) => Promise<number | null>;

/** An index made at production's size, or why the server refused it. */
export type MadeIndex =
  | { readonly ok: true; readonly id: string; readonly oid: number; readonly bytes: number }
  | { readonly ok: false; readonly why: string };

/** Where indexes are made. */
export interface WhereMade {
  /** Writes the catalog. */
  readonly admin: Session;
  /** Runs definitions and expressions, which come from outside. */
  readonly owner: Session;
  /** Of what the database holds. */
  readonly view: CatalogView;
  readonly dataDir: string;
}

/**
 * Makes indexes on tables whose files are long and hold nothing (or rows that are not to be read): see
 * {@link whileEmpty}. Statistics of their expressions are then derived, their pages estimated and stated.
 */
export async function makeIndexes(
  { admin, owner, view, dataDir }: WhereMade,
  indexes: readonly IndexObject[],
  rowsWhere: RowsWhere,
): Promise<readonly MadeIndex[]> {
  const whys = await whileEmpty(admin, dataDir, tablesOf(indexes), () => createAll(owner, indexes));
  const oids = await oidsOf(admin, indexes);
  const made = new Map<IndexObject, number>();
  for (const [place, index] of indexes.entries()) {
    const oid = oids[place] ?? null;
    if (whys[place] === null && oid !== null) made.set(index, oid);
  }
  await stateExpressions({ admin, owner }, view, [...made.values()]);
  const bytes = await sizeIndexes(admin, dataDir, [...made.values()], rowsWhere);
  return indexes.map((index, place): MadeIndex => {
    const oid = made.get(index);
    if (oid === undefined) return { ok: false, why: whys[place] ?? "its definition made another index than it names" };
    return { ok: true, id: qualified(index.schema, index.name), oid, bytes: bytes.get(oid) ?? 0 };
  });
}

/** So many are made in one round trip. */
const TOGETHER = 50;

// Of each null when it was made; else why not.
async function createAll(owner: Session, indexes: readonly IndexObject[]): Promise<readonly (string | null)[]> {
  const whys: (string | null)[] = [];
  for (const { definition } of indexes) {
    const parsed = await parseSql(definition);
    const [only, ...more] = parsed.ok ? parsed.value : [];
    const isOne = only !== undefined && more.length === 0 && "IndexStmt" in only.node;
    whys.push(parsed.ok ? (isOne ? null : "it is not one CREATE INDEX") : parsed.error.message);
  }
  const places = whys.flatMap((why, place) => (why === null ? [place] : []));
  for (let at = 0; at < places.length; at += TOGETHER) {
    const some = places.slice(at, at + TOGETHER);
    const definitions = some.map((place) => indexes[place]?.definition ?? "");
    // Several in one message are one transaction: where one is refused, none is made.
    if ((await create(owner, definitions.join("\n;\n"))) === null) continue;
    for (const [nth, place] of some.entries()) whys[place] = await create(owner, definitions[nth] ?? "");
  }
  return whys;
}

async function create(owner: Session, sql: string): Promise<string | null> {
  try {
    await owner.execute(sql);
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (isSqlState(code)) return message;
    throw error;
  }
}

async function oidsOf(admin: Session, indexes: readonly IndexObject[]): Promise<readonly (number | null)[]> {
  const { rows } = await admin.query<{ oid: number | null }>(
    `SELECT (SELECT i.indexrelid FROM pg_catalog.pg_index AS i
               JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              WHERE n.nspname = a.schema AND c.relname = a.name AND t.relname = a.table) AS oid
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (schema, name, "table", place)
      ORDER BY a.place`,
    [indexes.map(({ schema }) => schema), indexes.map(({ name }) => name), indexes.map(({ table }) => table)],
  );
  return rows.map(({ oid }) => oid);
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
