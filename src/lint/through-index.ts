import { namePath } from "../sql/effect/scene.ts";
import { ident } from "../sql/identifier.ts";
import { addedConstraints } from "./commands.ts";
import type { AddedConstraint } from "./commands.ts";
import { commandIndex, constraintName } from "./not-valid.ts";
import { inCaseOf, withCommand } from "./rewrite.ts";
import type { LintObservation, Rewriting } from "./rule.ts";
import type { LintState } from "./state.ts";
import type { LintStatement } from "./statement.ts";

/** Keys that are added together with their index to a table that others use; `what` names the kind of key, up to its table. */
export function* keysWithTheirIndex(
  statement: LintStatement,
  state: LintState,
  contype: "CONSTR_PRIMARY" | "CONSTR_UNIQUE",
  what: string,
): Generator<LintObservation> {
  for (const added of addedConstraints(statement, state)) {
    const { constraint, table } = added;
    if (constraint.contype !== contype || constraint.indexname !== undefined || state.isNew(table)) continue;
    const rewriting = keyThroughIndex(statement, added);
    yield {
      message: `${what} ${added.written} blocks its reads and writes while the index is built`,
      relation: table,
      at: added.at,
      ...(rewriting === null ? {} : { rewriting }),
    };
  }
}

// CREATE UNIQUE INDEX CONCURRENTLY, then the constraint USING INDEX; null where the constraint has clauses of its own.
function keyThroughIndex(statement: LintStatement, of: AddedConstraint): Rewriting | null {
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
