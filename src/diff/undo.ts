import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { UnprintableChange } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { columnGrants } from "./grants.ts";
import { ownRange } from "./bonds.ts";
import { leavesParents } from "./own-besides.ts";

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

/** What an undo is printed with. */
export interface UndoSheet {
  readonly catalogs: { readonly from: Catalog; readonly to: Catalog };
  readonly dialect: Dialect;
  /** Changes that create objects of FROM again. */
  readonly recreate: (objects: readonly CatalogObject[]) => readonly Change[];
  /** Keys of what the plan creates. */
  readonly created: ReadonlyMap<RefKey, CatalogObject>;
  /** What is done besides when the change of a column is undone: see `Inheritance`. */
  readonly givenBack?: ReadonlyMap<RefKey, readonly Change[]>;
  /** Tables that are made again as they were when they went, not as FROM has them: see `Departures`. Absent: none. */
  readonly departures?: {
    readonly tables: ReadonlyMap<RefKey, readonly CatalogObject[]>;
    readonly then: ReadonlyMap<RefKey, CatalogObject | null>;
    readonly catalog: Catalog;
    readonly recreate: UndoSheet["recreate"];
  };
}

// What a table takes along when it goes, and what it is made again with.
function departing(
  change: Change,
  along: readonly CatalogObject[],
  sheet: UndoSheet,
): readonly [along: readonly CatalogObject[], sheet: UndoSheet] {
  const { departures, ...rest } = sheet;
  const come = departures?.tables.get(change.type === "drop" ? refKey(change.object) : "");
  if (departures === undefined || come === undefined) return [along, sheet];
  const { catalog, recreate, then } = departures;
  const stays = along.flatMap((object) => {
    const other = then.get(refKey(object));
    return other === undefined ? [object] : other === null ? [] : [other];
  });
  return [[...stays, ...come], { ...rest, recreate, catalogs: { from: catalog, to: rest.catalogs.to } }];
}

/**
 * The undo of a change, printed against the catalogs on both sides of it. `carried` is what a drop takes along;
 * `loss` is what the undo cannot bring back.
 */
export function undoOf(change: Change, carried: readonly CatalogObject[], loss: string | null, given: UndoSheet): Undo {
  const [along, sheet] = departing(change, carried, given);
  const { catalogs, dialect, recreate } = sheet;
  const special = undoneOtherwise(change, sheet);
  if (special !== null) return special;
  const back =
    change.type === "drop" && (along.length > 0 || change.object.kind === "sequence")
      ? recreate([change.object, ...along])
      : [inverse(change), ...grantedAgain(change, sheet), ...givenBack(change, sheet)];
  const besides = change.type === "alter" ? leavesParents(change.before, change.after) : null;
  try {
    const statements = back.flatMap((one) => {
      const printed = dialect.change(one, one.type === "drop" ? catalogs.to : catalogs.from, "plain");
      return unchecked(
        one,
        printed.map(({ sql }) => sql),
      );
    });
    return { undo: statements, irreversible: loss ?? besides };
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    return { undo: null, irreversible: error.message };
  }
}

function givenBack(change: Change, sheet: UndoSheet): readonly Change[] {
  return change.type === "alter" ? (sheet.givenBack?.get(refKey(change.before)) ?? []) : [];
}

// Taking back what was granted on a table takes rights on its columns along.
function grantedAgain(change: Change, { catalogs, created }: UndoSheet): readonly Change[] {
  const grant = change.type === "create" ? change.object : change.type === "alter" ? change.after : null;
  if (grant?.kind !== "grant" || grant.on !== "table" || grant.dependsOn.some((key) => created.has(key))) return [];
  return columnGrants(catalogs.from, grant).map((object): Change => ({ type: "create", object }));
}

// The body of a function may name what is made after it.
function unchecked(change: Change, statements: readonly string[]): readonly string[] {
  return checksBody(change)
    ? ["SET check_function_bodies = off", ...statements, "RESET check_function_bodies"]
    : statements;
}

/** Whether making the change has the server look into the body of a function. */
export function checksBody(change: Change): boolean {
  const object = change.type === "create" ? change.object : change.type === "alter" ? change.after : null;
  // A function may take a range that is not yet defined.
  return (
    object?.kind === "function" &&
    (object.language === "sql" || object.dependsOn.some((key) => key.startsWith("range ")))
  );
}

function undoneOtherwise(change: Change, { created }: UndoSheet): Undo | null {
  // It has gone with its range by then.
  if (change.type === "create" && ownRange(change.object, created) !== null) return { undo: [], irreversible: null };
  // Others in the cluster may have taken to the role.
  if (change.type === "create" && change.object.kind === "role") return { undo: [], irreversible: null };
  if (change.type === "alter" && change.before.kind === "extension" && change.properties.includes("version"))
    return { undo: null, irreversible: "extensions have no way back from a newer version" };
  if (change.type === "create" && change.object.kind === "index" && change.object.partitionOf !== null) {
    const parent = change.object.dependsOn.find((key) => key.startsWith("index "));
    if (parent !== undefined && created.has(parent)) return { undo: [], irreversible: null };
    return { undo: null, irreversible: "a part is taken from its index only by dropping the whole index" };
  }
  if (change.type === "create" && change.object.kind === "constraint" && change.object.inherited)
    return { undo: [], irreversible: null };
  return null;
}
