/*
 * The types of the grammar's tree, for layers that may not know the library behind it.
 */
export type {
  AlterTableCmd,
  AlterTableStmt,
  AlterTableType,
  ColumnDef,
  Constraint,
  CreateStmt,
  IndexStmt,
  Node,
  RangeVar,
  TransactionStmt,
  TypeName,
  VariableSetStmt,
} from "libpg-query";
