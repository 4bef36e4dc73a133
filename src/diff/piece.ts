import type { CatalogObject, TableObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import type { RefKey } from "../model/ref.ts";
import { parentKeys } from "./bonds.ts";
import type { Carriers } from "./carry.ts";
import type { Changed, Comparison } from "./compare.ts";
import type { Decision } from "./decide.ts";
import type { Inheritance } from "./heirs.ts";

/** A change of the plan and what must come before it. */
export interface Piece {
  readonly id: string;
  readonly rank: number;
  /** Null where another piece's statement does it. */
  readonly change: Change | null;
  /** `from` or `to`: the catalog it is printed against. */
  readonly against: "from" | "to";
  /** The part of a rebuild that only makes room: what is dropped comes back. */
  readonly rebuild: boolean;
  readonly needs: Set<string>;
  /** Needs that are given up where they run in a circle. */
  readonly wishes: Set<string>;
  /** What else a dropped object takes along. */
  readonly along: readonly CatalogObject[];
}

/** What has been taken apart so that nothing runs in a circle. */
export interface Cuts {
  /** Columns, domains and tables that are created without what they hold on to, which follows. */
  readonly postponed: ReadonlySet<RefKey>;
  /** Constraints that are dropped or created by a statement of their own. */
  readonly alone: ReadonlySet<RefKey>;
  /** Whether keys are exchanged at once, the old one gone before the new one comes: so the undo meets one at a time. */
  readonly atOnce: boolean;
}

/** What the pieces of a plan are made of while they are made. */
export interface Workshop {
  readonly comparison: Comparison;
  readonly decision: Decision;
  readonly heirs: Inheritance;
  readonly cuts: Cuts;
  readonly carriers: Carriers;
  readonly pieces: Map<string, Piece>;
  /** What the altered objects are turned into, with those that a postponed part makes. */
  readonly altered: Map<RefKey, Changed>;
  /** What is bound to an object of FROM without needing it; see `bondsOf`. */
  readonly bonds: (key: RefKey) => readonly RefKey[];
}

/** The id of the piece that drops the object at a key. */
export const drop: (key: RefKey) => string = (key) => `drop ${key}`;
/** The id of the piece that creates the object at a key. */
export const create: (key: RefKey) => string = (key) => `create ${key}`;
/** The id of the piece that alters the object at a key. */
export const change: (key: RefKey) => string = (key) => `alter ${key}`;
/** The id of the piece that makes the object at a key let go of others. */
export const loosen: (key: RefKey) => string = (key) => `loosen ${key}`;
/** The id of the piece that renames the object at a key out of the way. */
export const aside: (key: RefKey) => string = (key) => `aside ${key}`;

/** Has one piece come after another. */
export function need(piece: Piece, id: string): void {
  if (id !== piece.id) piece.needs.add(id);
}

/** Has one piece come after another where that is possible. */
export function wish(piece: Piece, id: string): void {
  if (id !== piece.id && !piece.needs.has(id)) piece.wishes.add(id);
}

/** What must be there is created first; what is altered as well, where that is possible or `hard` asks for it. */
export function needTo(w: Workshop, piece: Piece, key: RefKey, hard = false): void {
  if (w.decision.created.has(key)) need(piece, create(w.carriers.maker(key)));
  const altered = w.altered.get(key);
  if (altered === undefined || change(key) === piece.id) return;
  // A sequence is given to the column that takes its column's place; where none does, it counts before it is used.
  if (!hard && key.startsWith("sequence ") && altered.properties.includes("ownedBy") && isExchanged(piece)) return;
  // What a range's own function needs of it is the name; all else needs the whole.
  const { before, after } = altered;
  const isShell = before.kind === "range" && before.shell === true;
  if (isShell && after.dependsOn.some((one) => create(one) === piece.id)) return;
  if (hard || isShell) need(piece, change(key));
  else wish(piece, change(key));
}

function isExchanged({ change: made }: Piece): boolean {
  if (made?.type !== "alter" || made.before.kind !== "column") return false;
  return made.properties.some((property) => property === "type" || property === "collation");
}

/** Whether a new partition joins a table that is there already: it is made whole first, so that attaching finds its indexes. */
export function attachesLater(w: Workshop, table: TableObject): boolean {
  return parentKeys(table).some((parent) => !w.decision.created.has(parent)) && table.partitionOf !== null;
}
