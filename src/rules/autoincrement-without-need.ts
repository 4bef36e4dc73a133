import { alter } from "../model/change.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** AUTOINCREMENT where INTEGER PRIMARY KEY numbers rows anyway. */
export const autoincrementWithoutNeed: Rule = rule({
  id: "autoincrement-without-need",
  area: "schema",
  severity: "info",
  engines: ["sqlite"],
  equivalents: [],
  summary: "A key is declared AUTOINCREMENT, which costs each insert a second write.",
  why: "An INTEGER PRIMARY KEY is numbered without it. AUTOINCREMENT only adds that numbers of the last rows deleted are not given again, and pays for it with a read and a write of sqlite_sequence in every insert; SQLite's manual advises against it where that promise is not needed.",
  remedy: "Leave AUTOINCREMENT out, unless something outside the database remembers the numbers of deleted rows.",
  fails: ["CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);"],
  passes: ["CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);"],
  *check({ view }) {
    for (const { table } of ownTables(view)) {
      if (table.options["autoincrement"] !== "true") continue;
      const { autoincrement: _, ...options } = table.options;
      yield {
        ref: table,
        message: `${table.name} numbers its rows with AUTOINCREMENT`,
        fixes: [{ title: "leave AUTOINCREMENT out", safety: "review", changes: [alter(table, { options })] }],
      };
    }
  },
});
