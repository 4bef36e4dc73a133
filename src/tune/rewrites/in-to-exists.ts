import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { membershipQuery } from "./membership.ts";
import { isOrdered } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { asked, exists, substitute } from "./tree.ts";

/** `x IN (SELECT y …)` in a WHERE clause, to `EXISTS`. */
export const inToExists: Rewrite = rewrite({
  id: "in-to-exists",
  title: "IN a query, to EXISTS",
  why: "Where an IN cannot be joined (next to an OR, or before PostgreSQL 17 where its query names the outer one) its whole list is built; an EXISTS is answered from an index for each row.",
  examples: [
    {
      schema,
      before: "SELECT name FROM customer WHERE age = 1 OR id IN (SELECT customer_id FROM orders WHERE total > 1)",
      after:
        "SELECT name FROM customer WHERE age = 1 OR EXISTS (SELECT FROM orders WHERE total > 1 AND orders.customer_id = customer.id)",
    },
    {
      schema,
      before:
        "SELECT name FROM customer WHERE city = 'a' OR (id, age) IN (SELECT customer_id, id FROM orders WHERE total > 1)",
      after:
        "SELECT name FROM customer WHERE city = 'a' OR EXISTS (SELECT FROM orders WHERE total > 1 AND orders.customer_id = customer.id AND orders.id = customer.age)",
      note: "Rows are equal where all their parts are.",
    },
    {
      schema,
      before: "SELECT id IN (SELECT customer_id FROM orders) AS buys FROM customer",
      after: null,
      note: "Where it is shown, NULL and false differ.",
    },
    {
      schema,
      before: "SELECT name FROM customer WHERE NOT (id IN (SELECT customer_id FROM orders))",
      after: null,
      note: "NOT of NULL is not NOT of false.",
    },
    {
      schema,
      before: "SELECT id FROM note n WHERE id IN (SELECT n FROM item n WHERE n.amount > 0)",
      after: null,
      note: "Inside, n is another table.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    const by = new Map<unknown, unknown>();
    for (const { select } of names.queries) {
      for (const node of asked(select.whereClause)) {
        if (!("SubLink" in node) || node.SubLink.subLinkType !== "ANY_SUBLINK" || node.SubLink.operName !== undefined)
          continue;
        const member = membershipQuery(node.SubLink, names);
        if (member !== null) by.set(node, exists(member.query));
      }
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [],
        argument:
          "Both are true exactly where some row is equal. They differ where a NULL takes part: IN is NULL there and EXISTS false, and WHERE lets neither through, since nothing negates it.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});
