import type { ColumnObject, ConstraintObject, TableObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Statement } from "../../model/statement.ts";
import { namesToPrint } from "./constraint-names.ts";
import { columnClause } from "./kinds/column.ts";
import type { PrintContext } from "./kinds/kind.ts";
import { folded } from "./lex.ts";
import { ident, qualified, statement } from "./print.ts";

/** CREATE TABLE with all columns and constraints. Throws `UnprintableChange` where SQLite has no such table. */
export function createTable(table: TableObject, context: PrintContext): Statement[] {
  const view = context.view.table(table.schema, table.name);
  if (view === undefined || view.columns.length === 0)
    throw new UnprintableChange("table", "create", "SQLite has no table without columns");
  return [statement(createTableText(view, qualified(table.schema, table.name)))];
}

/** The text of a table's CREATE TABLE under a name, which is quoted already. */
export function createTableText(view: TableView, name: string): string {
  const { table } = view;
  if (table.partitionBy !== null || table.partitionOf !== null)
    throw new UnprintableChange("table", "partitionBy", "SQLite has no partitions");
  const printed = namesToPrint(table.name, view.constraints);
  const inline = printed.find(({ constraint }) => isInlineKey(constraint, view));
  const lines = [
    ...view.columns.map((column) => {
      const isKey = inline !== undefined && inline.constraint.columns[0] === column.name;
      const key = isKey ? inlineKey(inline.constraint, inline.name, column, table) : "";
      return columnClause(column, key, conflictOf(column, view.constraints));
    }),
    ...printed
      .filter(({ constraint }) => constraint !== inline?.constraint && constraint.type !== "not null")
      .map(({ constraint, name: printedName }) => named(printedName, constraint.definition)),
  ];
  const options = [
    ...(table.options["strict"] === "true" ? ["STRICT"] : []),
    ...(table.options["without_rowid"] === "true" ? ["WITHOUT ROWID"] : []),
  ];
  return `CREATE TABLE ${name} (\n  ${lines.join(",\n  ")}\n)${options.length === 0 ? "" : ` ${options.join(", ")}`}`;
}

const named = (name: string | null, definition: string): string =>
  name === null ? definition : `CONSTRAINT ${ident(name)} ${definition}`;

/*
 * The key of an INTEGER column stands on its column: there alone AUTOINCREMENT is said as people know it, and
 * there alone DESC keeps it from becoming the rowid.
 */
function isInlineKey(constraint: ConstraintObject, view: TableView): boolean {
  if (constraint.type !== "primary key" || constraint.columns.length !== 1) return false;
  if (view.table.options["without_rowid"] === "true") return false;
  const column = view.columns.find((one) => one.name === constraint.columns[0]);
  return column !== undefined && (column.identity !== null || folded(column.type) === "integer");
}

function inlineKey(
  constraint: ConstraintObject,
  name: string | null,
  column: ColumnObject,
  table: TableObject,
): string {
  const conflict = /\) ON CONFLICT (\w+)$/.exec(constraint.definition)?.[1];
  const words = [
    "PRIMARY KEY",
    ...(column.identity === null ? ["DESC"] : []),
    ...(conflict === undefined ? [] : [`ON CONFLICT ${conflict}`]),
    ...(table.options["autoincrement"] === "true" ? ["AUTOINCREMENT"] : []),
  ];
  return named(name, words.join(" "));
}

function conflictOf(column: ColumnObject, constraints: readonly ConstraintObject[]): string | null {
  const found = constraints.find((one) => one.type === "not null" && one.columns[0] === column.name);
  return /^NOT NULL ON CONFLICT (\w+)$/.exec(found?.definition ?? "")?.[1] ?? null;
}
