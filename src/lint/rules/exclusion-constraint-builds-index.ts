import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An exclusion constraint is added to a table in use. */
export const exclusionConstraintBuildsIndex: LintRule = lintRule({
  id: "exclusion-constraint-builds-index",
  area: "locks",
  severity: "error",
  equivalents: ["eugene:E8", "strong_migrations:add_exclusion_constraint"],
  summary: "An exclusion constraint is added to a table in use.",
  why: "It builds its index under ACCESS EXCLUSIVE and compares every row with the others. There is neither NOT VALID nor USING INDEX for it: nobody reads or writes the table until it is done.",
  remedy:
    "Add it while the table is small or in a window of maintenance; or make a new table with the constraint, copy the rows in batches, and swap the names.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE booking ADD CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&)"],
  passes: [
    "CREATE TABLE booking (room int, during tsrange); ALTER TABLE booking ADD EXCLUDE USING gist (during WITH &&)",
  ],
  *check(statement, state) {
    for (const { constraint, table, written: name, at } of commandsOf(statement, state, "AT_AddConstraint")) {
      if (constraint.contype !== "CONSTR_EXCLUSION" || state.isNew(table)) continue;
      yield {
        message: `the exclusion constraint on ${name} blocks its reads and writes while every row is compared`,
        relation: table,
        at,
      };
    }
  },
});
