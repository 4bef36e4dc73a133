import { alter } from "../model/change.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A primary key of SQLite that takes NULL, any number of times. */
export const primaryKeyAllowsNull: Rule = rule({
  id: "primary-key-allows-null",
  area: "integrity",
  severity: "warning",
  engines: ["sqlite"],
  equivalents: [],
  summary: "A primary key takes NULL, because SQLite does not imply NOT NULL.",
  why: "By an old mistake that SQLite keeps for compatibility, only INTEGER PRIMARY KEY, WITHOUT ROWID and STRICT tables forbid NULL in the key. Everywhere else any number of rows may have a NULL key: they cannot be referred to, and uniqueness does not hold among them.",
  remedy: "Declare the columns of the key NOT NULL, or make the table STRICT or WITHOUT ROWID.",
  fix: "review",
  fails: [
    "CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT NOT NULL);",
    "CREATE TABLE tag (note INTEGER, word TEXT NOT NULL, PRIMARY KEY (note, word));",
    "CREATE TABLE counter (id INT PRIMARY KEY, n INTEGER);",
  ],
  passes: [
    "CREATE TABLE country (code TEXT NOT NULL PRIMARY KEY);",
    "CREATE TABLE country (code TEXT PRIMARY KEY) WITHOUT ROWID;",
    "CREATE TABLE country (code TEXT PRIMARY KEY) STRICT;",
    "CREATE TABLE note (id INTEGER PRIMARY KEY);",
  ],
  *check({ view }) {
    for (const { primaryKey, columns } of ownTables(view)) {
      if (primaryKey === null) continue;
      const open = columns.filter((column) => !column.notNull && primaryKey.columns.includes(column.name));
      if (open.length === 0) continue;
      const names = open.map((column) => column.name).join(", ");
      yield {
        ref: primaryKey,
        message: `the primary key of ${primaryKey.table} takes NULL in ${names}`,
        fixes: [
          {
            title: `NOT NULL on ${names}`,
            safety: "review",
            changes: open.map((column) => alter(column, { notNull: true })),
          },
        ],
      };
    }
  },
});
