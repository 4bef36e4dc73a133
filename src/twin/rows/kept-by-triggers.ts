import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { nameParts } from "./column-type.ts";
import { tableKey } from "./order.ts";
import { triggerFunctions } from "./trigger-function.ts";

/**
 * Tables that triggers of other tables write to (histories, search documents, read models), with the table
 * whose rows fill them. Found in the text of the triggers' functions: an INSERT INTO that names the table.
 */
export function keptByTriggers(view: CatalogView, tables: readonly TableView[]): ReadonlyMap<string, string> {
  const functionOf = triggerFunctions(view);
  const kept = new Map<string, string>();
  for (const { table, triggers } of tables) {
    for (const trigger of triggers) {
      const body = functionOf(trigger)?.definition ?? "";
      for (const match of body.matchAll(/INSERT\s+INTO\s+((?:"(?:[^"]|"")*"|[\w$.])+)/gi)) {
        const [targetSchema, target] = nameParts(match[1] ?? "");
        if (target === undefined || target === table.name) continue;
        if (view.table(targetSchema ?? null, target) !== undefined)
          kept.set(tableKey(targetSchema ?? null, target), table.name);
      }
    }
  }
  return kept;
}
