import type { IndexObject } from "../../model/catalog.ts";
import type { TriedIndex } from "../what-if.ts";
import type { Upkeep } from "./selection.ts";

/** What one query of the workload writes. */
export interface Write {
  readonly schema: string;
  readonly table: string;
  readonly verb: "insert" | "update" | "delete";
  /** Rows of all calls, weighed as the query's cost is. */
  readonly rows: number;
  /** Columns that an update sets; empty for the other verbs. */
  readonly columns: ReadonlySet<string>;
}

/** What the cost of writes rests on besides the writes. */
export interface UpkeepContext {
  /** Rows of a table; null where not known. */
  readonly tableRows: (schema: string, table: string) => number | null;
  /** E.g. 160004. */
  readonly versionNumber: number;
  /** What a unit of writing counts against one of reading: 1 as the planner's costs are, more to spare writers. */
  readonly writeWeight: number;
}

/** The planner's defaults (costsize.c): they are the unit of all its costs. */
const PAGE_COST = 1;
const OPERATOR_COST = 0.0025;
const ENTRY_COST = 0.005;
/** What visiting a page in the cache counts in operators (selfuncs.c, DEFAULT_PAGE_CPU_MULTIPLIER). */
const PAGE_OPERATORS = 50;
/** A few hundred entries fill a page. */
const FAN_OUT = 300;
const ROWS_UNKNOWN = 1e6;
/** The entry of a deleted row is removed by VACUUM, for many at a time. */
const DELETE_SHARE = 0.5;
/** Since this version an update of columns that only BRIN indexes hold stays heap-only. */
const BRIN_HEAP_ONLY_SINCE = 160_000;

/**
 * The planner's cost of one entry: the descent as `btcostestimate` counts it (comparisons, and fifty operators for each
 * level), the entry, and one page to be written. The planner itself prices no index upkeep at all.
 */
export function entryCost(rows: number): number {
  const comparisons = Math.ceil(Math.log2(Math.max(2, rows))) * OPERATOR_COST;
  const levels = Math.max(1, Math.ceil(Math.log(Math.max(2, rows)) / Math.log(FAN_OUT)));
  return comparisons + levels * PAGE_OPERATORS * OPERATOR_COST + ENTRY_COST + PAGE_COST;
}

/**
 * What each candidate costs the workload's writes. An insert writes every index of its table. An update that changes
 * no indexed column is heap-only (HOT: src/backend/access/heap/README.HOT) and writes none; a candidate on a column
 * that it sets ends that, and then all indexes of the table are written: a charge that arises once. What other
 * candidates on other columns then pay is left out.
 */
export function upkeepOf(
  writes: readonly Write[],
  candidates: readonly TriedIndex[],
  existing: readonly TriedIndex[],
  context: UpkeepContext,
): Upkeep {
  const perIndex = new Map<string, number>();
  const charges: { readonly ids: ReadonlySet<string>; readonly cost: number }[] = [];
  for (const write of writes) {
    const on = ({ index }: TriedIndex): boolean => index.schema === write.schema && index.table === write.table;
    const [own, there] = [candidates.filter(on), existing.filter(on)];
    const rows = context.tableRows(write.schema, write.table) ?? ROWS_UNKNOWN;
    const share = write.verb === "delete" ? DELETE_SHARE : 1;
    const each = entryCost(rows) * write.rows * share * context.writeWeight;
    const touched = (tried: TriedIndex): boolean => isTouched(tried.index, write.columns, context.versionNumber);
    const heapOnly = write.verb === "update" && !there.some(touched);
    const paying = heapOnly ? own.filter(touched) : own;
    for (const { id } of paying) perIndex.set(id, (perIndex.get(id) ?? 0) + each);
    if (heapOnly && paying.length > 0 && there.length > 0)
      charges.push({ ids: new Set(paying.map(({ id }) => id)), cost: each * there.length });
  }
  return { perIndex, charges };
}

function isTouched(index: IndexObject, columns: ReadonlySet<string>, versionNumber: number): boolean {
  if (index.method === "brin" && versionNumber >= BRIN_HEAP_ONLY_SINCE) return false;
  if ([...index.include, ...index.keys.flatMap((key) => key.column ?? [])].some((column) => columns.has(column)))
    return true;
  // Columns in expressions and predicates: by their names, which may say too much and never too little.
  const texts = [index.predicate ?? "", ...index.keys.map((key) => key.expression ?? "")].join(" ");
  return [...columns].some((column) => texts.includes(column));
}
