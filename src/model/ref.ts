/** What an object of a catalog is. One word per kind; engines read and print each in a file of its own. */
export const KINDS = [
  "role",
  "schema",
  "extension",
  "enum",
  "domain",
  "composite",
  "range",
  "sequence",
  "function",
  "aggregate",
  "table",
  "column",
  "constraint",
  "index",
  "view",
  "policy",
  "trigger",
  "grant",
  "foreign-data-wrapper",
  "server",
  "user-mapping",
  "publication",
  "subscription",
  "default-privileges",
  "collation",
  "cast",
  "operator",
  "operator-family",
  "operator-class",
  "text-search-configuration",
  "text-search-dictionary",
  "event-trigger",
  "rule",
  "statistics",
  "conversion",
] as const;

/** @see KINDS */
export type Kind = (typeof KINDS)[number];

/**
 * An address in a catalog. Names are held exactly as the server stores them (unquoted, case kept);
 * quoting belongs to the printer.
 */
export interface Ref {
  readonly kind: Kind;
  /** The schema, or null for what lives outside schemas (roles, extensions, schemas themselves). */
  readonly schema: string | null;
  /** The table or view that owns this object (columns, constraints, indexes, policies, triggers). */
  readonly table: string | null;
  readonly name: string;
  /** Tells overloads apart (functions, aggregates) and names the grantee and target of a grant; else "". */
  readonly signature: string;
}

/** A {@link Ref} as one string, equal exactly when the refs are equal. Usable as a map key and in JSON. */
export type RefKey = string;

/** Builds a ref; absent parts are filled with their neutral value. */
export function ref(
  kind: Kind,
  name: string,
  where: { readonly schema?: string | null; readonly table?: string | null; readonly signature?: string } = {},
): Ref {
  return {
    kind,
    schema: where.schema ?? null,
    table: where.table ?? null,
    name,
    signature: where.signature ?? "",
  };
}

/** The key of what a table or view holds: as {@link refKey} of a ref in `holder`, whose key is known. */
export function memberKey(kind: Kind, holder: RefKey, name: string): RefKey {
  return `${kind}${holder.slice(holder.indexOf(" "))}.${part(name)}`;
}

// A part is left bare when it cannot be confused with the separators; else it is quoted as in SQL.
function part(name: string): string {
  // The first test says nothing new: it spares nearly all names the slower one.
  return /^[\w$-]+$/.test(name) || /^[\p{L}\p{N}_$-]+$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The key of a ref, for example `column public.task.title` or `function public.add(integer, integer)`. */
export function refKey(of: Ref): RefKey {
  const { kind, schema, table, name, signature } = of;
  // Put together by hand: it is called for every object and every need of a schema of thousands of tables.
  let key = `${kind} `;
  if (schema !== null) key += `${part(schema)}.`;
  if (table !== null) key += `${part(table)}.`;
  key += part(name);
  return signature === "" ? key : `${key}(${signature})`;
}
