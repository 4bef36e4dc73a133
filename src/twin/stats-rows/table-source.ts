import type { ColumnDistribution, ExtendedDistribution } from "../../model/planner-statistics.ts";
import type { ColumnPlan, ReferencePlan, TablePlan } from "../rows/plan.ts";
import type { Random } from "../rows/random.ts";
import type { StoredTable, Value } from "../rows/store.ts";
import type { ValueSource } from "../rows/value-source.ts";
import { betweenOf, wholeScale } from "./between.ts";
import type { WholeScale } from "./between.ts";
import { combinationsOf } from "./combinations.ts";
import type { Combination } from "./combinations.ts";
import { elementsDrawing, rangesDrawing } from "./composite.ts";
import type { Drawing } from "./composite.ts";
import { JITTER_ROWS, correlated, ranks } from "./copula.ts";
import { fanOutOf } from "./fan-out.ts";
import type { FanOut } from "./fan-out.ts";
import { numberingBeside, numberings } from "./numbering.ts";
import type { Numbering } from "./numbering.ts";
import { quantilesOf } from "./quantiles.ts";
import type { Quantiles } from "./quantiles.ts";

/** What is known of one table. */
export interface TableKnowledge {
  readonly plan: TablePlan;
  /** By column name. */
  readonly distributions: ReadonlyMap<string, ColumnDistribution>;
  /** What is known of several of its columns together. */
  readonly extended: readonly ExtendedDistribution[];
  /** Places of bounds and common values in ascending order (see `quantilesOf`), by column name. */
  readonly orders: ReadonlyMap<string, readonly number[]>;
  /** Rows of the source's table, and how many are drawn. */
  readonly sourceRows: number;
  readonly count: number;
  /** Rows of a referenced table in the source; 0 where that is not known. */
  readonly parentRows: (reference: ReferencePlan) => number;
  /** Whether a partition takes what fits no other. */
  readonly hasDefaultPartition: boolean;
  readonly random: Random;
}

/**
 * How far values follow the rows' order, ties taken off: the server numbers equal values in the order it meets them,
 * so that columns of few values seem to follow it. Values with the shares s come to Σ s² by that alone.
 */
function orderOf({ correlation, common, nullShare }: ColumnDistribution, distinct: number): number | null {
  if (correlation === null) return null;
  const shares = (common?.shares ?? []).map((share) => share / Math.max(1e-9, 1 - nullShare));
  const rest = Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0));
  const ties =
    shares.reduce((sum, share) => sum + share * share, 0) + (rest * rest) / Math.max(1, distinct - shares.length);
  if (ties >= 0.99) return 0;
  return Math.max(-1, Math.min(1, (correlation - ties) / (1 - ties)));
}

// Where a bucket is narrower than the numbers that are to lie in it, they run over into the next.
function ascendingWhole(count: number, at: (rank: number) => string): BigInt64Array {
  const values = new BigInt64Array(count);
  let before: bigint | null = null;
  for (let rank = 0; rank < count; rank++) {
    const value = BigInt(at(rank));
    values[rank] = before !== null && value <= before ? before + 1n : value;
    before = values[rank] as bigint;
  }
  return values;
}

/** Distinct values to be expected among `count` rows, where the source has `sourceRows`. */
export function expectedDistinct({ distinct, nullShare }: ColumnDistribution, count: number): number {
  const present = count * (1 - nullShare);
  return Math.max(1, Math.min(present, distinct < 0 ? -distinct * count : distinct || present));
}

/** Columns that follow the rows' order so far keep to that. */
const ORDERED_MIN = 0.5;

/** Draws the values of one table from its columns' statistics. */
export class TableSource implements ValueSource {
  private readonly table: TableKnowledge;
  private readonly columns: readonly (KnownColumn | null)[];
  private readonly numbered: ReadonlyMap<number, Numbering>;
  private readonly ways = new Map<ReferencePlan, Ways>();

  constructor(table: TableKnowledge) {
    this.table = table;
    const { plan, distributions } = table;
    this.numbered = numberings(plan, distributions);
    const combinations = combinationsOf(table.extended, (name) => this.mayCombine(name), table.random);
    this.columns = plan.columns.map((column, at) => {
      const distribution = distributions.get(column.name);
      if (distribution === undefined || !column.sent || column.constant !== null) return null;
      const combination = combinations.find(({ columns }) => columns.includes(column.name)) ?? null;
      return new KnownColumn(table, column, at, { distribution, combination });
    });
  }

  // Not what a key, a reference or the order of rows decides.
  private mayCombine(name: string): boolean {
    const { plan, distributions, count } = this.table;
    const at = plan.columns.findIndex((column) => column.name === name);
    const distribution = distributions.get(name);
    const column = plan.columns[at];
    if (distribution === undefined || column === undefined || !column.sent || column.constant !== null) return false;
    const held = [
      ...plan.keys.map(({ columns }) => columns),
      ...plan.references.map(({ columns }) => columns),
      ...plan.intervals.map(({ group, from, to }) => [...group, from, ...(to === null ? [] : [to])]),
      ...plan.exactlyOne,
    ];
    if (column.ranges.length > 0 || held.some((columns) => columns.includes(at))) return false;
    return Math.abs(orderOf(distribution, expectedDistinct(distribution, count)) ?? 0) < ORDERED_MIN;
  }

  knows(position: number): boolean {
    return this.columns[position] != null && !this.numbered.has(position);
  }

  numbers(position: number): Numbering | null {
    return this.numbered.get(position) ?? null;
  }

  value(position: number, number: number, anew: boolean): Value | undefined {
    return this.columns[position]?.value(number, anew);
  }

  nullShare(position: number): number | null {
    return this.columns[position]?.distribution.nullShare ?? null;
  }

  // Of several columns the one with the most values tells most of the parents apart.
  private telling({ columns }: ReferencePlan): number {
    const values = columns.map((column) => {
      const distribution = this.columns[column]?.distribution;
      return distribution === undefined ? 0 : expectedDistinct(distribution, this.table.count);
    });
    return values.indexOf(Math.max(...values));
  }

  parent(reference: ReferencePlan, parent: StoredTable, number: number): number | null {
    // A table's references to itself go to what is there already, which grows.
    if (reference.self) return parent.rows.length === 0 ? null : this.table.random.int(parent.rows.length);
    let ways = this.ways.get(reference);
    if (ways === undefined) this.ways.set(reference, (ways = this.waysTo(reference, parent)));
    const { known, fan, isNumbered } = ways;
    return known === null || fan === null ? null : fan.parentAt(known.place(number, isNumbered));
  }

  private waysTo(reference: ReferencePlan, parent: StoredTable): Ways {
    const place = this.telling(reference);
    const known = this.columns[reference.columns[place] ?? -1] ?? null;
    const numbering = numberingBeside(this.table.plan, reference, this.numbered);
    const key = parent.columns.indexOf(reference.targetColumns[place] ?? "");
    if (known === null || key < 0) return { known, fan: null, isNumbered: false };
    const { sourceRows, random } = this.table;
    const parentRows = this.table.parentRows(reference);
    const figures = { childRows: sourceRows, parentRows, random, shares: numbering?.shares ?? [] };
    const fan = fanOutOf(known.distribution, parent, key, figures);
    return { known, fan, isNumbered: numbering !== undefined };
  }
}

/** How a reference finds its parents. */
interface Ways {
  /** The column that tells most of them apart. */
  readonly known: KnownColumn | null;
  readonly fan: FanOut | null;
  /** Whether another column numbers the rows of each parent. */
  readonly isNumbered: boolean;
}

/** Share of distinct values from which on all are taken to be different. */
const ALL_DIFFERENT_MIN = 0.98;
/** Further tries for a key's value that is taken, before the row is given back to be drawn anew. */
const KEY_TRIES = 10;

class KnownColumn {
  /** What is left of it beside its common combinations. */
  readonly distribution: ColumnDistribution;
  private readonly table: TableKnowledge;
  private readonly column: ColumnPlan;
  private readonly combination: Combination | null;
  private readonly placeInCombination: number;
  /** A key by itself. */
  private readonly unique: boolean;
  /** No two values are the same. */
  private readonly different: boolean;
  private readonly drawing: Drawing | null;
  private readonly quantiles: Quantiles | null;
  private readonly correlation: number | null;
  private placed = 0;
  private readonly given = new Map<string, number>();
  /** Part of a key beside a reference. */
  private readonly inKey: boolean;
  private last: { readonly number: number; readonly value: Value | undefined } | null = null;
  private order: Uint32Array | null = null;
  private whole: BigInt64Array | null = null;
  /** Of a partition key. */
  private readonly scale: WholeScale | null;
  private readonly bounds: readonly { readonly from: bigint | null; readonly to: bigint | null }[];

  constructor(
    table: TableKnowledge,
    column: ColumnPlan,
    position: number,
    known: { readonly distribution: ColumnDistribution; readonly combination: Combination | null },
  ) {
    const { plan, orders, count } = table;
    const { combination } = known;
    const distribution = combination?.rest(known.distribution) ?? known.distribution;
    this.table = table;
    this.column = column;
    this.distribution = distribution;
    this.combination = combination;
    this.placeInCombination = combination?.columns.indexOf(column.name) ?? -1;
    this.unique = plan.keys.some(
      ({ columns, onServer }) => onServer === null && columns.length === 1 && columns[0] === position,
    );
    const referring = new Set(plan.references.flatMap(({ columns }) => columns));
    this.inKey = plan.keys.some(
      ({ columns, onServer }) =>
        onServer === null && columns.includes(position) && columns.some((other) => referring.has(other)),
    );
    const drawn = count * (1 - distribution.nullShare);
    const distinct = expectedDistinct(distribution, count);
    this.different = this.unique || (distinct >= ALL_DIFFERENT_MIN * drawn && distribution.common === null);
    this.drawing = elementsDrawing(distribution, column.type) ?? rangesDrawing(distribution, column.type);
    const order = orders.get(column.name) ?? null;
    this.quantiles =
      this.drawing === null
        ? quantilesOf(distribution, column.type, order, { distinct: this.different ? drawn : distinct, drawn })
        : null;
    this.correlation = orderOf(distribution, distinct);
    const scale = column.ranges.length === 0 ? null : wholeScale(column.type, []);
    const at = (text: string | null): bigint | null => (text === null ? null : (scale?.of(text) ?? null));
    this.scale = scale;
    this.bounds = column.ranges.map(({ from, to }) => ({ from: at(from), to: at(to) }));
  }

  /** Where row `number` stands among all, by this column; `exact`: not a place off, where it follows their order. */
  place(number: number, exact = false): number {
    const { random, count } = this.table;
    // A place that was refused is left for one nearby.
    const isFirst = this.placed !== number;
    this.placed = number;
    return correlated(random, number, count, this.correlation, exact && isFirst ? 0 : JITTER_ROWS);
  }

  value(number: number, anew: boolean): Value | undefined {
    const { random } = this.table;
    const combined = anew ? undefined : this.combination?.value(number, this.placeInCombination);
    if (combined != null) return this.fitting(combined);
    if (combined === null) return this.column.required ? undefined : null;
    if (!this.column.required && random.chance(this.distribution.nullShare)) return null;
    if (this.drawing !== null) return this.drawing(random) ?? undefined;
    const { quantiles } = this;
    if (quantiles === null) return undefined;
    if (this.unique) return this.key(number, anew, quantiles);
    if (this.different && !anew) return this.fitting(this.ranked(number, quantiles));
    // Where a key of several columns is taken, a reference is drawn anew and the place within it kept, so that the
    // shares of places stay what they are.
    if (this.inKey && !anew) {
      if (this.last?.number !== number)
        this.last = { number, value: this.fitting(quantiles.valueAt(this.place(number))) };
      return this.last.value;
    }
    return this.fitting(quantiles.valueAt(anew ? random.float() : this.place(number)));
  }

  // Keys are given out once. What another column of the row is refused for is no reason to change it.
  private key(number: number, anew: boolean, quantiles: Quantiles): Value | undefined {
    const { random } = this.table;
    let value = this.fitting(anew ? quantiles.valueAt(random.float()) : this.ranked(number, quantiles));
    for (let tries = 0; tries < KEY_TRIES && value != null; tries++) {
      if ((this.given.get(value) ?? number) === number) break;
      value = this.fitting(this.varied(quantiles.valueAt(random.float())));
    }
    if (value != null) this.given.set(value, number);
    return value;
  }

  // Each rank once: values are drawn without being put back.
  private ranked(number: number, quantiles: Quantiles): string {
    const { count, random } = this.table;
    this.order ??= ranks(random, count, this.correlation);
    const rank = this.order[Math.min(count, number) - 1] ?? 0;
    const at = (one: number): string => quantiles.valueAt((one + 0.5) / count);
    if (this.column.type.kind !== "integer" || this.distribution.nullShare > 0) return at(rank);
    this.whole ??= ascendingWhole(count, at);
    // Rows drawn in place of others that were refused go on behind the last.
    return `${(this.whole[rank] as bigint) + BigInt(Math.max(0, number - count))}`;
  }

  // A text that is taken already is told apart at its end.
  private varied(value: string): string {
    if (this.column.type.kind !== "text") return value;
    const tail = this.table.random.hex(6);
    const most = this.column.type.length ?? Number.MAX_SAFE_INTEGER;
    return value.slice(0, Math.max(0, Math.min(value.length, most - tail.length))) + tail.slice(0, most);
  }

  // Masked values and those drawn between two bounds may be none that the column allows.
  private fitting(value: string): Value | undefined {
    const { limits, type, ranges } = this.column;
    const allowed = type.kind === "enum" ? type.values : limits.allowed;
    if (allowed !== null && !allowed.includes(value)) {
      const rank = this.distribution.common?.values.indexOf(value) ?? -1;
      // The same stand-in for the same value keeps its frequency.
      return rank < 0 ? undefined : (allowed[rank % Math.max(1, allowed.length)] ?? undefined);
    }
    if (type.length !== null && value.trimEnd().length > type.length) return value.slice(0, type.length);
    if (ranges.length === 0 || this.table.hasDefaultPartition) return value;
    return this.insideRanges(value);
  }

  // A value that no partition takes is drawn anew in one of those that have two ends.
  private insideRanges(value: string): Value | undefined {
    const { type, ranges } = this.column;
    const whole = this.scale?.of(value) ?? null;
    if (whole === null) return undefined;
    const holds = this.bounds.some(
      ({ from, to }, at) =>
        (ranges[at]?.from === null || (from !== null && from <= whole)) &&
        (ranges[at]?.to === null || (to !== null && whole < to)),
    );
    if (holds) return value;
    const closed = ranges.filter(({ from, to }) => from !== null && to !== null);
    const range = closed[this.table.random.int(closed.length)];
    if (range === undefined) return ranges.find(({ from }) => from !== null)?.from ?? undefined;
    const between = betweenOf(type, [value], Number.MAX_SAFE_INTEGER);
    return between(range.from as string, range.to as string, this.table.random.float() * 0.99);
  }
}
