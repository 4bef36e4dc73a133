import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { UnprintableChange } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import type { Dialect } from "../model/statement.ts";

/** What takes a step back, and what it does not bring back. */
export interface Undo {
  /** Statements in the order in which they run; null where none can. */
  readonly undo: readonly string[] | null;
  readonly irreversible: string | null;
}

/** The change that takes a change back. */
export function inverse(change: Change): Change {
  switch (change.type) {
    case "create":
      return { type: "drop", object: change.object };
    case "drop":
      return { type: "create", object: change.object };
    case "alter":
      return { type: "alter", before: change.after, after: change.before, properties: change.properties };
    case "rename": {
      const { kind, schema, table, name, signature } = change.before;
      const { kind: _, ...address } = change.to;
      return { type: "rename", before: { ...change.before, ...address } as CatalogObject, to: { kind, schema, table, name, signature } };
    }
  }
}

/** The undo of a change, printed against the catalogs on both sides of it; `loss` is what it cannot bring back. */
export function undoOf(
  change: Change,
  catalogs: { readonly from: Catalog; readonly to: Catalog },
  dialect: Dialect,
  loss: string | null,
): Undo {
  const back = inverse(change);
  // A table comes back with its columns and constraints.
  const whole: Change =
    back.type === "create" && back.object.kind === "table" ? { ...back, parts: partsOf(catalogs.from, back.object) } : back;
  try {
    const statements = dialect.change(whole, back.type === "drop" ? catalogs.to : catalogs.from, "plain");
    return { undo: statements.map(({ sql }) => sql), irreversible: loss };
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    return { undo: null, irreversible: error.message };
  }
}

function partsOf(catalog: Catalog, table: { readonly schema: string | null; readonly name: string }): Catalog["objects"] {
  return catalog.objects.filter(
    (object) =>
      object.table === table.name &&
      object.schema === table.schema &&
      (object.kind === "column" ||
        (object.kind === "constraint" && object.type !== "foreign key" && object.validated && !object.inherited)),
  );
}
