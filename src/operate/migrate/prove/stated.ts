import type { Node, RangeVar } from "libpg-query";
import type { Catalog } from "../../../model/catalog.ts";
import { viewOf } from "../../../model/catalog-view.ts";
import type { CatalogView } from "../../../model/catalog-view.ts";
import type { Change } from "../../../model/change.ts";
import type { Migration } from "../../../model/migration.ts";
import type { ColumnMove } from "../../../model/plan.ts";
import { qualified } from "../../../sql/identifier.ts";
import { parseSql } from "../../../sql/parse.ts";
import { survivorsOf } from "../../../twin/prove-plan/content.ts";
import type { Survivor } from "../../../twin/prove-plan/content.ts";
import { withoutTriggerWrites } from "../../../twin/prove-plan/trigger-writes.ts";

interface Place {
  readonly schema: string;
  readonly table: string;
}

/** What statements of migrations say that they do to rows that are there. */
interface Stated {
  readonly renames: readonly Change[];
  /** Tables that get rows, as SQL. */
  readonly added: ReadonlySet<string>;
  /** Tables whose rows are taken away or replaced, as SQL. */
  readonly taken: ReadonlySet<string>;
  /** Columns that get other values: by their table as SQL. */
  readonly set: ReadonlyMap<string, ReadonlySet<string>>;
}

const key = (...parts: readonly string[]): string => JSON.stringify(parts);

/** Names as they were before and as they are, followed through renames. */
class Names {
  readonly #tables = new Map<string, Place>();
  readonly #columns = new Map<string, string>();

  /** What a table was called before all renames. */
  table({ schemaname = "public", relname = "" }: RangeVar): Place {
    return this.#tables.get(key(schemaname, relname)) ?? { schema: schemaname, table: relname };
  }

  /** What a column of a table (by its first name) was called. */
  column({ schema, table }: Place, name: string): string {
    return this.#columns.get(key(schema, table, name)) ?? name;
  }

  renameTable(relation: RangeVar, to: string): void {
    const was = this.table(relation);
    this.#tables.delete(key(relation.schemaname ?? "public", relation.relname ?? ""));
    this.#tables.set(key(relation.schemaname ?? "public", to), was);
  }

  renameColumn(relation: RangeVar, from: string, to: string): void {
    const own = this.table(relation);
    const was = this.column(own, from);
    this.#columns.delete(key(own.schema, own.table, from));
    this.#columns.set(key(own.schema, own.table, to), was);
  }

  /** Renames of what the catalog before holds to what the catalog after holds. */
  changes(before: CatalogView, after: CatalogView): readonly Change[] {
    const tables = [...this.#tables].flatMap(([now, was]): Change[] => {
      const [schema = "", name = ""] = JSON.parse(now) as string[];
      const own = before.table(was.schema, was.table);
      if (own === undefined || after.table(schema, name) === undefined) return [];
      return [{ type: "rename", before: own.table, to: { ...own.table, schema, name } }];
    });
    const columns = [...this.#columns].flatMap(([now, was]): Change[] => {
      const [schema = "", table = "", name = ""] = JSON.parse(now) as string[];
      const own = before.table(schema, table)?.columns.find((column) => column.name === was);
      const place = tables.find((one) => one.type === "rename" && one.before === before.table(schema, table)?.table);
      const [there, called] = place?.type === "rename" ? [place.to.schema, place.to.name] : [schema, table];
      const is = after.table(there, called)?.columns.some((column) => column.name === name) ?? false;
      return own === undefined || !is ? [] : [{ type: "rename", before: own, to: { ...own, name } }];
    });
    return [...tables, ...columns];
  }
}

async function statedBy(migrations: readonly Migration[], before: Catalog, after: Catalog): Promise<Stated> {
  const names = new Names();
  const added = new Set<string>();
  const taken = new Set<string>();
  const set = new Map<string, Set<string>>();
  const spelled = (relation: RangeVar | undefined): string => {
    if (relation === undefined) return "";
    const { schema, table } = names.table(relation);
    return qualified(schema, table);
  };
  for (const { sql } of migrations.flatMap(({ steps }) => steps)) {
    const parsed = await parseSql(sql);
    for (const { node } of parsed.ok ? parsed.value : []) {
      if ("RenameStmt" in node && node.RenameStmt.relation !== undefined) {
        const { renameType, relation, subname = "", newname = "" } = node.RenameStmt;
        if (renameType === "OBJECT_TABLE") names.renameTable(relation, newname);
        if (renameType === "OBJECT_COLUMN") names.renameColumn(relation, subname, newname);
      }
      for (const relation of addedBy(node)) added.add(spelled(relation));
      for (const relation of takenBy(node)) taken.add(spelled(relation));
      if (!("UpdateStmt" in node) || node.UpdateStmt.relation === undefined) continue;
      const { relation, targetList = [] } = node.UpdateStmt;
      const place = names.table(relation);
      const columns = set.get(spelled(relation)) ?? new Set<string>();
      for (const target of targetList)
        if ("ResTarget" in target) columns.add(names.column(place, target.ResTarget.name ?? ""));
      set.set(spelled(relation), columns);
    }
  }
  return { renames: names.changes(viewOf(before), viewOf(after)), added, taken, set };
}

const one = (relation: RangeVar | undefined): RangeVar[] => (relation === undefined ? [] : [relation]);

// The tables to which a statement adds rows.
function addedBy(node: Node): readonly RangeVar[] {
  if ("InsertStmt" in node) return one(node.InsertStmt.relation);
  return "CopyStmt" in node && node.CopyStmt.is_from === true ? one(node.CopyStmt.relation) : [];
}

// The tables from which it takes rows, or whose rows it may change otherwise than by UPDATE.
function takenBy(node: Node): readonly RangeVar[] {
  if ("InsertStmt" in node && node.InsertStmt.onConflictClause?.action === "ONCONFLICT_UPDATE")
    return one(node.InsertStmt.relation);
  if ("DeleteStmt" in node) return one(node.DeleteStmt.relation);
  if ("MergeStmt" in node) return one(node.MergeStmt.relation);
  if (!("TruncateStmt" in node)) return [];
  return (node.TruncateStmt.relations ?? []).flatMap((item) => ("RangeVar" in item ? [item.RangeVar] : []));
}

/** What rows must be the same after migrations, and which are left out since the files say that they change. */
export interface ToSurvive {
  readonly survivors: readonly Survivor[];
  /** Tables and columns that are not looked at, in words. */
  readonly leftOut: readonly string[];
  /** Columns whose values are looked for in another table afterwards. */
  readonly moves: readonly ColumnMove[];
}

// The moves that migrations end, of columns that are there before, to places that are there after.
function movesOf(
  migrations: readonly Migration[],
  renames: readonly Change[],
  before: CatalogView,
  after: CatalogView,
): readonly ColumnMove[] {
  const has = (view: CatalogView, { schema, table, column }: ColumnMove["from"]): boolean =>
    view.table(schema, table)?.columns.some(({ name }) => name === column) === true;
  return migrations
    .flatMap(({ steps }) => steps.flatMap(({ moves }) => moves ?? []))
    .filter(({ from, to, on }) => {
      const joined = on.every(
        (pair) => has(after, { ...from, column: pair.from }) && has(after, { ...to, column: pair.to }),
      );
      return joined && has(after, to) && has(before, firstName(from, renames));
    });
}

// What a column was called before all renames.
function firstName(place: ColumnMove["from"], renames: readonly Change[]): ColumnMove["from"] {
  const known = renames.flatMap((rename) => (rename.type === "rename" ? [rename] : []));
  const table = known.find(
    ({ before, to }) => before.kind === "table" && to.schema === place.schema && to.name === place.table,
  );
  const own = { ...place, schema: table?.before.schema ?? place.schema, table: table?.before.name ?? place.table };
  const column = known.find(
    ({ before, to }) =>
      before.kind === "column" &&
      before.schema === own.schema &&
      before.table === own.table &&
      to.name === place.column,
  );
  return { ...own, column: column?.before.name ?? place.column };
}

/**
 * The rows that must survive migrations: those of tables before and after, but for what statements set or take, and for
 * what the tables' own triggers write when statements, those of the way back among them, update a row. Of a table that
 * gets rows those must be there that were there before.
 */
export async function toSurvive(migrations: readonly Migration[], before: Catalog, after: Catalog): Promise<ToSurvive> {
  const { renames, added, taken, set } = await statedBy(migrations, before, after);
  const moves = movesOf(migrations, renames, viewOf(before), viewOf(after));
  const plan = { steps: renames.map((cause) => ({ cause })), moves };
  const leftOut: string[] = [];
  const survivors = survivorsOf(before, after, plan).flatMap((survivor): Survivor[] => {
    if (taken.has(survivor.before)) {
      leftOut.push(`rows of ${survivor.before}`);
      return [];
    }
    const changed = set.get(survivor.before) ?? new Set<string>();
    const columns = survivor.columns.filter((column) => !changed.has(column.before));
    if (columns.length < survivor.columns.length) leftOut.push(`values set in ${survivor.before}`);
    return [{ ...survivor, columns, ...(added.has(survivor.before) ? { grows: true } : {}) }];
  });
  const untriggered = await withoutTriggerWrites(
    before,
    survivors,
    migrations.flatMap(({ steps, down }) => [
      ...steps.flatMap(({ sql, undo }) => [sql, ...(undo ?? [])]),
      ...(down === null ? [] : [down]),
    ]),
  );
  return { survivors: untriggered.survivors, leftOut: [...leftOut, ...untriggered.leftOut], moves };
}
