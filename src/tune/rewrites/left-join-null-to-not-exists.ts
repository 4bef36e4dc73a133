import type { JoinExpr, Node } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { isOwnType } from "./facts.ts";
import { elsewhere, prune, sourceAt, spineOf } from "./from-tree.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { isOrdered, isPlain, qualified } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { conjuncts, exists, not, operatorOf, select, substitute } from "./tree.ts";

/** `LEFT JOIN b ON … WHERE b.x IS NULL` to `NOT EXISTS`. */
export const leftJoinNullToNotExists: Rewrite = rewrite({
  id: "left-join-null-to-not-exists",
  title: "A left join of which only what has no partner is kept, to NOT EXISTS",
  why: "All partners are joined and then thrown away; an anti-join stops at the first, and the estimate of its rows is better.",
  examples: [
    {
      schema,
      before:
        "SELECT c.* FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.total > 1 WHERE o.id IS NULL",
      after:
        "SELECT c.* FROM customer c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total > 1)",
    },
    {
      schema,
      before:
        "SELECT name FROM customer c LEFT JOIN note n ON n.customer_id = c.id WHERE n.customer_id IS NULL AND age > 1",
      after: "SELECT name FROM customer c WHERE age > 1 AND NOT EXISTS (SELECT FROM note n WHERE n.customer_id = c.id)",
      note: "Nothing says that the column is NOT NULL, but a partner's is equal to something.",
    },
    {
      schema,
      before: "SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.total IS NULL",
      after: null,
      note: "A partner may have no total.",
    },
    {
      schema,
      before: "SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
      after: null,
      note: "The joined table is shown.",
    },
    {
      schema,
      before: "SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL OR c.age = 1",
      after: null,
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (!isPlain(query.select) || query.merges) return [];
      return spineOf(query.select).joins.flatMap(({ join }): Rewriting[] => {
        const found = antiJoin(join, query, names);
        if (found === null) return [];
        return [
          {
            after: substitute(statement, new Map([[query.select, found.query]])),
            preconditions: found.preconditions,
            argument:
              "A row that finds a partner has in that column what the partner has, which is not NULL; only a row without one has NULL there. So WHERE keeps exactly the rows without a partner, each once, and nothing else is taken from the joined table.",
            ordered: isOrdered(statement, context),
          },
        ];
      });
    });
  },
});

function antiJoin(
  join: JoinExpr,
  query: Query,
  names: Resolution,
): { query: Query["select"]; preconditions: readonly Precondition[] } | null {
  const right = sourceAt(query, join.rarg);
  if (join.jointype !== "JOIN_LEFT" || right === undefined || join.rarg === undefined || right.lateral) return null;
  const { quals } = join;
  const test = conjuncts(query.select.whereClause).find((condition) => asksForNull(condition, right, names));
  if (quals === undefined || test === undefined || !("NullTest" in test)) return null;
  const column = names.column(test.NullTest.arg)?.column;
  const certain = column?.notNull ?? comparedIn(quals, test.NullTest.arg, names);
  if (certain === null || names.mentions(elsewhere(query.select, join.rarg, quals, test), right)) return null;
  const by = qualified(quals, query, names);
  if (by === null) return null;
  const inner = select({ fromClause: [join.rarg], whereClause: substitute(quals, by) });
  const pruned = prune(query.select, {
    items: new Set([join.rarg]),
    conditions: new Set([test]),
    added: [not(exists(inner))],
  });
  return pruned === null ? null : { query: pruned, preconditions: certain };
}

function asksForNull(condition: Node, source: Source, names: Resolution): boolean {
  if (!("NullTest" in condition) || condition.NullTest.nulltesttype !== "IS_NULL") return false;
  return names.column(condition.NullTest.arg)?.source === source;
}

// A comparison is not true of NULL.
function comparedIn(quals: Node, column: Node | undefined, names: Resolution): readonly Precondition[] | null {
  const asked = names.column(column);
  const compared = conjuncts(quals).some((condition) => {
    const operator = operatorOf(condition);
    if (operator === null || !["=", "<", ">", "<=", ">="].includes(operator.name)) return false;
    return [operator.left, operator.right].some((side) => {
      const own = names.column(side);
      return own?.source === asked?.source && own?.column === asked?.column;
    });
  });
  // IS NULL is true of a row of NULLs as well, which may be equal to another.
  if (!compared || asked === null || !isOwnType(asked.column.type)) return null;
  const what = `${asked.source.alias}.${asked.column.name} is compared and so not NULL in a partner`;
  return [{ what, from: "the join's own condition" }];
}
