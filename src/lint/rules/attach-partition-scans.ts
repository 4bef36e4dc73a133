import { commandsOf, written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A partition is attached without a check that proves its rows fit. */
export const attachPartitionScans: LintRule = lintRule({
  id: "attach-partition-scans",
  area: "locks",
  severity: "warning",
  equivalents: [],
  summary: "A partition is attached without a check that proves its rows fit.",
  why: "ATTACH PARTITION reads every row of the new part under ACCESS EXCLUSIVE on it, and every row of the default partition, too. A validated CHECK with the same bounds spares the reading.",
  remedy:
    "Add a CHECK with the bounds NOT VALID, validate it, attach, then drop the check. Give the default partition one that excludes the bounds.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE event ATTACH PARTITION event_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')"],
  passes: [
    "CREATE TABLE event_2021 (LIKE event); ALTER TABLE event ATTACH PARTITION event_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
    `-- 1.sql
ALTER TABLE event_2021 ADD CONSTRAINT bounds CHECK (at >= '2021-01-01' AND at < '2022-01-01') NOT VALID;
-- 2.sql
ALTER TABLE event_2021 VALIDATE CONSTRAINT bounds;
-- 3.sql
ALTER TABLE event ATTACH PARTITION event_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');`,
  ],
  *check(statement, state) {
    for (const { cmd, table, written: name } of commandsOf(statement, state, "AT_AttachPartition")) {
      const range = cmd.def !== undefined && "PartitionCmd" in cmd.def ? cmd.def.PartitionCmd.name : undefined;
      const part = state.relation(range);
      if (state.isNew(part) || state.isNew(table)) continue;
      // Whether a check says the same as the bounds is the server's to judge; that there is one is taken as the intent.
      if (state.schema.table(part)?.constraints.some(({ type, validated }) => type === "check" && validated) === true)
        continue;
      yield {
        message: `attaching ${written(range)} to ${name} reads all its rows with the part closed to reads and writes`,
        relation: part,
      };
    }
  },
});
