import { commandsOf, written } from "../commands.ts";
import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A partition is detached without CONCURRENTLY. */
export const detachPartitionBlocks: LintRule = lintRule({
  id: "detach-partition-blocks",
  area: "locks",
  severity: "warning",
  equivalents: ["squawk:require-concurrent-partition-detach"],
  summary: "A partition is detached without CONCURRENTLY.",
  why: "DETACH PARTITION takes ACCESS EXCLUSIVE on the partitioned table and the partition: it waits for everybody who uses any part of it, and everybody who comes waits behind it.",
  remedy:
    "DETACH PARTITION … CONCURRENTLY (PostgreSQL 14 and later), outside of a transaction. It is not possible while the table has a default partition.",
  inFunctions: false,
  fails: ["ALTER TABLE event DETACH PARTITION event_2020"],
  passes: [
    "ALTER TABLE event DETACH PARTITION event_2020 CONCURRENTLY",
    "ALTER TABLE event DETACH PARTITION event_2020 FINALIZE",
  ],
  *check(statement, state) {
    for (const { cmd, table, written: name, count } of commandsOf(statement, state, "AT_DetachPartition")) {
      const part = cmd.def !== undefined && "PartitionCmd" in cmd.def ? cmd.def.PartitionCmd : {};
      if (part.concurrent === true || state.isNew(table)) continue;
      const possible =
        state.major >= 14 && count === 1 && (state.schema.table(table)?.defaultPartition ?? null) === null;
      yield {
        message: `detaching ${written(part.name)} closes ${name} to reads and writes until it is done`,
        relation: table,
        ...(possible
          ? {
              rewriting: {
                title: "detach it CONCURRENTLY",
                safety: "safe",
                statements: [{ sql: `${statement.sql} ${inCaseOf(statement.sql, "CONCURRENTLY")}`, alone: true }],
              },
            }
          : {}),
      };
    }
  },
});
