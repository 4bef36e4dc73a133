import type { Node, SelectStmt, SubLink } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { Resolution } from "./meaning.ts";
import { membershipQuery, notNullHere } from "./membership.ts";
import { isOrdered } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { exists, not, substitute, wrapped } from "./tree.ts";

/** `x NOT IN (SELECT y …)` to `NOT EXISTS`, where neither can be NULL. */
export const notInToNotExists: Rewrite = rewrite({
  id: "not-in-to-not-exists",
  title: "NOT IN a query, to NOT EXISTS",
  why: "Because of its NULLs a NOT IN cannot be planned as an anti-join: the server keeps the whole list in memory, and once it does not fit reads it anew for each row.",
  examples: [
    {
      schema,
      before: "SELECT name FROM customer WHERE id NOT IN (SELECT seller_id FROM orders)",
      after: "SELECT name FROM customer WHERE NOT EXISTS (SELECT FROM orders WHERE orders.seller_id = customer.id)",
    },
    {
      schema,
      before:
        "SELECT name FROM customer c WHERE id <> ALL (SELECT customer_id FROM orders o WHERE customer_id IS NOT NULL)",
      after:
        "SELECT name FROM customer c WHERE NOT EXISTS (SELECT FROM orders o WHERE customer_id IS NOT NULL AND o.customer_id = c.id)",
    },
    {
      schema,
      before: "SELECT sku FROM item WHERE (order_id, n) NOT IN (SELECT id, seller_id FROM orders)",
      after:
        "SELECT sku FROM item WHERE NOT EXISTS (SELECT FROM orders WHERE orders.id = item.order_id AND orders.seller_id = item.n)",
    },
    {
      schema,
      before: "SELECT sku FROM item WHERE (order_id, amount) NOT IN (SELECT id, seller_id FROM orders)",
      after: null,
      note: "One part of the row may be NULL.",
    },
    {
      schema,
      before: "SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)",
      after: null,
      note: "One order without a customer, and NOT IN is true for nobody.",
    },
    {
      schema,
      before: "SELECT id FROM orders WHERE customer_id NOT IN (SELECT order_id FROM item)",
      after: null,
      note: "For an order without a customer NOT IN is NULL, and NOT EXISTS would be true.",
    },
    {
      schema,
      before:
        "SELECT c.id FROM customer c LEFT JOIN orders o ON o.id = c.id WHERE o.id NOT IN (SELECT order_id FROM item)",
      after: null,
      note: "A key is NULL where an outer join found nothing.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    const by = new Map<unknown, unknown>();
    const preconditions: Precondition[] = [];
    const replace = (node: Node, link: SubLink | null): void => {
      const found = link === null ? null : antiJoin(link, names);
      if (found === null) return;
      by.set(node, not(exists(found.query)));
      preconditions.push(...found.preconditions);
    };
    for (const node of wrapped(statement, "BoolExpr")) {
      const [arg] = node.BoolExpr.boolop === "NOT_EXPR" ? (node.BoolExpr.args ?? []) : [];
      if (arg !== undefined && "SubLink" in arg && isIn(arg.SubLink)) replace(node, arg.SubLink);
    }
    for (const node of wrapped(statement, "SubLink")) if (isDifferentFromAll(node.SubLink)) replace(node, node.SubLink);
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions,
        argument:
          "NOT IN is NULL, and not true, as soon as either side is NULL and something is compared. Here neither side can be, so it is true exactly where no row is equal.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

const isIn = (link: SubLink): boolean => link.subLinkType === "ANY_SUBLINK" && link.operName === undefined;

function isDifferentFromAll({ subLinkType, operName = [] }: SubLink): boolean {
  const [name, ...more] = operName;
  return (
    subLinkType === "ALL_SUBLINK" &&
    more.length === 0 &&
    name !== undefined &&
    "String" in name &&
    ["<>", "!="].includes(name.String.sval ?? "")
  );
}

function antiJoin(
  link: SubLink,
  names: Resolution,
): { query: SelectStmt; preconditions: readonly Precondition[] } | null {
  const member = membershipQuery(link, names);
  if (member === null) return null;
  const certain = member.pairs.flatMap(({ outside, inside }) => [
    notNullHere(outside, member.inner.parent, names),
    notNullHere(inside, member.inner, names),
  ]);
  if (certain.some((one) => one === null)) return null;
  return { query: member.query, preconditions: certain.flatMap((one) => one ?? []) };
}
