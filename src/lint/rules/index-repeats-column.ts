import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An index has a column twice. */
export const indexRepeatsColumn: LintRule = lintRule({
  id: "index-repeats-column",
  area: "conventions",
  severity: "warning",
  equivalents: ["bytebase:INDEX_NO_DUPLICATE_COLUMN"],
  summary: "An index has a column twice.",
  why: "The second finds nothing that the first did not, and is stored and kept up to date all the same.",
  remedy: "Leave it out.",
  fails: ["CREATE INDEX CONCURRENTLY i ON task (a, b, a)"],
  passes: ["CREATE INDEX CONCURRENTLY i ON task (a, b)", "CREATE INDEX CONCURRENTLY i ON task (a text_pattern_ops, a)"],
  *check(statement, state) {
    if (!("IndexStmt" in statement.node)) return;
    const keys = (statement.node.IndexStmt.indexParams ?? []).flatMap((node) => {
      const element = "IndexElem" in node ? node.IndexElem : {};
      return element.name === undefined
        ? []
        : [`${element.name} ${namePath(element.opclass).join(".")} ${namePath(element.collation).join(".")}`];
    });
    const twice = keys.find((key, index) => keys.indexOf(key) < index);
    if (twice !== undefined)
      yield {
        message: `the index on ${written(statement.node.IndexStmt.relation)} has ${ident(twice.split(" ")[0] ?? "")} twice`,
        relation: state.relation(statement.node.IndexStmt.relation),
      };
  },
});
