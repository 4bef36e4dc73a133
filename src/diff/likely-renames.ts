import type { CatalogObject, ColumnObject, TableObject } from "../model/catalog.ts";
import type { LikelyRename } from "../model/plan.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { Statistics } from "../model/statistics.ts";
import type { Comparison } from "./compare.ts";
import { likeData } from "./like-data.ts";

const PAIRS_MAX = 10_000;

/**
 * Drops and creates that look like the same thing under another name. Nothing is decided here: whoever runs the plan
 * says so, or rows are lost. Columns of one table pair up by type, then by position and likeness of names; tables by
 * the names and types of their columns.
 */
export function likelyRenames(
  comparison: Comparison,
  dialect: Dialect,
  statistics: BothStatistics | null = null,
): readonly LikelyRename[] {
  return [...tableRenames(comparison, dialect), ...columnRenames(comparison, dialect, statistics)];
}

/** What the planners of both sides know. */
export interface BothStatistics {
  readonly from: Statistics;
  readonly to: Statistics;
}

const columnsKey = (object: ColumnObject): string => JSON.stringify([object.schema, object.table]);

function columnRenames(
  { gone, come, from, to }: Comparison,
  dialect: Dialect,
  statistics: BothStatistics | null,
): LikelyRename[] {
  const renames: LikelyRename[] = [];
  const candidates = grouped(come.values(), (object) => {
    if (object.kind !== "column" || object.inherited || object.generated !== null) return null;
    return from.objects.has(refKey(ref("table", object.table, { schema: object.schema }))) ? columnsKey(object) : null;
  });
  const taken = new Set<RefKey>();
  for (const before of gone.values()) {
    if (before.kind !== "column" || before.inherited || before.generated !== null) continue;
    if (!to.objects.has(refKey(ref("table", before.table, { schema: before.schema })))) continue;
    let best: { readonly column: ColumnObject; readonly score: number; readonly why: string } | null = null;
    for (const after of candidates.get(columnsKey(before)) ?? []) {
      if (after.kind !== "column" || after.type !== before.type || taken.has(refKey(after))) continue;
      const found = evidence(before, after, statistics);
      if (found !== null && (best === null || found.score > best.score)) best = { column: after, ...found };
    }
    if (best === null) continue;
    taken.add(refKey(best.column));
    const table = dialect.qualified(before.schema, before.table);
    const [old, now] = [dialect.ident(before.name), dialect.ident(best.column.name)];
    renames.push({
      flag: `${table}.${old}=${now}`,
      kind: "column",
      from: `${table}.${old}`,
      to: `${table}.${now}`,
      why: best.why,
    });
  }
  return renames;
}

// A type alone is no evidence; two reasons are needed, and data that are unlike take one away.
function evidence(
  before: ColumnObject,
  after: ColumnObject,
  statistics: BothStatistics | null,
): { readonly score: number; readonly why: string } | null {
  const reasons = ["same type"];
  if (after.position === before.position) reasons.push("same position");
  const alike = likeness(before.name, after.name);
  if (alike > 0.5) reasons.push("similar name");
  const data = statistics === null ? null : likeData(before, after, statistics);
  if (data?.verdict === "alike") reasons.push(`alike data: ${data.figures}`);
  const count = reasons.length - (data?.verdict === "unlike" ? 1 : 0);
  if (count < 2) return null;
  const against = data?.verdict === "unlike" ? `; but unlike data: ${data.figures}` : "";
  return { score: count + alike + (data?.likeness ?? 0), why: `${reasons.join(", ")}${against}` };
}

function tableRenames({ gone, come, from, to }: Comparison, dialect: Dialect): LikelyRename[] {
  const isTable = (object: CatalogObject): object is TableObject => object.kind === "table";
  const olds = [...gone.values()].filter(isTable);
  const news = [...come.values()].filter(isTable);
  if (olds.length === 0 || news.length === 0 || olds.length * news.length > PAIRS_MAX) return [];
  const renames: LikelyRename[] = [];
  const taken = new Set<RefKey>();
  const shapes = new Map(
    news.map((table) => [refKey(table), shapeOf(table, to.dependents(refKey(table)), to.objects)]),
  );
  for (const before of olds) {
    const shape = shapeOf(before, from.dependents(refKey(before)), from.objects);
    if (shape.size === 0) continue;
    let best: { readonly table: TableObject; readonly score: number; readonly same: boolean } | null = null;
    for (const after of news) {
      if (taken.has(refKey(after)) || (after.partitionBy === null) !== (before.partitionBy === null)) continue;
      const other = shapes.get(refKey(after)) ?? new Set();
      const common = [...shape].filter((column) => other.has(column)).length;
      const overlap = common / Math.max(shape.size, other.size);
      if (overlap < 0.7) continue;
      const score = overlap + likeness(before.name, after.name) / 2;
      if (best === null || score > best.score) best = { table: after, score, same: overlap === 1 };
    }
    if (best === null) continue;
    taken.add(refKey(best.table));
    const [old, now] = [
      dialect.qualified(before.schema, before.name),
      dialect.qualified(best.table.schema, best.table.name),
    ];
    renames.push({
      flag: `${old}=${now}`,
      kind: "table",
      from: old,
      to: now,
      why: best.same ? "same columns of the same types" : "most columns are the same",
    });
  }
  return renames;
}

function shapeOf(
  table: TableObject,
  keys: readonly RefKey[],
  objects: ReadonlyMap<RefKey, CatalogObject>,
): ReadonlySet<string> {
  const shape = new Set<string>();
  for (const key of keys) {
    const object = objects.get(key);
    if (object?.kind === "column" && object.table === table.name) shape.add(`${object.name} ${object.type}`);
  }
  return shape;
}

function grouped<T>(items: Iterable<T>, keyOf: (item: T) => string | null): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [item]);
    else known.push(item);
  }
  return groups;
}

/** How alike two names are, from 0 to 1: twice the letter pairs they share over all they have (Dice, 1945). */
export function likeness(a: string, b: string): number {
  const pairs = (text: string): string[] => Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2));
  const [left, right] = [pairs(a.toLowerCase()), pairs(b.toLowerCase())];
  if (left.length + right.length === 0) return a === b ? 1 : 0;
  const rest = [...right];
  let shared = 0;
  for (const pair of left) {
    const at = rest.indexOf(pair);
    if (at < 0) continue;
    rest.splice(at, 1);
    shared++;
  }
  return (2 * shared) / (left.length + right.length);
}
