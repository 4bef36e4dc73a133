import type { Catalog, TriggerObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { parseSql } from "../../sql/parse.ts";
import { nameParts } from "../rows/column-type.ts";
import { triggerFunctions } from "../rows/trigger-function.ts";
import type { Survivor } from "./content.ts";

/** The rows that must survive, without the values that triggers write when a plan's own statements write a row. */
export interface Untriggered {
  readonly survivors: readonly Survivor[];
  /** What is not looked at therefore, in words: "public.task.changed_at by the trigger stamp". */
  readonly leftOut: readonly string[];
}

/**
 * Leaves out the columns that a table's own BEFORE triggers set for each row (`NEW.changed_at := now()`, or named as the
 * trigger's argument) where a statement updates the table: slices that move rows fire these triggers as any UPDATE
 * does, which the steps say of themselves. All other columns are still looked at.
 */
export async function withoutTriggerWrites(
  from: Catalog,
  survivors: readonly Survivor[],
  statements: readonly string[],
): Promise<Untriggered> {
  const updated = await updatedTables(statements);
  if (updated.size === 0) return { survivors, leftOut: [] };
  const view = viewOf(from);
  const functionOf = triggerFunctions(view);
  const leftOut: string[] = [];
  const tables = new Map(view.tables.map((own) => [qualified(own.table.schema, own.table.name), own]));
  const kept = survivors.map((survivor): Survivor => {
    const lines = withAncestors(survivor.before, tables);
    const names = [survivor.after, ...lines.map(({ table }) => qualified(table.schema, table.name))];
    if (!names.some((name) => updated.has(name))) return survivor;
    const firing = lines.flatMap(({ triggers }) => triggers).filter(firesBeforeUpdate);
    const columns = survivor.columns.filter(({ before }) => {
      const writer = firing.find((trigger) => writes(trigger, functionOf(trigger)?.definition ?? "", before));
      if (writer !== undefined) leftOut.push(`${survivor.before}.${ident(before)} by the trigger ${writer.name}`);
      return writer === undefined;
    });
    return { ...survivor, columns };
  });
  return { survivors: kept, leftOut };
}

// A partition's rows are written through the tables above it, whose triggers it has.
function withAncestors(name: string, tables: ReadonlyMap<string, TableView>): readonly TableView[] {
  const own = tables.get(name);
  if (own === undefined) return [];
  const { partitionOf } = own.table;
  return partitionOf === null
    ? [own]
    : [own, ...withAncestors(qualified(partitionOf.schema, partitionOf.table), tables)];
}

async function updatedTables(statements: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const sql of statements) {
    if (!/\bUPDATE\b/i.test(sql)) continue;
    const parsed = await parseSql(sql);
    for (const { node } of parsed.ok ? parsed.value : []) {
      if (!("UpdateStmt" in node)) continue;
      const { schemaname = "public", relname = "" } = node.UpdateStmt.relation ?? {};
      names.add(qualified(schemaname, relname));
    }
  }
  return names;
}

const firesBeforeUpdate = ({ enabled, definition }: TriggerObject): boolean =>
  enabled !== "disabled" && enabled !== "replica" && / BEFORE [^;]*?\bUPDATE\b.* FOR EACH ROW /s.test(definition);

function writes({ definition }: TriggerObject, body: string, column: string): boolean {
  const assigned = /\bNEW\s*\.\s*("(?:[^"]|"")+"|\w+)\s*:?=/gi;
  const selected = /\bINTO\s+(?:STRICT\s+)?NEW\s*\.\s*("(?:[^"]|"")+"|\w+)/gi;
  for (const [, name = ""] of [...body.matchAll(assigned), ...body.matchAll(selected)])
    if (name === column || nameParts(name.startsWith('"') ? name : name.toLowerCase())[0] === column) return true;
  const call = /EXECUTE (?:FUNCTION|PROCEDURE) [^(]+\((.*)\)$/s.exec(definition)?.[1] ?? "";
  return [...call.matchAll(/'((?:[^']|'')*)'/g)].some(([, argument]) => argument?.replaceAll("''", "'") === column);
}
