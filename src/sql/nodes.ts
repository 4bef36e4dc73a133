/*
 * The types of the grammar's tree, for layers that may not know the library behind it.
 */
export type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, Node, RangeVar } from "libpg-query";
