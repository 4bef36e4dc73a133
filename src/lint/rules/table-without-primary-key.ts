import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is made without a primary key. */
export const tableWithoutPrimaryKey: LintRule = lintRule({
  id: "table-without-primary-key",
  area: "conventions",
  severity: "warning",
  equivalents: ["bytebase:TABLE_REQUIRE_PK"],
  summary: "A table is made without a primary key.",
  why: "Logical replication cannot tell which row an UPDATE or DELETE means, batches have no key to go by, and two equal rows cannot be told apart.",
  remedy: "A primary key.",
  inFunctions: false,
  fails: ["CREATE TABLE task (title text)"],
  passes: [
    "CREATE TABLE task (id bigint PRIMARY KEY)",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD PRIMARY KEY (id)",
    "CREATE TABLE event_2021 PARTITION OF event FOR VALUES IN (1)",
    "CREATE TEMP TABLE t (a int)",
    "CREATE TABLE copy (LIKE task INCLUDING ALL)",
  ],
  *atEnd(state) {
    for (const statement of state.before) {
      if (!("CreateStmt" in statement.node)) continue;
      const { relation, inhRelations = [], tableElts = [], ofTypename } = statement.node.CreateStmt;
      const table = state.relation(relation);
      const known = state.schema.table(table);
      const copied =
        inhRelations.length > 0 || ofTypename !== undefined || tableElts.some((node) => "TableLikeClause" in node);
      if (known === undefined || copied || relation?.relpersistence === "t") continue;
      if (known.constraints.some(({ type }) => type === "primary key")) continue;
      yield { message: `${written(relation)} has no primary key`, relation: table, at: statement.start };
    }
  },
});
