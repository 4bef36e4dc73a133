import type { CatalogObject, ColumnObject } from "../model/catalog.ts";
import { UnprintableChange } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { ident } from "../sql/identifier.ts";
import { differences, equal } from "./compare.ts";
import type { Changed, Comparison } from "./compare.ts";
import { asideText } from "./aside.ts";
import { bondsOf, parentKeys, sourcesOf } from "./bonds.ts";
import { tableGrantKey, takesAway } from "./grants.ts";
import { lets, loosened, untyped } from "./loosen.ts";
import { replacedOverloads } from "./overloads.ts";

/** What becomes of each object that the plan touches; the others stay. */
export interface Decision {
  /** Objects of FROM to be dropped. */
  readonly dropped: ReadonlyMap<RefKey, CatalogObject>;
  /** Objects of TO to be created; those that are in `dropped` as well are made anew. */
  readonly created: ReadonlyMap<RefKey, CatalogObject>;
  /** Objects that are changed where they are. */
  readonly altered: ReadonlyMap<RefKey, Changed>;
  /** Altered objects that let go of something first: as they are until then. */
  readonly loose: ReadonlyMap<RefKey, CatalogObject>;
  /** Dropped types whose columns stay: renamed out of the way until their columns have the new type. */
  readonly aside: ReadonlySet<RefKey>;
  /** What must be gone while an object is altered. */
  readonly inTheWay: ReadonlyMap<RefKey, readonly RefKey[]>;
  /** Why an object is dropped and created instead of altered. */
  readonly reasons: ReadonlyMap<RefKey, string>;
}

const ASIDE: ReadonlySet<string> = new Set(["enum", "domain", "composite", "range"]);

/**
 * Decides for every difference whether it is altered in place or replaced, and follows what each replacement
 * takes along. Minimal: an object that is on both sides is rebuilt only when something it stands on is, or when `anew`
 * asks for it.
 */
export function decide(comparison: Comparison, dialect: Dialect, anew: ReadonlySet<RefKey> = new Set()): Decision {
  return new Decider(comparison, dialect).run(anew);
}

class Decider {
  readonly #comparison: Comparison;
  readonly #dialect: Dialect;
  readonly #dropped: Map<RefKey, CatalogObject>;
  readonly #created: Map<RefKey, CatalogObject>;
  readonly #altered: Map<RefKey, Changed>;
  readonly #loose = new Map<RefKey, CatalogObject>();
  readonly #aside = new Set<RefKey>();
  readonly #inTheWay = new Map<RefKey, readonly RefKey[]>();
  readonly #reasons = new Map<RefKey, string>();
  readonly #queue: RefKey[];
  readonly #bonds: (key: RefKey) => readonly RefKey[];
  readonly #replaced: ReadonlyMap<RefKey, readonly RefKey[]>;

  constructor(comparison: Comparison, dialect: Dialect) {
    this.#comparison = comparison;
    this.#dialect = dialect;
    this.#dropped = new Map(comparison.gone);
    this.#created = new Map(comparison.come);
    this.#altered = new Map(comparison.changed);
    this.#queue = [...comparison.gone.keys()];
    this.#bonds = bondsOf(comparison.from);
    this.#replaced = replacedOverloads(comparison);
  }

  run(anew: ReadonlySet<RefKey>): Decision {
    for (const key of anew) this.#anew(key, "a copy takes its place");
    const differing = [...this.#altered.values()];
    for (const changed of differing) {
      this.#part(changed);
      this.#alter(changed);
    }
    for (const [key, object] of this.#comparison.come) if (object.kind === "column") this.#add(key, object);
    this.#grants();
    // What is queued meanwhile is met as well.
    for (const key of this.#queue) this.#follow(key);
    for (const key of this.#loose.keys()) if (this.#dropped.has(key)) this.#loose.delete(key);
    this.#stepAsideTogether();
    return {
      dropped: this.#dropped,
      created: this.#created,
      altered: this.#altered,
      loose: this.#loose,
      aside: this.#aside,
      inTheWay: this.#inTheWay,
      reasons: this.#reasons,
    };
  }

  // A type stays until its columns have the new one; what it stands on stays with it, and makes room by another name.
  #stepAsideTogether(): void {
    for (const key of this.#aside)
      for (const below of this.#dropped.get(key)?.dependsOn ?? [])
        if (ASIDE.has(this.#dropped.get(below)?.kind ?? "") && this.#created.has(below)) this.#aside.add(below);
  }

  // Rights on columns that a REVOKE on their table takes along are given again.
  #grants(): void {
    const { from } = this.#comparison;
    for (const [key, object] of from.objects) {
      const whole = tableGrantKey(object);
      if (whole === null) continue;
      const altered = this.#altered.get(whole);
      const revoked = altered !== undefined && takesAway(altered.before, altered.after);
      if (this.#dropped.has(whole) || revoked) this.#anew(key, `it goes along with ${whole}`);
    }
  }

  // A table that changes its parents leaves the old ones first; and a column whose values begin to come from an
  // identity instead of a sequence, or the other way round, lets go of the one before it takes the other, since both
  // are called the same.
  #part({ key, before, after }: Changed): void {
    if (before.kind === "column" && after.kind === "column") {
      if (before.identity === null && after.identity !== null && before.default !== null)
        this.#loosen(key, before, after, { ...before, default: null });
      if (before.identity !== null && after.identity === null && after.default !== null)
        this.#loosen(key, before, after, { ...before, identity: null });
    }
    if (before.kind === "composite") this.#release(key);
    if (before.kind !== "table" || after.kind !== "table") return;
    // Nor is it of the old type while it gets the columns of the new one.
    if (before.ofType !== undefined && after.ofType !== undefined && before.ofType !== after.ofType)
      this.#loosen(key, before, after, untyped(before));
    const [was, is] = [parentKeys(before).length > 0, parentKeys(after).length > 0];
    const same = equal(before.partitionOf, after.partitionOf) && equal(before.inherits, after.inherits);
    if (!was || !is || same) return;
    const kept = before.inherits.filter((parent) => after.inherits.some((other) => equal(parent, other)));
    const inherits = equal(kept, after.inherits.slice(0, kept.length)) ? kept : [];
    if (before.partitionOf !== null || inherits.length < before.inherits.length)
      this.#loosen(key, before, after, { ...before, partitionOf: null, inherits });
  }

  // Tables of a composite type are of none while its attributes change.
  #release(type: RefKey): void {
    const { from, to } = this.#comparison;
    if (this.#altered.get(type)?.properties.includes("attributes") !== true) return;
    for (const key of from.dependents(type)) {
      const [before, after] = [this.#loose.get(key) ?? from.objects.get(key), to.objects.get(key)];
      if (before?.kind !== "table" || before.ofType === undefined || after === undefined) continue;
      this.#loosen(key, before, after, untyped(before));
    }
  }

  // What cannot be altered is made anew; what stands in the way of an alteration is rebuilt around it.
  #alter(changed: Changed): void {
    const { key } = changed;
    const { before, after, properties } = this.#altered.get(key) ?? changed;
    if (this.#dropped.has(key)) return;
    const parted = partitionedBy(before, properties, this.#comparison);
    if (parted !== null) {
      this.#anew(parted, `${key} is of its partition key`);
      return;
    }
    const change: Change = { type: "alter", before, after, properties };
    try {
      this.#dialect.change(change, this.#comparison.to.catalog);
    } catch (error) {
      if (!(error instanceof UnprintableChange)) throw error;
      // Nothing replaces what belongs to the cluster or the database as a whole.
      this.#anew(key, error.message);
      return;
    }
    const disturbed = this.#dialect.disturbs?.(change, this.#comparison.from.catalog) ?? [];
    for (const other of disturbed) {
      if (other === key) {
        this.#anew(key, `its ${properties.join(", ")} cannot be altered while other objects hang on it`);
        return;
      }
    }
    const way = [...disturbed, ...this.#retyped(changed)];
    this.#clear(key, way);
  }

  // What stands in the way of a new column of a table that is there.
  #add(key: RefKey, object: ColumnObject): void {
    const table = refKey(ref("table", object.table, { schema: object.schema }));
    const { catalog, objects } = this.#comparison.from;
    if (!objects.has(table) || this.#dropped.has(table)) return;
    this.#clear(key, this.#dialect.disturbs?.({ type: "create", object }, catalog) ?? []);
  }

  #clear(key: RefKey, way: readonly RefKey[]): void {
    if (way.length === 0) return;
    this.#inTheWay.set(key, way);
    for (const other of way) this.#anew(other, `it stands in the way of ${key}`);
  }

  // Indexes and constraints that change along with a column's type are taken away before and made after it.
  #retyped({ key, properties }: Changed): RefKey[] {
    if (!key.startsWith("column ") || !properties.some((name) => name === "type" || name === "collation")) return [];
    return this.#comparison.from.dependents(key).filter((other) => {
      if (this.#dropped.has(other)) return /^(?:index|constraint|statistics) /.test(other);
      const change = this.#altered.get(other);
      if (change === undefined) return false;
      if (change.before.kind === "index" || change.before.kind === "statistics")
        return change.properties.includes("definition");
      return change.before.kind === "constraint" && change.properties.includes("definition");
    });
  }

  #anew(key: RefKey, reason: string): void {
    if (this.#dropped.has(key)) return;
    const before = this.#comparison.from.objects.get(key);
    const after = this.#comparison.to.objects.get(key);
    if (before === undefined || after === undefined || before.kind === "schema" || before.kind === "role") return;
    this.#altered.delete(key);
    this.#dropped.set(key, before);
    this.#created.set(key, after);
    this.#reasons.set(key, reason);
    this.#queue.push(key);
    // The index behind a constraint is the constraint's.
    if (before.kind === "index" && before.constraint !== null)
      this.#anew(refKey(ref("constraint", before.constraint, { schema: before.schema, table: before.table })), reason);
  }

  // What hangs on an object that goes must go as well, or let go of it.
  #follow(gone: RefKey): void {
    const { from, to } = this.#comparison;
    for (const key of [...from.dependents(gone), ...this.#bonds(gone)]) {
      if (this.#dropped.has(key)) continue;
      const before = from.objects.get(key);
      const after = to.objects.get(key);
      if (before === undefined || after === undefined || this.#survives(gone, before, after)) continue;
      if (this.#retype(gone, before, after, key)) continue;
      const altered = this.#altered.get(key);
      const released = altered !== undefined && lets(before, altered.properties) && !after.dependsOn.includes(gone);
      // What calls the one that comes lets go of the one that goes before, as both cannot be there.
      if (released && !this.#replaced.has(gone)) continue;
      const loose = loosened(this.#loose.get(key) ?? before, gone);
      if (loose !== null) this.#loosen(key, before, after, loose);
      else this.#anew(key, `it needs ${gone}, which is ${to.objects.has(gone) ? "made anew" : "dropped"}`);
    }
  }

  // A child's own column or constraint outlives that of its parents; so does what leaves them first.
  #survives(gone: RefKey, before: CatalogObject, after: CatalogObject): boolean {
    const { from, to } = this.#comparison;
    if (before.kind === "index" && before.partitionOf !== null && gone.startsWith("index ")) {
      const own = refKey(ref("table", before.table ?? "", { schema: before.schema }));
      return this.#loose.has(own) || this.#altered.get(own)?.properties.includes("partitionOf") === true;
    }
    if (!sourcesOf(before, from).includes(gone)) return false;
    if ((before.kind === "column" || before.kind === "constraint") && !before.inherited) return true;
    const table = refKey(ref("table", before.table ?? "", { schema: before.schema }));
    // What has left its parents is its own.
    const loose = this.#loose.get(table);
    const parents = parentKeys(loose ?? to.objects.get(table));
    const source = from.objects.get(gone);
    const parent = refKey(ref("table", source?.table ?? "", { schema: source?.schema ?? null }));
    return !parents.includes(parent) && after !== undefined;
  }

  #loosen(key: RefKey, before: CatalogObject, after: CatalogObject, loose: CatalogObject): void {
    this.#loose.set(key, loose);
    const properties = differences(loose, after);
    if (properties.length === 0) this.#altered.delete(key);
    else this.#altered.set(key, { key, before: loose, after, properties });
  }

  // The columns of a type that is made anew keep their rows: they are given the new type.
  #retype(gone: RefKey, before: CatalogObject, after: CatalogObject, key: RefKey): boolean {
    const type = this.#comparison.from.objects.get(gone);
    if (type === undefined || !ASIDE.has(type.kind) || before.kind !== "column" || after.kind !== "column")
      return false;
    if (before.generated !== null || !this.#created.has(gone)) return false;
    const table = refKey(ref("table", before.table, { schema: before.schema }));
    if (this.#dropped.has(table)) return false;
    this.#aside.add(gone);
    const known = this.#altered.get(key);
    const properties = new Set([...(known?.properties ?? []), "type", ...defaultOf(before, after)]);
    const renamed = asideText(type);
    const old: ColumnObject = {
      ...before,
      type: renamed(before.type),
      default: before.default === null ? null : renamed(before.default),
    };
    const changed = { key, before: old, after, properties: [...properties].toSorted() };
    this.#altered.set(key, changed);
    this.#alter(changed);
    return true;
  }
}

// The table whose rows are parted by a column that changes its type, which the server refuses; else null.
function partitionedBy(column: CatalogObject, properties: readonly string[], { from }: Comparison): RefKey | null {
  if (column.kind !== "column" || !(properties.includes("type") || properties.includes("collation"))) return null;
  const key = refKey(ref("table", column.table, { schema: column.schema }));
  const table = from.objects.get(key);
  if (table?.kind !== "table" || table.partitionBy === null) return null;
  const name = ident(column.name).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(?<![\\w"$])${name}(?![\\w"$])`).test(table.partitionBy.key) ? key : null;
}

const defaultOf = (before: ColumnObject, after: ColumnObject): string[] =>
  before.default === null && after.default === null ? [] : ["default"];
