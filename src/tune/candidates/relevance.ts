import type { IndexObject } from "../../model/catalog.ts";
import type { TriedIndex } from "../what-if.ts";
import type { Demand } from "./demand.ts";

/**
 * The indexes that can matter to a query: those whose first key it compares, orders or groups by, and those that hold
 * all it reads of their table. All others would only make planning slow.
 */
export function relevantIndexes(demands: readonly Demand[], indexes: readonly TriedIndex[]): ReadonlySet<string> {
  const byTable = new Map<string, Demand[]>();
  for (const demand of demands) {
    const key = JSON.stringify([demand.schema, demand.table]);
    byTable.set(key, [...(byTable.get(key) ?? []), demand]);
  }
  const relevant = indexes.filter(({ index }) =>
    (byTable.get(JSON.stringify([index.schema, index.table])) ?? []).some((demand) => serves(index, demand)),
  );
  return new Set(relevant.map((tried) => tried.id));
}

function serves(index: IndexObject, demand: Demand): boolean {
  const [first] = index.keys;
  if (first === undefined || (index.predicate !== null && !asks(demand, index.predicate))) return false;
  const held = new Set([...index.include, ...index.keys.flatMap((key) => key.column ?? [])]);
  if (!demand.whole && demand.uses.size > 0 && [...demand.uses].every((column) => held.has(column))) return true;
  return first.column === null
    ? expressionsOf(demand).has(first.expression ?? "")
    : columnsOf(demand).has(first.column);
}

// An index's predicate as it was made from a condition.
const asks = (demand: Demand, predicate: string): boolean =>
  [...demand.equalities, ...demand.conditions].some(({ text }) => text === predicate);

const expressionsOf = (demand: Demand): ReadonlySet<string> =>
  new Set([...demand.expressions.map(({ text }) => text), ...demand.contents.map(({ key }) => key)]);

function columnsOf(demand: Demand): ReadonlySet<string> {
  return new Set([
    ...demand.equalities.map(({ column }) => column),
    ...demand.ranges,
    ...demand.orders.flatMap(({ keys }) => keys[0]?.column ?? []),
    ...demand.groups.flat(),
    ...demand.texts.map(({ column }) => column),
    ...demand.contents.map(({ key }) => key),
  ]);
}
