import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { Query, Resolution } from "./meaning.ts";
import { isIdle } from "./membership.ts";
import { isOrdered, outerSources, qualified } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { allOf, asked, conjuncts, operatorOf, select, substitute, target, without } from "./tree.ts";

/** `EXISTS (SELECT … WHERE y = outer.x AND …)` in a WHERE clause, to `outer.x IN (SELECT y …)`. */
export const existsToIn: Rewrite = rewrite({
  id: "exists-to-in",
  title: "EXISTS, to IN a query of its own",
  why: "Where an EXISTS cannot be joined (next to an OR) its query runs once for each row; that of an IN names nothing outside, so that it runs once and is looked up in a hash table.",
  examples: [
    {
      schema,
      before:
        "SELECT name FROM customer c WHERE age = 1 OR EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 1)",
      after:
        "SELECT name FROM customer c WHERE age = 1 OR c.id IN (SELECT o.customer_id FROM orders o WHERE o.total > 1)",
    },
    {
      schema,
      before: "SELECT name FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)",
      after: null,
      note: "NOT IN would be NULL for everybody as soon as one order has no customer.",
    },
    {
      schema,
      before:
        "SELECT name FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > c.age)",
      after: null,
      note: "Another condition names the outer query.",
    },
    {
      schema,
      before: "SELECT name FROM customer c WHERE EXISTS (SELECT count(*) FROM orders o WHERE o.customer_id = c.id)",
      after: null,
      note: "An aggregate always gives a row: that EXISTS is always true.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    const by = new Map<unknown, unknown>();
    for (const query of names.queries) {
      for (const node of asked(query.select.whereClause)) {
        const member = memberOf(node, query, names);
        if (member !== null) by.set(node, member);
      }
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [],
        argument:
          "Only one comparison names the outer row, so the other rows of the inner query are the same for each. Both are true exactly where one of them is equal; where NULL takes part IN is NULL and EXISTS false, and WHERE lets neither through, since nothing negates it.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

function memberOf(node: Node, outer: Query, names: Resolution): Node | null {
  if (!("SubLink" in node) || node.SubLink.subLinkType !== "EXISTS_SUBLINK") return null;
  const { subselect } = node.SubLink;
  const query = subselect !== undefined && "SelectStmt" in subselect ? subselect.SelectStmt : null;
  const inner = query === null ? undefined : names.queryOf(query);
  if (query === null || inner === undefined || !isIdle(query)) return null;
  const conditions = conjuncts(query.whereClause);
  const outward = conditions.filter((condition) => outerSources(condition, inner, names)?.size !== 0);
  const [link, ...more] = outward;
  const compared = operatorOf(link);
  if (compared?.name !== "=" || more.length > 0) return null;
  const [left, right] = [names.column(compared.left), names.column(compared.right)];
  if (left === null || right === null || (left.source.query === inner) === (right.source.query === inner)) return null;
  const [own, other] = left.source.query === inner ? [compared.left, compared.right] : [compared.right, compared.left];
  const test = qualified(other, outer, names);
  // What stands in FROM may name the outer query as well.
  if (test === null || outerSources(query.fromClause, inner, names)?.size !== 0) return null;
  const members = listOf(query, own, allOf(conditions.filter((one) => one !== link)));
  return {
    SubLink: { subLinkType: "ANY_SUBLINK", testexpr: substitute(other, test), subselect: { SelectStmt: members } },
  };
}

function listOf(query: SelectStmt, value: Node, where: Node | undefined): SelectStmt {
  const kept = without(query, "targetList", "whereClause");
  return select({ targetList: [target(value)], ...kept, ...(where === undefined ? {} : { whereClause: where }) });
}
