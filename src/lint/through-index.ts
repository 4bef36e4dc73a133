import { namePath } from "../sql/effect/scene.ts";
import { ident } from "../sql/identifier.ts";
import type { AddedConstraint } from "./commands.ts";
import { commandIndex, constraintName } from "./not-valid.ts";
import { inCaseOf, withCommand } from "./rewrite.ts";
import type { Rewriting } from "./rule.ts";
import type { LintStatement } from "./statement.ts";

/** CREATE UNIQUE INDEX CONCURRENTLY, then the constraint USING INDEX; null where the constraint has clauses of its own. */
export function keyThroughIndex(statement: LintStatement, of: AddedConstraint): Rewriting | null {
  const { constraint } = of;
  const isPrimary = constraint.contype === "CONSTR_PRIMARY";
  const plain =
    constraint.including === undefined &&
    constraint.options === undefined &&
    constraint.nulls_not_distinct !== true &&
    constraint.indexspace === undefined &&
    constraint.without_overlaps !== true;
  const columns = namePath(constraint.keys);
  if (!plain || of.ofColumn !== null || columns.length === 0) return null;
  const name = constraint.conname ?? constraintName(of.table, isPrimary ? [] : columns, isPrimary ? "pkey" : "key");
  const say = (words: string): string => inCaseOf(statement.sql, words);
  const deferrable = constraint.deferrable === true ? say(" DEFERRABLE") : "";
  const initially = constraint.initdeferred === true ? say(" INITIALLY DEFERRED") : "";
  const clause = `${say("ADD CONSTRAINT")} ${ident(name)} ${say(isPrimary ? "PRIMARY KEY" : "UNIQUE")} ${say("USING INDEX")} ${ident(name)}`;
  const added = withCommand(statement.sql, commandIndex(statement, of), `${clause}${deferrable}${initially}`);
  if (added === null) return null;
  const create = `${say("CREATE UNIQUE INDEX CONCURRENTLY")} ${ident(name)} ${say("ON")} ${of.written} (${columns.map(ident).join(", ")})`;
  return {
    title: "build the index CONCURRENTLY, then make it the constraint's",
    safety: "safe",
    statements: [
      { sql: create, alone: true },
      { sql: added, apart: true },
    ],
  };
}
