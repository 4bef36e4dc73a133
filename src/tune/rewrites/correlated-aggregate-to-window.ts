import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { correlatedAggregate, scalarQuery } from "./correlated.ts";
import type { CorrelatedAggregate } from "./correlated.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { freshNames, isOrdered, isRowByRow } from "./query.ts";
import { neverNull, resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { columnRef, conjuncts, functionName, operatorOf, substitute, without } from "./tree.ts";
import { namedColumns, windowed } from "./windowed.ts";

/** `WHERE x = (SELECT max(x) FROM the same table WHERE …)`, to a window function. */
export const correlatedAggregateToWindow: Rewrite = rewrite({
  id: "correlated-aggregate-to-window",
  title: "A comparison with an aggregate over the row's own group, to a window function",
  why: "For each row its whole group is read again. A window function reads the table once.",
  examples: [
    {
      schema,
      before:
        "SELECT o.id, o.seller_id FROM orders o WHERE o.total = (SELECT max(b.total) FROM orders b WHERE b.seller_id = o.seller_id)",
      after:
        "SELECT o.id, o.seller_id FROM (SELECT o.*, max(o.total) OVER (PARTITION BY o.seller_id) AS of_group FROM orders o) o WHERE o.total = o.of_group",
    },
    {
      schema,
      before: "SELECT * FROM item i WHERE amount >= (SELECT avg(amount) FROM item WHERE order_id = i.order_id)",
      after:
        "SELECT i.order_id, i.n, i.sku, i.amount FROM (SELECT i.*, avg(i.amount) OVER (PARTITION BY i.order_id) AS of_group FROM item i) i WHERE amount >= i.of_group",
    },
    {
      schema,
      before:
        "SELECT o.id FROM orders o WHERE o.total = (SELECT max(b.total) FROM orders b WHERE b.customer_id = o.customer_id OR b.id = 1)",
      after: null,
    },
    {
      schema,
      before:
        "SELECT o.id FROM orders o WHERE o.total = (SELECT max(b.total) FROM orders b WHERE b.seller_id = o.seller_id AND b.id > 1)",
      after: null,
      note: "The group is not the whole group.",
    },
    {
      schema,
      before: "SELECT o.id, (SELECT max(b.total) FROM orders b WHERE b.customer_id = o.customer_id) FROM orders o",
      after: null,
      note: "Orders without a customer are no group for =, but one for a window.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const found = asWindow(statement, query, names);
      if (found === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, found.select]])),
          preconditions: found.preconditions,
          argument:
            "The subquery reads all rows of the same table that are equal to the row in some columns which are not NULL: exactly the row's partition. The window is computed over the whole table, before WHERE drops anything, and each row keeps its place as one row.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

interface Windowed {
  readonly select: SelectStmt;
  readonly preconditions: readonly Precondition[];
}

function asWindow(statement: Node, query: Query, names: Resolution): Windowed | null {
  const [outer, ...others] = query.sources;
  const { select } = query;
  if (outer?.table === undefined || outer.table === null || others.length > 0) return null;
  const sides = conjuncts(select.whereClause).flatMap((condition) => {
    const operator = operatorOf(condition);
    return operator === null ? [] : [operator.left, operator.right];
  });
  for (const side of sides) {
    const inner = scalarQuery(side);
    const aggregate = inner === null ? null : correlatedAggregate(inner, names);
    const partition = aggregate === null ? null : partitionOf(aggregate, outer);
    if (aggregate === null || partition === null || !isRowByRow(withoutWhere(select))) continue;
    const name = freshNames(statement, names)("of_group");
    const call = callOver(aggregate, outer, names);
    const source = call === null ? null : windowed(outer, [{ call, partition: partition.columns, name }]);
    const body = namedColumns(query, names);
    if (source === null || body === null) continue;
    const by = new Map<unknown, unknown>([
      [side, columnRef(outer.alias, name)],
      [outer.node, source],
    ]);
    return { select: substitute(body, by), preconditions: partition.preconditions };
  }
  return null;
}

const withoutWhere = (select: SelectStmt): SelectStmt =>
  without(select, "limitCount", "limitOffset", "distinctClause", "whereClause");

function partitionOf(
  { query, correlations, rest }: CorrelatedAggregate,
  outer: Source,
): { columns: readonly string[]; preconditions: readonly Precondition[] } | null {
  const [own, ...others] = query.sources;
  if (own === undefined || others.length > 0 || own.table !== outer.table || own.only !== outer.only) return null;
  if (rest.length > 0) return null;
  const preconditions: Precondition[] = [];
  const columns: string[] = [];
  for (const { ownColumn, otherColumn } of correlations) {
    const [column, other] = [ownColumn.column.stored?.column, otherColumn.column.stored?.column];
    const certain = neverNull(otherColumn);
    if (column === undefined || column !== other || otherColumn.source !== outer || certain === null) return null;
    preconditions.push(...certain);
    columns.push(otherColumn.column.name);
  }
  return { columns, preconditions };
}

// The aggregate's call with the outer table's names.
function callOver({ query, call }: CorrelatedAggregate, outer: Source, names: Resolution): FuncCall | null {
  if (call.agg_distinct === true || call.agg_order !== undefined || call.agg_within_group === true) return null;
  if (functionName(call) === null) return null;
  const by = new Map<object, unknown>();
  for (const { ref, meaning } of names.references(call)) {
    const stored = meaning.is === "column" && meaning.source === query.sources[0] ? meaning.column.stored : null;
    const column = outer.columns?.find((one) => stored !== null && one.stored?.column === stored.column);
    if (column === undefined) return null;
    const written = columnRef(outer.alias, column.name);
    by.set(ref, "ColumnRef" in written ? written.ColumnRef : ref);
  }
  return substitute(call, by);
}
