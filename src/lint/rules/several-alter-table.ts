import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is altered by several statements where one would do. */
export const severalAlterTable: LintRule = lintRule({
  id: "several-alter-table",
  area: "locks",
  severity: "info",
  equivalents: ["eugene:W12", "bytebase:STATEMENT_MERGE_ALTER_TABLE"],
  summary: "A table is altered by several statements where one would do.",
  why: "Each ALTER TABLE that must read or write the rows does so by itself; in one statement the server goes through the table once, and waits for its lock once.",
  remedy: "Put the subcommands into one ALTER TABLE, with commas between them.",
  inFunctions: false,
  fails: ["ALTER TABLE task ALTER title SET NOT NULL; ALTER TABLE task ALTER state SET NOT NULL"],
  passes: [
    "ALTER TABLE task ALTER title SET NOT NULL, ALTER state SET NOT NULL",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD COLUMN a int; ALTER TABLE task ADD COLUMN b int",
    "ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE task VALIDATE CONSTRAINT c",
  ],
  *check(statement, state) {
    const [first] = commandsOf(statement, state);
    if (first === undefined || state.isNew(first.table) || statement.body !== null) return;
    const earlier = state.altered.get(first.table);
    if (earlier === undefined || earlier.body !== null) return;
    const apart = [statement, earlier].some(
      (one) => commandsOf(one, state, "AT_ValidateConstraint", "AT_AttachPartition", "AT_DetachPartition").length > 0,
    );
    // Only neighbours can be merged without changing what happens between them.
    if (apart || state.before.at(-1) !== earlier) return;
    yield {
      message: `${first.written} is altered by the statement before, too: in one ALTER TABLE its lock is waited for once, and its rows are gone through once`,
      relation: first.table,
    };
  },
});
