import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import type { Node } from "../../sql/nodes.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column is defined or assigned twice in one statement. */
export const columnGivenTwice: LintRule = lintRule({
  id: "column-given-twice",
  area: "rows",
  severity: "error",
  equivalents: ["squawk:ban-duplicate-column-assignments"],
  summary: "A column is defined or assigned twice in one statement.",
  why: "The server refuses the statement when it comes to it: after everything before it has run.",
  remedy: "Leave one of the two out.",
  fails: [
    "UPDATE task SET title = 'a', title = 'b' WHERE id = 1",
    "CREATE TABLE task (id bigint, id text)",
    "INSERT INTO task (id, id) VALUES (1, 2)",
    "CREATE VIEW v (a, a) AS SELECT 1, 2",
  ],
  passes: [
    "UPDATE task SET title = 'a', state = 'b' WHERE id = 1",
    "UPDATE task SET list[1] = 1, list[2] = 2 WHERE id = 1",
  ],
  *check(statement) {
    const { node } = statement;
    const targets = (list: readonly Node[] | undefined): readonly string[] =>
      (list ?? []).flatMap((one) =>
        "ResTarget" in one && (one.ResTarget.indirection ?? []).length === 0 ? [one.ResTarget.name ?? ""] : [],
      );
    const given =
      "UpdateStmt" in node
        ? targets(node.UpdateStmt.targetList)
        : "InsertStmt" in node
          ? targets(node.InsertStmt.cols)
          : "CreateStmt" in node
            ? (node.CreateStmt.tableElts ?? []).flatMap((one) =>
                "ColumnDef" in one ? [one.ColumnDef.colname ?? ""] : [],
              )
            : "ViewStmt" in node
              ? namePath(node.ViewStmt.aliases)
              : [];
    const twice = given.find((name, index) => given.indexOf(name) < index);
    if (twice !== undefined) yield { message: `${ident(twice)} is there twice, and the server refuses the statement` };
  },
});
