import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { keysOf } from "./facts.ts";
import { fixedColumns } from "./fixed-columns.ts";
import { spineOf } from "./from-tree.ts";
import type { Meaning, Query, Resolution, Source } from "./meaning.ts";
import { aggregates, isPlain, returnsSets, sourcesOf, storedColumns } from "./query.ts";
import type { Precondition } from "./rewrite.ts";
import { conjuncts, lacks, wrapped } from "./tree.ts";

/** What {@link uniqueRows} looks at. */
export interface Shown {
  readonly query: Query;
  /** The expressions in which rows have to differ. */
  readonly values: readonly (Node | undefined)[];
  /** The items of FROM whose rows are combined; default: all. */
  readonly sources?: readonly Source[];
}

/**
 * On what it rests that no two rows of FROM and WHERE are alike in some expressions: each item of FROM has a key that is
 * shown and not NULL, or that conditions make equal to something of which the same is known. Null where that is not so.
 */
export function uniqueRows(shown: Shown, names: Resolution, view: CatalogView): readonly Precondition[] | null {
  const { query, values, sources = query.sources } = shown;
  const joins = [...wrapped(query.select.fromClause, "JoinExpr")].filter(({ JoinExpr }) =>
    [JoinExpr.larg, JoinExpr.rarg].some((side) => holdsSource(side, sources)),
  );
  if (query.merges || joins.some(({ JoinExpr }) => !["JOIN_INNER", "JOIN_LEFT"].includes(JoinExpr.jointype ?? "")))
    return null;
  const columns = storedColumns(values, names);
  const spine = spineOf(query.select);
  const known = new Set<Source>();
  const preconditions: Precondition[] = [];
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const source of sources) {
      if (known.has(source)) continue;
      const own = joins.find(({ JoinExpr }) => JoinExpr.jointype === "JOIN_LEFT" && JoinExpr.rarg === source.node);
      const conditions = own === undefined ? (source.padded ? [] : spine.conditions) : conjuncts(own.JoinExpr.quals);
      const fixed = fixedColumns(conditions, source, names);
      const isFixed = (column: string): boolean => {
        const value = fixed.get(column)?.value;
        return value !== undefined && restsOn(names.column(value), query, known);
      };
      const found = keyOf(source, columns.get(source) ?? new Set(), isFixed, view);
      if (found === null) continue;
      known.add(source);
      preconditions.push(...found);
    }
  }
  return sources.length > 0 && sources.every((source) => known.has(source)) ? preconditions : null;
}

function holdsSource(item: Node | undefined, sources: readonly Source[]): boolean {
  if (item === undefined) return false;
  if (sources.some((source) => source.node === item)) return true;
  return "JoinExpr" in item && (holdsSource(item.JoinExpr.larg, sources) || holdsSource(item.JoinExpr.rarg, sources));
}

// A constant (no column), something from outside of the query, or a row that is known already.
function restsOn(value: Extract<Meaning, { is: "column" }> | null, query: Query, known: ReadonlySet<Source>): boolean {
  if (value === null) return true;
  return (sourcesOf(value) ?? []).every((source) => source.query !== query || known.has(source));
}

function keyOf(
  source: Source,
  shown: ReadonlySet<string>,
  isFixed: (column: string) => boolean,
  view: CatalogView,
): readonly Precondition[] | null {
  for (const key of keysOf(source, view)) {
    const certain = key.columns.map((column): readonly Precondition[] | null => {
      if (isFixed(column)) return [];
      if (!shown.has(column)) return null;
      if (key.nulls && !source.padded) return [];
      return source.columns?.find((one) => one.stored?.column.name === column)?.notNull ?? null;
    });
    if (certain.every((one) => one !== null)) return [key.precondition, ...certain.flatMap((one) => one ?? [])];
  }
  return null;
}

/**
 * On what it rests that no two rows of a query's answer are alike, its DISTINCT aside. Null where that is not certain.
 */
export function distinctAnswers(query: Query, names: Resolution, view: CatalogView): readonly Precondition[] | null {
  const { select } = query;
  if (!isPlain(select) || returnsSets(select.targetList)) return null;
  if (select.groupClause !== undefined) return groupsShown(query, names);
  if (aggregates([select.targetList, select.havingClause]) || select.havingClause !== undefined) return null;
  return uniqueRows({ query, values: valuesOf(select.targetList) }, names, view);
}

/** The expressions of a select list. */
export const valuesOf = (targetList: readonly Node[] | undefined): readonly (Node | undefined)[] =>
  (targetList ?? []).map((node) => ("ResTarget" in node ? node.ResTarget.val : undefined));

// Groups differ in what they are grouped by.
function groupsShown(query: Query, names: Resolution): readonly Precondition[] | null {
  const { groupClause = [], targetList } = query.select;
  if (query.groupingSets || !lacks(query.select, "groupDistinct")) return null;
  const values = valuesOf(targetList);
  const isShown = (item: Node): boolean => {
    // By position.
    if ("A_Const" in item) return item.A_Const.ival !== undefined;
    if (!("ColumnRef" in item)) return false;
    const meaning = names.of(item.ColumnRef);
    if (meaning.is === "output") return true;
    return values.some((value) => {
      const shown = names.column(value);
      return meaning.is === "column" && shown?.source === meaning.source && shown.column === meaning.column;
    });
  };
  return groupClause.every(isShown)
    ? [{ what: "all that it groups by is shown", from: "the statement's own GROUP BY" }]
    : null;
}
