import type { CatalogObject, TableObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";

const tableKey = ({ schema, table }: { readonly schema: string; readonly table: string }): RefKey =>
  refKey(ref("table", table, { schema }));

const TYPE = /^(?:enum|domain|composite|range|table|view) /;

/**
 * An object without the parts by which it holds on to others, or null where it holds on to them as a whole.
 * `to` is what it is to let go of. A column lets go of its default, a domain of its default and checks, a table
 * of its parents, a sequence of the column that owns it.
 */
export function loosened(object: CatalogObject, to: RefKey): CatalogObject | null {
  switch (object.kind) {
    case "column":
      if (to.startsWith("collation ")) return object.collation === null ? null : { ...object, collation: null };
      if (object.default === null || object.generated !== null || TYPE.test(to)) return null;
      return { ...object, default: null };
    case "domain":
      if (TYPE.test(to) || (object.default === null && object.checks.length === 0)) return null;
      return { ...object, default: null, checks: [] };
    case "table":
      if (to.startsWith("composite ")) return untyped(object);
      if (!to.startsWith("table ") || (object.partitionOf === null && object.inherits.length === 0)) return null;
      return { ...object, partitionOf: null, inherits: object.inherits.filter((parent) => tableKey(parent) !== to) };
    case "sequence":
      return object.ownedBy === null ? null : { ...object, ownedBy: null };
    default:
      return null;
  }
}

/** A typed table without its type: its columns stay. */
export function untyped(table: TableObject): TableObject {
  const { ofType, ...rest } = table;
  return ofType === undefined ? table : rest;
}

// What an object says about itself alone, and not about what it is made of.
const REMARKS: ReadonlySet<string> = new Set(["comment", "owner", "options", "statisticsTarget", "storage"]);

const COLUMN_BONDS: ReadonlySet<string> = new Set(["type", "default", "generated", "collation", "identity"]);

/** Whether changing these properties can make an object let go of what it needed before. */
export function lets(object: CatalogObject, properties: readonly string[]): boolean {
  if (object.kind === "column") return properties.some((name) => COLUMN_BONDS.has(name));
  // Their alteration is a drop and a create in one, which finds what it held on to still there.
  if (object.kind === "constraint" || object.kind === "index") return false;
  if (object.kind === "sequence") return properties.includes("ownedBy");
  if (object.kind === "table") return properties.includes("partitionOf") || properties.includes("inherits");
  return properties.some((name) => !REMARKS.has(name));
}
