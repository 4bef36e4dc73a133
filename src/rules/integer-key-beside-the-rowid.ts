import { affinityOf } from "../sql/affinity.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** An integer key that looks like the rowid and is a second index instead. */
export const integerKeyBesideTheRowid: Rule = rule({
  id: "integer-key-beside-the-rowid",
  area: "schema",
  severity: "warning",
  engines: ["sqlite"],
  equivalents: [],
  summary: "An integer primary key is not the rowid, since its type is not spelled INTEGER.",
  why: "Only INTEGER PRIMARY KEY, in exactly that spelling and without DESC on the column, is the row's own number. INT, BIGINT or SERIAL make an ordinary column with an index of its own: each row is stored under a hidden rowid besides, each look-up goes through two trees, and rows inserted without the key get NULL instead of the next number.",
  remedy: "Spell the type INTEGER.",
  fails: [
    "CREATE TABLE note (id INT PRIMARY KEY, body TEXT);",
    "CREATE TABLE note (id BIGINT NOT NULL, body TEXT, PRIMARY KEY (id));",
    "CREATE TABLE note (id INTEGER PRIMARY KEY DESC, body TEXT);",
  ],
  passes: [
    "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);",
    "CREATE TABLE note (id INT PRIMARY KEY, body TEXT) WITHOUT ROWID;",
    "CREATE TABLE note (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b));",
    "CREATE TABLE country (code TEXT NOT NULL PRIMARY KEY);",
  ],
  *check({ view }) {
    for (const { table, primaryKey, columns } of ownTables(view)) {
      if (primaryKey === null || primaryKey.columns.length !== 1 || table.options["without_rowid"] === "true") continue;
      const column = columns.find((one) => one.name === primaryKey.columns[0]);
      if (column === undefined || column.identity !== null || affinityOf(column.type) !== "integer") continue;
      const why =
        column.type === "integer" ? "it is declared DESC" : `its type is spelled ${column.type.toUpperCase()}`;
      yield { ref: column, message: `${table.name}.${column.name} is the primary key but not the rowid: ${why}` };
    }
  },
});
