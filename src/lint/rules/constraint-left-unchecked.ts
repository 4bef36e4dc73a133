import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A constraint is added NOT VALID and never validated. */
export const constraintLeftUnchecked: LintRule = lintRule({
  id: "constraint-left-unchecked",
  area: "data loss",
  severity: "info",
  equivalents: [],
  summary: "A constraint is added NOT VALID and never validated.",
  why: "It holds for rows that are written from now on; nobody has looked at those that are there, and the planner does not trust it.",
  remedy: "VALIDATE CONSTRAINT in a later transaction or migration: it lets reads and writes go on.",
  inFunctions: false,
  fails: ["ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID"],
  passes: [
    `-- 1.sql
ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
-- 2.sql
ALTER TABLE task VALIDATE CONSTRAINT c;`,
  ],
  *atLast(state) {
    for (const { table, name, statement } of state.unchecked) {
      const constraint = state.schema.table(table)?.constraints.find((one) => one.name === name);
      if (constraint === undefined || constraint.validated) continue;
      yield {
        message: `${ident(name)} of ${table} is never validated: rows that were there before may break it`,
        relation: table,
        statement,
      };
    }
  },
});
