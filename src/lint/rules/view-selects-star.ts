import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A view takes all columns by a star. */
export const viewSelectsStar: LintRule = lintRule({
  id: "view-selects-star",
  area: "conventions",
  severity: "info",
  equivalents: ["bytebase:STATEMENT_SELECT_NO_SELECT_ALL"],
  summary: "A view takes all columns by a star.",
  why: "The star is read once, when the view is made: columns that come later are not in it, and none of those that it took can be dropped or change type without dropping the view.",
  remedy: "Name the columns.",
  inFunctions: false,
  fails: ["CREATE VIEW open_task AS SELECT * FROM task WHERE NOT done"],
  passes: [
    "CREATE VIEW open_task AS SELECT id, title FROM task WHERE NOT done",
    "CREATE VIEW n AS SELECT count(*) FROM task",
  ],
  *check(statement) {
    const query = "ViewStmt" in statement.node ? statement.node.ViewStmt.query : undefined;
    const targets = query !== undefined && "SelectStmt" in query ? (query.SelectStmt.targetList ?? []) : [];
    const star = targets.some((target) => {
      const value = "ResTarget" in target ? target.ResTarget.val : undefined;
      return (
        value !== undefined && "ColumnRef" in value && (value.ColumnRef.fields ?? []).some((field) => "A_Star" in field)
      );
    });
    if (star)
      yield {
        message:
          "the star is expanded now: columns added later are not in the view, and those it took cannot be dropped",
      };
  },
});
