import { ref } from "../model/ref.ts";
import { ownForeignKeys } from "./foreign-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** SQLite looks at foreign keys only where the connection asks for it; the file cannot. */
export const foreignKeysNotEnforcedByDefault: Rule = rule({
  id: "foreign-keys-not-enforced-by-default",
  area: "integrity",
  severity: "info",
  engines: ["sqlite"],
  equivalents: [],
  summary: "The schema has foreign keys, which SQLite enforces only in connections that ask for it.",
  why: "PRAGMA foreign_keys is off in each new connection unless the program or its build turns it on, and the file cannot say otherwise. One connection that forgets it, be it the sqlite3 shell, writes orphans and skips ON DELETE in silence.",
  remedy:
    "Run PRAGMA foreign_keys = ON first in every connection, and PRAGMA foreign_key_check now and then: it lists the orphans.",
  fails: [
    "CREATE TABLE author (id INTEGER PRIMARY KEY); CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author);",
  ],
  passes: ["CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);"],
  *check({ view }) {
    const count = [...ownForeignKeys(view)].length;
    if (count === 0) return;
    yield {
      ref: ref("schema", "main"),
      message: `${count === 1 ? "one foreign key holds" : `${count} foreign keys hold`} only in connections that run PRAGMA foreign_keys = ON`,
      evidence: [{ what: "foreign keys", value: count }],
    };
  },
});
