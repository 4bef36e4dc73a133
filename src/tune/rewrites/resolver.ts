import type { CatalogView } from "../../model/catalog-view.ts";
import type { JoinExpr, Node, RangeSubselect, RangeVar, SelectStmt } from "../../sql/nodes.ts";
import { columnsOfTable } from "./facts.ts";
import { outputName } from "./output-name.ts";
import type { Meaning, Query, Source, SourceColumn } from "./meaning.ts";
import type { RewriteContext } from "./rewrite.ts";

type Open<T> = { -readonly [K in keyof T]: T[K] };
type OpenQuery = Omit<Open<Query>, "sources"> & { sources: Open<Source>[] };

/** The names that are seen at one level. */
interface Frame {
  sources: Open<Source>[];
  merged: Map<string, readonly Source[]>;
  /** Columns are merged that are not known: no bare name can be told. */
  opaque: boolean;
  withs: Map<string, readonly SourceColumn[] | null>;
  parent: Frame | null;
}

const frameOf = (parent: Frame | null): Frame => ({
  sources: [],
  merged: new Map(),
  opaque: false,
  withs: new Map(),
  parent,
});

/** Queries in queries are read to this depth. */
const DEPTH_MAX = 64;
const UNKNOWN: Meaning = { is: "unknown" };

/** Resolves the names of one statement (parse_relation.c and parse_target.c of the server say how). */
export class Resolver {
  readonly meanings: Map<object, Meaning> = new Map();
  readonly queries: Query[] = [];
  whole: boolean = true;
  private readonly view: CatalogView;
  private readonly path: readonly string[];
  private depth = 0;

  constructor(context: Pick<RewriteContext, "view" | "searchPath">) {
    this.view = context.view;
    this.path = context.searchPath;
  }

  /** Reads a whole statement. */
  statement(select: SelectStmt): void {
    this.query(select, null, null, "top");
  }

  private query(select: SelectStmt, outer: Frame | null, parent: Query | null, place: Query["place"]): Query {
    const query: OpenQuery = { select, parent, place, sources: [], merges: false, groupingSets: false, outputs: null };
    this.queries.push(query);
    if (this.depth >= DEPTH_MAX || select.intoClause !== undefined) {
      this.whole = false;
      return query;
    }
    this.depth++;
    const frame = frameOf(outer);
    this.withs(select, frame, query);
    if (select.larg !== undefined && select.rarg !== undefined) this.setOperation(select, frame, query);
    else this.plain(select, frame, query);
    this.depth--;
    return query;
  }

  private withs(select: SelectStmt, frame: Frame, query: OpenQuery): void {
    for (const node of select.withClause?.ctes ?? []) {
      if (!("CommonTableExpr" in node)) continue;
      const { ctename = "", ctequery, aliascolnames, search_clause, cycle_clause } = node.CommonTableExpr;
      if (select.withClause?.recursive === true) frame.withs.set(ctename, null);
      if (ctequery === undefined || !("SelectStmt" in ctequery)) {
        this.whole = false;
        frame.withs.set(ctename, null);
        continue;
      }
      const inner = this.query(ctequery.SelectStmt, frame, query, "cte");
      const known = search_clause === undefined && cycle_clause === undefined && select.withClause?.recursive !== true;
      frame.withs.set(ctename, known ? renamed(inner.outputs, aliascolnames) : null);
    }
  }

  private setOperation(select: SelectStmt, frame: Frame, query: OpenQuery): void {
    if (select.larg === undefined || select.rarg === undefined) return;
    const left = this.query(select.larg, frame, query, "side");
    this.query(select.rarg, frame, query, "side");
    query.outputs =
      left.outputs?.map(({ name }): SourceColumn => ({ name, type: null, stored: null, notNull: null })) ?? null;
    this.byOutput(select.sortClause, frame, query, false);
    this.walk([select.limitCount, select.limitOffset], frame, query);
  }

  private plain(select: SelectStmt, frame: Frame, query: OpenQuery): void {
    for (const item of select.fromClause ?? []) this.from(item, frame, query);
    query.groupingSets = (select.groupClause ?? []).some((node) => "GroupingSet" in node);
    this.walk([select.whereClause, select.havingClause, select.valuesLists], frame, query);
    this.walk(select.targetList, frame, query);
    query.outputs = select.valuesLists === undefined ? this.outputs(select, query) : null;
    this.byOutput(select.groupClause, frame, query, true);
    this.byOutput(select.distinctClause, frame, query, false);
    this.byOutput(select.sortClause, frame, query, false);
    this.walk([select.windowClause, select.limitCount, select.limitOffset], frame, query);
  }

  private outputs(select: SelectStmt, query: Query): readonly SourceColumn[] | null {
    const outputs: SourceColumn[] = [];
    for (const node of select.targetList ?? []) {
      if (!("ResTarget" in node) || node.ResTarget.val === undefined) return null;
      const { val, name } = node.ResTarget;
      const meaning = "ColumnRef" in val ? this.meanings.get(val.ColumnRef) : undefined;
      if (meaning?.is === "star" || (meaning?.is === "row" && endsInStar(val))) {
        const sources = meaning.is === "star" ? meaning.sources : [meaning.source];
        if (query.merges) return null;
        for (const source of sources) {
          if (source.columns === null) return null;
          for (const column of source.columns) outputs.push(seen(column, source));
        }
        continue;
      }
      const own = name ?? outputName(val);
      if (own === null) return null;
      const column = meaning?.is === "column" ? seen(meaning.column, meaning.source) : null;
      outputs.push(column === null ? { name: own, type: null, stored: null, notNull: null } : { ...column, name: own });
    }
    return outputs;
  }

  // Names of output columns go before those of FROM in ORDER BY and DISTINCT ON, and after them in GROUP BY.
  private byOutput(list: readonly Node[] | undefined, frame: Frame, query: Query, inputFirst: boolean): void {
    for (const item of list ?? []) {
      const node = "SortBy" in item ? item.SortBy.node : item;
      const [field, ...more] = node !== undefined && "ColumnRef" in node ? (node.ColumnRef.fields ?? []) : [];
      if (node !== undefined && "ColumnRef" in node && field !== undefined && "String" in field && more.length === 0) {
        const name = field.String.sval ?? "";
        const input = inputFirst ? lookUp(name, { ...frame, parent: null }) : UNKNOWN;
        const index = (query.outputs ?? []).findIndex((output) => output.name === name);
        const unsure = query.outputs === null || (inputFirst && (frame.opaque || hasUnknown(frame)));
        if (inputFirst && input.is !== "unknown") this.meanings.set(node.ColumnRef, input);
        else if (unsure) this.meanings.set(node.ColumnRef, UNKNOWN);
        else this.meanings.set(node.ColumnRef, index >= 0 ? { is: "output", index } : lookUp(name, frame));
      } else this.walk(node, frame, query);
    }
  }

  // Expressions: every reference in the frame, every query in one of its own.
  private walk(root: unknown, frame: Frame, query: Query): void {
    const pending: unknown[] = [root];
    while (pending.length > 0) {
      const value = pending.pop();
      if (typeof value !== "object" || value === null) continue;
      for (const [key, inner] of Object.entries(value)) {
        if (key === "ColumnRef") this.meanings.set(inner as object, meaningOf(inner as { fields?: Node[] }, frame));
        else if (key === "SelectStmt") this.query(inner as SelectStmt, frame, query, "expression");
        else pending.push(inner);
      }
    }
  }

  private from(item: Node, frame: Frame, query: OpenQuery): readonly Open<Source>[] {
    if ("JoinExpr" in item) return this.join(item, item.JoinExpr, frame, query);
    if ("RangeVar" in item) return [this.add(this.relation(item, item.RangeVar, frame, query), frame, query)];
    if ("RangeSubselect" in item)
      return [this.add(this.subquery(item, item.RangeSubselect, frame, query), frame, query)];
    this.walk(item, frame, query);
    const { alias, functions } = "RangeFunction" in item ? item.RangeFunction : { alias: undefined, functions: [] };
    const name = alias?.aliasname ?? calledName(functions) ?? "";
    return [this.add({ ...blank(item, query), alias: name, lateral: true }, frame, query)];
  }

  private add(source: Open<Source>, frame: Frame, query: OpenQuery): Open<Source> {
    frame.sources.push(source);
    query.sources.push(source);
    return source;
  }

  private relation(node: Node, relation: RangeVar, frame: Frame, query: Query): Open<Source> {
    const { schemaname, relname = "", alias, inh } = relation;
    const source = { ...blank(node, query), alias: alias?.aliasname ?? relname, only: inh !== true };
    const cte = schemaname === undefined ? definedIn(relname, frame) : undefined;
    if (cte !== undefined) return { ...source, kind: "cte", columns: renamed(cte, alias?.colnames) };
    // The system's own names are looked up before the path.
    if (schemaname === undefined && relname.startsWith("pg_")) return source;
    for (const schema of schemaname === undefined ? this.path : [schemaname]) {
      const table = this.view.table(schema, relname);
      if (table !== undefined) {
        const columns = renamed(columnsOfTable(table, source.only, this.view), alias?.colnames);
        return { ...source, kind: "table", table, columns };
      }
      const view = this.view.of("view").find((one) => one.schema === schema && one.name === relname);
      if (view === undefined) continue;
      const columns = view.columns.map(({ name, type }): SourceColumn => ({ name, type, stored: null, notNull: null }));
      return { ...source, kind: "view", columns: renamed(columns, alias?.colnames) };
    }
    return source;
  }

  private subquery(node: Node, { subquery, alias, lateral }: RangeSubselect, frame: Frame, query: Query): Open<Source> {
    const source = { ...blank(node, query), alias: alias?.aliasname ?? "", lateral: lateral === true };
    if (subquery === undefined || !("SelectStmt" in subquery)) return source;
    const outer = lateral === true ? frame : { ...frame, sources: [], merged: new Map(), opaque: false };
    const inner = this.query(subquery.SelectStmt, outer, query, "from");
    return { ...source, kind: "query", inner, columns: renamed(inner.outputs, alias?.colnames) };
  }

  private join(item: Node, join: JoinExpr, frame: Frame, query: OpenQuery): readonly Open<Source>[] {
    const before = frame.sources.length;
    const left = join.larg === undefined ? [] : this.from(join.larg, frame, query);
    const right = join.rarg === undefined ? [] : this.from(join.rarg, frame, query);
    const both: readonly Open<Source>[] = [...left, ...right];
    const merged = [...frame.merged].filter(([, sources]) =>
      sources.every((source) => left.includes(source) || right.includes(source)),
    );
    this.walk(join.quals, { ...frame, sources: [...both], merged: new Map(merged) }, query);
    const type = join.jointype;
    if (type === "JOIN_LEFT" || type === "JOIN_FULL") for (const source of right) source.padded = true;
    if (type === "JOIN_RIGHT" || type === "JOIN_FULL") for (const source of left) source.padded = true;
    if (join.isNatural === true) frame.opaque = true;
    for (const name of join.usingClause ?? []) if ("String" in name) frame.merged.set(name.String.sval ?? "", both);
    const own = join.alias ?? join.join_using_alias;
    if (join.isNatural === true || join.usingClause !== undefined || own !== undefined) query.merges = true;
    if (own === undefined) return both;
    const source: Open<Source> = { ...blank(item, query), alias: own.aliasname ?? "", kind: "join" };
    // A name for the whole join hides what is in it.
    if (join.alias !== undefined) frame.sources.splice(before);
    this.add(source, frame, query);
    return join.alias === undefined ? [...both, source] : [source];
  }
}

const blank = (node: Node, query: Query): Open<Source> => ({
  alias: "",
  kind: "other",
  node,
  table: null,
  only: false,
  columns: null,
  query,
  inner: null,
  padded: false,
  lateral: false,
});

// As a query's output: what an outer join or several grouping sets may make NULL is no longer what was stored.
function seen(column: SourceColumn, source: Source): SourceColumn {
  return source.padded || source.query.groupingSets ? { ...column, stored: null, notNull: null } : column;
}

function renamed(
  columns: readonly SourceColumn[] | null,
  names: readonly Node[] | undefined,
): readonly SourceColumn[] | null {
  if (columns === null || names === undefined) return columns;
  return columns.map((column, index) => {
    const name = names[index];
    return name !== undefined && "String" in name ? { ...column, name: name.String.sval ?? "" } : column;
  });
}

function calledName(functions: readonly Node[] | undefined): string | null {
  const first = functions?.[0];
  const call = first !== undefined && "List" in first ? first.List.items?.[0] : undefined;
  return call === undefined ? null : outputName(call);
}

function definedIn(name: string, frame: Frame | null): readonly SourceColumn[] | null | undefined {
  for (let one = frame; one !== null; one = one.parent) {
    const found = one.withs.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function endsInStar(node: Node): boolean {
  const last = "ColumnRef" in node ? node.ColumnRef.fields?.at(-1) : undefined;
  return last !== undefined && "A_Star" in last;
}

const hasUnknown = (frame: Frame): boolean => frame.sources.some((source) => source.columns === null);

function meaningOf({ fields = [] }: { fields?: Node[] }, frame: Frame): Meaning {
  const names = fields.map((field) => ("String" in field ? (field.String.sval ?? "") : null));
  const [first, second, third] = names;
  if (names.length === 1) {
    if (first === null) return { is: "star", sources: [...frame.sources] };
    return first === undefined ? UNKNOWN : lookUp(first, frame);
  }
  if (first === null || first === undefined) return UNKNOWN;
  const source =
    names.length === 2 ? aliased(first, frame) : names.length === 3 ? qualified(first, second, frame) : null;
  const name = names.length === 2 ? second : third;
  if (source === null) return UNKNOWN;
  if (name === null) return { is: "row", source };
  const [column, ...more] = source.columns?.filter((one) => one.name === name) ?? [];
  return column === undefined || more.length > 0 ? UNKNOWN : { is: "column", source, column };
}

function lookUp(name: string, innermost: Frame): Meaning {
  for (let frame: Frame | null = innermost; frame !== null; frame = frame.parent) {
    if (frame.opaque) return UNKNOWN;
    const merged = frame.merged.get(name);
    if (merged !== undefined) return { is: "merged", sources: merged };
    const hits = frame.sources.flatMap((source) =>
      (source.columns ?? []).filter((column) => column.name === name).map((column) => ({ source, column })),
    );
    const [hit, ...more] = hits;
    if (more.length > 0) return UNKNOWN;
    if (hit !== undefined) return { is: "column", ...hit };
    if (hasUnknown(frame)) return UNKNOWN;
  }
  const source = aliased(name, innermost);
  return source === null ? UNKNOWN : { is: "row", source };
}

function aliased(alias: string, innermost: Frame): Source | null {
  for (let frame: Frame | null = innermost; frame !== null; frame = frame.parent) {
    const [found, ...more] = frame.sources.filter((source) => source.alias === alias);
    if (more.length > 0) return null;
    if (found !== undefined) return found;
  }
  return null;
}

function qualified(schema: string, name: string | null | undefined, innermost: Frame): Source | null {
  for (let frame: Frame | null = innermost; frame !== null; frame = frame.parent) {
    const found = frame.sources.filter(
      ({ node, table }) =>
        "RangeVar" in node &&
        node.RangeVar.alias === undefined &&
        table?.table.schema === schema &&
        table.table.name === name,
    );
    if (found.length > 0) return found.length === 1 ? (found[0] ?? null) : null;
  }
  return null;
}
