import type { Session } from "../../engines/postgres/driver.ts";
import { withoutInheritedNames } from "./inherited-not-null.ts";
import { CATALOGS_LEFT_OUT } from "./left-out.ts";
import { catalogQuery } from "./query.ts";
import type { CatalogQuery } from "./query.ts";
import { readShapes } from "./shape.ts";
import { respelled } from "./spelling.ts";

/** One row of a system catalog with names in place of numbers. */
export interface FingerprintRow {
  readonly catalog: string;
  /** Tells the row from the others of its catalog: `table column public.task.title`. */
  readonly identity: string;
  /** Values by column, as text. */
  readonly values: Readonly<Record<string, string | null>>;
}

/** A database's schema as its server's system catalogs hold it, told without any of the readers. */
export interface Fingerprint {
  /** E.g. 180004. Fingerprints of different majors are not comparable. */
  readonly versionNumber: number;
  /** Sorted by catalog and identity. */
  readonly rows: readonly FingerprintRow[];
  /** What could not be looked at, each with the reason. */
  readonly unseen: readonly string[];
}

const SETTINGS = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = '';
  SET LOCAL quote_all_identifiers = off; SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres';
  SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL jit = off`;

// Objects of extensions and what comes with them, TOAST and temporary objects, and the copies of a foreign key that
// the server keeps for each partition of the table it refers to (under names with numbers).
const FOREIGN = `
  with recursive seed(classid, objid) as (
    select d.classid, d.objid from pg_depend d where d.deptype = 'e'
    union select 'pg_class'::regclass, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname ~ '^pg_(toast|temp)' and c.oid >= 16384
    union select 'pg_type'::regclass, t.oid from pg_type t join pg_namespace n on n.oid = t.typnamespace
           where n.nspname ~ '^pg_(toast|temp)' and t.oid >= 16384
    union select 'pg_namespace'::regclass, n.oid from pg_namespace n where n.nspname ~ '^pg_'
    union select 'pg_constraint'::regclass, k.oid from pg_constraint k
            join pg_constraint p on p.oid = k.conparentid and p.conrelid = k.conrelid),
  part(classid, objid) as (
    select classid, objid from seed
    union select d.classid, d.objid from part p
            join pg_depend d on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype in ('a', 'i'))
  select array_agg(classid::oid || ':' || objid) as keys from part`;

// What the queries look like follows from the server's exact version, unless somebody added to its catalogs.
const QUERIES = new Map<string, readonly CatalogQuery[]>();

async function queriesOf(session: Session): Promise<readonly CatalogQuery[]> {
  const { rows } = await session.query<{ key: string }>(
    `select version() || ' ' || count(*) || ' ' || current_setting('is_superuser') as key
       from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relnamespace = 'pg_catalog'::regnamespace`,
  );
  const key = rows[0]?.key ?? "";
  const known = QUERIES.get(key);
  if (known !== undefined && key.endsWith(" on")) return known;
  const shapes = await readShapes(session);
  const queries = shapes
    .filter(({ name }) => CATALOGS_LEFT_OUT[name] === undefined)
    .map((shape) => catalogQuery(shape));
  // Another user may see other columns.
  if (key.endsWith(" on")) QUERIES.set(key, queries);
  return queries;
}

interface Told {
  readonly identity: string | null;
  readonly parents: readonly string[];
  readonly shown: readonly (string | null)[];
}

/**
 * Reads the wide fingerprint of a database, PostgreSQL 15 to 18: every row of every system catalog that stands for an
 * object of its own, OIDs as names, expressions as the server prints them. Which catalogs and columns there are,
 * and what they refer to, is asked of the server; what is left out is listed with reasons in `left-out.ts`.
 * The session must not be inside a transaction. Throws the server's own error.
 */
export async function fingerprint(session: Session): Promise<Fingerprint> {
  await session.execute(SETTINGS);
  try {
    const queries = await queriesOf(session);
    const foreign = new Set((await session.query<{ keys: string[] | null }>(FOREIGN)).rows[0]?.keys ?? []);
    const present = await session.query<{ catalog: string }>(
      queries.flatMap(({ any }) => any ?? []).join(" union all "),
    );
    const wanted = new Set(present.rows.map(({ catalog }) => catalog));
    const rows: FingerprintRow[] = [];
    for (const query of queries.filter(({ catalog }) => wanted.has(catalog))) {
      const told = await session.query<Told>(query.sql);
      for (const row of told.rows) {
        if (row.parents.some((parent) => foreign.has(parent))) continue;
        const shown = rowOf(query, row);
        if (!tiesKeys(shown)) rows.push(shown);
      }
    }
    return {
      versionNumber: session.versionNumber,
      rows: inOrder(withoutInheritedNames(rows)),
      unseen: queries.flatMap(({ unseen }) => unseen),
    };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

function rowOf(query: CatalogQuery, { identity, shown }: Told): FingerprintRow {
  const values: Record<string, string | null> = {};
  for (const [at, column] of query.columns.entries()) {
    const value = shown[at] ?? null;
    values[column] = value === null ? null : respelled(withoutNumbers(value));
  }
  // An entry of pg_depend has no key: all that it says tells it.
  if (query.catalog === "pg_depend") {
    const { refobjid, deptype } = values;
    return {
      catalog: query.catalog,
      identity: `${withoutNumbers(identity ?? "?")} on ${refobjid ?? "?"} (${deptype ?? "?"})`,
      values: {},
    };
  }
  return { catalog: query.catalog, identity: withoutNumbers(identity ?? "?"), values };
}

// Whether the inner triggers of a partition's foreign key hang on those of its parent's tells only which came first; and
// which of several unique indexes a foreign key hangs on, which is the oldest.
function tiesKeys({ catalog, identity }: FingerprintRow): boolean {
  if (catalog !== "pg_depend") return false;
  return /^trigger RI_ConstraintTrigger on .* \([PS]\)$|^table constraint .* on index .* \(n\)$/s.test(identity);
}

// Names that the server makes from OIDs: triggers of foreign keys and of deferrable keys, TOAST tables.
function withoutNumbers(text: string): string {
  if (!text.includes("pg_toast_") && !text.includes("_ConstraintTrigger_")) return text;
  return text
    .replaceAll(/"?\b(RI|PK|Unique)_ConstraintTrigger_([ac]_)?\d+"?/g, "$1_ConstraintTrigger")
    .replaceAll(/\bpg_toast_\d+(_index)?\b/g, "pg_toast_N$1");
}

function inOrder(rows: readonly FingerprintRow[]): FingerprintRow[] {
  const key = ({ catalog, identity }: FingerprintRow): string => `${catalog} | ${identity}`;
  const sorted = rows
    .map((row) => ({ row, key: key(row) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.map(({ row }) => row);
}
