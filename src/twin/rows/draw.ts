import { MINUTE_MS, settleOrderings } from "./orderings.ts";
import type { ColumnPlan, ReferencePlan, TablePlan } from "./plan.ts";
import { skewedIndex } from "./random.ts";
import type { Random } from "./random.ts";
import { drawParent, keyText } from "./store.ts";
import type { Row, Spread, StoredTable, Value } from "./store.ts";
import { drawValue, momentText } from "./values.ts";
import type { DrawContext } from "./values.ts";
import type { ValueSource } from "./value-source.ts";

/** What a table's rows are drawn from. */
export interface DrawSources {
  readonly plan: TablePlan;
  readonly random: Random;
  readonly start_ms: number;
  readonly now_ms: number;
  /** Rows to be drawn in all: their births spread over the history. */
  readonly count: number;
  /** Accepted rows of a referenced table; undefined when it is loaded later (a cycle). */
  readonly parent: (reference: ReferencePlan) => StoredTable | undefined;
  readonly spread: (reference: ReferencePlan) => Spread;
  readonly meaning: (column: ColumnPlan) => string | null;
  /** The tenant column's position with the tenants to draw it from first, or null. */
  readonly tenant: {
    readonly column: number;
    readonly from: StoredTable;
    readonly key: number;
    readonly spread: Spread;
  } | null;
  /** What is asked first for values and parents; absent: the constraints are all that is known. */
  readonly source?: ValueSource | null;
}

const PARENT_TRIES = 40;
const KEY_TRIES = 30;
/** Tries for a row before values that its source does not tell of are taken. */
const SOURCE_TRIES = 20;
/** Share of values then drawn from the constraints alone. */
const OFF_SOURCE_SHARE = 0.3;
/** Share of groups whose only interval has no end yet. */
const OPEN_SHARE = 0.08;
/** Stands for the end of time: a group with an open interval is full. */
const FULL_MS = Infinity;

/** Share of optional values that are absent: a fifth, or nearly all where the name tells of an ending. */
function absentShare(column: ColumnPlan): number {
  return /delet|archiv|remov|revok|cancel|erased|anonymi/i.test(column.name) ? 0.95 : 0.2;
}

/** Draws rows of one table that satisfy its foreign keys, unique keys and no-overlap rules by construction. */
export class RowDrawer {
  private readonly sources: DrawSources;
  private readonly plan: TablePlan;
  private readonly taken: Set<string>[];
  private readonly counters = new Map<string, number>();
  private readonly cursors = new Map<string, number>();
  private readonly pools = new Map<ReferencePlan, number[]>();
  private readonly counted: ReadonlyMap<number, readonly number[]>;
  private readonly foreign: ReadonlySet<number>;
  private readonly spanned: ReadonlySet<number>;
  private readonly uniqueColumns: ReadonlySet<number>;
  private readonly held: ReadonlySet<number>;
  private readonly ordered: readonly ReferencePlan[];
  private readonly absent: readonly number[];
  private readonly goodTenants: Value[] = [];
  private number = 0;
  /** Whether what is drawn stands in for what a check refused. */
  private refused = false;

  constructor(sources: DrawSources) {
    this.sources = sources;
    const { plan } = sources;
    this.plan = plan;
    this.taken = plan.keys.map(() => new Set<string>());
    this.foreign = new Set(plan.references.flatMap((reference) => (reference.enforced ? reference.columns : [])));
    this.spanned = new Set(plan.intervals.flatMap(({ from, to }) => (to === null ? [from] : [from, to])));
    this.uniqueColumns = new Set(plan.keys.flatMap((key) => key.columns));
    // What must be one to one comes first; so does, where each column has parents of its own frequency, a reference of
    // several columns: of parents chosen column by column hardly any would be one of its own.
    const columns = ({ columns: own }: ReferencePlan): number => (sources.source == null ? 0 : own.length);
    this.ordered = plan.references.toSorted(
      (a, b) =>
        Number(b.exclusive && b.nullable.length === 0) - Number(a.exclusive && a.nullable.length === 0) ||
        columns(b) - columns(a),
    );
    this.held = new Set([...this.foreign, ...this.spanned]);
    this.counted = this.countedColumns();
    this.absent = plan.columns.map(absentShare);
  }

  // An integer beside other columns in a unique key is a position within them: it is counted, not drawn.
  private countedColumns(): Map<number, readonly number[]> {
    const counted = new Map<number, readonly number[]>();
    for (const key of this.plan.keys) {
      const column = key.columns.find((one) => {
        const { type, sent, limits } = this.plan.columns[one] as ColumnPlan;
        if (this.sources.source?.knows(one) === true) return false;
        return sent && limits.allowed === null && !this.foreign.has(one) && ["integer", "decimal"].includes(type.kind);
      });
      if (column !== undefined && !counted.has(column))
        counted.set(
          column,
          key.columns.filter((other) => other !== column),
        );
    }
    return counted;
  }

  /** The next row, or null when none could be found that has free keys and existing parents. */
  draw(): Row | null {
    this.number++;
    this.refused = false;
    for (let attempt = 0; attempt < KEY_TRIES; attempt++) {
      const row = this.tryRow(attempt);
      if (row !== null && this.claim(row)) return row;
    }
    return null;
  }

  /** Gives back the keys of a row that is not used after all. */
  release(row: Row): void {
    this.plan.keys.forEach((key, index) => {
      if (key.onServer === null) this.taken[index]?.delete(this.keyOf(row, key.columns));
    });
  }

  /** Draws the given columns anew, in place, where that keeps references and no-overlap rules; false when none can. */
  redraw(row: Row, columns: readonly number[]): boolean {
    const context = this.context(true);
    this.refused = true;
    const nulls = [0.05, 0.5, 0.95][this.sources.random.int(3)] as number;
    let changed = false;
    const before = [...row];
    this.release(row);
    for (const column of columns) {
      const plan = this.plan.columns[column] as ColumnPlan;
      if (!plan.sent || plan.constant !== null || this.foreign.has(column) || this.spanned.has(column)) continue;
      if (this.counted.has(column)) continue;
      row[column] = this.valueOf(column, context, nulls);
      changed = true;
    }
    for (const reference of this.plan.references) {
      if (!reference.nullable.some((column) => columns.includes(column))) continue;
      changed = true;
      for (const column of reference.nullable) row[column] = null;
      if (!this.sources.random.chance(nulls)) this.refer(row, reference, true);
    }
    settleOrderings(row, this.plan, this.sources.random, this.held);
    if (changed && this.claim(row)) return true;
    row.splice(0, row.length, ...before);
    this.claim(row);
    return false;
  }

  private context(wild: boolean): DrawContext {
    const { random, start_ms, now_ms, count, plan } = this.sources;
    // The last day is left out, so that a moment shortly after the birth is still in the past.
    const span = Math.max(1, now_ms - start_ms - 86_400_000);
    const born_ms =
      start_ms + Math.floor((span * (Math.min(this.number, count) - random.float())) / Math.max(1, count));
    return { random, number: this.number, born_ms, start_ms, now_ms, table: plan.table, wild };
  }

  private tryRow(attempt: number): Row | null {
    const row: Row = this.plan.columns.map((column) => column.constant);
    const tries = this.sources.source == null ? { even: 2, wild: 5 } : { even: SOURCE_TRIES / 2, wild: SOURCE_TRIES };
    if (!this.referAll(row, attempt > tries.even)) return null;
    const context = this.context(attempt > tries.wild);
    this.plan.columns.forEach((column, position) => {
      if (!column.sent || column.constant !== null || this.foreign.has(position) || this.spanned.has(position)) return;
      if (this.counted.has(position) || row[position] !== null) return;
      row[position] = this.valueOf(position, context, this.absent[position] ?? 0);
    });
    for (const columns of this.plan.exactlyOne) this.chooseOne(row, columns);
    for (const [column, others] of this.counted)
      if ((row[column] = this.count(row, column, others)) === null) return null;
    if (!this.place(row, context)) return null;
    settleOrderings(row, this.plan, this.sources.random, this.held);
    return row;
  }

  private valueOf(position: number, context: DrawContext, absent: number): Value {
    const column = this.plan.columns[position] as ColumnPlan;
    // What refuses one value after the other may ask for what no statistics tell of.
    const told =
      this.refused && context.random.chance(OFF_SOURCE_SHARE)
        ? undefined
        : this.sources.source?.value(position, context.number, context.wild);
    if (told !== undefined) return told;
    if (!column.required && context.random.chance(absent)) return null;
    return drawValue(column, this.sources.meaning(column), this.uniqueColumns.has(position), context);
  }

  // References to all parents, the tenant first, so that every further parent is one of the same tenant.
  private referAll(row: Row, even: boolean): boolean {
    const { tenant, random } = this.sources;
    const ordered = this.ordered;
    const blank = [...row];
    // Decided once: were it drawn anew with every try, the tenant that has everything would win too often.
    const largest = tenant !== null && random.chance(tenant.spread.first ?? 0);
    for (let attempt = 0; attempt < PARENT_TRIES; attempt++) {
      row.splice(0, row.length, ...blank);
      let found = true;
      for (const reference of ordered) {
        if (tenant !== null && row[tenant.column] === null && !reference.exclusive)
          this.drawTenant(row, attempt, largest);
        if (!this.refer(row, reference, even)) {
          found = false;
          break;
        }
      }
      if (tenant !== null && found && row[tenant.column] === null) this.drawTenant(row, attempt, largest);
      if (found) {
        if (tenant !== null && !largest && this.goodTenants.length < 500)
          this.goodTenants.push(row[tenant.column] ?? null);
        return true;
      }
    }
    return false;
  }

  private drawTenant(row: Row, attempt: number, largest: boolean): void {
    const { tenant, random } = this.sources;
    if (tenant === null) return;
    const count = tenant.from.rows.length;
    // Many tenants may lack the parents that are needed: fall back on those that are known to have them.
    if (!largest && attempt > 10 && this.goodTenants.length > 0) row[tenant.column] = random.pick(this.goodTenants);
    else {
      const others = count > 1 && tenant.spread.first !== null;
      const index = largest
        ? 0
        : others
          ? 1 + skewedIndex(random, count - 1, tenant.spread.skew)
          : skewedIndex(random, count, tenant.spread.skew);
      row[tenant.column] = tenant.from.rows[index]?.[tenant.key] ?? null;
    }
  }

  /** Points the row to a parent; true also when the reference stays null and may. */
  private refer(row: Row, reference: ReferencePlan, even: boolean): boolean {
    const { random } = this.sources;
    const parent = this.sources.parent(reference);
    const optional = reference.nullable.length > 0;
    const inChoice = this.plan.exactlyOne.some((set) => set.some((column) => reference.nullable.includes(column)));
    const absent =
      this.sources.source?.nullShare(reference.nullable[0] ?? 0) ?? this.absent[reference.nullable[0] ?? 0] ?? 0;
    if (optional && (parent === undefined || (!even && !inChoice && random.chance(absent)))) return true;
    const columns = reference.targetColumns.map((name) => parent?.columns.indexOf(name) ?? -1);
    const index = parent === undefined ? -1 : this.chooseParent(row, reference, parent, columns, even);
    if (index < 0) {
      // What no constraint holds is then drawn like any other value.
      if (optional || !reference.enforced) return true;
      // The first row of a table that must refer to itself.
      return reference.self && this.referToItself(row, reference);
    }
    reference.columns.forEach((column, place) => {
      row[column] = parent?.rows[index]?.[columns[place] ?? -1] ?? null;
    });
    return true;
  }

  private chooseParent(
    row: Row,
    reference: ReferencePlan,
    parent: StoredTable,
    columns: readonly number[],
    even: boolean,
  ): number {
    const { random } = this.sources;
    const fixed = reference.columns.flatMap((column, place) => (row[column] === null ? [] : [place]));
    const spread = even ? { skew: 0.01, first: null } : this.sources.spread(reference);
    const candidates =
      fixed.length === 0
        ? null
        : parent.matching(
            fixed.map((place) => columns[place] ?? -1),
            fixed.map((place) => row[reference.columns[place] ?? -1] ?? null),
          );
    if (reference.exclusive) return this.chooseUnused(reference, parent, candidates);
    const asked = !even && candidates === null;
    const told = asked ? this.sources.source?.parent(reference, parent, this.number) : null;
    return told ?? drawParent(random, parent, candidates, spread);
  }

  // One-to-one: every parent once, in random order.
  private chooseUnused(reference: ReferencePlan, parent: StoredTable, candidates: readonly number[] | null): number {
    const { random } = this.sources;
    if (
      candidates !== null &&
      this.plan.columns.every((column, at) => column.constant === null || !reference.columns.includes(at))
    ) {
      return candidates.length === 0 ? -1 : random.pick(candidates);
    }
    let pool = this.pools.get(reference);
    if (pool === undefined || (pool.length === 0 && reference.self)) {
      pool = candidates === null ? [...parent.rows.keys()] : [...candidates];
      this.pools.set(reference, pool);
    }
    if (pool.length === 0) return -1;
    const place = random.int(pool.length);
    const chosen = pool[place] as number;
    pool[place] = pool.at(-1) as number;
    pool.pop();
    return chosen;
  }

  private referToItself(row: Row, reference: ReferencePlan): boolean {
    reference.columns.forEach((column, place) => {
      const source = this.plan.columns.findIndex((own) => own.name === reference.targetColumns[place]);
      row[source] ??= this.counted.has(source)
        ? this.count(row, source, [])
        : this.valueOf(source, this.context(false), 0);
      row[column] = row[source] ?? null;
    });
    return true;
  }

  // Exactly one of the columns keeps its value.
  private chooseOne(row: Row, columns: readonly number[]): void {
    const held = columns.filter((column) => row[column] !== null);
    const { random } = this.sources;
    if (held.length === 0) {
      const column = random.pick(columns);
      const reference = this.plan.references.find((candidate) => candidate.nullable.includes(column));
      if (reference === undefined) row[column] = this.valueOf(column, this.context(false), 0);
      else this.refer(row, reference, true);
      return;
    }
    // The first is the most frequent.
    const kept = random.chance(0.5) ? held[0] : random.pick(held);
    for (const column of held) if (column !== kept) row[column] = null;
  }

  private count(row: Row, column: number, others: readonly number[]): Value {
    if (row[column] !== null) return row[column] ?? null;
    const group = `${column}:${keyText(others.map((other) => row[other] ?? null))}`;
    const limits = this.plan.columns[column]?.limits;
    const told = this.sources.source?.numbers(column) ?? null;
    const first = told?.first ?? (limits?.min == null ? 1 : Number(limits.min.value) + (limits.min.inclusive ? 0 : 1));
    const next = (this.counters.get(group) ?? first - 1) + 1;
    if (told !== null && next > told.last) return null;
    this.counters.set(group, next);
    return String(next);
  }

  // No overlap: intervals of a group follow one another, with gaps.
  private place(row: Row, context: DrawContext): boolean {
    for (const interval of this.plan.intervals) {
      const group = `${interval.name}:${keyText(interval.group.map((column) => row[column] ?? null))}`;
      const plan = this.plan.columns[interval.from] as ColumnPlan;
      const kind = plan.type.kind === "range" ? (plan.type.element?.kind ?? "") : plan.type.kind;
      const unit = kind === "date" ? 1440 * MINUTE_MS : MINUTE_MS;
      const { random, start_ms, now_ms } = this.sources;
      // A group begins early, so that a busy one finds room before the history ends.
      const early = start_ms + Math.floor(random.float() ** 2 * 0.5 * (now_ms - start_ms));
      const from = this.cursors.get(group) ?? Math.floor(early / unit) * unit;
      if (from >= FULL_MS) return false;
      const to = from + (1 + random.int(kind === "date" ? 3 : 90)) * unit;
      // Some groups have one interval that is still open, after which there is room for no other.
      const open =
        interval.to !== null && this.mayBeOpen(interval.to) && !this.cursors.has(group) && random.chance(OPEN_SHARE);
      if (open && interval.to !== null) {
        row[interval.from] = momentText(kind, Math.max(from, now_ms - random.int(600) * MINUTE_MS));
        row[interval.to] = null;
        this.cursors.set(group, FULL_MS);
        continue;
      }
      this.cursors.set(group, to + (1 + random.int(kind === "date" ? 4 : 120)) * unit);
      if (kind !== "date" && kind !== "instant") row[interval.from] = drawValue(plan, null, true, context);
      else if (interval.to === null) row[interval.from] = `["${momentText(kind, from)}","${momentText(kind, to)}")`;
      else {
        row[interval.from] = momentText(kind, from);
        row[interval.to] = momentText(kind, to);
      }
    }
    return true;
  }

  private mayBeOpen(position: number): boolean {
    const column = this.plan.columns[position] as ColumnPlan;
    return !column.required && ["date", "instant"].includes(column.type.kind);
  }

  private keyOf(row: Row, columns: readonly number[]): string {
    return keyText(columns.map((column) => row[column] ?? null));
  }

  private claim(row: Row): boolean {
    const keys = this.plan.keys.map((key) => {
      if (key.onServer !== null || !key.columns.every((column) => this.plan.columns[column]?.sent ?? false))
        return null;
      return key.nullsDistinct && key.columns.some((column) => row[column] === null)
        ? null
        : this.keyOf(row, key.columns);
    });
    if (keys.some((key, index) => key !== null && this.taken[index]?.has(key))) return false;
    keys.forEach((key, index) => key !== null && this.taken[index]?.add(key));
    return true;
  }
}
