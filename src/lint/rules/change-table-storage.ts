import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table's logging, access method or tablespace is changed. */
export const changeTableStorage: LintRule = lintRule({
  id: "change-table-storage",
  area: "rewrites",
  severity: "error",
  equivalents: ["atlas:PG307", "atlas:PG311", "pg-schema-diff:IMPACTS_DATABASE_PERFORMANCE"],
  summary: "A table's logging, access method or tablespace is changed.",
  why: "The whole table and its indexes are copied under ACCESS EXCLUSIVE; making a table LOGGED writes all of it to the log as well, which replicas must follow. An UNLOGGED table is empty after a crash, and on every replica.",
  remedy: "Make a new table as it should be, copy the rows in batches, and swap the names.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task SET UNLOGGED",
    "ALTER TABLE task SET LOGGED",
    "ALTER TABLE task SET TABLESPACE fast",
    "ALTER TABLE task SET ACCESS METHOD heap",
  ],
  passes: ["CREATE UNLOGGED TABLE t (a int); ALTER TABLE t SET LOGGED", "ALTER TABLE task SET (fillfactor = 80)"],
  *check(statement, state) {
    const types = ["AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod"] as const;
    for (const { table, type, written: name } of commandsOf(statement, state, ...types)) {
      if (state.isNew(table)) continue;
      const what = {
        AT_SetLogged: "SET LOGGED",
        AT_SetUnLogged: "SET UNLOGGED",
        AT_SetTableSpace: "SET TABLESPACE",
        AT_SetAccessMethod: "SET ACCESS METHOD",
      };
      yield {
        message: `${what[type as keyof typeof what]} copies all of ${name}, closed to reads and writes`,
        relation: table,
      };
    }
  },
});
