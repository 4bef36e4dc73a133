import type { Node } from "libpg-query";
import { loadGrammar } from "./parse.ts";

/**
 * A statement's tree as text, or null where the text that was printed would not be read back as the very same tree
 * (places in the text aside): what cannot be printed faithfully is not printed at all.
 */
export async function printStatement(statement: Node): Promise<string | null> {
  const [grammar, { deparseSync }] = await Promise.all([loadGrammar(), import("pgsql-deparser")]);
  try {
    const text = deparseSync(statement, { pretty: true });
    const back = grammar.parseSync(text).stmts ?? [];
    return back.length === 1 && treeText(back[0]?.stmt) === treeText(statement) ? text : null;
  } catch {
    return null;
  }
}

const PLACES = new Set([
  "location",
  "stmt_location",
  "stmt_len",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
]);

/** A tree as text without its places: equal for trees that mean the same to the grammar, in whatever order they were put together. */
export function treeText(node: unknown): string {
  return JSON.stringify(node, (key, value: unknown) => (PLACES.has(key) ? undefined : inOrder(value)));
}

function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
