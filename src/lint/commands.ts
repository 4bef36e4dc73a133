import { constraintsOf } from "../sql/effect/alter-table-checks.ts";
import type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, RangeVar } from "../sql/nodes.ts";
import { ident } from "../sql/identifier.ts";
import type { LintStatement, ReadStatement } from "./statement.ts";
import type { LintState } from "./state.ts";

/** One subcommand of an ALTER TABLE, with the table and what it defines. */
export interface Command {
  readonly cmd: AlterTableCmd;
  readonly type: AlterTableType;
  /** The table with its schema, as SQL spells it. */
  readonly table: string;
  /** The table as the statement spells it. */
  readonly written: string;
  /** Empty where the command defines no column. */
  readonly column: ColumnDef;
  /** Empty where the command defines no constraint. */
  readonly constraint: Constraint;
  readonly at: number;
  /** How many subcommands the statement has. */
  readonly count: number;
}

/** A relation as a statement spells it. */
export function written(range: RangeVar | undefined): string {
  const name = ident(range?.relname ?? "");
  return range?.schemaname === undefined ? name : `${ident(range.schemaname)}.${name}`;
}

/** The subcommands of an ALTER TABLE (of a table, not of an index, view or type), of some types or of all. */
export function commandsOf(
  statement: ReadStatement,
  state: LintState,
  ...types: readonly AlterTableType[]
): readonly Command[] {
  if (!("AlterTableStmt" in statement.node)) return [];
  const { relation, cmds = [], objtype } = statement.node.AlterTableStmt;
  if (objtype !== "OBJECT_TABLE" && objtype !== "OBJECT_FOREIGN_TABLE") return [];
  return cmds.flatMap((node): Command[] => {
    if (!("AlterTableCmd" in node)) return [];
    const cmd = node.AlterTableCmd;
    const type = cmd.subtype ?? "AT_AddColumn";
    if (types.length > 0 && !types.includes(type)) return [];
    const column = cmd.def !== undefined && "ColumnDef" in cmd.def ? cmd.def.ColumnDef : {};
    const constraint = cmd.def !== undefined && "Constraint" in cmd.def ? cmd.def.Constraint : {};
    return [
      {
        cmd,
        type,
        table: state.relation(relation),
        written: written(relation),
        column,
        constraint,
        at: statement.indexOf(constraint.location ?? column.location),
        count: cmds.length,
      },
    ];
  });
}

/** A constraint that comes to a table that is there. */
export interface AddedConstraint extends Command {
  /** The new column that it is written at, or null. */
  readonly ofColumn: string | null;
}

/** Constraints that a statement adds to tables that are there: by ADD CONSTRAINT, and written at a new column. */
export function addedConstraints(statement: LintStatement, state: LintState): readonly AddedConstraint[] {
  return commandsOf(statement, state, "AT_AddConstraint", "AT_AddColumn").flatMap((command): AddedConstraint[] => {
    if (command.type === "AT_AddConstraint") return [{ ...command, ofColumn: null }];
    return constraintsOf(command.column).map((constraint) => ({
      ...command,
      constraint,
      at: statement.indexOf(constraint.location),
      ofColumn: command.column.colname ?? "",
    }));
  });
}

/** A column that a statement defines, in a new table or in one that is there. */
export interface DefinedColumn {
  readonly table: string;
  readonly column: ColumnDef;
  readonly at: number;
  /** How it came: with its table, added to one, or by a change of type. */
  readonly by: "create" | "add" | "type";
}

/** The columns that a statement defines or gives another type. */
export function definedColumns(statement: LintStatement, state: LintState): readonly DefinedColumn[] {
  if ("CreateStmt" in statement.node) {
    const { relation, tableElts = [] } = statement.node.CreateStmt;
    return tableElts.flatMap((node): DefinedColumn[] => {
      if (!("ColumnDef" in node)) return [];
      const at = statement.indexOf(node.ColumnDef.location);
      return [{ table: state.relation(relation), column: node.ColumnDef, at, by: "create" }];
    });
  }
  return commandsOf(statement, state, "AT_AddColumn", "AT_AlterColumnType").map(({ table, type, column, cmd, at }) => ({
    table,
    column: type === "AT_AddColumn" ? column : { ...column, colname: cmd.name ?? "" },
    at,
    by: type === "AT_AddColumn" ? "add" : "type",
  }));
}
