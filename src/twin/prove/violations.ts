import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { Dialect } from "../../model/statement.ts";
import type { SpareRow } from "../rows/generate.ts";
import { planTable } from "../rows/plan.ts";
import type { ColumnPlan, KeyPlan, ReferencePlan, TablePlan } from "../rows/plan.ts";
import { breakingRow } from "./breaking-values.ts";

/** One constraint with a row that breaks it and nothing else, or why there is none. */
export interface Violation {
  /** The constraint's name; for NOT NULL and enums, the column's. */
  readonly name: string;
  readonly kind: "not null" | "unique" | "check" | "foreign key" | "exclusion" | "enum";
  /** The SQLSTATE that must refuse it. */
  readonly code: string;
  /** What the server must name: a constraint (any of these), or a column. */
  readonly names: readonly string[];
  /** The catalog object, to find the decision. */
  readonly object: RefKey;
  readonly row: SpareRow | null;
  /** Why there is no row, or null. */
  readonly why: string | null;
}

/** What violations of one table are made from. */
export interface ViolationSource {
  readonly session: Session;
  readonly view: CatalogView;
  readonly own: TableView;
  readonly dialect: Dialect;
  /** Rows that the table would accept. */
  readonly spare: readonly SpareRow[];
}

/** A violating row for every constraint of a table, each one change away from a row that is accepted. */
export async function violationsOf(source: ViolationSource): Promise<readonly Violation[]> {
  const plan = await planTable(source.view, source.own);
  const maker = new ViolationMaker(source, plan);
  return maker.all();
}

class ViolationMaker {
  private readonly source: ViolationSource;
  private readonly plan: TablePlan;
  private readonly base: SpareRow;

  constructor(source: ViolationSource, plan: TablePlan) {
    this.source = source;
    this.plan = plan;
    this.base = source.spare[0] ?? {};
  }

  async all(): Promise<readonly Violation[]> {
    const list: Violation[] = [];
    for (const column of this.plan.columns) list.push(...this.ofColumn(column));
    for (const key of this.plan.keys) list.push(await this.ofKey(key));
    for (const reference of this.plan.references) if (reference.enforced) list.push(this.ofReference(reference));
    for (const check of this.plan.checks) list.push(await this.ofCheck(check.name));
    for (const constraint of this.source.own.constraints) {
      if (constraint.type === "exclusion") list.push(await this.ofExclusion(constraint.name));
    }
    return list;
  }

  private key(kind: "column" | "constraint" | "index", name: string): RefKey {
    const { schema, name: table } = this.source.own.table;
    return refKey(ref(kind, name, { schema, table }));
  }

  private constraintKey(name: string): RefKey {
    const key = this.key("constraint", name);
    return this.source.view.get(key) === undefined ? this.key("index", name) : key;
  }

  private ofColumn(column: ColumnPlan): Violation[] {
    const list: Violation[] = [];
    const own = this.source.own.columns.find((object) => object.name === column.name);
    const object = this.key("column", column.name);
    if (column.generated !== null) return list;
    if (own?.notNull === true) {
      const row = { ...this.base, [column.name]: null };
      list.push({ name: column.name, kind: "not null", code: "23502", names: [column.name], object, row, why: null });
    }
    if (column.type.kind === "enum") {
      const row = { ...this.base, [column.name]: "no such value" };
      list.push({ name: column.name, kind: "enum", code: "22P02", names: [], object, row, why: null });
    }
    return list;
  }

  // The names under which a key may be reported: a partition's index has one of its own.
  private indexNames(name: string): readonly string[] {
    const names = [name];
    const indexes = this.source.view.of("index");
    for (let at = 0; at < names.length; at++) {
      for (const index of indexes)
        if (index.partitionOf?.name === names[at] && !names.includes(index.name)) names.push(index.name);
    }
    return names;
  }

  private async ofKey(key: KeyPlan): Promise<Violation> {
    const made = {
      name: key.name,
      kind: "unique" as const,
      code: "23505",
      names: this.indexNames(key.name),
      object: this.constraintKey(key.name),
    };
    const narrower = this.plan.keys.find(
      (other) =>
        other !== key &&
        other.onServer === null &&
        isSubset(other.columns, key.columns) &&
        other.columns.length <= key.columns.length &&
        (other.columns.length < key.columns.length || this.plan.keys.indexOf(other) < this.plan.keys.indexOf(key)),
    );
    if (narrower !== undefined) {
      return { ...made, row: null, why: `whatever repeats it repeats ${narrower.name} too, which is tried by itself` };
    }
    const columns = key.onServer === null ? key.columns : key.reads;
    const found = await this.neighbours(key.onServer?.predicate ?? null, key.nullsDistinct ? key.columns : [], columns);
    if (found === null) return { ...made, row: null, why: "no row is there that it covers" };
    const { base, taken } = found;
    const names = columns.map((at) => this.plan.columns[at]).filter((column) => column?.generated === null);
    const row = { ...base };
    for (const column of names) if (column !== undefined) row[column.name] = taken[column.name] ?? null;
    // Optional references of the start row may not fit the key's tenant; a deferred key would be checked after them.
    for (const reference of this.plan.references) {
      if (!reference.columns.some((at) => columns.includes(at))) continue;
      for (const at of reference.nullable) if (!columns.includes(at)) row[this.plan.columns[at]?.name ?? ""] = null;
    }
    return { ...made, row, why: null };
  }

  // A spare row and an existing one that agree where the spare row's required references need it: with the
  // existing row's values in `changed`, nothing but what `changed` is about can refuse the spare row.
  private async neighbours(
    predicate: string | null,
    notNull: readonly number[],
    changed: readonly number[],
  ): Promise<{ readonly base: SpareRow; readonly taken: SpareRow } | null> {
    const bound = this.plan.references.filter(
      (own) =>
        own.enforced &&
        own.nullable.length === 0 &&
        own.columns.some((at) => changed.includes(at)) &&
        !own.columns.every((at) => changed.includes(at)),
    );
    const shared = changed.filter((at) => bound.some((own) => own.columns.includes(at)));
    const names = shared.map((at) => this.plan.columns[at]?.name ?? "");
    for (const base of this.source.spare) {
      const taken = await this.existing(base, predicate, notNull, names);
      if (taken !== null) return { base, taken };
    }
    const taken = await this.existing(this.base, predicate, notNull, []);
    return taken === null ? null : { base: this.base, taken };
  }

  private async existing(
    base: SpareRow,
    predicate: string | null,
    notNull: readonly number[],
    agreeing: readonly string[],
  ): Promise<SpareRow | null> {
    const { dialect, session } = this.source;
    const same = agreeing.map((name) => `${dialect.ident(name)}::text = ${dialect.literal(base[name] ?? "")}`);
    const conditions = notNull.map((at) => `${dialect.ident(this.plan.columns[at]?.name ?? "")} IS NOT NULL`);
    conditions.push(...same);
    if (predicate !== null) conditions.push(`(${predicate})`);
    const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
    const names = this.plan.columns.map(
      (column) => `${dialect.ident(column.name)}::text AS ${dialect.ident(column.name)}`,
    );
    const result = await session.query<Record<string, string | null>>(
      `SELECT ${names.join(", ")} FROM ${dialect.qualified(this.plan.schema, this.plan.table)}${where} LIMIT 40`,
    );
    // One that the start row does not refer to: a row that is its own parent would be refused for that.
    const used = new Set(Object.values(base));
    const own = this.source.own.primaryKey?.columns.at(-1) ?? "";
    return result.rows.find((row) => !used.has(row[own] ?? null)) ?? result.rows[0] ?? null;
  }

  private ofReference(reference: ReferencePlan): Violation {
    const made = {
      name: reference.name,
      kind: "foreign key" as const,
      code: "23503",
      names: [reference.name],
      object: this.constraintKey(reference.name),
    };
    const shared = new Set(this.plan.references.flatMap((other) => (other === reference ? [] : other.columns)));
    const others = reference.columns.filter((at) => !shared.has(at));
    const changed = others.length > 0 ? others : reference.columns;
    const start = this.source.spare.find((row) =>
      reference.columns.every((at) => row[this.plan.columns[at]?.name ?? ""] != null),
    );
    if (start === undefined) return { ...made, row: null, why: "no generated row has this reference" };
    const row = { ...start };
    // Only one column need point nowhere; the last is the parent's own key, after the tenant's.
    const at = changed.at(-1) as number;
    const column = this.plan.columns[at] as ColumnPlan;
    const value = missingKey(column);
    if (value === null) return { ...made, row: null, why: `no value of ${column.name} is known to have no parent` };
    row[column.name] = value;
    // Optional references that share the column would fail first.
    for (const other of this.plan.references) {
      if (other === reference || !other.columns.includes(at)) continue;
      for (const place of other.nullable) {
        const name = this.plan.columns[place]?.name ?? "";
        if (!reference.columns.includes(place)) row[name] = null;
      }
    }
    return { ...made, row, why: null };
  }

  private async ofCheck(name: string): Promise<Violation> {
    const table = this.key("constraint", name);
    const domain = this.source.view.of("domain").find((object) => object.checks.some((check) => check.name === name));
    const object = this.source.view.get(table) === undefined && domain !== undefined ? refKey(domain) : table;
    const found = await breakingRow(this.source.session, this.plan, name, this.source.spare);
    return { name, kind: "check", code: "23514", names: [name], object, ...found };
  }

  private async ofExclusion(name: string): Promise<Violation> {
    const made = {
      name,
      kind: "exclusion" as const,
      code: "23P01",
      names: this.indexNames(name),
      object: this.constraintKey(name),
    };
    const interval = this.plan.intervals.find((candidate) => candidate.name === name);
    if (interval === undefined) return { ...made, row: null, why: 'it is not of the form "no overlap per group"' };
    const columns = [...interval.group, interval.from, ...(interval.to === null ? [] : [interval.to])];
    const found = await this.neighbours(null, columns, columns);
    if (found === null) return { ...made, row: null, why: "no row is there that it covers" };
    const { base, taken } = found;
    const row = { ...base };
    for (const at of columns) {
      const column = this.plan.columns[at]?.name ?? "";
      row[column] = taken[column] ?? null;
    }
    return { ...made, row, why: null };
  }
}

function isSubset(small: readonly number[], large: readonly number[]): boolean {
  return small.every((item) => large.includes(item));
}

// A key that nobody has been given.
function missingKey(column: ColumnPlan): string | null {
  const { kind, max } = column.type;
  if (kind === "uuid") return "ffffffff-ffff-7fff-bfff-ffffffffffff";
  if (kind === "integer") return String(max ?? 2_147_483_647);
  if (kind === "text")
    return column.limits.allowed === null && column.limits.patterns.length === 0
      ? "zzzz".slice(0, column.type.length ?? 4)
      : null;
  return null;
}
