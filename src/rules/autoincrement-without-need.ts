import { alter } from "../model/change.ts";
import { ref } from "../model/ref.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** More tables than this are reported together. */
const MANY = 3;

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
  fix: "review",
  fails: [
    "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);",
    "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE d (id INTEGER PRIMARY KEY AUTOINCREMENT);",
  ],
  passes: ["CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);"],
  *check({ view }) {
    const numbered = [...ownTables(view)].filter(({ table }) => table.options["autoincrement"] === "true");
    // Some frameworks write it everywhere: that is one decision and not dozens.
    if (numbered.length > MANY) {
      const message = `${numbered.length} tables number their rows with AUTOINCREMENT`;
      yield { ref: ref("schema", "main"), message, evidence: [{ what: "tables", value: numbered.length }] };
      return;
    }
    for (const { table } of numbered) {
      const { autoincrement: _, ...options } = table.options;
      yield {
        ref: table,
        message: `${table.name} numbers its rows with AUTOINCREMENT`,
        fixes: [{ title: "leave AUTOINCREMENT out", safety: "review", changes: [alter(table, { options })] }],
      };
    }
  },
});
