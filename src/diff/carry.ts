import type { CatalogObject, ConstraintObject, TableObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { holderKey, holderTable, ownRange, parentKeys, sourcesOf } from "./bonds.ts";
import type { Comparison, Side } from "./compare.ts";
import type { Decision } from "./decide.ts";

/*
 * Not every object has a statement of its own: a dropped table takes its columns along, a created one brings
 * them, the index behind a constraint comes and goes with it, and a partition has what its parent has.
 */

// Asked for again for every dropped object whose undoing is printed.
const PARTED = new WeakMap<Side, ReadonlySet<RefKey>>();

function partedTables(side: Side): ReadonlySet<RefKey> {
  const known = PARTED.get(side);
  if (known !== undefined) return known;
  const parted = new Set<RefKey>();
  for (const object of side.objects.values())
    if (object.kind === "table" && object.partitionOf !== null) for (const key of parentKeys(object)) parted.add(key);
  PARTED.set(side, parted);
  return parted;
}

/** Finds the object whose statement creates or drops an object. */
export class Carriers {
  readonly #comparison: Comparison;
  readonly #decision: Decision;
  /** Constraints that get a statement of their own though their table would carry them. */
  readonly #alone: ReadonlySet<RefKey>;
  readonly #droppers = new Map<RefKey, RefKey>();
  readonly #makers = new Map<RefKey, RefKey>();
  readonly #twins = new Set<string>();
  /** Tables of TO that have partitions. */
  readonly #parted: ReadonlySet<RefKey>;
  /** What must be gone while something is altered. */
  readonly #inTheWay: ReadonlySet<RefKey>;

  constructor(comparison: Comparison, decision: Decision, alone: ReadonlySet<RefKey>) {
    this.#comparison = comparison;
    this.#decision = decision;
    this.#alone = alone;
    this.#parted = partedTables(comparison.to);
    this.#inTheWay = new Set([...decision.inTheWay.values()].flat());
  }

  /** The key of the object whose DROP removes the dropped object at a key. */
  dropper(key: RefKey): RefKey {
    const known = this.#droppers.get(key);
    if (known !== undefined) return known;
    // Set before the search: a bond that runs in a circle ends here.
    this.#droppers.set(key, key);
    const object = this.#decision.dropped.get(key);
    const carrier = object === undefined ? null : this.#dropCarrier(key, object);
    const found = carrier === null ? key : this.dropper(carrier);
    this.#droppers.set(key, found);
    return found;
  }

  /** The key of the object whose CREATE makes the created object at a key. */
  maker(key: RefKey): RefKey {
    const known = this.#makers.get(key);
    if (known !== undefined) return known;
    this.#makers.set(key, key);
    const object = this.#decision.created.get(key);
    const carrier = object === undefined ? null : this.#makeCarrier(key, object);
    const found = carrier === null ? key : this.maker(carrier);
    this.#makers.set(key, found);
    return found;
  }

  #dropCarrier(key: RefKey, object: CatalogObject): RefKey | null {
    const { dropped, created } = this.#decision;
    const { from } = this.#comparison;
    const held = (other: RefKey | null): other is RefKey => other !== null && other !== key && dropped.has(other);
    if (this.#alone.has(key)) return null;
    const holder = holderKey(object, from);
    if (held(holder)) return holder;
    const range = ownRange(object, dropped);
    if (range !== null) return range;
    if (object.kind === "grant")
      return object.dependsOn.find((other) => !other.startsWith("role ") && held(other)) ?? null;
    if (object.kind === "sequence" && object.ownedBy !== null) {
      const { schema, table, column } = object.ownedBy;
      const owners = [refKey(ref("column", column, { schema, table })), refKey(ref("table", table, { schema }))];
      return owners.find(held) ?? null;
    }
    if (object.kind === "index" && object.constraint !== null) {
      const constraint = refKey(ref("constraint", object.constraint, { schema: object.schema, table: object.table }));
      if (held(constraint)) return constraint;
    }
    if (object.kind === "index" && object.partitionOf !== null) {
      const parent = object.dependsOn.find((other) => other.startsWith("index ") && held(other));
      if (parent !== undefined && this.#staysChild(object)) return parent;
    }
    // A part of the parent's key has a name of its own: their indexes tell.
    if (object.kind === "constraint" && object.inherited) {
      const index = from.objects.get(refKey(ref("index", object.name, { schema: object.schema, table: object.table })));
      const parent =
        index?.kind === "index" && index.partitionOf !== null && this.#staysChild(object)
          ? index.dependsOn.find((other) => other.startsWith("index ") && held(other))
          : undefined;
      if (parent !== undefined) return parent;
    }
    if ((object.kind === "column" || object.kind === "constraint") && object.inherited) {
      const below = this.#staysBelow(object);
      const source = sourcesOf(object, from).find((one) => held(one) && below.includes(holderTable(one)));
      if (source !== undefined) return source;
    }
    // DROP COLUMN takes the table's indexes and constraints on it along. A reference to a key of the same table goes by
    // itself, as the key may have to go before the column.
    const references = object.kind === "constraint" ? object.references : null;
    const isOwn = references !== null && references.table === object.table && references.schema === object.schema;
    // Nor does it take along what another column cannot be altered under.
    const isAlone = isOwn || this.#inTheWay.has(key);
    if ((object.kind === "index" || object.kind === "constraint") && !created.has(key) && !isAlone) {
      const own = `column ${refKey(ref("table", object.table ?? "", { schema: object.schema })).slice("table ".length)}.`;
      return object.dependsOn.find((other) => other.startsWith(own) && held(other)) ?? null;
    }
    return null;
  }

  // The parents that the table an object hangs on is still below when they are changed.
  #staysBelow(object: CatalogObject): readonly RefKey[] {
    const table = refKey(ref("table", object.table ?? "", { schema: object.schema }));
    const { from, to } = this.#comparison;
    const after = parentKeys(to.objects.get(table));
    const held = parentKeys(this.#decision.loose.get(table) ?? from.objects.get(table));
    return held.filter((parent) => after.includes(parent));
  }

  // Whether it is still below all of them.
  #staysChild(object: CatalogObject): boolean {
    const table = refKey(ref("table", object.table ?? "", { schema: object.schema }));
    return parentKeys(this.#comparison.from.objects.get(table)).length === this.#staysBelow(object).length;
  }

  #makeCarrier(key: RefKey, object: CatalogObject): RefKey | null {
    const { created } = this.#decision;
    const { to } = this.#comparison;
    const table = holderKey(object, to);
    if (table !== null && created.has(table)) {
      if (object.kind === "column") return table;
      if (object.kind === "constraint" && this.#inlines(key, object, table)) return table;
    }
    if (object.kind === "column" && object.inherited) return this.#createdSource(object);
    if (
      object.kind === "constraint" &&
      object.inherited &&
      (object.type === "check" || object.type === "foreign key")
    ) {
      const source = this.#createdSource(object);
      const own = table !== null && created.has(table) ? table : null;
      // It comes with its table where the parents have it by then, else with theirs.
      return source === null || (own !== null && this.maker(source).startsWith("table ")) ? own : source;
    }
    return null;
  }

  #createdSource(object: CatalogObject): RefKey | null {
    const table = refKey(ref("table", object.table ?? "", { schema: object.schema }));
    // A table that joins parents once they are changed has what they have before.
    const { created, loose } = this.#decision;
    const held = created.has(table) ? null : parentKeys(loose.get(table) ?? this.#comparison.from.objects.get(table));
    return (
      sourcesOf(object, this.#comparison.to).find(
        (source) => created.has(source) && held?.includes(holderTable(source)) !== false,
      ) ?? null
    );
  }

  // As CREATE TABLE can say it: see the server's transformIndexConstraints for keys that are alike.
  #inlines(key: RefKey, constraint: ConstraintObject, table: RefKey): boolean {
    if (constraint.type === "foreign key" || constraint.inherited || !constraint.validated || this.#alone.has(key))
      return false;
    const holder = this.#comparison.to.objects.get(table) as TableObject | undefined;
    if (constraint.type === "check" || constraint.type === "not null") return true;
    if (holder?.partitionOf !== null || (holder.partitionBy !== null && this.#parted.has(table))) return false;
    const twin = JSON.stringify([table, constraint.columns]);
    if (this.#twins.has(twin)) return false;
    this.#twins.add(twin);
    return true;
  }
}
