import type { CatalogObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { holderTable, parentKeys } from "./bonds.ts";
import type { Side } from "./compare.ts";
import { tableGrantKey } from "./grants.ts";
import { namespacesOf } from "./namespaces.ts";
import { replacedOverloads } from "./overloads.ts";
import { aside, attachesLater, change, create, drop, loosen, need, wish } from "./piece.ts";
import type { Piece, Workshop } from "./piece.ts";

/* The order that the server's rules ask for besides: names, bounds and keys that may be there once only. */

const NEVER: ReadonlySet<RefKey> = new Set();
const NOWHERE = { schema: null, table: null, columns: [] } as const;

/** A name is free once what bore it is gone. */
export function orderNames(w: Workshop): void {
  const { created, dropped } = w.decision;
  const holders = new Map<string, string>();
  for (const [key, object] of dropped) {
    const id = w.decision.aside.has(key) ? aside(key) : drop(w.carriers.dropper(key));
    for (const name of namespacesOf(object)) holders.set(name, id);
  }
  for (const [key, after] of w.decision.loose) {
    const before = w.comparison.from.objects.get(key);
    if (before?.kind !== "column" || after.kind !== "column" || after.identity !== null) continue;
    for (const name of namespacesOf(before)) holders.set(name, loosen(key));
  }
  if (holders.size === 0) return;
  for (const [key, object] of created) {
    for (const name of namespacesOf(object)) {
      const holder = holders.get(name);
      if (holder === undefined) continue;
      const maker =
        object.kind === "index" && object.constraint !== null
          ? refKey(ref("constraint", object.constraint, { schema: object.schema, table: object.table }))
          : key;
      const piece = w.pieces.get(create(w.carriers.maker(maker))) ?? w.pieces.get(create(w.carriers.maker(key)));
      if (piece !== undefined) need(piece, holder);
    }
  }
  for (const [key, { before, after }] of w.altered) {
    if (before.kind !== "column" || after.kind !== "column" || after.identity === null || before.identity !== null)
      continue;
    const piece = w.pieces.get(change(key));
    for (const name of namespacesOf(after)) {
      const holder = holders.get(name);
      if (holder !== undefined && piece !== undefined) need(piece, holder);
    }
  }
}

/** A call is not to find two functions that it may mean. */
export function orderOverloads(w: Workshop): void {
  for (const [gone, come] of replacedOverloads(w.comparison))
    for (const key of come) {
      const piece = w.pieces.get(create(key));
      if (piece !== undefined) need(piece, drop(gone));
    }
}

/**
 * What leaves a parent leaves before the parent changes, and that before others join: bounds may not overlap, and
 * a partition has its parent's columns.
 */
export function orderPartitions(w: Workshop): void {
  const leaving = new Map<RefKey, string[]>();
  const joining = new Map<RefKey, string[]>();
  const { dropped, loose, created } = w.decision;
  const note = (map: Map<RefKey, string[]>, table: CatalogObject | undefined, id: string): void => {
    if (!w.pieces.has(id)) return;
    for (const parent of parentKeys(table)) {
      const known = map.get(parent);
      if (known === undefined) map.set(parent, [id]);
      else known.push(id);
    }
  };
  for (const [key, object] of dropped) note(leaving, object, drop(w.carriers.dropper(key)));
  for (const key of loose.keys()) note(leaving, w.comparison.from.objects.get(key), loosen(key));
  for (const [key, { before, after, properties }] of w.altered) {
    if (after.kind !== "table" || !(properties.includes("partitionOf") || properties.includes("inherits"))) continue;
    note(leaving, before, change(key));
    note(joining, after, change(key));
  }
  for (const [key, object] of created) if (!w.altered.has(key)) note(joining, object, create(key));
  for (const [parent, ids] of joining) {
    const members = changesOf(w, parent);
    for (const id of ids)
      for (const other of [...(leaving.get(parent) ?? []), ...members])
        if (other !== create(parent)) need(pieceAt(w, id), other);
  }
  orderLeavers(w);
  for (const [parent, ids] of leaving) {
    // An index of the whole is valid only while every partition has its part.
    for (const key of w.comparison.to.dependents(parent)) {
      if (!created.has(key) || !/^(?:index|constraint) /.test(key)) continue;
      const piece = w.pieces.get(create(w.carriers.maker(key)));
      if (piece !== undefined && piece.id !== create(parent) && isIndexed(created.get(key)))
        for (const id of ids) need(piece, id);
    }
    const departures = ids.filter((id) => !id.startsWith("drop "));
    if (departures.length === 0) continue;
    for (const member of changesOf(w, parent)) for (const id of departures) need(pieceAt(w, member), id);
  }
}

// What came from a parent can be changed or dropped only once its table has left; a partition is given nothing before.
function orderLeavers(w: Workshop): void {
  const { objects } = w.comparison.from;
  const leavers = new Map<RefKey, string>([...w.decision.loose.keys()].map((key) => [key, loosen(key)]));
  for (const [key, { before, after }] of w.altered)
    if (parentKeys(before).length > 0 && parentKeys(after).length === 0) leavers.set(key, change(key));
  for (const [key, id] of leavers) {
    const table = objects.get(key);
    const isTyped = table?.kind === "table" && table.ofType !== undefined;
    if (!w.pieces.has(id) || (parentKeys(table).length === 0 && !isTyped)) continue;
    for (const member of changesOf(w, key)) if (member !== create(key)) need(pieceAt(w, member), id);
    // Its part of an index is its own by then.
    for (const part of w.comparison.from.dependents(key)) {
      const index = w.decision.dropped.get(part);
      if (index?.kind !== "index" || index.partitionOf === null || index.table !== table?.name) continue;
      const piece = w.pieces.get(drop(w.carriers.dropper(part)));
      if (piece !== undefined && piece.id !== drop(key)) need(piece, id);
    }
  }
}

/** A partition of a table that others refer to goes once they no longer do. */
export function orderReferredPartitions(w: Workshop): void {
  const referring = new Map<RefKey, RefKey[]>();
  for (const [key, object] of w.decision.dropped) {
    if (object.kind !== "constraint" || object.references === null) continue;
    const table = refKey(ref("table", object.references.table, { schema: object.references.schema }));
    referring.set(table, [...(referring.get(table) ?? NEVER), key]);
  }
  if (referring.size === 0) return;
  for (const [key, object] of w.decision.dropped) {
    if (object.kind !== "table" || object.partitionOf === null) continue;
    const piece = w.pieces.get(drop(key));
    for (
      let [above] = parentKeys(object);
      above !== undefined;
      [above] = parentKeys(w.comparison.from.objects.get(above))
    )
      for (const other of referring.get(above) ?? NEVER)
        if (piece !== undefined) need(piece, drop(w.carriers.dropper(other)));
  }
}

const isIndexed = (object: CatalogObject | undefined): boolean =>
  object?.kind === "index" ||
  (object?.kind === "constraint" && (object.type === "primary key" || object.type === "unique"));

function pieceAt(w: Workshop, id: string): Piece {
  const found = w.pieces.get(id);
  if (found === undefined) throw new Error(`no piece ${id}`);
  return found;
}

// The pieces that change a table's columns and checks.
function changesOf(w: Workshop, table: RefKey): string[] {
  const ids = new Set<string>();
  const { dropped, created } = w.decision;
  const member = (key: RefKey): boolean => /^(?:column|constraint) /.test(key);
  for (const key of w.comparison.from.dependents(table))
    if (member(key) && dropped.has(key) && holderTable(key) === table) ids.add(drop(w.carriers.dropper(key)));
  for (const key of w.comparison.to.dependents(table)) {
    if (!member(key) || holderTable(key) !== table) continue;
    const object = created.get(key);
    if (object?.kind === "column" || (object?.kind === "constraint" && object.type === "check"))
      ids.add(create(w.carriers.maker(key)));
    if (w.altered.has(key)) ids.add(change(key));
  }
  return [...ids].filter((id) => w.pieces.has(id));
}

/** One primary key at a time; and what it makes NOT NULL cannot be nullable before it is gone. */
export function orderKeys(w: Workshop): void {
  const keys = new Map<string, RefKey>();
  for (const [key, object] of w.decision.dropped) {
    if (object.kind !== "constraint" || object.type !== "primary key") continue;
    keys.set(JSON.stringify([object.schema, object.table]), key);
    for (const name of object.columns) {
      const column = refKey(ref("column", name, { schema: object.schema, table: object.table }));
      const altered = w.altered.get(column);
      const piece = w.pieces.get(change(column));
      if (altered?.properties.includes("notNull") === true && piece !== undefined)
        need(piece, drop(w.carriers.dropper(key)));
    }
  }
  for (const [key, object] of w.decision.created) {
    if (object.kind !== "constraint" || object.type !== "primary key") continue;
    const old = keys.get(JSON.stringify([object.schema, object.table]));
    const piece = w.pieces.get(create(w.carriers.maker(key)));
    if (old !== undefined && piece !== undefined) need(piece, drop(w.carriers.dropper(old)));
  }
  orderReferences(w);
  orderPartedKeys(w);
}

// A foreign key takes the first key over its columns that it meets: one that is to go must be gone.
function orderReferences(w: Workshop): void {
  const keys = new Map<string, RefKey[]>();
  const columnsOf = (object: CatalogObject): readonly (string | null)[] | null => {
    if (object.kind === "constraint" && (object.type === "unique" || object.type === "primary key"))
      return object.columns;
    return object.kind === "index" && object.unique ? object.keys.map(({ column }) => column) : null;
  };
  const id = (schema: string | null, table: string | null, columns: readonly (string | null)[]): string =>
    JSON.stringify([schema, table, columns.map(String).toSorted()]);
  for (const [key, object] of w.decision.dropped) {
    const columns = columnsOf(object);
    if (columns === null) continue;
    const own = id(object.schema, object.table, columns);
    keys.set(own, [...(keys.get(own) ?? []), key]);
  }
  if (keys.size === 0) return;
  const referring = new Map<string, string[]>();
  for (const [key, object] of w.decision.dropped) {
    if (object.kind !== "constraint" || object.references === null) continue;
    const { schema, table, columns } = object.references;
    const own = id(schema, table, columns);
    if (keys.has(own)) referring.set(own, [...(referring.get(own) ?? []), drop(w.carriers.dropper(key))]);
  }
  for (const [key, object] of w.decision.created) {
    const own = columnsOf(object);
    const piece = w.pieces.get(create(w.carriers.maker(key)));
    if (piece === undefined) continue;
    const same = own === null ? null : id(object.schema, object.table, own);
    // Nor may the undo put them on a key that is then to go: it comes once they are gone.
    for (const other of (same === null ? null : referring.get(same)) ?? []) need(piece, other);
    const goesBefore = w.cuts.atOnce && object.kind === "constraint" ? same : null;
    const { schema, table, columns } = (object.kind === "constraint" ? object.references : null) ?? NOWHERE;
    for (const name of [goesBefore, id(schema, table, columns)])
      for (const old of (name === null ? null : keys.get(name)) ?? []) need(piece, drop(w.carriers.dropper(old)));
  }
}

// A key or index of a partitioned table goes ON ONLY it once its partitions are there, whose own are attached.
function orderPartedKeys(w: Workshop): void {
  const { created } = w.decision;
  const partitions = new Map<RefKey, RefKey[]>();
  for (const [key, object] of created) {
    if (object.kind !== "table" || object.partitionOf === null || attachesLater(w, object)) continue;
    for (const parent of parentKeys(object)) partitions.set(parent, [...(partitions.get(parent) ?? NEVER), key]);
  }
  if (partitions.size === 0) return;
  for (const [key, object] of created) {
    if (object.kind !== "index" && object.kind !== "constraint") continue;
    const table = refKey(ref("table", object.table ?? "", { schema: object.schema }));
    const piece = w.pieces.get(create(key));
    if (piece === undefined) continue;
    for (const partition of partitions.get(table) ?? []) need(piece, create(partition));
  }
}

const GIVEN_BY_DEFAULT =
  /^(?:drop|create) (?:table|view|sequence|function|aggregate|enum|domain|composite|range|schema) /;

/** New default privileges come last, so that nothing that is made, be it by an undo, gets what it should not have. */
export function orderDefaultPrivileges(w: Workshop): void {
  const going = [...w.pieces.keys()].filter((id) => id.startsWith("drop default-privileges "));
  if (going.length > 0)
    for (const piece of w.pieces.values()) if (GIVEN_BY_DEFAULT.test(piece.id)) for (const id of going) wish(piece, id);
  const own = [...w.pieces.values()].filter(({ id }) => /^(?:create|alter) default-privileges /.test(id));
  if (own.length === 0) return;
  const others = [...w.pieces.keys()].filter((id) => GIVEN_BY_DEFAULT.test(id));
  for (const piece of own) for (const id of others) wish(piece, id);
}

/**
 * A REVOKE on a table comes before what is granted on its columns; one on a column, after the column has been exchanged,
 * which takes the privilege along.
 */
export function orderGrants(w: Workshop): void {
  for (const [key, object] of w.decision.dropped) {
    if (object.kind !== "grant" || w.decision.created.has(key)) continue;
    const piece = w.pieces.get(drop(key));
    if (piece === undefined) continue;
    for (const needed of object.dependsOn) {
      const altered = w.altered.get(needed)?.properties ?? [];
      if (altered.includes("type") || altered.includes("collation")) need(piece, change(needed));
    }
  }
  for (const [key, object] of w.decision.created) {
    const whole = tableGrantKey(object);
    const piece = whole === null ? undefined : w.pieces.get(create(w.carriers.maker(key)));
    if (whole === null || piece === undefined) continue;
    if (w.decision.dropped.has(whole)) need(piece, drop(w.carriers.dropper(whole)));
    if (w.altered.has(whole)) need(piece, change(whole));
  }
}

/**
 * What a role was granted is taken back before it becomes the owner, whose rights they would then be; what it holds
 * besides an owner, and what an owner has lost, is said once all is in the new owner's hands.
 */
export function orderOwners(w: Workshop): void {
  const changing = new Set(
    [...w.altered].filter(([, { properties }]) => properties.includes("owner")).map(([key]) => key),
  );
  if (changing.size === 0) return;
  const { dropped, created } = w.decision;
  for (const [key, object] of dropped) {
    if (object.kind !== "grant" || w.carriers.dropper(key) !== key) continue;
    for (const holder of ownedHolders(object, w.comparison.from))
      if (changing.has(holder)) need(pieceAt(w, change(holder)), drop(key));
  }
  const later = [...created].map(([key, object]) => [create(w.carriers.maker(key)), object] as const);
  const altered = [...w.altered].map(([key, { after }]) => [change(key), after] as const);
  for (const [id, object] of [...later, ...altered]) {
    const piece = object.kind === "grant" ? w.pieces.get(id) : undefined;
    if (piece === undefined) continue;
    for (const holder of ownedHolders(object, w.comparison.to)) if (changing.has(holder)) need(piece, change(holder));
  }
}

// What a grant is on: a column is its table's owner's, and so is a sequence that belongs to one.
function ownedHolders(grant: CatalogObject, { objects }: Side): readonly RefKey[] {
  const { schema, table } = grant;
  const holders = grant.dependsOn.filter((key) => !key.startsWith("role "));
  if (table !== null) for (const kind of ["table", "view"] as const) holders.push(refKey(ref(kind, table, { schema })));
  for (const key of holders.slice()) {
    const object = objects.get(key);
    if (object?.kind === "sequence" && object.ownedBy !== null)
      holders.push(refKey(ref("table", object.ownedBy.table, { schema: object.ownedBy.schema })));
  }
  return holders;
}
