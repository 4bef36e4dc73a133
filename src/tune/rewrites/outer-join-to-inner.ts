import type { JoinExpr, Node } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { isOwnType } from "./facts.ts";
import { spineOf } from "./from-tree.ts";
import type { Query, Resolution } from "./meaning.ts";
import { isOrdered, isPlain } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import { operatorOf, substitute } from "./tree.ts";

/** A left join whose rows without a partner WHERE throws away. */
export const outerJoinToInner: Rewrite = rewrite({
  id: "outer-join-to-inner",
  title: "A left join of which WHERE keeps only rows with a partner",
  why: "It is an inner join that does not say so: whoever reads it is misled, and so is every tool that does not work it out.",
  examples: [
    {
      schema,
      before: "SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id WHERE c.age > 1",
      after: "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.age > 1",
    },
    {
      schema,
      before:
        "SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id WHERE coalesce(c.age, 2) > 1",
      after: null,
      note: "That is true of rows without a partner.",
    },
    {
      schema,
      before: "SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id AND c.age > 1",
      after: null,
      note: "Its own condition does not drop rows.",
    },
    {
      schema,
      before:
        "SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id WHERE c.age > 1 OR o.total > 1",
      after: null,
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (!isPlain(query.select)) return [];
      const spine = spineOf(query.select);
      return spine.joins.flatMap(({ node, join }): Rewriting[] => {
        const test = join.jointype === "JOIN_LEFT" ? rejecting(join, spine.conditions, query, names) : null;
        if (test === null) return [];
        const inner: Node = { JoinExpr: { ...join, jointype: "JOIN_INNER" } };
        return [
          {
            after: substitute(statement, new Map([[node, inner]])),
            preconditions: [
              { what: `${test} is compared, which is never true of NULL`, from: "the statement's own conditions" },
            ],
            argument:
              "The rows that a left join adds have NULL in every column of its right side. A condition that all rows have to meet compares one of these columns, and a comparison with NULL is not true: none of the added rows is kept.",
            ordered: isOrdered(statement, context),
          },
        ];
      });
    });
  },
});

const STRICT = new Set(["=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~", "~*", "@>", "<@", "&&"]);
const STRICT_KINDS = new Set(["AEXPR_IN", "AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_BETWEEN"]);

// The column of the right side that some condition compares.
function rejecting(join: JoinExpr, conditions: readonly Node[], query: Query, names: Resolution): string | null {
  const inside = (node: Node | undefined): string | null => {
    const column = names.column(node);
    if (column === null || column.source.query !== query || !holdsItem(join.rarg, column.source.node)) return null;
    return isOwnType(column.column.type) ? `${column.source.alias}.${column.column.name}` : null;
  };
  for (const condition of conditions) {
    const compared = operatorOf(condition);
    if (compared !== null && STRICT.has(compared.name)) {
      const found = inside(compared.left) ?? inside(compared.right);
      if (found !== null) return found;
    } else if ("A_Expr" in condition && STRICT_KINDS.has(condition.A_Expr.kind ?? "")) {
      const found = inside(condition.A_Expr.lexpr);
      if (found !== null) return found;
    } else if ("NullTest" in condition && condition.NullTest.nulltesttype === "IS_NOT_NULL") {
      const found = inside(condition.NullTest.arg);
      if (found !== null) return found;
    }
  }
  return null;
}

// Whether an item of FROM stands at or below a part of it, joins apart: what is in a query of its own is not seen here.
function holdsItem(part: Node | undefined, item: Node): boolean {
  if (part === undefined) return false;
  if (part === item) return true;
  return "JoinExpr" in part && (holdsItem(part.JoinExpr.larg, item) || holdsItem(part.JoinExpr.rarg, item));
}
