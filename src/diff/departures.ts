import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, CatalogObject, ColumnObject, ConstraintObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { holderTable, parentKeys } from "./bonds.ts";
import { equal } from "./compare.ts";
import type { Comparison, Side } from "./compare.ts";
import type { Decision } from "./decide.ts";
import { HANDED_DOWN, ownBack, picked } from "./heirs.ts";
import { drop } from "./piece.ts";
import type { Way } from "./ways.ts";

/*
 * A partition or child that goes while its parents stay and change has their changes, too, when it goes. To come back
 * by the undo it is made as it was then, not as FROM has it; undoing the parents' changes does the rest.
 */

/** Tables that go after changes of parents that stay. */
export interface Departures {
  /** Each with those of its columns and checks that came meanwhile. */
  readonly tables: ReadonlyMap<RefKey, readonly CatalogObject[]>;
  /** Columns and checks of FROM as they are then; null where they are gone. */
  readonly then: ReadonlyMap<RefKey, CatalogObject | null>;
  /** FROM with all of these. */
  readonly catalog: Catalog;
  /** What gives the tables back, once a parent's change is undone, what was theirs alone: by the parent's column. */
  readonly givenBack: ReadonlyMap<RefKey, readonly Change[]>;
}

type Member = ColumnObject | ConstraintObject;
type Members = ReadonlyMap<string, Member>;

const isMember = (object: CatalogObject | undefined): object is Member =>
  object?.kind === "column" || (object?.kind === "constraint" && object.type === "check");

const memberName = ({ kind, name }: Member): string => `${kind} ${name}`;

const tableOf = ({ schema, table }: CatalogObject): RefKey => refKey(ref("table", table ?? "", { schema }));

/** Finds the {@link Departures} of a plan whose ways are in order; null where there are none. */
export function departuresOf(ways: readonly Way[], { from }: Comparison, decision: Decision): Departures | null {
  const leaving = [...decision.dropped].filter(([, table]) => parentKeys(table).length > 0);
  if (leaving.length === 0) return null;
  const droppers = new Set(leaving.map(([key]) => drop(key)));
  const made = new Map<RefKey, Map<string, Change>>();
  const then = new Map<RefKey, CatalogObject | null>();
  const tables = new Map<RefKey, readonly CatalogObject[]>();
  const givenBack = new Map<RefKey, Change[]>();
  for (const { id, change } of ways) {
    const object =
      change === null ? undefined : change.type === "create" || change.type === "drop" ? change.object : change.before;
    if (change !== null && isMember(object) && id === `${change.type} ${refKey(object)}`) {
      const known = made.get(tableOf(object)) ?? new Map<string, Change>();
      made.set(tableOf(object), known.set(memberName(object), change));
    }
    if (object?.kind !== "table" || !droppers.has(id)) continue;
    const key = refKey(object);
    if (!ancestorsOf(key, from).some((parent) => made.has(parent))) continue;
    const shapes = new Shapes(from, made);
    const [was, is] = [membersOf(from, key), shapes.of(key)];
    for (const [name, member] of was) if (!is.has(name)) then.set(refKey(member), null);
    for (const [name, member] of is) if (member !== was.get(name)) then.set(refKey(member), member);
    tables.set(
      key,
      [...is].flatMap(([name, member]) => (was.has(name) ? [] : [member])),
    );
    for (const [parent, members] of shapes.known)
      if (parent !== key) for (const one of members.values()) then.set(refKey(one), one);
    for (const [source, back] of backsOf(key, from, made))
      givenBack.set(source, [...(givenBack.get(source) ?? []), back]);
  }
  if (tables.size === 0) return null;
  return { tables, then, catalog: patched(from.catalog, then), givenBack };
}

function ancestorsOf(table: RefKey, side: Side): readonly RefKey[] {
  const found = new Set(parentKeys(side.objects.get(table)));
  for (const parent of found) for (const above of parentKeys(side.objects.get(parent))) found.add(above);
  return [...found];
}

function membersOf(side: Side, table: RefKey): Members {
  const members = side
    .dependents(table)
    .map((key) => side.objects.get(key))
    .filter(isMember)
    .filter((object) => holderTable(refKey(object)) === table);
  return new Map(members.map((object) => [memberName(object), object]));
}

/** What tables of FROM have after changes made so far. */
class Shapes {
  readonly known = new Map<RefKey, Members>();
  readonly #from: Side;
  readonly #made: ReadonlyMap<RefKey, ReadonlyMap<string, Change>>;

  constructor(from: Side, made: ReadonlyMap<RefKey, ReadonlyMap<string, Change>>) {
    this.#from = from;
    this.#made = made;
  }

  of(table: RefKey): Members {
    const known = this.known.get(table);
    if (known !== undefined) return known;
    const members = new Map(membersOf(this.#from, table));
    this.known.set(table, members);
    for (const parent of parentKeys(this.#from.objects.get(table))) {
      const [was, is] = [membersOf(this.#from, parent), this.of(parent)];
      for (const [name, member] of members)
        if (member.inherited && was.has(name) && !is.has(name)) members.delete(name);
      for (const [name, after] of is) {
        const own = members.get(name);
        const before = was.get(name);
        if (before === after) continue;
        const heir = inheritedFrom(before, after, own, this.#from.objects.get(table));
        if (heir !== null) members.set(name, { ...heir, dependsOn: heir.dependsOn.map(moved(parent, table)) });
      }
    }
    for (const [name, change] of this.#made.get(table) ?? [])
      if (change.type === "drop") members.delete(name);
      else if (change.type === "create" && isMember(change.object)) members.set(name, change.object);
      else if (change.type === "alter" && isMember(change.after)) members.set(name, change.after);
    return members;
  }
}

// A key that names a table or a column of it, for the same of another table.
function moved(from: RefKey, to: RefKey): (key: RefKey) => RefKey {
  const [was, is] = [from.slice("table ".length), to.slice("table ".length)];
  return (key) =>
    key === from ? to : key.startsWith(`column ${was}.`) ? `column ${is}.${key.slice(`column ${was}.`.length)}` : key;
}

// What a table has of a parent's column or check that was changed or added; null where that does not reach it.
function inheritedFrom(
  before: Member | undefined,
  after: Member,
  own: Member | undefined,
  table: CatalogObject | undefined,
): Member | null {
  if (after.kind === "constraint") {
    if (/ NO INHERIT(?: NOT VALID)?$/.test(after.definition) || (own !== undefined && !own.inherited)) return null;
    return {
      ...after,
      schema: table?.schema ?? null,
      table: table?.name ?? "",
      inherited: true,
      comment: own?.comment ?? null,
    };
  }
  if (own === undefined) {
    const { options: _, foreignOptions: __, ...column } = after;
    return {
      ...column,
      schema: table?.schema ?? null,
      table: table?.name ?? "",
      position: Number.MAX_SAFE_INTEGER,
      identity: null,
      statisticsTarget: null,
      inherited: true,
      comment: null,
    };
  }
  if (before?.kind !== "column" || own.kind !== "column") return null;
  const names = HANDED_DOWN.filter((name) => !equal(before[name], after[name]));
  return names.length === 0 ? null : { ...own, ...picked(after, names), dependsOn: after.dependsOn };
}

// What the undo of the parents' changes would make of a table's columns, to what they were.
function backsOf(
  table: RefKey,
  from: Side,
  made: ReadonlyMap<RefKey, ReadonlyMap<string, Change>>,
): readonly (readonly [RefKey, Change])[] {
  const found: (readonly [RefKey, Change])[] = [];
  const own = membersOf(from, table);
  for (const parent of ancestorsOf(table, from)) {
    for (const [name, change] of made.get(parent) ?? []) {
      if (change.type !== "alter") continue;
      const source = from.objects.get(refKey(change.before));
      const back = source === undefined ? null : ownBack(source, own.get(name), new Set(change.properties));
      if (back !== null) found.push([refKey(change.before), back]);
    }
  }
  return found;
}

// The catalog with objects replaced, added or (null) taken out.
function patched(catalog: Catalog, now: ReadonlyMap<RefKey, CatalogObject | null>): Catalog {
  const left = new Map(now);
  const objects = catalog.objects.flatMap((object) => {
    const key = refKey(object);
    const other = left.get(key);
    left.delete(key);
    return other === undefined ? [object] : other === null ? [] : [other];
  });
  const come = [...left.values()].filter((object) => object !== null);
  return catalogOf(catalog.engine, [...objects, ...come], catalog.unmodelled);
}

/** Partitions that the server drops only once they are detached, as a table above them is referred to by what stays. */
export function referredPartitions({ from }: Comparison, { dropped }: Decision): ReadonlySet<RefKey> {
  const partitions = [...dropped].filter(([, table]) => table.kind === "table" && table.partitionOf !== null);
  if (partitions.length === 0) return new Set();
  const targets = new Set<RefKey>();
  for (const [key, object] of from.objects) {
    if (object.kind !== "constraint" || object.references === null || dropped.has(key)) continue;
    targets.add(refKey(ref("table", object.references.table, { schema: object.references.schema })));
  }
  const isReferred = (table: CatalogObject | undefined): boolean =>
    parentKeys(table).some((key) => targets.has(key) || isReferred(from.objects.get(key)));
  return new Set(partitions.filter(([, table]) => isReferred(table)).map(([key]) => key));
}
