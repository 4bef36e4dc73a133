import type { Session } from "../../../engines/postgres/driver.ts";
import type { Catalog } from "../../../model/catalog.ts";
import { viewOf } from "../../../model/catalog-view.ts";
import type { TableView } from "../../../model/catalog-view.ts";
import { LOCK_MODES } from "../../../model/plan.ts";
import { ident, qualified } from "../../../sql/identifier.ts";
import { isTemporaryName } from "../../../sql/temporary-name.ts";
import { fillRows } from "../../../twin/prove-plan/fill.ts";
import type { GeneratedTable, SpareRow } from "../../../twin/rows/request.ts";
import type { TwinDatabase } from "../../../twin/server.ts";
import { tryOut } from "../../../twin/under-load/load.ts";
import { readingOnly, statementsOf } from "../../../twin/under-load/statements.ts";
import type { TableWork } from "../../../twin/under-load/statements.ts";
import { SPARE } from "./ritual.ts";
import type { Ran, Start } from "./ritual.ts";
import type { World } from "./world.ts";

/** What application code of one schema does under load. */
export interface Code {
  readonly works: readonly TableWork[];
  /** What could not be made, in words. */
  readonly notes: readonly string[];
}

const KEYS = 40;
const WEAKEST = LOCK_MODES.indexOf("ROW EXCLUSIVE");

const nameOf = ({ table }: TableView): string => qualified(table.schema, table.name);

// No application knows what is there only while a change is under way.
const knownTables = (catalog: Catalog): readonly TableView[] =>
  viewOf(catalog).tables.filter(({ table }) => !isTemporaryName(table.name));

/** The tables of a catalog that the run was seen to lock beyond reading, as SQL. */
export function affectedTables(catalog: Catalog, { seen }: Ran): ReadonlySet<string> {
  const tables = new Set(knownTables(catalog).map(nameOf));
  const locks = [...seen.values()].flatMap((one) => one.locks);
  const strong = locks.filter(({ mode }) => LOCK_MODES.indexOf(mode) >= WEAKEST);
  return new Set(strong.map(({ relation }) => relation).filter((name) => tables.has(name)));
}

async function keysOf(session: Session, view: TableView): Promise<readonly (readonly unknown[])[]> {
  const key = view.primaryKey?.columns ?? [];
  if (key.length === 0) return [];
  const { rows } = await session.query<Readonly<Record<string, unknown>>>(
    `SELECT ${key.map(ident).join(", ")} FROM ${nameOf(view)} LIMIT ${KEYS}`,
  );
  return rows.map((row) => key.map((name) => row[name]));
}

/** Columns for which no spare row holds a value, so that code leaves them to their defaults. */
function unknownColumns(view: TableView, spare: readonly SpareRow[]): ReadonlySet<string> {
  return new Set(view.columns.flatMap(({ name }) => (spare.some((row) => name in row) ? [] : [name])));
}

// The fullest code for a table that the finished schema accepts.
async function working(
  session: Session,
  view: TableView,
  kinds: readonly (readonly SpareRow[])[],
  notes: string[],
): Promise<TableWork | null> {
  const keys = await keysOf(session, view);
  let why = "";
  for (const spare of kinds) {
    const work = { statements: statementsOf(view, unknownColumns(view, spare)), keys, spare };
    const refusal = await tryOut(session, work);
    if (refusal === null) return work;
    why = refusal.message;
  }
  const reading = { statements: readingOnly(statementsOf(view)), keys, spare: [] };
  const refusal = await tryOut(session, reading);
  notes.push(`${nameOf(view)} is ${refusal === null ? "only read" : "left out"}: ${refusal?.message ?? why}`);
  return refusal === null ? reading : null;
}

const spareOf = (tables: readonly GeneratedTable[], { table }: TableView): readonly SpareRow[] =>
  tables.find((one) => one.schema === table.schema && one.table === table.name)?.spare ?? [];

/** Code for the schema before, tried on a copy of it, `trial`; `tables`, as SQL, are those that it works on. */
export async function oldCode(
  world: World,
  start: Start,
  tables: ReadonlySet<string>,
  trial: TwinDatabase,
): Promise<Code> {
  const notes: string[] = [];
  const works = await world.within(trial, "owner", async (session) => {
    const found: TableWork[] = [];
    for (const view of viewOf(start.base.catalog).tables.filter((one) => tables.has(nameOf(one)))) {
      const work = await working(session, view, [spareOf(start.tables, view)], notes);
      if (work !== null) found.push(work);
    }
    return found;
  });
  return { works, notes };
}

/**
 * Code for the schema after, tried on what a run without load reached. Values of columns that are there before and
 * after are those of the old code's rows; others are drawn anew.
 */
export async function newCode(world: World, start: Start, ran: Ran, tables: ReadonlySet<string>): Promise<Code> {
  const notes: string[] = [];
  const { catalog } = ran.known;
  const before = viewOf(start.base.catalog);
  const calledBefore = new Map(start.survive.survivors.map((one) => [one.after, one]));
  const views = knownTables(catalog).filter((view) => {
    const was = calledBefore.get(nameOf(view))?.before;
    return (
      (was === undefined ? !before.tables.some((one) => nameOf(one) === nameOf(view)) : tables.has(was)) &&
      view.table.partitionOf === null
    );
  });
  const drawn = start.whole === null ? [] : await drawnFor(world, start.whole.database, catalog);
  const works = await world.within(ran.reached, "owner", async (session) => {
    const found: TableWork[] = [];
    for (const view of views) {
      const known = sharedRows(start, before, calledBefore, view);
      const full = mergedRows(known, spareOf(drawn, view));
      const work = await working(session, view, known.length === 0 ? [full] : [full, known], notes);
      if (work !== null) found.push(work);
    }
    return found;
  });
  return { works, notes };
}

async function drawnFor(world: World, whole: TwinDatabase, catalog: Catalog): Promise<readonly GeneratedTable[]> {
  const { rows, signal, progress } = world.request;
  const filled = await world.within(whole, "owner", (session) =>
    fillRows(session, catalog, { rows, spare: SPARE, signal, progress }),
  );
  return filled.tables;
}

// Spare rows of the table before, with the columns that the table after has too, by their names after.
function sharedRows(
  start: Start,
  before: ReturnType<typeof viewOf>,
  calledBefore: ReadonlyMap<string, { readonly before: string }>,
  view: TableView,
): readonly SpareRow[] {
  const was = calledBefore.get(nameOf(view));
  const old = before.tables.find((one) => nameOf(one) === was?.before);
  const survivor = start.survive.survivors.find((one) => one.before === was?.before);
  if (old === undefined || survivor === undefined) return [];
  return spareOf(start.tables, old).map((row) =>
    Object.fromEntries(
      survivor.columns.flatMap(({ before: from, after: to }) => {
        return from in row ? [[to, row[from] ?? null]] : [];
      }),
    ),
  );
}

function mergedRows(known: readonly SpareRow[], drawn: readonly SpareRow[]): readonly SpareRow[] {
  if (known.length === 0) return drawn;
  return known.map((row, index) => ({ ...drawn[index % Math.max(1, drawn.length)], ...row }));
}
