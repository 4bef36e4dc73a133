import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { nameParts } from "./column-type.ts";
import { tableKey } from "./order.ts";

/**
 * Tables that triggers of other tables write to (histories, search documents, read models), with the table
 * whose rows fill them. Found in the text of the triggers' functions: an INSERT INTO that names the table.
 */
export function keptByTriggers(view: CatalogView, tables: readonly TableView[]): ReadonlyMap<string, string> {
  const functions = new Map(
    view.of("function").map((object) => [`${object.schema}.${object.name}`, object.definition]),
  );
  const kept = new Map<string, string>();
  for (const { table, triggers } of tables) {
    for (const trigger of triggers) {
      const called = /EXECUTE (?:FUNCTION|PROCEDURE) ([^(]+)\(/.exec(trigger.definition)?.[1] ?? "";
      const [schema, name] = nameParts(called.trim());
      const body = functions.get(`${schema}.${name}`) ?? "";
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
