import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { Design } from "../../model/design.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Dialect } from "../../model/statement.ts";
import { generateRows } from "../rows/generate.ts";
import type { GeneratedTable, SpareRow } from "../rows/generate.ts";
import type { TwinServer } from "../server.ts";
import { openToOwner } from "./application.ts";
import { applyStatements, Refused } from "./apply.ts";
import { tryConstraints } from "./constraints.ts";
import { insertSql, tryStatement } from "./probe-row.ts";
import { asRaised, refused } from "./step.ts";
import { tenantTables } from "./tenants.ts";

/** A row that must be refused, and by what. */
export interface RefusedCase {
  readonly table: string;
  /** The constraint, or the column for NOT NULL and enumerated types. */
  readonly name: string;
  readonly kind: string;
  readonly sql: string;
  readonly sqlstate: string;
  /** What the server must name; any of these, or nothing in particular. */
  readonly names: readonly string[];
}

/**
 * Data for tests of a schema that need nothing but the schema: rows to begin with, rows that must be
 * refused, and whose rows the application may see. Every statement was tried on the twin.
 */
export interface SchemaCases {
  /** Let the owner write past forced row security, inside the test's transaction. */
  readonly open: readonly string[];
  /** In an order that works. */
  readonly rows: readonly { readonly table: string; readonly sql: string }[];
  readonly refused: readonly RefusedCase[];
  readonly tenancy: {
    readonly role: string;
    readonly setting: string;
    readonly tables: readonly {
      readonly table: string;
      readonly column: string;
      readonly own: string;
      readonly other: string;
    }[];
  } | null;
}

// Few enough to read, enough for two tenants with something each.
const ROWS_PER_TABLE = 6;
const SPARE_ROWS = 12;

/**
 * Makes the cases of a design on a database of its own, which is dropped again. Null when the design does
 * not apply, which the proof tells with its reason.
 */
export async function schemaCases(
  design: Design,
  options: {
    readonly server: TwinServer;
    readonly dialect: Dialect;
    readonly seed: number;
    readonly today: string;
    readonly signal: AbortSignal;
  },
): Promise<SchemaCases | null> {
  const { server, dialect, signal } = options;
  const database = await server.createDatabase();
  try {
    for (const object of design.catalog.objects) {
      if (object.kind === "role") await database.ensureRole(object.name);
    }
    const session = await database.connect("owner");
    try {
      await applyStatements(session, dialect.create(design.catalog));
      const generated = await generateRows(session, design, {
        rows: () => ROWS_PER_TABLE,
        seed: options.seed,
        now: new Date(`${options.today}T00:00:00Z`),
        spare: SPARE_ROWS,
        signal: options.signal,
        progress: silentProgress,
      });
      return await collect(session, design, dialect, generated);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refused) return null;
      throw asRaised(error, server.description);
    } finally {
      await session.close();
    }
  } finally {
    await database.drop();
  }
}

async function collect(
  session: Session,
  design: Design,
  dialect: Dialect,
  generated: readonly GeneratedTable[],
): Promise<SchemaCases> {
  const catalog = await introspect(session);
  const view = viewOf(catalog);
  const open = openToOwner(design, dialect);
  await session.execute(open.join("; "));
  const refusedCases: RefusedCase[] = [];
  const inserts: { table: string; sql: string }[] = [];
  for (const table of generated) {
    const own = view.table(table.schema, table.table);
    if (own === undefined) continue;
    // Rows that a trigger keeps come with the rows of its table.
    if (table.note === null || table.asked > 0) inserts.push(...(await dump(session, own, dialect)));
    const { outcomes } = await tryConstraints({ session, catalog, dialect }, own, table);
    const keptByTrigger = table.note !== null && table.asked === 0;
    for (const { violation, sql, result } of outcomes) {
      if (result !== "refused") continue;
      // What collides with a row that a trigger made collides here only: in the test that row gets other values.
      if (keptByTrigger && (violation.kind === "unique" || violation.kind === "exclusion")) continue;
      const { name, kind, code, names } = violation;
      refusedCases.push({ table: table.table, name, kind, sql, sqlstate: code, names });
    }
  }
  const rows = await insertable(session, view.tables, dialect, inserts);
  const held = await stillRefused(session, refusedCases);
  return { open, rows, refused: held, tenancy: await tenancyOf(session, design, dialect, view) };
}

async function dump(session: Session, own: TableView, dialect: Dialect): Promise<{ table: string; sql: string }[]> {
  const columns = own.columns.filter((column) => column.generated === null).map((column) => dialect.ident(column.name));
  const list = columns.map((column) => `${column}::text AS ${column}`).join(", ");
  const name = { schema: own.table.schema, table: own.table.name };
  const found = await session.query<SpareRow>(`SELECT ${list} FROM ${dialect.qualified(name.schema, name.table)}`);
  // A database made by the migration holds the rows of lookup tables already.
  return found.rows.map((row) => ({
    table: name.table,
    sql: `${insertSql(dialect, name, row)} ON CONFLICT DO NOTHING`,
  }));
}

// With the rows as the test will have them, some rows that broke a constraint break it no more.
async function stillRefused(session: Session, all: readonly RefusedCase[]): Promise<readonly RefusedCase[]> {
  const held: RefusedCase[] = [];
  await session.execute("BEGIN");
  for (const one of all) {
    const answer = await tryStatement(session, one.sql);
    if (answer.accepted || answer.error.code !== one.sqlstate) continue;
    const by = answer.error.constraint ?? answer.error.column ?? "";
    if (one.names.length === 0 || one.names.includes(by)) held.push(one);
  }
  await session.execute("ROLLBACK");
  return held;
}

/**
 * Empties the tables and puts the rows back one by one: what does not go in yet is tried again after the
 * others, and what never goes in (references in a circle) is left out.
 */
async function insertable(
  session: Session,
  tables: readonly TableView[],
  dialect: Dialect,
  inserts: readonly { readonly table: string; readonly sql: string }[],
): Promise<readonly { readonly table: string; readonly sql: string }[]> {
  const names = tables
    .filter(({ table }) => table.partitionOf === null)
    .map(({ table }) => dialect.qualified(table.schema, table.name));
  if (names.length > 0) await session.execute(`TRUNCATE ${names.join(", ")} RESTART IDENTITY`);
  const done: { readonly table: string; readonly sql: string }[] = [];
  let waiting = inserts;
  while (waiting.length > 0) {
    const later: { readonly table: string; readonly sql: string }[] = [];
    for (const insert of waiting) {
      try {
        await session.execute(insert.sql);
        done.push(insert);
      } catch (error) {
        if (!refused(error)) throw error;
        later.push(insert);
      }
    }
    if (later.length === waiting.length) break;
    waiting = later;
  }
  return done;
}

async function tenancyOf(
  session: Session,
  design: Design,
  dialect: Dialect,
  view: CatalogView,
): Promise<SchemaCases["tenancy"]> {
  const { tenancy } = design;
  if (tenancy === null || tenancy.model !== "shared-schema") return null;
  const readable = new Set(
    design.catalog.objects.flatMap((object) =>
      object.kind === "grant" && object.grantee === design.applicationRole && object.privileges.includes("SELECT")
        ? [object.name]
        : [],
    ),
  );
  const list = [];
  for (const target of tenantTables(design, view)) {
    if (!readable.has(target.table)) continue;
    const column = dialect.ident(target.column);
    const name = dialect.qualified(target.schema, target.table);
    const found = await session.query<{ tenant: string }>(
      `SELECT DISTINCT ${column}::text AS tenant FROM ${name} ORDER BY 1 LIMIT 2`,
    );
    const [own, other] = found.rows;
    if (own !== undefined && other !== undefined) {
      list.push({ table: name, column, own: own.tenant, other: other.tenant });
    }
  }
  return { role: design.applicationRole, setting: tenancy.setting, tables: list };
}
