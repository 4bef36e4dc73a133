import type { CommonTableExpr, Node, SelectStmt } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { cannotFail } from "./cannot-fail.ts";
import { isOrdered, isRewritable, placeOf } from "./conditions.ts";
import type { Resolution } from "./meaning.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, RewriteContext } from "./rewrite.ts";
import { substitute } from "./tree.ts";

const SCHEMA = `CREATE TABLE item (id int PRIMARY KEY, kind text, size int, price numeric);`;

/** A CTE that is computed apart for nothing is computed in its place. */
export const cteInlined: Rewrite = rewrite({
  id: "cte-inlined",
  title: "A CTE that is used once is planned with the rest",
  why: "MATERIALIZED computes the whole CTE before the rest: conditions and limits of the query around it do not reach inside, no index serves them, and its rows are kept in memory or on disk without statistics.",
  examples: [
    {
      schema: SCHEMA,
      before: "WITH big AS MATERIALIZED (SELECT id, kind FROM item WHERE size > 1) SELECT id FROM big WHERE kind = 'a'",
      after:
        "WITH big AS NOT MATERIALIZED (SELECT id, kind FROM item WHERE size > 1) SELECT id FROM big WHERE kind = 'a'",
    },
    {
      schema: SCHEMA,
      before:
        "WITH big AS MATERIALIZED (SELECT id, kind FROM item WHERE size > 1) SELECT a.id FROM big a JOIN big b ON a.id = b.id",
      after: null,
      note: "computed twice, it may cost more",
    },
    {
      schema: SCHEMA,
      before: "WITH one AS MATERIALIZED (SELECT id, random() AS r FROM item) SELECT id FROM one WHERE r < 2 AND r > -1",
      after: null,
      note: "volatile",
    },
    {
      schema: SCHEMA,
      before:
        "WITH part AS MATERIALIZED (SELECT id, size FROM item WHERE size <> 0) SELECT id FROM part WHERE 10 / size > 1",
      after: null,
      note: "computed together, the division may come before the condition that keeps it from failing",
    },
    {
      schema: SCHEMA,
      before:
        "WITH RECURSIVE n AS MATERIALIZED (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
      after: null,
    },
    {
      schema: SCHEMA,
      before: "WITH part AS (SELECT id FROM item) SELECT id FROM part",
      after: null,
      note: "planned with the rest already",
    },
    {
      schema: SCHEMA,
      before: "WITH first AS MATERIALIZED (SELECT id FROM item LIMIT 2) SELECT id FROM first WHERE id > 1",
      after: null,
      note: "which rows LIMIT takes is the plan's choice",
    },
  ],
  rewrite: (statement, context) => {
    const resolution = resolve(statement, context);
    if (!isRewritable(statement, context) || !steadyEnough(resolution, context)) return [];
    const by = new Map<object, object>();
    for (const { select } of resolution.queries) {
      if (select.withClause?.recursive === true) continue;
      for (const node of select.withClause?.ctes ?? []) {
        if (!("CommonTableExpr" in node)) continue;
        const cte = node.CommonTableExpr;
        if (cte.ctematerialized !== "CTEMaterializeAlways" || !isPlainQuery(cte)) continue;
        if (timesNamed(statement, cte.ctename ?? "") !== 1) continue;
        by.set(cte, { ...cte, ctematerialized: "CTEMaterializeNever" });
      }
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [
          { what: "the CTE is named once, picks no rows by LIMIT and calls nothing volatile", from: "the statement" },
          {
            what: "no condition of the statement can fail, in whichever order conditions are checked",
            from: "the statement",
          },
        ],
        argument:
          "A CTE that reads only, and gives the same rows whenever it is computed, is a subquery in the place of its name; MATERIALIZED and NOT MATERIALIZED say how it is computed and not what it gives.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

/** Whether its rows do not depend on how it is computed. */
function isPlainQuery({ ctequery }: CommonTableExpr): boolean {
  for (const { type, node } of nodesOf([ctequery] as unknown as Node)) {
    if (type !== "SelectStmt") continue;
    const { limitCount, limitOffset, distinctClause } = node as SelectStmt;
    // DISTINCT ON picks a row.
    const picks = distinctClause?.some((key) => Object.keys(key).length > 0) === true;
    if (limitCount !== undefined || limitOffset !== undefined || picks) return false;
  }
  return true;
}

// Names that are hidden by others are counted as well: then it is left alone, or the one that is named stays one.
function timesNamed(statement: Node, name: string): number {
  let times = 0;
  let defined = 0;
  for (const { type, node } of nodesOf([statement] as unknown as Node)) {
    if (type === "RangeVar" && node["relname"] === name && node["schemaname"] === undefined) times++;
    if (type === "CommonTableExpr" && node["ctename"] === name) defined++;
  }
  return defined === 1 ? times : 0;
}

/** Whether no condition can raise an error, nor what conditions outside may ask of a CTE's columns. */
function steadyEnough(resolution: Resolution, context: RewriteContext): boolean {
  const place = placeOf(resolution, context);
  return resolution.queries.every(({ select, place: stands }) => {
    // What the whole statement shows is computed for the same rows either way.
    const shown = stands === "top" ? [] : (select.targetList ?? []);
    return [select.whereClause, select.havingClause, select.groupClause, select.fromClause, shown].every((clause) =>
      cannotFail(clause, place),
    );
  });
}
