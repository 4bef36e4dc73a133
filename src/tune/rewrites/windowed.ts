import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { sourcesOf } from "./query.ts";
import { columnRef, select, target } from "./tree.ts";

/** A call over the rows of a partition. */
export interface WindowCall {
  readonly call: FuncCall;
  /** Columns as FROM calls them. */
  readonly partition: readonly string[];
  readonly name: string;
}

// RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, as the grammar gives it where none is said (parsenodes.h).
const FRAME_DEFAULT = 1058;

/** `(SELECT t.*, call OVER (PARTITION BY …) AS name FROM table t) t`; null for what is no plain table. */
export function windowed(source: Source, calls: readonly WindowCall[]): Node | null {
  const { node, alias } = source;
  if (!("RangeVar" in node) || alias === "") return null;
  const star: Node = { ColumnRef: { fields: [{ String: { sval: alias } }, { A_Star: {} }] } };
  const columns = calls.map(({ call, partition, name }) =>
    target(
      {
        FuncCall: {
          ...call,
          over: {
            partitionClause: partition.map((column) => columnRef(alias, column)),
            frameOptions: FRAME_DEFAULT,
          },
        },
      },
      name,
    ),
  );
  const subquery: SelectStmt = select({ targetList: [target(star), ...columns], fromClause: [node] });
  return { RangeSubselect: { subquery: { SelectStmt: subquery }, alias: { aliasname: alias } } };
}

/**
 * A query's body in which stars are spelled out column by column, for a table that becomes a query with more columns.
 * Null where something means the table as a whole, or is not understood.
 */
export function namedColumns(query: Query, names: Resolution): SelectStmt | null {
  const targetList: Node[] = [];
  const spelled = new Set<object>();
  for (const node of query.select.targetList ?? []) {
    const val = "ResTarget" in node ? node.ResTarget.val : undefined;
    const star = val !== undefined && "ColumnRef" in val && (val.ColumnRef.fields ?? []).some((one) => "A_Star" in one);
    if (val === undefined || !("ColumnRef" in val) || !star) {
      targetList.push(node);
      continue;
    }
    spelled.add(val.ColumnRef);
    const sources = sourcesOf(names.of(val.ColumnRef));
    if (sources === null || query.merges) return null;
    for (const { alias, columns } of sources) {
      if (columns === null || alias === "") return null;
      for (const { name } of columns) targetList.push(target(columnRef(alias, name)));
    }
  }
  const { whereClause, sortClause } = query.select;
  for (const { ref, meaning } of names.references([query.select.targetList, whereClause, sortClause])) {
    if (spelled.has(ref)) continue;
    if (meaning.is !== "column" && meaning.is !== "output") return null;
    // `schema.table.column` names a table, which a query is not.
    if ((ref as { fields?: readonly Node[] }).fields?.length === 3) return null;
  }
  return { ...query.select, targetList };
}
