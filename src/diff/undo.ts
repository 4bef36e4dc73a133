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
      return {
        type: "rename",
        before: { ...change.before, ...address } as CatalogObject,
        to: { kind, schema, table, name, signature },
      };
    }
  }
}

/** The undo of a change, printed against the catalogs on both sides of it; `loss` is what it cannot bring back. */
export function undoOf(
  change: Change,
  catalogs: { readonly from: Catalog; readonly to: Catalog },
  dialect: Dialect,
  loss: string | null,
  recreate: (objects: readonly CatalogObject[]) => readonly Change[],
  along: readonly CatalogObject[],
): Undo {
  const back =
    change.type === "drop" && (along.length > 0 || change.object.kind === "sequence")
      ? recreate([change.object, ...along])
      : [inverse(change)];
  try {
    const statements = back.flatMap((one) =>
      dialect.change(one, one.type === "drop" ? catalogs.to : catalogs.from, "plain"),
    );
    return { undo: statements.map(({ sql }) => sql), irreversible: loss };
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    return { undo: null, irreversible: error.message };
  }
}
