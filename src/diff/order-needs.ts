import type { CatalogObject, TableObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { holderKey, holderTable, parentKeys, sourcesOf } from "./bonds.ts";
import { equal } from "./compare.ts";
import { aside, attachesLater, change, create, drop, loosen, need, needTo, wish } from "./piece.ts";
import type { Piece, Workshop } from "./piece.ts";

/* The order that follows from what objects need, on both sides. */

const SOFT = /^(?:function|aggregate|sequence|view|table|column|operator) /;

/** Whatever needs an object goes, or lets go of it, before the object does. */
export function orderDrops(w: Workshop): void {
  const { dropped, loose, aside: asides } = w.decision;
  for (const [key, object] of dropped) {
    const id = drop(w.carriers.dropper(key));
    const piece = w.pieces.get(id);
    if (piece === undefined) continue;
    for (const other of [...w.comparison.from.dependents(key), ...w.bonds(key)]) {
      if (dropped.has(other)) orderTwoDrops(w, piece, object, other);
      else if (loose.has(other)) need(piece, loosen(other));
      else if (w.altered.has(other)) need(piece, change(other));
    }
    if (!asides.has(key)) continue;
    const renamed = w.pieces.get(aside(key));
    for (const other of w.comparison.from.dependents(key)) {
      if (renamed === undefined) break;
      const going = dropped.has(other) ? w.pieces.get(drop(w.carriers.dropper(other))) : undefined;
      // A type that stands aside itself, or goes, is left until its columns have gone over.
      if (going?.id === drop(other) && /^(?:domain|composite|range) /.test(other)) {
        need(going, renamed.id);
        continue;
      }
      // The undo of a column that is dropped names the type as it is called then; a table's, as it was.
      if (going?.id === drop(other) && other.startsWith("column ")) wish(going, renamed.id);
      else if (going !== undefined && going !== piece) need(renamed, going.id);
      // A column is changed from the type as it is called then.
      const altered = w.altered.has(other) ? w.pieces.get(change(other)) : undefined;
      if (altered !== undefined) need(altered, renamed.id);
      if (loose.has(other)) need(renamed, loosen(other));
    }
  }
}

function orderTwoDrops(w: Workshop, piece: Piece, object: CatalogObject, other: RefKey): void {
  const own = drop(w.carriers.dropper(other));
  const child = w.decision.dropped.get(other);
  // The parent's drop takes along what a partition has of it, also where the partition goes later.
  if (
    child?.kind === "constraint" &&
    child.inherited &&
    piece.id === drop(refKey(object)) &&
    sourcesOf(child, w.comparison.from).includes(refKey(object))
  )
    return;
  const local = child !== undefined && sourcesOf(child, w.comparison.from).includes(refKey(object));
  // A child's own column can go only once its parent's no longer stands behind it; one that goes with its table before.
  if (local && !own.startsWith("drop table ")) {
    const childPiece = w.pieces.get(own);
    if (childPiece !== undefined && own !== piece.id) need(childPiece, piece.id);
  } else need(piece, own);
}

/** What a created object needs is there before it. */
export function orderCreates(w: Workshop): void {
  const { created, dropped, aside: asides } = w.decision;
  for (const [key, object] of created) {
    const maker = w.carriers.maker(key);
    const piece = w.pieces.get(create(maker));
    if (piece === undefined) continue;
    if (dropped.has(key)) {
      const dropper = w.carriers.dropper(key);
      need(piece, asides.has(dropper) ? aside(dropper) : drop(dropper));
    }
    const reduced = w.altered.get(key)?.before;
    const skipped = reduced !== undefined && w.cuts.postponed.has(key);
    for (const needed of object.dependsOn) {
      if (skipped && SOFT.test(needed) && needed !== holderKey(object, w.comparison.to)) continue;
      if (attachNeed(w, object, needed)) continue;
      needTo(w, piece, needed);
    }
    if (object.kind === "view") orderStoredRows(w, piece, object);
    // A column that a parent has as well is made in the child first, and merged.
    for (const source of sourcesOf(object, w.comparison.to)) {
      const own = w.pieces.get(create(w.carriers.maker(source)));
      if (own !== undefined && own !== piece && !("inherited" in object && object.inherited) && created.has(source))
        if (holderTable(source) !== maker) wish(own, piece.id);
    }
  }
  for (const [key, ways] of w.heirs.inTheWay)
    for (const way of ways) {
      const piece = created.has(way) ? w.pieces.get(create(w.carriers.maker(way))) : undefined;
      const made = created.has(key) ? w.pieces.get(create(w.carriers.maker(key))) : undefined;
      if (piece !== undefined && w.pieces.has(change(key))) need(piece, change(key));
      if (piece !== undefined && made !== undefined) need(piece, made.id);
      if (made !== undefined && dropped.has(way)) need(made, drop(w.carriers.dropper(way)));
    }
}

// What stores whole rows of a table does so once they are as they shall be.
function orderStoredRows(w: Workshop, piece: Piece, view: CatalogObject): void {
  for (const table of view.dependsOn) {
    if (!table.startsWith("table ")) continue;
    for (const key of w.comparison.to.dependents(table)) {
      if (!key.startsWith("column ") || holderTable(key) !== table) continue;
      if (w.altered.has(key)) wish(piece, change(key));
      if (w.decision.created.has(key)) wish(piece, create(w.carriers.maker(key)));
    }
  }
}

function attachNeed(w: Workshop, object: CatalogObject, needed: RefKey): boolean {
  return object.kind === "table" && attachesLater(w, object) && parentKeys(object).includes(needed);
}

/** What an altered object needs is there before it, and what stands in its way is gone. */
export function orderAlters(w: Workshop): void {
  const { created, dropped, loose } = w.decision;
  for (const [key, { after, before }] of w.altered) {
    const piece = w.pieces.get(change(key));
    if (piece === undefined) continue;
    if (created.has(key)) need(piece, create(w.carriers.maker(key)));
    if (loose.has(key)) need(piece, loosen(key));
    for (const needed of after.dependsOn) needTo(w, piece, needed);
    if (before.kind === "composite")
      for (const other of w.comparison.from.dependents(key)) {
        const object = dropped.get(other);
        if (loose.has(other)) need(piece, loosen(other));
        else if (object?.kind === "table" && object.ofType !== undefined) need(piece, drop(w.carriers.dropper(other)));
      }
    if (after.kind === "table" && before.kind === "table" && after.ofType !== undefined && before.ofType === undefined)
      orderTyped(w, piece, key);
    for (const way of w.heirs.inTheWay.get(key) ?? []) if (dropped.has(way)) need(piece, drop(w.carriers.dropper(way)));
    for (const source of w.heirs.after.get(key) ?? []) needTo(w, piece, source, true);
    if (after.kind === "table" && before.kind === "table" && after.unlogged && !before.unlogged)
      orderUnpublished(w, piece, key);
    if (after.kind === "table" && before.kind === "table") orderToast(w, piece, before, after);
    if (
      before.kind === "sequence" &&
      before.ownedBy !== null &&
      !equal(before.ownedBy, "ownedBy" in after && after.ownedBy)
    ) {
      // A column that is exchanged takes its sequence along.
      const { schema, table, column } = before.ownedBy;
      wish(piece, change(refKey(ref("column", column, { schema, table }))));
    }
    if (after.kind === "sequence" && before.kind === "sequence" && after.ownedBy !== null) {
      const { schema, table, column } = after.ownedBy;
      needTo(w, piece, refKey(ref("column", column, { schema, table })));
      needTo(w, piece, refKey(ref("table", table, { schema })));
    }
    if (after.kind === "table" && parentKeys(after).length > 0 && !equal(parentKeys(before), parentKeys(after)))
      orderAttach(w, piece, after);
  }
}

// A table becomes one of a type once it has just the type's columns.
function orderTyped(w: Workshop, piece: Piece, table: RefKey): void {
  const { created, dropped } = w.decision;
  for (const key of w.comparison.from.dependents(table))
    if (key.startsWith("column ") && dropped.has(key)) need(piece, drop(w.carriers.dropper(key)));
  for (const key of w.comparison.to.dependents(table)) {
    if (!key.startsWith("column ")) continue;
    if (created.has(key)) need(piece, create(w.carriers.maker(key)));
    else if (w.altered.has(key)) need(piece, change(key));
  }
}

// What is set for the TOAST table is lost while no column needs one.
function orderToast(w: Workshop, piece: Piece, before: TableObject, after: TableObject): void {
  const isNew = ([name, value]: [string, string]): boolean =>
    name.startsWith("toast.") && before.options[name] !== value;
  if (!Object.entries(after.options).some(isNew) || before.ofType !== after.ofType) return;
  // What leaves or joins parents has an order of its own.
  if (!equal(parentKeys(before), parentKeys(after))) return;
  const table = refKey(after);
  for (const key of w.comparison.to.dependents(table)) {
    if (!key.startsWith("column ") || holderTable(key) !== table) continue;
    if (w.decision.created.has(key)) need(piece, create(w.carriers.maker(key)));
    if (w.altered.get(key)?.properties.includes("type") === true) need(piece, change(key));
  }
}

// What is published is logged, and so is what a logged table refers to.
function orderUnpublished(w: Workshop, piece: Piece, table: RefKey): void {
  for (const key of w.comparison.from.dependents(table)) {
    const isReference = key.startsWith("constraint ") && w.decision.dropped.has(key);
    if (!key.startsWith("publication ") && !isReference) continue;
    if (w.decision.dropped.has(key)) need(piece, drop(w.carriers.dropper(key)));
    else if (w.altered.has(key)) need(piece, change(key));
  }
}

// What a partition or child must have before it joins its parents, and when the parents' are ready.
function orderAttach(w: Workshop, piece: Piece, table: TableObject): void {
  const own = refKey(table);
  const { created } = w.decision;
  for (const key of w.comparison.to.dependents(own)) {
    const object = w.comparison.to.objects.get(key);
    if (object?.kind !== "column" && object?.kind !== "constraint" && object?.kind !== "index") continue;
    if (object.kind === "constraint" && object.type === "foreign key") continue;
    if (created.has(key)) need(piece, create(w.carriers.maker(key)));
    else if (w.altered.has(key)) need(piece, change(key));
  }
  // Attaching finds the indexes that fit each other, and makes those that the parent has and it lacks.
  const gone = (key: RefKey): void => {
    if (key.startsWith("index ") && w.decision.dropped.has(key)) need(piece, drop(w.carriers.dropper(key)));
  };
  for (const key of w.comparison.from.dependents(own)) {
    gone(key);
    // Nor may a partition have a column that its parent has not.
    if (key.startsWith("column ") && holderTable(key) === own && w.decision.dropped.has(key) && !created.has(key))
      need(piece, drop(w.carriers.dropper(key)));
  }
  for (const parent of parentKeys(table)) {
    needTo(w, piece, parent);
    for (const key of w.comparison.from.dependents(parent)) gone(key);
    for (const key of w.comparison.to.dependents(parent))
      if (created.has(key) && key.startsWith("index ")) need(piece, create(w.carriers.maker(key)));
  }
}
