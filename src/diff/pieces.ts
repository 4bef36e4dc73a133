import type { CatalogObject, TableObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { bondsOf, holderKey, parentKeys, sourcesOf } from "./bonds.ts";
import { Carriers } from "./carry.ts";
import { differences, equal } from "./compare.ts";
import type { Changed, Comparison } from "./compare.ts";
import { asideName } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Inheritance } from "./heirs.ts";
import { namespacesOf } from "./namespaces.ts";
import { rankOf } from "./rank.ts";

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
}

const drop = (key: RefKey): string => `drop ${key}`;
const create = (key: RefKey): string => `create ${key}`;
const change = (key: RefKey): string => `alter ${key}`;
const loosen = (key: RefKey): string => `loosen ${key}`;
const aside = (key: RefKey): string => `aside ${key}`;

const NEVER: ReadonlySet<RefKey> = new Set();

/** Makes the pieces of a plan with all that orders them. */
export function piecesOf(
  comparison: Comparison,
  decision: Decision,
  heirs: Inheritance,
  cuts: Cuts,
): ReadonlyMap<string, Piece> {
  return new Builder(comparison, decision, heirs, cuts).build();
}

class Builder {
  readonly #comparison: Comparison;
  readonly #decision: Decision;
  readonly #heirs: Inheritance;
  readonly #cuts: Cuts;
  readonly #carriers: Carriers;
  readonly #pieces = new Map<string, Piece>();
  /** What the altered objects are turned into, with those that a postponed part makes. */
  readonly #altered: Map<RefKey, Changed>;
  readonly #bonds: (key: RefKey) => readonly RefKey[];

  constructor(comparison: Comparison, decision: Decision, heirs: Inheritance, cuts: Cuts) {
    this.#comparison = comparison;
    this.#decision = decision;
    this.#heirs = heirs;
    this.#cuts = cuts;
    this.#carriers = new Carriers(comparison, decision, cuts.alone);
    this.#altered = new Map(heirs.altered);
    this.#bonds = bondsOf(comparison.from);
  }

  build(): ReadonlyMap<string, Piece> {
    this.#makeDrops();
    this.#makeCreates();
    this.#makeAlters();
    this.#orderDrops();
    this.#orderCreates();
    this.#orderAlters();
    this.#orderNames();
    this.#orderPartitions();
    this.#orderKeys();
    return this.#pieces;
  }

  #add(id: string, object: CatalogObject, made: Change | null, options: Partial<Piece> & { removes?: boolean } = {}): Piece {
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
    this.#pieces.set(id, piece);
    return piece;
  }

  #makeDrops(): void {
    const { dropped, created, loose, aside: asides } = this.#decision;
    const carried = new Map<RefKey, CatalogObject[]>();
    for (const [key, object] of dropped) {
      const dropper = this.#carriers.dropper(key);
      if (dropper === key) continue;
      const known = carried.get(dropper);
      if (known === undefined) carried.set(dropper, [object]);
      else known.push(object);
    }
    for (const [key, object] of dropped) {
      if (this.#carriers.dropper(key) !== key) continue;
      const rebuild = created.has(key);
      const options = { against: "from", removes: true, rebuild, along: carried.get(key) ?? [] } as const;
      if (!asides.has(key)) this.#add(drop(key), object, { type: "drop", object }, options);
      else {
        const name = asideName(object.name);
        const { kind, schema, table, signature } = object;
        const to = { kind, schema, table, signature, name };
        this.#add(aside(key), object, { type: "rename", before: object, to }, { against: "from", rebuild: true });
        this.#add(drop(key), object, { type: "drop", object: { ...object, name } }, options);
      }
    }
    for (const [key, after] of loose) {
      const before = this.#comparison.from.objects.get(key);
      if (before === undefined) continue;
      const properties = differences(before, after);
      if (properties.length > 0)
        this.#add(loosen(key), before, { type: "alter", before, after, properties }, { against: "from", rebuild: true });
    }
  }

  #makeCreates(): void {
    const { created, dropped } = this.#decision;
    const parts = new Map<RefKey, CatalogObject[]>();
    for (const [key, object] of created) {
      const maker = this.#carriers.maker(key);
      if (maker === key) continue;
      const known = parts.get(maker);
      const part = this.#reduced(key, object);
      if (known === undefined) parts.set(maker, [part]);
      else known.push(part);
      // What the maker's statement cannot say of it.
      if (object.kind === "constraint" && object.comment !== null && object.inherited)
        this.#later(key, { ...object, comment: null }, object);
    }
    for (const [key, object] of created) {
      if (this.#carriers.maker(key) !== key) continue;
      const made = this.#reduced(key, object);
      const own = parts.get(key);
      const rebuild = dropped.has(key);
      this.#add(
        create(key),
        object,
        object.kind === "table"
          ? { type: "create", object: made, parts: own ?? [] }
          : { type: "create", object: made },
        { rebuild },
      );
    }
  }

  // An object as it is created at first; the rest follows as an alteration.
  #reduced(key: RefKey, object: CatalogObject): CatalogObject {
    let made: CatalogObject = object;
    if (object.kind === "sequence" && object.ownedBy !== null) made = { ...object, ownedBy: null };
    if (object.kind === "table" && this.#attachesLater(object)) made = { ...object, partitionOf: null };
    if (this.#cuts.postponed.has(key)) {
      if (object.kind === "column") made = { ...object, default: null };
      if (object.kind === "domain") made = { ...object, default: null, checks: [] };
    }
    if (made !== object) this.#later(key, made, object);
    return made;
  }

  // A partition of a table that is there already is made whole first: attaching then finds its indexes.
  #attachesLater(table: TableObject): boolean {
    return parentKeys(table).some((parent) => !this.#decision.created.has(parent)) && table.partitionOf !== null;
  }

  #later(key: RefKey, before: CatalogObject, after: CatalogObject): void {
    this.#altered.set(key, { key, before, after, properties: differences(before, after) });
  }

  #makeAlters(): void {
    for (const [key, { before, after, properties }] of this.#altered)
      if (properties.length > 0) this.#add(change(key), after, { type: "alter", before, after, properties });
  }

  // Whatever needs an object goes, or lets go of it, before the object does.
  #orderDrops(): void {
    const { dropped, loose, aside: asides } = this.#decision;
    for (const [key, object] of dropped) {
      const id = drop(this.#carriers.dropper(key));
      const piece = this.#pieces.get(id);
      if (piece === undefined) continue;
      for (const other of [...this.#comparison.from.dependents(key), ...this.#bonds(key)]) {
        if (dropped.has(other)) this.#orderTwoDrops(piece, object, other);
        else if (loose.has(other)) this.#need(piece, loosen(other));
        else if (this.#altered.has(other)) this.#need(piece, change(other));
      }
      if (!asides.has(key)) continue;
      const renamed = this.#pieces.get(aside(key));
      for (const other of this.#comparison.from.dependents(key)) {
        if (renamed === undefined) break;
        if (dropped.has(other) && !/^(?:column|table) /.test(other)) this.#need(renamed, drop(this.#carriers.dropper(other)));
        if (loose.has(other)) this.#need(renamed, loosen(other));
      }
    }
  }

  #orderTwoDrops(piece: Piece, object: CatalogObject, other: RefKey): void {
    const own = drop(this.#carriers.dropper(other));
    const child = this.#decision.dropped.get(other);
    const local = child !== undefined && sourcesOf(child, this.#comparison.from).includes(refKey(object));
    // A child's own column can go only once its parent's no longer stands behind it.
    if (local) {
      const childPiece = this.#pieces.get(own);
      if (childPiece !== undefined && own !== piece.id && child.kind !== "table") this.#need(childPiece, piece.id);
    } else this.#need(piece, own);
  }

  #orderCreates(): void {
    const { created, dropped, aside: asides, inTheWay } = this.#decision;
    for (const [key, object] of created) {
      const maker = this.#carriers.maker(key);
      const piece = this.#pieces.get(create(maker));
      if (piece === undefined) continue;
      if (dropped.has(key)) this.#need(piece, asides.has(key) ? aside(key) : drop(this.#carriers.dropper(key)));
      const reduced = this.#altered.get(key)?.before;
      const skipped = reduced !== undefined && this.#cuts.postponed.has(key);
      for (const need of object.dependsOn) {
        if (skipped && SOFT.test(need) && need !== holderKey(object, this.#comparison.to)) continue;
        if (this.#attachNeed(object, need)) continue;
        this.#needTo(piece, need);
      }
      // A column that a parent has as well is made in the child first, and merged.
      for (const source of sourcesOf(object, this.#comparison.to)) {
        const own = this.#pieces.get(create(this.#carriers.maker(source)));
        if (own !== undefined && own !== piece && !("inherited" in object && object.inherited) && created.has(source))
          if (holderTable(source) !== maker) this.#wish(own, piece.id);
      }
    }
    for (const [key, ways] of inTheWay)
      for (const way of ways) {
        const piece = created.has(way) ? this.#pieces.get(create(this.#carriers.maker(way))) : undefined;
        if (piece !== undefined && this.#pieces.has(change(key))) this.#need(piece, change(key));
      }
  }

  #attachNeed(object: CatalogObject, need: RefKey): boolean {
    return object.kind === "table" && this.#attachesLater(object) && parentKeys(object).includes(need);
  }

  #orderAlters(): void {
    const { created, dropped, loose } = this.#decision;
    for (const [key, { after, before }] of this.#altered) {
      const piece = this.#pieces.get(change(key));
      if (piece === undefined) continue;
      if (created.has(key)) this.#need(piece, create(this.#carriers.maker(key)));
      if (loose.has(key)) this.#need(piece, loosen(key));
      for (const need of after.dependsOn) this.#needTo(piece, need);
      for (const way of this.#heirs.inTheWay.get(key) ?? [])
        if (dropped.has(way)) this.#need(piece, drop(this.#carriers.dropper(way)));
      for (const source of this.#heirs.after.get(key) ?? []) this.#needTo(piece, source, true);
      if (after.kind === "sequence" && before.kind === "sequence" && after.ownedBy !== null) {
        const { schema, table, column } = after.ownedBy;
        this.#needTo(piece, refKey(ref("column", column, { schema, table })));
        this.#needTo(piece, refKey(ref("table", table, { schema })));
      }
      if (after.kind === "table" && !equal(parentKeys(before), parentKeys(after))) this.#orderAttach(piece, after);
    }
  }

  // What a partition or child must have before it joins its parents, and when the parents' are ready.
  #orderAttach(piece: Piece, table: TableObject): void {
    const own = refKey(table);
    const { created } = this.#decision;
    for (const key of this.#comparison.to.dependents(own)) {
      const object = this.#comparison.to.objects.get(key);
      if (object?.kind !== "column" && object?.kind !== "constraint" && object?.kind !== "index") continue;
      if (object.kind === "constraint" && object.type === "foreign key") continue;
      if (created.has(key)) this.#need(piece, create(this.#carriers.maker(key)));
      else if (this.#altered.has(key)) this.#need(piece, change(key));
    }
    for (const parent of parentKeys(table)) this.#needTo(piece, parent);
  }

  /** What must be there is created first; what is altered as well, where that is possible. */
  #needTo(piece: Piece, need: RefKey, hard = false): void {
    if (this.#decision.created.has(need)) this.#need(piece, create(this.#carriers.maker(need)));
    const altered = this.#altered.get(need);
    if (altered === undefined || change(need) === piece.id) return;
    if (hard) this.#need(piece, change(need));
    else this.#wish(piece, change(need));
  }

  #need(piece: Piece, id: string): void {
    if (id !== piece.id) piece.needs.add(id);
  }

  #wish(piece: Piece, id: string): void {
    if (id !== piece.id && !piece.needs.has(id)) piece.wishes.add(id);
  }

  // A name is free once what bore it is gone.
  #orderNames(): void {
    const { created, dropped } = this.#decision;
    const holders = new Map<string, string>();
    for (const [key, object] of dropped) {
      const id = this.#decision.aside.has(key) ? aside(key) : drop(this.#carriers.dropper(key));
      for (const name of namespacesOf(object)) holders.set(name, id);
    }
    for (const [key, after] of this.#decision.loose) {
      const before = this.#comparison.from.objects.get(key);
      if (before?.kind !== "column" || after.kind !== "column" || after.identity !== null) continue;
      for (const name of namespacesOf(before)) holders.set(name, loosen(key));
    }
    if (holders.size === 0) return;
    for (const [key, object] of created) {
      for (const name of namespacesOf(object)) {
        const holder = holders.get(name);
        if (holder === undefined) continue;
        const maker = object.kind === "index" && object.constraint !== null
          ? refKey(ref("constraint", object.constraint, { schema: object.schema, table: object.table }))
          : key;
        const piece = this.#pieces.get(create(this.#carriers.maker(maker))) ?? this.#pieces.get(create(this.#carriers.maker(key)));
        if (piece !== undefined) this.#need(piece, holder);
      }
    }
    for (const [key, { before, after }] of this.#altered) {
      if (before.kind !== "column" || after.kind !== "column" || after.identity === null || before.identity !== null) continue;
      const piece = this.#pieces.get(change(key));
      for (const name of namespacesOf(after)) {
        const holder = holders.get(name);
        if (holder !== undefined && piece !== undefined) this.#need(piece, holder);
      }
    }
  }

  // What leaves a parent leaves before the parent changes, and that before others join: bounds may not overlap,
  // and a partition has its parent's columns.
  #orderPartitions(): void {
    const leaving = new Map<RefKey, string[]>();
    const joining = new Map<RefKey, string[]>();
    const { dropped, loose, created } = this.#decision;
    const note = (map: Map<RefKey, string[]>, table: CatalogObject | undefined, id: string): void => {
      if (!this.#pieces.has(id)) return;
      for (const parent of parentKeys(table)) {
        const known = map.get(parent);
        if (known === undefined) map.set(parent, [id]);
        else known.push(id);
      }
    };
    for (const [key, object] of dropped) note(leaving, object, drop(this.#carriers.dropper(key)));
    for (const key of loose.keys()) note(leaving, this.#comparison.from.objects.get(key), loosen(key));
    for (const [key, { before, after, properties }] of this.#altered) {
      if (after.kind !== "table" || !(properties.includes("partitionOf") || properties.includes("inherits"))) continue;
      note(leaving, before, change(key));
      note(joining, after, change(key));
    }
    for (const [key, object] of created) if (!this.#altered.has(key)) note(joining, object, create(key));
    for (const [parent, ids] of joining) {
      const members = this.#changesOf(parent);
      for (const id of ids) for (const other of [...(leaving.get(parent) ?? []), ...members]) if (other !== create(parent)) this.#need(this.#piece(id), other);
    }
    for (const [parent, ids] of leaving) {
      const departures = ids.filter((id) => !id.startsWith("drop "));
      if (departures.length === 0) continue;
      for (const member of this.#changesOf(parent)) for (const id of departures) this.#need(this.#piece(member), id);
    }
  }

  #piece(id: string): Piece {
    const piece = this.#pieces.get(id);
    if (piece === undefined) throw new Error(`no piece ${id}`);
    return piece;
  }

  // The pieces that change a table's columns and checks.
  #changesOf(table: RefKey): string[] {
    const ids = new Set<string>();
    const { dropped, created } = this.#decision;
    const member = (key: RefKey): boolean => /^(?:column|constraint) /.test(key);
    for (const key of this.#comparison.from.dependents(table))
      if (member(key) && dropped.has(key) && holderTable(key) === table) ids.add(drop(this.#carriers.dropper(key)));
    for (const key of this.#comparison.to.dependents(table)) {
      if (!member(key) || holderTable(key) !== table) continue;
      const object = created.get(key);
      if (object?.kind === "column" || (object?.kind === "constraint" && object.type === "check")) ids.add(create(this.#carriers.maker(key)));
      if (this.#altered.has(key)) ids.add(change(key));
    }
    return [...ids].filter((id) => this.#pieces.has(id));
  }

  // One primary key at a time; and what it makes NOT NULL cannot be nullable before it is gone.
  #orderKeys(): void {
    const keys = new Map<string, RefKey>();
    for (const [key, object] of this.#decision.dropped) {
      if (object.kind !== "constraint" || object.type !== "primary key") continue;
      keys.set(JSON.stringify([object.schema, object.table]), key);
      for (const name of object.columns) {
        const column = refKey(ref("column", name, { schema: object.schema, table: object.table }));
        const altered = this.#altered.get(column);
        const piece = this.#pieces.get(change(column));
        if (altered?.properties.includes("notNull") === true && piece !== undefined)
          this.#need(piece, drop(this.#carriers.dropper(key)));
      }
    }
    for (const [key, object] of this.#decision.created) {
      if (object.kind !== "constraint" || object.type !== "primary key") continue;
      const old = keys.get(JSON.stringify([object.schema, object.table]));
      const piece = this.#pieces.get(create(this.#carriers.maker(key)));
      if (old !== undefined && piece !== undefined) this.#need(piece, drop(this.#carriers.dropper(old)));
    }
    this.#orderReferences();
    this.#orderPartedKeys();
  }

  // A foreign key takes the first key over its columns that it meets: one that is to go must be gone.
  #orderReferences(): void {
    const keys = new Map<string, RefKey[]>();
    const columnsOf = (object: CatalogObject): readonly (string | null)[] | null => {
      if (object.kind === "constraint" && (object.type === "unique" || object.type === "primary key")) return object.columns;
      return object.kind === "index" && object.unique ? object.keys.map(({ column }) => column) : null;
    };
    const id = (schema: string | null, table: string | null, columns: readonly (string | null)[]): string =>
      JSON.stringify([schema, table, columns.toSorted()]);
    for (const [key, object] of this.#decision.dropped) {
      const columns = columnsOf(object);
      if (columns === null) continue;
      const own = id(object.schema, object.table, columns);
      keys.set(own, [...(keys.get(own) ?? []), key]);
    }
    if (keys.size === 0) return;
    for (const [key, object] of this.#decision.created) {
      if (object.kind !== "constraint" || object.references === null) continue;
      const { schema, table, columns } = object.references;
      const piece = this.#pieces.get(create(this.#carriers.maker(key)));
      for (const old of keys.get(id(schema, table, columns)) ?? [])
        if (piece !== undefined) this.#need(piece, drop(this.#carriers.dropper(old)));
    }
  }

  // A key or index of a partitioned table goes ON ONLY it once its partitions are there, whose own are attached.
  #orderPartedKeys(): void {
    const { created } = this.#decision;
    const partitions = new Map<RefKey, RefKey[]>();
    for (const [key, object] of created) {
      if (object.kind !== "table" || object.partitionOf === null || this.#attachesLater(object)) continue;
      for (const parent of parentKeys(object)) partitions.set(parent, [...(partitions.get(parent) ?? NEVER), key]);
    }
    if (partitions.size === 0) return;
    for (const [key, object] of created) {
      if (object.kind !== "index" && object.kind !== "constraint") continue;
      const table = refKey(ref("table", object.table ?? "", { schema: object.schema }));
      const piece = this.#pieces.get(create(key));
      if (piece === undefined) continue;
      for (const partition of partitions.get(table) ?? []) this.#need(piece, create(partition));
    }
  }
}

const SOFT = /^(?:function|aggregate|sequence|view|table|column|operator) /;

const holderTable = (key: RefKey): RefKey => key.replace(/^(?:column|constraint) (.*)\.[^.]*$/, "table $1");
