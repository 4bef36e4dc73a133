import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import type { Meaning, Reference, Resolution, Source } from "./meaning.ts";
import { Resolver } from "./resolver.ts";
import type { Precondition, RewriteContext } from "./rewrite.ts";

const UNKNOWN: Meaning = { is: "unknown" };
const KNOWN = new WeakMap<Node, { readonly view: CatalogView; readonly resolution: Resolution }>();

/** Resolves the names of a SELECT statement as the server would; of other statements nothing. Made once for each tree. */
export function resolve(statement: Node, context: Pick<RewriteContext, "view" | "searchPath">): Resolution {
  const known = KNOWN.get(statement);
  if (known?.view === context.view) return known.resolution;
  const resolver = new Resolver(context);
  if ("SelectStmt" in statement) resolver.statement(statement.SelectStmt);
  const resolution = resolutionOf(resolver);
  KNOWN.set(statement, { view: context.view, resolution });
  return resolution;
}

function resolutionOf({ meanings, queries, whole }: Resolver): Resolution {
  const of = (ref: object): Meaning => meanings.get(ref) ?? UNKNOWN;
  const bySelect = new Map(queries.map((query) => [query.select, query]));
  const references = (node: unknown): Reference[] => {
    const found: Reference[] = [];
    for (const { type, node: ref } of nodesOf([node] as unknown as Node))
      if (type === "ColumnRef") found.push({ ref, meaning: of(ref) });
    return found;
  };
  return {
    queries,
    whole,
    of,
    queryOf: (select) => bySelect.get(select),
    references,
    mentions: (node, source) => references(node).some(({ meaning }) => means(meaning, source)),
    column: (node) => {
      const meaning = node !== undefined && "ColumnRef" in node ? of(node.ColumnRef) : UNKNOWN;
      return meaning.is === "column" ? meaning : null;
    },
  };
}

/** Whether a reference means an item of FROM or its columns; one that is not understood may. */
export function means(meaning: Meaning, source: Source): boolean {
  if (meaning.is === "unknown") return true;
  if (meaning.is === "output") return false;
  if (meaning.is === "column" || meaning.is === "row") return meaning.source === source;
  return meaning.sources.includes(source);
}

/** On what it rests that a column is never NULL where it is referred to; null: it may be. */
export function neverNull(meaning: Extract<Meaning, { is: "column" }>): readonly Precondition[] | null {
  const { source, column } = meaning;
  // After grouping by several sets a column is NULL where its set does not hold it.
  return source.padded || source.query.groupingSets ? null : column.notNull;
}
