import type { Catalog, CatalogObject, ColumnObject, ConstraintObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { bondsOf, holderTable, parentKeys, sourcesOf } from "./bonds.ts";
import { Carriers } from "./carry.ts";
import { differences, equal } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import { asideName, besideAside, standingAside, withMultirangeAside } from "./aside.ts";
import { convertAside } from "./conversions.ts";
import type { Decision } from "./decide.ts";
import { privilegesAtCreation } from "./grants.ts";
import type { Inheritance } from "./heirs.ts";
import { orderAlters, orderCreates, orderDrops } from "./order-needs.ts";
import {
  orderDefaultPrivileges,
  orderGrants,
  orderKeys,
  orderNames,
  orderOverloads,
  orderOwners,
  orderPartitions,
  orderReferredPartitions,
} from "./order-rules.ts";
import { aside, attachesLater, change, create, drop, loosen, need } from "./piece.ts";
import type { Cuts, Piece, Workshop } from "./piece.ts";
import { rankOf } from "./rank.ts";

/** Makes the pieces of a plan with all that orders them. */
export function piecesOf(
  comparison: Comparison,
  decision: Decision,
  heirs: Inheritance,
  cuts: Cuts,
): ReadonlyMap<string, Piece> {
  const w: Workshop = {
    comparison,
    decision,
    heirs,
    cuts,
    carriers: new Carriers(comparison, decision, cuts.alone),
    pieces: new Map(),
    altered: new Map(heirs.altered),
    bonds: bondsOf(comparison.from),
  };
  makeDrops(w);
  makeCreates(w);
  makeAlters(w);
  convertAside(w, (id, object, made) => add(w, id, object, made, { removes: made.type === "drop", rebuild: true }));
  orderDrops(w);
  orderCreates(w);
  orderAlters(w);
  orderNames(w);
  orderOverloads(w);
  orderPartitions(w);
  orderReferredPartitions(w);
  orderKeys(w);
  orderGrants(w);
  orderOwners(w);
  orderDefaultPrivileges(w);
  return w.pieces;
}

function add(
  w: Workshop,
  id: string,
  object: CatalogObject,
  made: Change | null,
  options: Partial<Piece> & { removes?: boolean } = {},
): Piece {
  const piece: Piece = {
    id,
    rank: rankOf(object, options.removes === true),
    change: made,
    against: options.against ?? "to",
    rebuild: options.rebuild ?? false,
    needs: new Set(),
    wishes: new Set(),
    along: options.along ?? [],
  };
  w.pieces.set(id, piece);
  return piece;
}

function makeDrops(w: Workshop): void {
  const { created, loose, aside: asides } = w.decision;
  const dropped = new Map([...w.decision.dropped].map(([key, object]) => [key, called(w, object)] as const));
  const carried = new Map<RefKey, CatalogObject[]>();
  for (const [key, object] of dropped) {
    const dropper = w.carriers.dropper(key);
    if (dropper === key) continue;
    const known = carried.get(dropper);
    if (known === undefined) carried.set(dropper, [object]);
    else known.push(object);
  }
  for (const [key, object] of dropped) {
    if (w.carriers.dropper(key) !== key) continue;
    const rebuild = created.has(key);
    const options = { against: "from", removes: true, rebuild, along: carried.get(key) ?? [] } as const;
    if (!asides.has(key)) add(w, drop(key), object, { type: "drop", object }, options);
    else {
      const name = asideName(object.name);
      const { kind, schema, table, signature } = object;
      const to = { kind, schema, table, signature, name };
      const freed = withMultirangeAside(object);
      const before = freed ?? object;
      const renamed = add(w, aside(key), object, { type: "rename", before, to }, { against: "from", rebuild: true });
      if (freed !== null) {
        const freeing = { type: "alter", before: object, after: freed, properties: ["options"] } as const;
        need(renamed, add(w, loosen(key), object, freeing, { against: "from", rebuild: true }).id);
      }
      add(
        w,
        drop(key),
        object,
        { type: "drop", object: besideAside(standingAside(object), asideBelow(w, object)) },
        options,
      );
    }
  }
  for (const [key, after] of loose) {
    const before = w.comparison.from.objects.get(key);
    if (before === undefined) continue;
    const properties = differences(before, after);
    if (properties.length > 0)
      add(w, loosen(key), before, { type: "alter", before, after, properties }, { against: "from", rebuild: true });
  }
}

// A column that goes once its type stands aside comes back while it does; see `orderDrops`.
function called(w: Workshop, object: CatalogObject): CatalogObject {
  const { aside: asides } = w.decision;
  // What was inherited and is dropped by itself is its table's own since that left its parents.
  if (isHeirloom(object) && w.carriers.dropper(refKey(object)) === refKey(object))
    return { ...object, inherited: false };
  if (object.kind === "index" && object.partitionOf !== null && leftParents(w, object))
    return { ...object, partitionOf: null };
  if (asides.size === 0) return object;
  // What is granted on a type goes with it, and comes back on what it is called.
  if (object.kind === "grant" && object.dependsOn.some((key) => asides.has(key)))
    return { ...object, name: asideName(object.name) };
  const types = NAMES_TYPES.has(object.kind) ? asideBelow(w, object) : [];
  return types.length === 0 ? object : besideAside(object, types);
}

const NAMES_TYPES: ReadonlySet<string> = new Set(["column", "domain", "composite", "range"]);

const asideBelow = (
  { decision: { aside: asides, dropped } }: Workshop,
  object: CatalogObject,
): readonly CatalogObject[] =>
  object.dependsOn.filter((key) => asides.has(key)).flatMap((key) => dropped.get(key) ?? []);

// Whether the table has left its parents when the index goes.
function leftParents(w: Workshop, { schema, table }: CatalogObject): boolean {
  const key = refKey(ref("table", table ?? "", { schema }));
  if (w.decision.dropped.has(key)) return false;
  if (w.decision.loose.has(key)) return true;
  const altered = w.altered.get(key);
  return altered !== undefined && parentKeys(altered.before).length > 0 && parentKeys(altered.after).length === 0;
}

function makeCreates(w: Workshop): void {
  const { created, dropped } = w.decision;
  const parts = new Map<RefKey, CatalogObject[]>();
  for (const [key, object] of created) {
    const maker = w.carriers.maker(key);
    if (maker === key) continue;
    const known = parts.get(maker);
    const part = reduced(w, key, object);
    if (known === undefined) parts.set(maker, [part]);
    else known.push(part);
    // What the maker's statement cannot say of it.
    if (object.kind === "constraint" && object.comment !== null && object.inherited)
      later(w, key, { ...object, comment: null }, object);
  }
  for (const [key, object] of created) {
    if (w.carriers.maker(key) !== key) continue;
    const made = reduced(w, key, object);
    const own = parts.get(key);
    const rebuild = dropped.has(key);
    add(w, create(key), object, creation(w, made, own ?? []), { rebuild });
  }
}

// Of an undo, the sides stand the other way round.
function sidesOf({ from, to, isUndo }: Comparison): { readonly from: Catalog; readonly to: Catalog } {
  const [was, is] = isUndo === true ? [to, from] : [from, to];
  return { from: was.catalog, to: is.catalog };
}

function creation(w: Workshop, made: CatalogObject, parts: readonly CatalogObject[]): Change | null {
  if (made.kind === "table") return { type: "create", object: made, parts };
  if (made.kind === "constraint" && made.type === "not null" && comesByLeaving(w, made)) return null;
  if (made.kind !== "grant") return { type: "create", object: made };
  // Default privileges have given something already.
  const isNew = made.dependsOn.some((key) => !key.startsWith("role ") && w.decision.created.has(key));
  const given = isNew ? privilegesAtCreation(made, sidesOf(w.comparison)) : [];
  if (given.length === 0) return { type: "create", object: made };
  const before = { ...made, privileges: given };
  if (equal(before.privileges, made.privileges)) return null;
  return { type: "alter", before, after: made, properties: ["privileges"] };
}

// A NOT NULL that a table had from its parents becomes its own, with a name, as the table leaves them.
function comesByLeaving(w: Workshop, made: ConstraintObject): boolean {
  const altered = w.altered.get(tableKey(made));
  const left = new Set(parentKeys(altered?.before));
  for (const parent of parentKeys(altered?.after)) left.delete(parent);
  const column = refKey(ref("column", made.columns[0] ?? "", { schema: made.schema, table: made.table }));
  const before = w.decision.created.has(column) ? undefined : w.comparison.from.objects.get(column);
  return left.size > 0 && before?.kind === "column" && before.inherited && before.notNull && made.comment === null;
}

// An object as it is created at first; the rest follows as an alteration.
function reduced(w: Workshop, key: RefKey, object: CatalogObject): CatalogObject {
  // Attaching the table attaches its indexes.
  if (object.kind === "index" && object.partitionOf !== null && joinsLater(w, object))
    return { ...object, partitionOf: null };
  let made: CatalogObject = object;
  // So does it with its keys, which are its own until then, and again by the undo.
  if (isPartOfKey(object) && !w.decision.created.has(tableKey(object)) && joinsLater(w, object))
    return { ...object, inherited: false };
  // A child that joins its parents once they are changed has what they have before.
  if (isHeirloom(object) && !comesFromParent(w, object)) return { ...object, inherited: false };
  if (object.kind === "sequence" && object.ownedBy !== null) made = { ...object, ownedBy: null };
  if (object.kind === "table" && attachesLater(w, object)) made = { ...object, partitionOf: null };
  if (w.cuts.postponed.has(key)) {
    if (object.kind === "column") made = { ...object, default: null };
    if (object.kind === "domain") made = { ...object, default: null, checks: [] };
    if (object.kind === "range") made = { ...object, shell: true };
  }
  if (made !== object) later(w, key, made, object);
  return made;
}

const isHeirloom = (object: CatalogObject): object is ColumnObject | ConstraintObject =>
  (object.kind === "column" || (object.kind === "constraint" && object.type === "check")) && object.inherited;

function comesFromParent(w: Workshop, column: CatalogObject): boolean {
  const table = refKey(ref("table", column.table ?? "", { schema: column.schema }));
  const held = parentKeys(w.decision.loose.get(table) ?? w.comparison.from.objects.get(table));
  return (
    w.decision.created.has(table) || sourcesOf(column, w.comparison.to).some((key) => held.includes(holderTable(key)))
  );
}

const isPartOfKey = (object: CatalogObject): object is ConstraintObject =>
  object.kind === "constraint" && object.inherited && object.type !== "check" && object.references === null;

const tableKey = ({ schema, table }: CatalogObject): RefKey => refKey(ref("table", table ?? "", { schema }));

function joinsLater(w: Workshop, part: CatalogObject): boolean {
  const key = tableKey(part);
  const table = w.comparison.to.objects.get(key);
  if (table?.kind !== "table") return false;
  if (w.decision.created.has(key)) return attachesLater(w, table);
  return w.altered.get(key)?.properties.includes("partitionOf") === true;
}

function later(w: Workshop, key: RefKey, before: CatalogObject, after: CatalogObject): void {
  w.altered.set(key, { key, before, after, properties: differences(before, after) });
}

function makeAlters(w: Workshop): void {
  for (const [key, { before, after, properties }] of w.altered)
    if (properties.length > 0) add(w, change(key), after, { type: "alter", before, after, properties });
}
