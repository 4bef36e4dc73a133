import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { invalid, unavailable } from "../../model/error.ts";
import { PAGES_MAX } from "../volumes/size.ts";
import { readDatabaseLocale } from "../../engines/postgres/planner-settings.ts";
import { qualified } from "../../engines/postgres/print.ts";
import type { PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { writeColumnStatistics } from "./column-statistics.ts";
import { endLeaves } from "./end-leaves.ts";
import { writeExtendedStatistics } from "./extended-statistics.ts";
import { writeVisibility } from "./index-file.ts";
import { keyWidths } from "./key-widths.ts";
import { isTree, shapeOf, stateSizes, twinRelations } from "./relations.ts";
import type { StatedSize, TwinRelation } from "./relations.ts";
import { stateSettings } from "./settings.ts";
import { byCodePoint, orderOf } from "./text-order.ts";

/** How to transplant. */
export interface TransplantOptions {
  readonly signal?: AbortSignal;
}

/** What the twin's planner now believes. */
export interface Transplanted {
  readonly relations: number;
  readonly columns: number;
  readonly extended: number;
  readonly settings: number;
  /** Pages of all files together, as the planner sees them; on disk they take next to nothing. */
  readonly pages: number;
  /** Where the twin departs from production, and why. Holds no value. */
  readonly notes: readonly string[];
}

/**
 * Makes a scratch database plan as production does: it must hold production's schema with all indexes and no rows, on
 * a server whose files are ours. Sizes come from sparse files, everything else from the system catalogs, which the
 * server's superuser may write. From then on the database must not be vacuumed, analysed, read by a query that scans,
 * nor copied: its files pretend to be large. Only sessions opened afterwards see the settings.
 *
 * Throws `unavailable` (exit 3) on a server whose data directory is not ours or whose disk refuses, `invalid` (exit 2)
 * where a size cannot be.
 */
export async function transplant(
  database: TwinDatabase,
  server: TwinServer,
  catalog: Catalog,
  statistics: PlannerStatistics,
  options: TransplantOptions = {},
): Promise<Transplanted> {
  const { dataDir } = server;
  if (dataDir === null) {
    throw unavailable({
      what: "production's sizes can only be stated on a server of dbwright's own",
      where: "--twin",
      expected: "no --twin URL: an embedded server, or PostgreSQL's programs on the search path",
    });
  }
  const admin = await database.connect("admin");
  const owner = await database.connect("owner");
  try {
    await admin.execute("CHECKPOINT");
    const notes = [...majorNote(statistics, server), ...unknownTables(catalog, statistics)];
    const other = await orders(admin, statistics);
    if (other !== null)
      notes.push(
        `production orders text by ${other.given}, the twin by ${other.own}: ranges over text are estimated otherwise`,
      );
    const known = other?.own === "code point" ? byCodePoint(statistics.columns, catalog) : statistics.columns;
    const matched = await match(admin, statistics, notes);
    options.signal?.throwIfAborted();
    // First, since heights are estimated from them.
    const columns = await writeColumnStatistics(admin, known);
    const extended = await writeExtendedStatistics(admin, owner, statistics.extended);
    options.signal?.throwIfAborted();
    const ends = await endLeaves(admin, owner, dataDir, statistics.columns);
    for (const path of ends.tablePaths) writeVisibility(dataDir, path);
    const sizes = await sizesOf(admin, matched, ends.leaves);
    for (const one of await stateSizes(admin, dataDir, sizes))
      notes.push(`index ${qualified(one.schema, one.name)}: not empty on the twin, so its height stays what it is`);
    const settings = await stateSettings(admin, database.name, {
      ...statistics.settings,
      // What a tablespace states outranks the database; all lies in one here.
      ...statistics.tablespaceCosts?.[""],
    });
    // The log of all this is of no use any more, and takes room.
    await admin.execute("CHECKPOINT");
    return {
      relations: sizes.length,
      columns: columns.written,
      extended: extended.written,
      settings: settings.set,
      pages: sizes.reduce((sum, size) => sum + size.pages, 0),
      notes: [...notes, ...columns.notes, ...extended.notes, ...ends.notes, ...settings.notes],
    };
  } finally {
    await owner.close();
    await admin.close();
  }
}

function majorNote(statistics: PlannerStatistics, server: TwinServer): string[] {
  const major = Math.floor(statistics.versionNumber / 10_000);
  if (major === server.major) return [];
  return [
    `production runs PostgreSQL ${major} and the twin ${server.major}: plans can differ where the planner changed between them`,
  ];
}

async function orders(admin: Session, { locale }: PlannerStatistics): Promise<{ own: string; given: string } | null> {
  const own = await readDatabaseLocale(admin);
  if (locale === undefined || own === null || orderOf(own) === orderOf(locale)) return null;
  return { own: orderOf(own), given: orderOf(locale) };
}

function unknownTables(catalog: Catalog, statistics: PlannerStatistics): string[] {
  const known = new Set(statistics.relations.map((relation) => keyOf(relation.schema, relation.name)));
  return catalog.objects.flatMap((object) =>
    object.kind !== "table" || known.has(keyOf(object.schema ?? "", object.name))
      ? []
      : [`table ${qualified(object.schema, object.name)}: nothing is known of its size, so the twin takes it as new`],
  );
}

interface Matched {
  readonly relation: TwinRelation;
  readonly size: RelationSize;
}

const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);
const HAS_PAGES_IN = new Set(["table", "materialised view", "index"]);

async function match(admin: Session, statistics: PlannerStatistics, notes: string[]): Promise<readonly Matched[]> {
  const there = new Map((await twinRelations(admin)).map((one) => [keyOf(one.schema, one.name), one]));
  return statistics.relations.flatMap((size) => {
    if (HAS_PAGES_IN.has(size.kind) && size.pages > PAGES_MAX) {
      throw invalid({
        what: `${size.pages} pages`,
        where: `${size.kind} ${qualified(size.schema, size.name)}`,
        expected: `at most ${PAGES_MAX}`,
      });
    }
    const relation = there.get(keyOf(size.schema, size.name));
    if (relation !== undefined) return [{ relation, size }];
    notes.push(`${size.kind} ${qualified(size.schema, size.name)}: not on the twin, so its size was left out`);
    return [];
  });
}

async function sizesOf(
  admin: Session,
  matched: readonly Matched[],
  leaves: ReadonlyMap<number, Uint8Array>,
): Promise<readonly StatedSize[]> {
  const pagesOf = new Map(matched.map(({ relation, size }) => [relation.oid, size.pages]));
  const unknown = matched.filter(({ relation, size }) => isTree(relation, size.pages) && size.height === null);
  const keys = await keyWidths(admin, new Map(unknown.map(({ relation, size }) => [relation.oid, size.rows])));
  return matched.map(({ relation, size }) => ({
    relation,
    pages: relation.path === null ? 0 : size.pages,
    countedPages: size.countedPages,
    rows: size.rows,
    allVisiblePages: size.allVisiblePages,
    toastPages: size.toastPages,
    shape: shapeOf(relation, {
      pages: size.pages,
      rows: size.rows,
      height: size.height,
      keys: keys.get(relation.oid) ?? [],
      tablePages: pagesOf.get(relation.table ?? 0) ?? 0,
      leaf: leaves.get(relation.oid) ?? null,
    }),
  }));
}
