import type { WorkloadQuery } from "../../model/workload.ts";
import { printStatement } from "../../sql/deparse.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import { batched } from "./suggestions/batch.ts";
import { keyset } from "./suggestions/keyset.ts";
import { countEstimate, randomOrder, starList } from "./suggestions/rows.ts";
import type { Suggested } from "./suggestions/suggested.ts";
import type { RewriteContext } from "./rewrite.ts";

/**
 * A way of asking otherwise that gives other rows, wants other parameters or has to be decided by whoever wrote the
 * query: it cannot be tried, and is said to be so.
 */
export interface RewriteSuggestion {
  readonly rule: Suggested["rule"];
  /** `WorkloadQuery.id`. */
  readonly query: string;
  readonly before: string;
  /** What it might be written as; null where that is the caller's to say. */
  readonly after: string | null;
  /** Why it is better, and on what that rests. */
  readonly argument: string;
  readonly whyNotTried: string;
}

/** What may be suggested for one query of a workload. None for text that is not one statement. */
export async function suggestionsFor(
  query: Pick<WorkloadQuery, "id" | "text" | "calls" | "rows" | "verb">,
  context: RewriteContext,
): Promise<readonly RewriteSuggestion[]> {
  const parsed = await parseSql(query.text);
  const [only, ...more] = parsed.ok ? parsed.value : [];
  if (only === undefined || more.length > 0) return [];
  const found = [keyset, countEstimate, randomOrder, starList, batched].flatMap(
    (suggest): readonly Suggested[] => suggest(only.node, context, query) ?? [],
  );
  return await Promise.all(
    found.map(async ({ rule, after, argument, whyNotTried }) => ({
      rule,
      query: query.id,
      before: query.text,
      after: await textOf(after),
      argument,
      whyNotTried,
    })),
  );
}

const textOf = async (after: Node | string | null): Promise<string | null> =>
  after === null || typeof after === "string" ? after : await printStatement(after);
