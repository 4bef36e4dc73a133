import type { CatalogView } from "../../model/catalog-view.ts";
import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { distinctBy } from "./facts.ts";
import type { Meaning, Query, Resolution, Source } from "./meaning.ts";
import { resolve } from "./resolve.ts";
import type { RewriteContext } from "./rewrite.ts";
import { columnRef, functionName, lacks } from "./tree.ts";

/** A node put in some other list than a tree, for walking it. */
const within = (nodes: unknown): ReturnType<typeof nodesOf> => nodesOf([nodes] as unknown as Node);

/** Whether a query is a SELECT from something: no set operation, no VALUES. */
export const isPlain = (select: SelectStmt): boolean =>
  lacks(select, "larg", "rarg", "valuesLists") && (select.fromClause ?? []).length > 0;

/** The clauses by which a query is more than the rows of its FROM that meet its WHERE. */
export const PICKS = [
  "distinctClause",
  "groupClause",
  "havingClause",
  "windowClause",
  "sortClause",
  "limitCount",
  "limitOffset",
  "withClause",
] as const;

/** Whether a query gives one row for each row of its FROM and WHERE: it does not group, pick or cut. */
export const isRowByRow = (select: SelectStmt): boolean =>
  isPlain(select) &&
  lacks(select, "distinctClause", "groupClause", "havingClause", "limitCount", "limitOffset") &&
  !aggregates([select.targetList, select.sortClause]) &&
  !returnsSets(select.targetList);

const AGGREGATES = new Set(
  `count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg
  bit_and bit_or bit_xor stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx
  regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode percentile_cont percentile_disc
  any_value range_agg range_intersect_agg xmlagg`.split(/\s+/),
);

/** Whether a call is an aggregate's over the rows of a group (and not over a window). Own ones do not come this far: they are not known to be steady. */
export const isAggregate = (called: FuncCall): boolean =>
  called.over === undefined && AGGREGATES.has(functionName(called) ?? "");

/** Whether there is an aggregate, or GROUPING(), at or below a node, those of queries inside included. */
export function aggregates(node: unknown): boolean {
  for (const { type, node: one } of within(node)) {
    if (type === "GroupingFunc" || (type === "FuncCall" && isAggregate(one))) return true;
    if (/^Json\w*Agg$/.test(type)) return true;
  }
  return false;
}

/** Whether a window function is called at or below a node. */
export function windows(node: unknown): boolean {
  for (const { type, node: one } of within(node)) if (type === "FuncCall" && one["over"] !== undefined) return true;
  return false;
}

/** Whether there is a query at or below a node. */
export function hasQuery(node: unknown): boolean {
  for (const { type } of within(node)) if (type === "SelectStmt") return true;
  return false;
}

const SETS =
  /^(?:unnest|generate_(?:series|subscripts)|jsonb?_(?:array_elements|each)(?:_text)?|jsonb?_object_keys|jsonb?_path_query|jsonb?_(?:populate|to)_recordset|regexp_matches|(?:regexp_split|string)_to_table)$/;

/** Whether a function called at or below a node may give several rows where one was. An own function may. */
export function returnsSets(node: unknown): boolean {
  for (const { type, node: one } of within(node)) {
    if (type !== "FuncCall") continue;
    const name = functionName(one);
    if (name === null || SETS.test(name) || !STANDARD.test(name)) return true;
  }
  return false;
}

// Names of the application's own functions may be anything: those of plain words of the server are taken for its own.
const STANDARD =
  /^(?:count|sum|avg|min|max|lower|upper|length|coalesce|abs|round|floor|ceil|ceiling|date_trunc|date_part|extract|to_char|concat|concat_ws|substr|substring|left|right|trim|btrim|ltrim|rtrim|replace|row_number|rank|dense_rank|lag|lead|first_value|last_value|string_agg|array_agg|json_agg|jsonb_agg|now|md5|position|format|initcap|bool_and|bool_or|every|timezone|age|mod|power|sqrt|trunc|nullif|greatest|least)$/;

/** Whether a query stands inside of another, or is it. */
export function isWithin(query: Query | null, outer: Query): boolean {
  for (let one = query; one !== null; one = one.parent) if (one === outer) return true;
  return false;
}

/** The items of FROM that a meaning may be of; null: it is not understood. */
export function sourcesOf(meaning: Meaning): readonly Source[] | null {
  if (meaning.is === "unknown") return null;
  if (meaning.is === "output") return [];
  return meaning.is === "column" || meaning.is === "row" ? [meaning.source] : meaning.sources;
}

/** The items of FROM outside of a query that are meant at or below a node; null: something is not understood. */
export function outerSources(node: unknown, query: Query, names: Resolution): ReadonlySet<Source> | null {
  const found = new Set<Source>();
  for (const { meaning } of names.references(node)) {
    const sources = sourcesOf(meaning);
    if (sources === null) return null;
    for (const source of sources) if (!isWithin(source.query, query)) found.add(source);
  }
  return found;
}

/** Whether all that is meant at or below a node lies within a query. */
export const isSelfContained = (node: unknown, query: Query, names: Resolution): boolean =>
  outerSources(node, query, names)?.size === 0;

/**
 * An expression with its columns named so that they mean the same in `at`, as a map for `substitute`; null where that
 * cannot be done: a name is not understood, is hidden by another item of FROM of that name, or stands in a query of its
 * own. `hidden`: further names that will be seen there.
 */
export function qualified(
  node: unknown,
  at: Query,
  names: Resolution,
  hidden: readonly string[] = [],
): ReadonlyMap<object, unknown> | null {
  if (hasQuery(node)) return null;
  const by = new Map<object, unknown>();
  for (const { ref, meaning } of names.references(node)) {
    if (meaning.is !== "column" || !isSeen(meaning.source, at) || hidden.includes(meaning.source.alias)) return null;
    const written = columnRef(meaning.source.alias, meaning.column.name);
    by.set(ref, "ColumnRef" in written ? written.ColumnRef : ref);
  }
  return by;
}

// By its alias, from the WHERE clause of a query.
function isSeen(source: Source, at: Query): boolean {
  if (source.alias === "") return false;
  for (let query: Query | null = at; query !== null; query = query.parent) {
    const same = query.sources.filter((one) => one.alias === source.alias);
    if (same.includes(source)) return same.length === 1 && !query.merges;
    if (same.length > 0 || query.place !== "expression") return false;
  }
  return false;
}

/** By item of FROM, the stored names of the columns among some expressions. */
export function storedColumns(
  values: readonly (Node | undefined)[],
  names: Resolution,
): ReadonlyMap<Source, ReadonlySet<string>> {
  const found = new Map<Source, Set<string>>();
  const add = (source: Source, columns: Source["columns"]): void => {
    const own = found.get(source) ?? new Set();
    for (const { stored } of columns ?? []) if (stored !== null) own.add(stored.column.name);
    found.set(source, own);
  };
  for (const val of values) {
    if (val === undefined || !("ColumnRef" in val)) continue;
    const meaning = names.of(val.ColumnRef);
    if (meaning.is === "column") add(meaning.source, [meaning.column]);
    else if (meaning.is === "star") for (const source of meaning.sources) add(source, source.columns);
    else if (meaning.is === "row" && (val.ColumnRef.fields ?? []).some((field) => "A_Star" in field))
      add(meaning.source, meaning.source.columns);
  }
  return found;
}

/** Whether the statement's ORDER BY leaves no two rows that differ in either order. */
export function isOrdered(statement: Node, context: RewriteContext): boolean {
  if (!("SelectStmt" in statement)) return false;
  const { sortClause = [], targetList } = statement.SelectStmt;
  const names = resolve(statement, context);
  const top = names.queryOf(statement.SelectStmt);
  if (sortClause.length === 0 || top === undefined) return false;
  const sorted = sortClause.map((item) => sortedBy(item, names));
  const positions = new Set(sorted.filter((one) => typeof one === "number"));
  if (top.outputs !== null && top.outputs.every((_, index) => positions.has(index))) return true;
  if (!isPlain(statement.SelectStmt) || !lacks(statement.SelectStmt, "groupClause") || aggregates(targetList))
    return false;
  return everySourceBy(
    sorted.map((one) => (typeof one === "number" ? valueAt(targetList, one) : one)),
    top,
    names,
    context.view,
  );
}

function everySourceBy(
  values: readonly (Node | undefined)[],
  top: Query,
  names: Resolution,
  view: CatalogView,
): boolean {
  const columns = storedColumns(values, names);
  return top.sources.every((source) => distinctBy(source, columns.get(source) ?? new Set(), view) !== null);
}

function valueAt(list: readonly Node[] | undefined, index: number): Node | undefined {
  const item = list?.[index];
  return item !== undefined && "ResTarget" in item ? item.ResTarget.val : undefined;
}

// The number of an output column from 0, or an expression.
function sortedBy(item: Node, names: Resolution): number | Node | undefined {
  const node = "SortBy" in item ? item.SortBy.node : undefined;
  if (node !== undefined && "ColumnRef" in node) {
    const meaning = names.of(node.ColumnRef);
    return meaning.is === "output" ? meaning.index : node;
  }
  if (node !== undefined && "A_Const" in node && node.A_Const.ival !== undefined)
    return (node.A_Const.ival.ival ?? 0) - 1;
  return node;
}

/** Names that occur nowhere in a statement: `base`, or with a number. */
export function freshNames(statement: Node, names: Resolution): (base: string) => string {
  const used = new Set<string>();
  for (const { node } of nodesOf(statement))
    for (const value of Object.values(node)) if (typeof value === "string") used.add(value);
  for (const { sources } of names.queries)
    for (const { alias, columns } of sources)
      for (const name of [alias, ...(columns ?? []).map((one) => one.name)]) used.add(name);
  return (base) => {
    let name = base;
    for (let number = 2; used.has(name); number++) name = `${base}_${number}`;
    used.add(name);
    return name;
  };
}
