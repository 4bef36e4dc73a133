import type { Session } from "../../engines/postgres/driver.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Catalog, IndexObject } from "../../model/catalog.ts";
import { invalid, unavailable } from "../../model/error.ts";
import { PAGES_MAX } from "../statistics/size.ts";
import { qualified } from "../../engines/postgres/print.ts";
import type { ColumnDistribution, PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { btreeHeight } from "./btree-height.ts";
import type { KeyWidth } from "./btree-height.ts";
import { writeColumnStatistics } from "./column-statistics.ts";
import type { IndexShape } from "./index-file.ts";
import { stateSizes, twinRelations } from "./relations.ts";
import type { StatedSize, TwinRelation } from "./relations.ts";
import { stateSettings } from "./settings.ts";

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
  try {
    await admin.execute("CHECKPOINT");
    const notes = majorNote(statistics, server);
    const matched = await match(admin, statistics, notes);
    options.signal?.throwIfAborted();
    const sizes = sizesOf(matched, viewOf(catalog), statistics);
    for (const one of await stateSizes(admin, dataDir, sizes))
      notes.push(`index ${qualified(one.schema, one.name)}: not empty on the twin, so its height stays what it is`);
    options.signal?.throwIfAborted();
    const columns = await writeColumnStatistics(admin, statistics.columns);
    const settings = await stateSettings(admin, database.name, statistics.settings);
    return {
      relations: sizes.length,
      columns: columns.written,
      extended: 0,
      settings: settings.set,
      pages: sizes.reduce((sum, size) => sum + size.pages, 0),
      notes: [...notes, ...columns.notes, ...settings.notes],
    };
  } finally {
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

function sizesOf(matched: readonly Matched[], view: CatalogView, statistics: PlannerStatistics): readonly StatedSize[] {
  const widths = new KeyWidths(view, statistics.columns, matched);
  const pagesOf = new Map(matched.map(({ relation, size }) => [relation.oid, size.pages]));
  return matched.map(({ relation, size }) => ({
    relation,
    pages: relation.path === null ? 0 : size.pages,
    countedPages: size.countedPages,
    rows: size.rows,
    allVisiblePages: size.allVisiblePages,
    toastPages: size.toastPages,
    shape: shapeOf(relation, size, pagesOf.get(relation.table ?? 0) ?? 0, widths),
  }));
}

function shapeOf(relation: TwinRelation, size: RelationSize, tablePages: number, widths: KeyWidths): IndexShape | null {
  if (relation.path === null) return null;
  if (relation.method === "brin") return { method: "brin", tablePages };
  // An index of one page has no root yet, as it was made.
  if (relation.method !== "btree" || size.pages <= 1) return null;
  return { method: "btree", height: size.height ?? btreeHeight(size.pages, widths.of(relation)), leaf: null };
}

/** What is known of the keys of indexes. */
class KeyWidths {
  readonly #indexes: ReadonlyMap<string, IndexObject>;
  readonly #columns: ReadonlyMap<string, ColumnDistribution>;
  readonly #rows: ReadonlyMap<string, number>;

  constructor(view: CatalogView, columns: readonly ColumnDistribution[], matched: readonly Matched[]) {
    this.#indexes = new Map(view.of("index").map((index) => [keyOf(index.schema ?? "", index.name), index]));
    this.#columns = new Map(
      columns
        .filter((column) => !column.inherited)
        .map((column) => [JSON.stringify([column.schema, column.relation, column.column]), column]),
    );
    this.#rows = new Map(matched.map(({ size }) => [keyOf(size.schema, size.name), Math.max(0, size.rows)]));
  }

  of({ schema, name }: TwinRelation): readonly KeyWidth[] {
    const index = this.#indexes.get(keyOf(schema, name));
    const rows = this.#rows.get(keyOf(schema, name)) ?? 0;
    return (index?.keys ?? []).map(({ column }, position) => {
      const where = column === null ? [schema, name, null] : [schema, index?.table ?? "", column];
      const found =
        column === null ? this.#expression(schema, name, position) : this.#columns.get(JSON.stringify(where));
      const distinct = found?.distinct ?? null;
      return {
        width_bytes: found?.width_bytes ?? null,
        distinct: distinct === null || distinct === 0 ? null : distinct < 0 ? -distinct * rows : distinct,
      };
    });
  }

  // The server names an index's expression columns `expr`, `expr1` or after a function: its only one is meant.
  #expression(schema: string, name: string, position: number): ColumnDistribution | undefined {
    const own = [...this.#columns.values()].filter((column) => column.schema === schema && column.relation === name);
    return own.length === 1 ? own[0] : own[position];
  }
}
