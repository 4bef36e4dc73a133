import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import type { Node, RangeVar } from "../../sql/nodes.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is named without its schema. */
export const nameWithoutSchema: LintRule = lintRule({
  id: "name-without-schema",
  area: "conventions",
  severity: "info",
  equivalents: [
    "squawk:require-table-schema",
    "bytebase:STATEMENT_CREATE_SPECIFY_SCHEMA",
    "bytebase:NAMING_FULLY_QUALIFIED",
  ],
  summary: "A table is named without its schema.",
  why: "Which table is meant depends on the search_path of whoever runs the migration.",
  remedy: "Write schema.table, or set the search_path at the top of the file.",
  inFunctions: false,
  fails: ["CREATE TABLE task (id bigint)", "ALTER TABLE task ADD COLUMN a int", "DROP TABLE task"],
  passes: [
    "CREATE TABLE app.task (id bigint)",
    "SET search_path = app; CREATE TABLE task (id bigint)",
    "CREATE TEMP TABLE t (a int)",
  ],
  *check(statement, state) {
    const { node } = statement;
    // Once for a file is enough to be seen.
    if (state.hasSearchPath) return;
    const bare = bareTarget(node);
    if (bare !== null && state.first("name-without-schema"))
      yield { message: `which ${ident(bare)} is meant depends on the search_path of whoever runs it` };
  },
});

function bareTarget(node: Node): string | null {
  const range =
    "CreateStmt" in node
      ? node.CreateStmt.relation
      : "AlterTableStmt" in node
        ? node.AlterTableStmt.relation
        : "CreateTableAsStmt" in node
          ? node.CreateTableAsStmt.into?.rel
          : "IndexStmt" in node
            ? node.IndexStmt.relation
            : "ViewStmt" in node
              ? node.ViewStmt.view
              : "TruncateStmt" in node
                ? firstRange(node.TruncateStmt.relations)
                : "RenameStmt" in node
                  ? node.RenameStmt.relation
                  : undefined;
  if (range !== undefined)
    return range.schemaname === undefined && range.relpersistence !== "t" ? (range.relname ?? null) : null;
  if (!("DropStmt" in node) || !/TABLE|VIEW|INDEX|SEQUENCE/.test(node.DropStmt.removeType ?? "")) return null;
  const [object] = node.DropStmt.objects ?? [];
  const path = object !== undefined && "List" in object ? namePath(object.List.items) : [];
  return path.length === 1 ? (path[0] ?? null) : null;
}

function firstRange(nodes: readonly Node[] | undefined): RangeVar | undefined {
  const [node] = nodes ?? [];
  return node !== undefined && "RangeVar" in node ? node.RangeVar : undefined;
}
