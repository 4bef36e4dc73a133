import type { WorkloadQuery } from "../../../model/workload.ts";
import type { Node } from "../../../sql/nodes.ts";
import { nodesOf } from "../../../sql/walk.ts";
import type { RewriteContext } from "../rewrite.ts";

/** What one idea has to say of a statement. */
export interface Suggested {
  readonly rule: "keyset-pagination" | "count-estimate" | "random-sample" | "column-list" | "batch-insert";
  /** A tree, or text; null: the caller's to say. */
  readonly after: Node | string | null;
  readonly argument: string;
  readonly whyNotTried: string;
}

/** Looks at one statement of a workload; null: nothing to say. */
export type Suggest = (
  statement: Node,
  context: RewriteContext,
  query: Pick<WorkloadQuery, "calls" | "rows" | "verb">,
) => readonly Suggested[] | null;

/** The highest number of a parameter in a statement; 0 for none. */
export function lastParameter(statement: Node): number {
  let last = 0;
  for (const { type, node } of nodesOf([statement] as unknown as Node))
    if (type === "ParamRef") last = Math.max(last, Number(node["number"] ?? 0));
  return last;
}

/** Rows of a table as the statistics have them; null: not known. */
export function rowsOf(schema: string | null, table: string, { statistics }: RewriteContext): number | null {
  const found = statistics?.relations.find((one) => one.schema === schema && one.name === table && one.table === null);
  return found === undefined || found.rows < 0 ? null : found.rows;
}
