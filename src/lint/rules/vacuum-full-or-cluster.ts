import { optionIsOn } from "../../sql/effect/indexes.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is written anew by VACUUM FULL or CLUSTER. */
export const vacuumFullOrCluster: LintRule = lintRule({
  id: "vacuum-full-or-cluster",
  area: "rewrites",
  severity: "error",
  equivalents: ["squawk:prefer-repack"],
  summary: "A table is written anew by VACUUM FULL or CLUSTER.",
  why: "Both copy the whole table and build all its indexes under ACCESS EXCLUSIVE: nobody reads or writes it, for hours if it is large.",
  remedy:
    "Plain VACUUM frees space for new rows without closing the table. To give space back to the disk use pg_repack or pg_squeeze, which copy while the table is in use.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["VACUUM FULL task", "VACUUM (FULL, ANALYZE) task", "CLUSTER task USING task_pkey", "VACUUM FULL"],
  passes: ["VACUUM task", "VACUUM (ANALYZE) task"],
  *check(statement, state) {
    if ("VacuumStmt" in statement.node) {
      const { options, rels = [], is_vacuumcmd: vacuums } = statement.node.VacuumStmt;
      if (vacuums !== true || !optionIsOn(options, "full")) return;
      const ranges = rels.map((node) => ("VacuumRelation" in node ? node.VacuumRelation.relation : undefined));
      if (ranges.length === 0)
        yield { message: "VACUUM FULL writes every table anew, each closed to reads and writes meanwhile" };
      for (const range of ranges)
        yield {
          message: `VACUUM FULL writes ${written(range)} anew, closed to reads and writes`,
          relation: state.relation(range),
        };
    }
    if (!("ClusterStmt" in statement.node)) return;
    const { relation } = statement.node.ClusterStmt;
    if (relation !== undefined && state.isNew(state.relation(relation))) return;
    yield {
      message: `CLUSTER writes ${relation === undefined ? "every clustered table" : written(relation)} anew, closed to reads and writes`,
      ...(relation === undefined ? {} : { relation: state.relation(relation) }),
    };
  },
});
