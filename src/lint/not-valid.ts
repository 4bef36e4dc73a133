import { ident } from "../sql/identifier.ts";
import type { AddedConstraint } from "./commands.ts";
import { alterTableText, inCaseOf, withCommand } from "./rewrite.ts";
import type { Rewriting } from "./rule.ts";
import type { LintState } from "./state.ts";
import type { LintStatement } from "./statement.ts";

/** A name for a constraint as the server would choose it, kept to the 63 bytes it has. */
export function constraintName(table: string, columns: readonly string[], suffix: string): string {
  const bare = /(?:"(?:[^"]|"")+"|[^".]+)$/.exec(table)?.[0] ?? table;
  const plain = bare.startsWith('"') ? bare.slice(1, -1).replaceAll('""', '"') : bare;
  return `${[plain, ...columns].join("_").slice(0, 62 - suffix.length)}_${suffix}`;
}

/** The number of the subcommand that defines a constraint, in the order of the statement. */
export function commandIndex(statement: LintStatement, of: AddedConstraint): number {
  if (!("AlterTableStmt" in statement.node)) return -1;
  return (statement.node.AlterTableStmt.cmds ?? []).findIndex(
    (node) => "AlterTableCmd" in node && node.AlterTableCmd === of.cmd,
  );
}

/** ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT once that is committed; null where it is not written plainly. */
export function notValidThenValidate(
  statement: LintStatement,
  of: AddedConstraint,
  state: LintState,
): Rewriting | null {
  const index = commandIndex(statement, of);
  const text = alterTableText(statement.sql)?.commands[index];
  if (text === undefined || of.ofColumn !== null || !/^add\b/i.test(text)) return null;
  const { constraint } = of;
  const foreign = constraint.contype === "CONSTR_FOREIGN";
  // NOT VALID foreign keys of partitioned tables came with 18.
  if (foreign && state.major < 18 && state.schema.table(of.table)?.partitioned === true) return null;
  const columns = foreign
    ? (constraint.fk_attrs ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []))
    : [];
  const name = constraint.conname ?? constraintName(of.table, columns, foreign ? "fkey" : "check");
  const named =
    constraint.conname === undefined
      ? text.replace(/^add\b/i, (word) => `${word} ${inCaseOf(word, "CONSTRAINT")} ${ident(name)}`)
      : text;
  const added = withCommand(statement.sql, index, `${named} ${inCaseOf(statement.sql, "NOT VALID")}`);
  if (added === null) return null;
  const validate = inCaseOf(statement.sql, "VALIDATE CONSTRAINT");
  return {
    title: "add it NOT VALID, and validate it in a transaction of its own",
    safety: "safe",
    statements: [
      { sql: added },
      { sql: `${inCaseOf(statement.sql, "ALTER TABLE")} ${of.written} ${validate} ${ident(name)}`, apart: true },
    ],
  };
}
