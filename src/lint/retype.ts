import type { ColumnDef } from "../sql/nodes.ts";
import type { Rewriting } from "./rule.ts";
import type { LintStatement } from "./statement.ts";

/** The statement with a column's type written otherwise; null where the type does not stand there as expected. */
export function retyped(statement: LintStatement, column: ColumnDef, was: RegExp, to: string): Rewriting | null {
  const location = column.typeName?.location;
  if (location === undefined || statement.body !== null) return null;
  const at = statement.indexOf(location) - statement.start;
  const match = was.exec(statement.sql.slice(at));
  if (match === null || match.index !== 0) return null;
  const type = to.replaceAll("$1", match[1] ?? "");
  const sql = `${statement.sql.slice(0, at)}${type}${statement.sql.slice(at + match[0].length)}`;
  return { title: `write ${type}`, safety: "review", statements: [{ sql }] };
}
