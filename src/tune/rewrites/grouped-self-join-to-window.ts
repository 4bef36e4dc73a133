import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { comparesExactly } from "./facts.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { prune, sourceAt, spineOf } from "./from-tree.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { isAggregate, isOrdered, isPlain, isRowByRow } from "./query.ts";
import { means, neverNull, resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { columnRef, functionName, isNull, lacks, operatorOf, substitute, without } from "./tree.ts";
import { namedColumns, windowed } from "./windowed.ts";
import type { WindowCall } from "./windowed.ts";

/** A table joined with its own groups, to window functions. */
export const groupedSelfJoinToWindow: Rewrite = rewrite({
  id: "grouped-self-join-to-window",
  title: "A table joined with aggregates over itself, to window functions",
  why: "The table is read twice and joined with itself. A window function reads it once.",
  examples: [
    {
      schema,
      before:
        "SELECT o.id, o.total, g.best FROM orders o JOIN (SELECT customer_id, max(total) AS best FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id WHERE o.total = g.best AND o.id > 1",
      after:
        "SELECT o.id, o.total, o.best FROM (SELECT o.*, max(o.total) OVER (PARTITION BY o.customer_id) AS best FROM orders o) o WHERE o.total = o.best AND o.id > 1 AND o.customer_id IS NOT NULL",
      note: "Orders without a customer are a group, but equal to none.",
    },
    {
      schema,
      before:
        "SELECT o.id, o.total, g.best FROM orders o LEFT JOIN (SELECT customer_id, max(total) AS best FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id",
      after: null,
    },
    {
      schema,
      before:
        "SELECT o.id, g.best FROM orders o JOIN (SELECT customer_id, max(total) AS best FROM orders WHERE total < 2 GROUP BY customer_id) g ON g.customer_id = o.customer_id",
      after: null,
      note: "The groups are of fewer rows than the table.",
    },
    {
      schema,
      before:
        "SELECT o.id, g.many FROM orders o JOIN (SELECT customer_id, count(DISTINCT total) AS many FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id",
      after: null,
      note: "Windows know no DISTINCT.",
    },
    {
      schema,
      before:
        "SELECT o.id, g.best FROM orders o JOIN (SELECT customer_id, max(total) AS best FROM orders GROUP BY customer_id) g ON g.customer_id = o.seller_id",
      after: null,
      note: "The group of another.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const found = asWindows(query, names);
      if (found === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, found.select]])),
          preconditions: found.preconditions,
          argument:
            "The groups are of the same table, unfiltered, and each row is joined with its own group by all that is grouped by: the group is the row's partition, and there is exactly one for each row that has no NULL there. The others are dropped by the join, and by IS NOT NULL.",
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

function asWindows(query: Query, names: Resolution): Windowed | null {
  const spine = spineOf(query.select);
  if (!isRowByRow(without(query.select, "limitCount", "limitOffset", "distinctClause"))) return null;
  if (query.sources.length !== 2 || spine.leaves.length !== 2 || query.merges) return null;
  const groups = spine.leaves.map((leaf) => sourceAt(query, leaf)).find((source) => source?.kind === "query");
  const table = query.sources.find((source) => source !== groups);
  const inner = groups?.inner ?? null;
  if (groups === undefined || table?.table === undefined || table.table === null || inner === null) return null;
  const columns = groupColumns(inner, table, names);
  if (columns === null || groups.columns === null || groups.columns.length !== columns.length) return null;
  const join = joinOf(spine.conditions, groups, table, columns, names);
  if (join === null) return null;
  return written({ query, groups, table, columns, join, names });
}

/** What a column of the groups is of the table: a column by which it groups, or an aggregate. */
type GroupColumn = { readonly key: string } | { readonly call: FuncCall };

function groupColumns(inner: Query, table: Source, names: Resolution): readonly GroupColumn[] | null {
  const { select } = inner;
  const [own, ...others] = inner.sources;
  if (own === undefined || others.length > 0 || own.table !== table.table || own.only !== table.only) return null;
  const extra = ["whereClause", "havingClause", "distinctClause", "windowClause", "limitCount", "limitOffset"] as const;
  if (!isPlain(select) || inner.groupingSets || !lacks(select, ...extra, "withClause", "sortClause")) return null;
  const tableName = (node: Node | undefined): string | null => {
    const column = names.column(node);
    const stored = column?.source === own ? column.column.stored : undefined;
    const same = table.columns?.find((one) => stored !== undefined && one.stored?.column === stored?.column);
    return same?.name ?? null;
  };
  const keys = (select.groupClause ?? []).map(tableName);
  const columns: GroupColumn[] = [];
  for (const item of select.targetList ?? []) {
    const val = "ResTarget" in item ? item.ResTarget.val : undefined;
    const key = tableName(val);
    const call = val !== undefined && "FuncCall" in val ? callOver(val.FuncCall, tableName, table, names) : null;
    if (key !== null && keys.includes(key)) columns.push({ key });
    else if (call === null) return null;
    else columns.push({ call });
  }
  // Every key is shown, or the join could not ask for it.
  const shown = columns.flatMap((one) => ("key" in one ? [one.key] : []));
  return keys.length > 0 && keys.every((key) => key !== null && shown.includes(key)) ? columns : null;
}

function callOver(
  call: FuncCall,
  tableName: (node: Node) => string | null,
  table: Source,
  names: Resolution,
): FuncCall | null {
  if (!isAggregate(call) || functionName(call) === null) return null;
  if (call.agg_distinct === true || call.agg_order !== undefined || call.agg_within_group === true) return null;
  const by = new Map<object, unknown>();
  for (const { ref } of names.references(call)) {
    const name = tableName({ ColumnRef: ref });
    const next = name === null ? null : columnRef(table.alias, name);
    if (next === null || !("ColumnRef" in next)) return null;
    by.set(ref, next.ColumnRef);
  }
  return substitute(call, by);
}

interface Join {
  readonly conditions: readonly Node[];
  readonly added: readonly Node[];
  readonly preconditions: readonly Precondition[];
}

// The comparisons of every key with itself.
function joinOf(
  conditions: readonly Node[],
  groups: Source,
  table: Source,
  columns: readonly GroupColumn[],
  names: Resolution,
): Join | null {
  const found = new Map<string, Node>();
  const preconditions: Precondition[] = [];
  const added: Node[] = [];
  for (const condition of conditions) {
    const operator = operatorOf(condition);
    if (operator?.name !== "=") continue;
    const [left, right] = [names.column(operator.left), names.column(operator.right)];
    const [group, row] = left?.source === groups ? [left, right] : [right, left];
    if (group?.source !== groups || row?.source !== table || !comparesExactly(group.column, row.column)) continue;
    const column = columns[groups.columns?.indexOf(group.column) ?? -1];
    if (column === undefined || !("key" in column) || column.key !== row.column.name || found.has(column.key)) continue;
    found.set(column.key, condition);
    const certain = neverNull(row);
    if (certain === null) added.push(isNull(columnRef(table.alias, column.key), false));
    else preconditions.push(...certain);
  }
  const all = columns.every((column) => !("key" in column) || found.has(column.key));
  return all ? { conditions: [...found.values()], added, preconditions } : null;
}

function written(parts: {
  readonly query: Query;
  readonly groups: Source;
  readonly table: Source;
  readonly columns: readonly GroupColumn[];
  readonly join: Join;
  readonly names: Resolution;
}): Windowed | null {
  const { query, groups, table, columns, join, names } = parts;
  const body = namedColumns(query, names);
  const named = columns.map((column, place) => ({ column, name: groups.columns?.[place]?.name ?? "" }));
  const partition = columns.flatMap((column) => ("key" in column ? [column.key] : []));
  const calls = named.flatMap(({ column, name }): WindowCall[] =>
    "call" in column ? [{ call: column.call, partition, name }] : [],
  );
  // A name that the table has already would be there twice.
  const taken = new Set(table.columns?.map(({ name }) => name));
  if (
    calls.some(({ name }) => taken.has(name) || name === "") ||
    new Set(calls.map(({ name }) => name)).size < calls.length
  )
    return null;
  const source = windowed(table, calls);
  if (body === null || source === null) return null;
  const pruned = prune(body, {
    items: new Set([groups.node]),
    conditions: new Set(join.conditions),
    added: join.added,
  });
  if (pruned === null) return null;
  const by = new Map<unknown, unknown>([[table.node, source]]);
  for (const { ref, meaning } of names.references(query.select)) {
    if (!means(meaning, groups)) continue;
    if (meaning.is !== "column") return null;
    const found = named[groups.columns?.indexOf(meaning.column) ?? -1];
    if (found === undefined) return null;
    const next = columnRef(table.alias, "key" in found.column ? found.column.key : found.name);
    if ("ColumnRef" in next) by.set(ref, next.ColumnRef);
  }
  return { select: substitute(pruned, by), preconditions: join.preconditions };
}
