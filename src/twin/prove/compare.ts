import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";

// Roles belong to the cluster; a schema named public comes with every database.
function counts(object: CatalogObject): boolean {
  if (object.kind === "role") return false;
  return !(object.kind === "schema" && object.name === "public");
}

// Servers from 18 on list NOT NULL as constraints of their own; the column says the same.
function designed(object: CatalogObject): boolean {
  return counts(object) && !(object.kind === "constraint" && object.type === "not null");
}

/** The objects of a catalog that a database had to be given, as keys. */
export function ownObjects(catalog: Catalog): readonly string[] {
  return catalog.objects.filter(counts).map(refKey);
}

// What a reader may compare without knowing how an engine spells types and expressions.
function facts(object: CatalogObject): Readonly<Record<string, unknown>> {
  switch (object.kind) {
    case "column":
      return {
        notNull: object.notNull,
        identity: object.identity?.generation ?? null,
        generated: object.generated !== null,
      };
    case "table":
      return { rowSecurity: object.rowSecurity, partitionOf: object.partitionOf?.table ?? null };
    case "constraint":
      return {
        type: object.type,
        columns: readsExpressions(object.type) ? null : object.columns,
        references: object.references,
        validated: object.validated,
      };
    case "index":
      return { method: object.method, unique: object.unique, partial: object.predicate !== null, valid: object.valid };
    case "policy":
      return { command: object.command, permissive: object.permissive, roles: object.roles };
    case "enum":
      return { values: object.values };
    default:
      return {};
  }
}

// Which columns a check or an exclusion reads is a matter of parsing; their clauses are compared by running them.
function readsExpressions(type: string): boolean {
  return type === "check" || type === "exclusion";
}

/** What differs between a designed catalog and the one that was read back: one line each, empty when nothing does. */
export function differences(wanted: Catalog, found: Catalog): readonly string[] {
  const there = new Map(found.objects.filter(designed).map((object) => [refKey(object), object]));
  const lines: string[] = [];
  for (const object of wanted.objects.filter(designed)) {
    const key = refKey(object);
    const other = there.get(key);
    there.delete(key);
    if (other === undefined) {
      lines.push(`${key} is missing`);
      continue;
    }
    const [a, b] = [facts(object), facts(other)];
    for (const name of Object.keys(a)) {
      const [x, y] = [JSON.stringify(a[name]), JSON.stringify(b[name])];
      if (x !== y) lines.push(`${key}: ${name} is ${y}, designed as ${x}`);
    }
  }
  for (const [key, object] of there) {
    // Indexes behind constraints, and all that partitions inherit, come with what was designed.
    if (object.kind === "index" && (object.constraint !== null || object.partitionOf !== null)) continue;
    if ("inherited" in object && object.inherited) continue;
    lines.push(`${key} was not designed`);
  }
  return lines;
}

/** Whether two catalogs that were both read from servers are the same. */
export function sameCatalog(a: Catalog, b: Catalog): boolean {
  return JSON.stringify(a.objects.filter(counts)) === JSON.stringify(b.objects.filter(counts));
}
