/*
 * The types of the grammar's tree, for layers that may not know the library behind it.
 */
export type {
  AlterTableCmd,
  AlterTableType,
  CommonTableExpr,
  ColumnDef,
  Constraint,
  FuncCall,
  IndexStmt,
  JoinExpr,
  Node,
  RangeSubselect,
  RangeVar,
  SelectStmt,
  SubLink,
} from "libpg-query";
