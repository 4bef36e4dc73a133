import type { WorkloadQuery } from "../../model/workload.ts";
import { parseSql } from "../../sql/parse.ts";
import type { RewriteContext } from "../../tune/rewrites/rewrite.ts";
import { suggestionsFor } from "../../tune/rewrites/suggestions.ts";
import type { RewriteSuggestion } from "../../tune/rewrites/suggestions.ts";
import { wishes } from "../../tune/rewrites/wishes.ts";
import { castSpellings } from "../../tune/workload/draws.ts";
import type { Situation } from "./situation.ts";

/** What cannot be tried: other ways of asking, and indexes for which an extension is missing. */
export interface Suggested {
  readonly suggestions: readonly RewriteSuggestion[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
}

/** Queries that are looked at, the costliest first. */
const QUERIES_MAX = 100;

/** The rewrites' view of a situation. */
export function rewriteContext({ view, statistics, searchPath }: Situation): RewriteContext {
  return { view, statistics, major: Math.floor(statistics.versionNumber / 10_000), searchPath };
}

/** Looks at each query for what only its author can decide. */
export async function suggest(situation: Situation, queries: readonly WorkloadQuery[]): Promise<Suggested> {
  const context = rewriteContext(situation);
  const suggestions: RewriteSuggestion[] = [];
  const missing = new Map<string, string>();
  for (const query of queries.slice(0, QUERIES_MAX)) {
    suggestions.push(...(await suggestionsFor({ ...query, text: castSpellings(query.text) }, context)));
    // Constants are asked after: which trigrams a pattern holds.
    const parsed = await parseSql(query.executions[0]?.sql ?? castSpellings(query.text));
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node === undefined || query.verb !== "select") continue;
    for (const { sql, needs, reason } of wishes(node, context))
      if (needs !== null)
        missing.set(sql, `it would need the extension ${needs}, which the database does not have: ${reason}`);
  }
  return { suggestions, notAdvised: [...missing].map(([what, why]) => ({ what, why })) };
}
