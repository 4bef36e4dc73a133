import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column may be null from now on. */
export const dropNotNull: LintRule = lintRule({
  id: "drop-not-null",
  area: "compatibility",
  severity: "info",
  equivalents: ["squawk:ban-drop-not-null"],
  summary: "A column may be null from now on.",
  why: "Code that was written when every row had a value may not know what to do without one.",
  remedy: "Release code that copes with NULL first.",
  inFunctions: false,
  fails: ["ALTER TABLE task ALTER COLUMN title DROP NOT NULL"],
  passes: ["CREATE TABLE task (title text NOT NULL); ALTER TABLE task ALTER title DROP NOT NULL"],
  *check(statement, state) {
    for (const { cmd, table, written: name } of commandsOf(statement, state, "AT_DropNotNull"))
      if (!state.isNew(table))
        yield {
          message: `${name}.${ident(cmd.name ?? "")} may be null from now on, which code that is running may not expect`,
          relation: table,
        };
  },
});
