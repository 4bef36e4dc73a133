import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { treeText } from "../../sql/deparse.ts";
import { joinedBeside, spelledOut } from "./beside.ts";
import { scalarQuery } from "./correlated.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { Query, Resolution } from "./meaning.ts";
import {
  aggregates,
  freshNames,
  hasQuery,
  isOrdered,
  isPlain,
  isRowByRow,
  isWithin,
  returnsSets,
  sourcesOf,
  windows,
} from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import { columnRef, lacks, substitute, target, truth, without } from "./tree.ts";

/** Several scalar subqueries that read the same row, or aggregate the same rows, to one LATERAL join. */
export const scalarSubqueriesToLateral: Rewrite = rewrite({
  id: "scalar-subqueries-to-lateral",
  title: "Several subqueries that read the same rows, to one LATERAL",
  why: "Each of them looks up the same rows again for each row around it, only to show another column of them.",
  examples: [
    {
      schema,
      before:
        "SELECT c.name, (SELECT o.total FROM orders o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) AS total, (SELECT o.at FROM orders o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) AS at FROM customer c",
      after:
        "SELECT c.name, looked_up.value_1 AS total, looked_up.value_1_2 AS at FROM customer c LEFT JOIN LATERAL (SELECT o.total AS value_1, o.at AS value_1_2 FROM orders o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) looked_up ON true",
    },
    {
      schema,
      before:
        "SELECT name, (SELECT min(total) FROM orders WHERE seller_id = customer.id), (SELECT max(total) FROM orders WHERE seller_id = customer.id) FROM customer",
      after:
        "SELECT name, looked_up.value_1 AS min, looked_up.value_1_2 AS max FROM customer LEFT JOIN LATERAL (SELECT min(total) AS value_1, max(total) AS value_1_2 FROM orders WHERE seller_id = customer.id) looked_up ON true",
    },
    {
      schema,
      before:
        "SELECT c.name, (SELECT o.total FROM orders o WHERE o.id = c.id) AS total, (SELECT o.at FROM orders o WHERE o.id = c.id) AS at FROM customer c",
      after: null,
      note: "Of several rows a scalar subquery makes an error, and a join several rows.",
    },
    {
      schema,
      before:
        "SELECT c.name, (SELECT o.total FROM orders o WHERE o.customer_id = c.id LIMIT 1) AS total, (SELECT o.at FROM orders o WHERE o.customer_id = c.id LIMIT 1) AS at FROM customer c",
      after: null,
      note: "Without an order each may pick another row.",
    },
    {
      schema,
      before:
        "SELECT c.name, (SELECT min(o.total) FROM orders o WHERE o.customer_id = c.id), (SELECT max(o.total) FROM orders o WHERE o.seller_id = c.id) FROM customer c",
      after: null,
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const after = together(statement, query, names);
      if (after === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, after]])),
          preconditions: [],
          argument:
            "The subqueries have the same FROM, WHERE, order and limit and differ only in what they show of it. Each gives one row at most (aggregates without GROUP BY give one, LIMIT 1 at most one), so the left join neither repeats nor drops a row, and gives NULL where there was none.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

interface Found {
  readonly node: Node;
  readonly select: SelectStmt;
  readonly value: Node;
}

function together(statement: Node, query: Query, names: Resolution): SelectStmt | null {
  const { select: body } = query;
  const links = (body.targetList ?? []).flatMap((item) => valueIn(item, query, names));
  const key = ({ select }: Found): string => treeText(without(select, "targetList"));
  const group = links.map((link) => links.filter((one) => key(one) === key(link))).find((one) => one.length > 1);
  const first = group?.[0]?.select;
  const targetList = spelledOut(query, names);
  if (group === undefined || first === undefined || targetList === null) return null;
  const plain = new Map<unknown, unknown>(links.map(({ node }) => [node, truth(true)]));
  if (!isRowByRow(without(substitute(body, plain), "limitCount", "limitOffset", "distinctClause"))) return null;
  const fresh = freshNames(statement, names);
  const alias = fresh("looked_up");
  const shown = group.map(({ node, value }) => ({ node, value, name: fresh("value_1") }));
  const subquery = { SelectStmt: { ...first, targetList: shown.map(({ value, name }) => target(value, name)) } };
  const item: Node = { RangeSubselect: { lateral: true, subquery, alias: { aliasname: alias } } };
  const fromClause = joinedBeside(query, [{ item, on: truth(true) }]);
  if (fromClause === null) return null;
  const by = new Map<unknown, unknown>(shown.map(({ node, name }) => [node, columnRef(alias, name)]));
  return { ...substitute({ ...body, targetList: [...targetList] }, by), fromClause };
}

// A target that is such a subquery, and nothing around it that could keep it from being run.
function valueIn(item: Node, query: Query, names: Resolution): readonly Found[] {
  const node = "ResTarget" in item ? item.ResTarget.val : undefined;
  const select = node === undefined ? null : scalarQuery(node);
  const inner = select === null ? undefined : names.queryOf(select);
  const [only, ...more] = select?.targetList ?? [];
  const value = only !== undefined && "ResTarget" in only ? only.ResTarget.val : undefined;
  if (node === undefined || select === null || inner === undefined || value === undefined || more.length > 0) return [];
  if (!isPlain(select) || !lacks(select, "distinctClause", "groupClause", "havingClause", "windowClause", "withClause"))
    return [];
  if (returnsSets(value) || windows(value) || hasQuery(value)) return [];
  if (!givesOneRow(select, value) || !belongsInside(value, inner, names)) return [];
  return seesOnly(select, query, names) ? [{ node, select, value }] : [];
}

function givesOneRow(select: SelectStmt, value: Node): boolean {
  const { limitCount, limitOffset, sortClause } = select;
  if (limitOffset !== undefined) return false;
  if (aggregates(value)) return limitCount === undefined && sortClause === undefined;
  const one = limitCount !== undefined && "A_Const" in limitCount && limitCount.A_Const.ival?.ival === 1;
  // ORDER BY a name or a place of the select list would mean something else in a longer one.
  const plainly = sortClause?.every(
    (item) => "SortBy" in item && item.SortBy.node !== undefined && "ColumnRef" in item.SortBy.node,
  );
  return one && select.limitOption !== "LIMIT_OPTION_WITH_TIES" && plainly === true;
}

// An aggregate of outer columns alone is the outer query's.
function belongsInside(value: Node, inner: Query, names: Resolution): boolean {
  return names.references(value).every(({ meaning }) => {
    const sources = sourcesOf(meaning);
    return sources !== null && sources.every((source) => isWithin(source.query, inner));
  });
}

// All that it names outside of itself is seen from FROM as well.
function seesOnly(select: SelectStmt, query: Query, names: Resolution): boolean {
  return names.references(select).every(({ meaning }) => {
    return meaning.is === "column" && (meaning.source.query !== query || !query.merges);
  });
}
