import { ref } from "../model/ref.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A foreign table in a database that relies on row security: policies cannot be put on it. */
export const foreignTableBypassesRowSecurity: Rule = rule({
  id: "foreign-table-bypasses-row-security",
  area: "security",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["splinter:0017"],
  summary: "A foreign table stands beside tables that row security protects.",
  why: "Row security cannot be enabled on a foreign table. Whoever may read it reads what the user mapping may read on the other server, all of it.",
  remedy:
    "Keep foreign tables in a schema of their own that callers may not use, and offer views with the condition over them.",
  fails: [
    'CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER other FOREIGN DATA WRAPPER elsewhere; CREATE FOREIGN TABLE "odd ""; --" (id bigint) SERVER other; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY;',
  ],
  passes: [
    "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER other FOREIGN DATA WRAPPER elsewhere; CREATE FOREIGN TABLE visit (id bigint) SERVER other; CREATE TABLE task (owner text);",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY;",
  ],
  *check({ view }) {
    if (!view.tables.some(({ table }) => table.rowSecurity.enabled)) return;
    for (const { table } of view.tables) {
      if (table.foreign === undefined) continue;
      yield {
        ref: ref("table", table.name, { schema: table.schema }),
        message: `foreign table ${table.name} can have no row security, unlike the tables beside it`,
      };
    }
  },
});
