import type { BriefPattern, PatternFilter } from "../model/brief.ts";
import type { IndexKey } from "../model/catalog.ts";
import { columnNamed, fieldOf, indexKey, tenantLead } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { underRowSecurity } from "./row-security.ts";
import { scopeOf } from "./scope.ts";
import type { Scope, ScopeColumn, ScopeTable } from "./scope.ts";
import { isLeakproof } from "./types.ts";
import { tenantRows } from "./volumes.ts";

/** What one pattern asks of the indexes of one table. */
export interface IndexNeed {
  readonly table: DraftTable;
  /** The pattern (or duty) it serves. */
  readonly purpose: string;
  readonly rate_per_s: number;
  /** Columns compared for equality; any order serves. The tenant column is among them. */
  readonly equal: readonly string[];
  /** Columns rows are wanted in the order of. */
  readonly sort: readonly IndexKey[];
  /** Columns compared by range or list, useful after the others. */
  readonly trailing: readonly IndexKey[];
  /** Conditions that always hold, as SQL without a table's name. */
  readonly always: readonly string[];
  /** Columns read beside the keys, where an index could hold them all. */
  readonly include: readonly string[];
  /** Estimated rows that answer it at the horizon. */
  readonly rows: number;
  /** Share of the table's rows that `always` holds for. */
  readonly share: number;
  /** True where an index is not worth making for this alone: it may only share one. */
  readonly waiting: boolean;
  /** Why some filter is no index condition. */
  readonly remarks: readonly string[];
}

/** A fixed condition on fewer than this share of rows becomes the index's predicate: the rest is not in it. */
export const PARTIAL_SHARE_MAX = 0.5;

// Where nothing better is known: a range picks a twentieth, an open state (still null) a fifth of the rows.
const RANGE_SHARE = 0.05;
const NULL_SHARE = 0.2;

// An index-only read pays where it is frequent and the columns are few and narrow.
const INCLUDE_RATE_MIN = 50;
const INCLUDE_COLUMNS_MAX = 4;
const INCLUDE_BYTES_MAX = 64;

interface Gathering {
  equal: string[];
  trailing: IndexKey[];
  lists: string[];
  ranges: IndexKey[];
  always: string[];
  remarks: string[];
  share: number;
  fraction: number;
}

/** What a read, update or delete pattern asks of the indexes; one need for each table it filters. */
export function needsOf(draft: Draft, pattern: BriefPattern): readonly IndexNeed[] {
  const scope = scopeOf(draft, pattern);
  const byTable = new Map<ScopeTable, Gathering>([[scope.base, gathering()]]);
  const at = (table: ScopeTable): Gathering => {
    const found = byTable.get(table) ?? gathering();
    byTable.set(table, found);
    return found;
  };
  for (const filter of pattern.where) {
    for (const target of indexColumns(scope.columns(filter.path))) gather(draft, at(target.at), target, filter);
  }
  // A filter behind a reference reaches the rows of the pattern through that reference.
  for (const join of scope.joins) {
    if (!byTable.has(join)) continue;
    const own = join.on
      .map(([column]) => column)
      .filter((column) => columnNamed(join.from.table, column).meaning !== "tenant");
    at(join.from).equal.push(...own);
    at(join.from).fraction = Math.min(at(join.from).fraction, 1 / Math.max(tenantRows(draft, join.table), 1));
  }
  return [...byTable].map(([table, gathered]) => finish(draft, pattern, scope, table, gathered));
}

const gathering = (): Gathering => ({
  equal: [],
  trailing: [],
  lists: [],
  ranges: [],
  always: [],
  remarks: [],
  share: 1,
  fraction: 1,
});

// A reference to one of several entities: each is asked for by itself; the first stands for all.
const indexColumns = (columns: readonly ScopeColumn[]): readonly ScopeColumn[] => columns.slice(0, 1);

function gather(draft: Draft, into: Gathering, target: ScopeColumn, filter: PatternFilter): void {
  const { column, at } = target;
  const { type } = columnNamed(at.table, column);
  const quoted = draft.dialect.ident(column);
  const chosen = shareOf(draft, target, filter);
  into.fraction *= chosen;
  if (filter.comparison === "is-null") {
    into.always.push(`${quoted} IS NULL`);
    into.share *= chosen;
    return;
  }
  if (filter.comparison === "not-null") return;
  const fixed = filter.values !== null && filter.values.length > 0;
  if (fixed && (filter.comparison === "eq" || filter.comparison === "in") && chosen < PARTIAL_SHARE_MAX) {
    into.always.push(fixedCondition(draft, target, filter));
    into.share *= chosen;
    return;
  }
  if (filter.comparison === "contains") {
    into.remarks.push(`${column} is searched inside its value, which no B-tree answers`);
    return;
  }
  if (underRowSecurity(draft, at.table) && !isLeakproof(baseType(draft, type))) {
    into.remarks.push(
      `the comparison of ${column} (${type}) is not leakproof, so row security lets it filter but not search`,
    );
    return;
  }
  if (filter.comparison === "eq") into.equal.push(column);
  else if (filter.comparison === "in") into.lists.push(column);
  else if (filter.comparison === "prefix") into.ranges.push({ ...indexKey(column), opclass: "text_pattern_ops" });
  else into.ranges.push(indexKey(column));
}

/** A domain's base type; the domains of a design are all over text. */
export function baseType(draft: Draft, type: string): string {
  const domain = draft.objects.some(
    (object) => object.kind === "domain" && draft.dialect.qualified(object.schema, object.name) === type,
  );
  return domain ? "text" : type;
}

/** A filter whose values never change, as SQL on the bare column. */
export function fixedCondition(draft: Draft, { at, column }: ScopeColumn, filter: PatternFilter): string {
  const { type } = columnNamed(at.table, column);
  const bare = /^(?:smallint|integer|bigint|numeric|double|boolean)/.test(type);
  const values = (filter.values ?? []).map((value) =>
    bare && /^(?:true|false|[+-]?\d+(?:\.\d+)?)$/.test(value) ? value : draft.dialect.literal(value),
  );
  const quoted = draft.dialect.ident(column);
  return values.length === 1 ? `${quoted} = ${values[0] ?? "NULL"}` : `${quoted} IN (${values.join(", ")})`;
}

// Rows that may not overlap have one open end each at most: no more rows than there are whose ends they are.
function openShare(table: DraftTable, column: string): number {
  const exclusion = table.exclusions.find((one) => one.columns.at(-1) === column);
  const owner = table.foreignKeys.find((key) => exclusion?.columns.slice(0, -2).includes(key.columns.at(-1) ?? ""));
  return owner === undefined ? 1 : owner.target.volume.horizon_rows / Math.max(table.volume.horizon_rows, 1);
}

// The share of rows a filter lets through, from what the brief tells.
function shareOf(draft: Draft, { at, column }: ScopeColumn, filter: PatternFilter): number {
  const rows = Math.max(tenantRows(draft, at.table), 1);
  if (filter.comparison === "is-null") return Math.min(NULL_SHARE, openShare(at.table, column));
  if (filter.comparison === "not-null") return 1 - NULL_SHARE;
  if (filter.comparison === "range" || filter.comparison === "prefix" || filter.comparison === "contains")
    return RANGE_SHARE;
  const each = filter.comparison === "in" ? Math.max(filter.values?.length ?? 3, 1) : 1;
  const field = at.entity.fields.find((candidate) => candidate.name === column);
  if (field?.type === "enum") return Math.min(1, each / Math.max(field.values.length, 1));
  if (field?.type === "boolean") return Math.min(1, each / 2);
  const key = at.table.foreignKeys.find((candidate) => candidate.columns.includes(column));
  if (key !== undefined) return Math.min(1, each / Math.max(tenantRows(draft, key.target), 1));
  const uniqueIndexes = at.table.indexes
    .filter((index) => index.unique)
    .map((index) => index.keys.flatMap((one) => one.column ?? []));
  const unique = [...at.table.keys.map((one) => one.columns), at.table.primaryKey, ...uniqueIndexes].some(
    (columns) => columns.filter((one) => columnNamed(at.table, one).meaning !== "tenant").join() === column,
  );
  return Math.min(1, unique ? each / rows : each / Math.min(rows, 1000));
}

function finish(draft: Draft, pattern: BriefPattern, scope: Scope, at: ScopeTable, gathered: Gathering): IndexNeed {
  const { table, entity } = at;
  const isBase = at === scope.base;
  const lead = pattern.acrossTenants ? [] : tenantLead(draft, table);
  const sort = isBase ? sortKeys(scope, pattern) : [];
  const equal = [...new Set([...lead, ...gathered.equal])];
  // With an order to keep, a list of values would break it: it filters after the order instead (equality, sort, range).
  const lists = sort.length > 0 ? [] : gathered.lists;
  const prefix = gathered.ranges.find((key) => key.opclass !== null)?.column ?? null;
  // Rows sorted by what a prefix narrows come in the order of its operators: one index then does both.
  const kept = sort
    .filter((key) => !equal.includes(key.column ?? ""))
    .map((key) => (key.column === prefix ? { ...key, opclass: "text_pattern_ops" } : key));
  const others = gathered.ranges.filter((key) => !kept.some((other) => other.column === key.column));
  // Without a limit every row in the range is read anyway: the range narrows, the sort follows. With one, the order
  // comes first and what remains is filtered: a condition behind a column that is only sorted by would make the
  // planner weigh a skip scan over all its values (PostgreSQL 18).
  const rangeFirst = others.length > 0 && (pattern.limit === null || kept.length === 0);
  const alive = entity.softDelete && isBase ? [`${draft.dialect.ident("deleted_at")} IS NULL`] : [];
  return {
    table,
    purpose: pattern.name,
    rate_per_s: pattern.rate_per_s ?? 0,
    equal: [...equal, ...lists],
    sort: rangeFirst ? [] : kept,
    trailing: rangeFirst ? others.slice(0, 1) : [],
    always: [...gathered.always, ...alive],
    include: isBase ? includable(scope, pattern, table) : [],
    rows: Math.max(
      1,
      Math.round((lead.length > 0 ? tenantRows(draft, table) : table.volume.horizon_rows) * gathered.fraction),
    ),
    share: gathered.share,
    waiting: false,
    remarks: [
      ...gathered.remarks,
      ...(sort.length > 0 && gathered.lists.length > 0
        ? [
            `${gathered.lists.join(", ")} is filtered as the rows come in order: a list of values inside the index would break the order`,
          ]
        : []),
    ],
  };
}

function sortKeys(scope: Scope, pattern: BriefPattern): readonly IndexKey[] {
  const keys: IndexKey[] = [];
  for (const { path, direction } of pattern.order) {
    const [target] = scope.columns(path);
    // What comes from another table ends the order an index of this one can give.
    if (target === undefined || target.at !== scope.base) break;
    keys.push(indexKey(target.column, direction));
  }
  // A B-tree is read backwards as fast: one direction throughout is kept ascending.
  return keys.every((key) => key.order === "desc") ? keys.map((key) => indexKey(key.column ?? "")) : keys;
}

function includable(scope: Scope, pattern: BriefPattern, table: DraftTable): readonly string[] {
  if (pattern.fields === null || (pattern.rate_per_s ?? 0) < INCLUDE_RATE_MIN || pattern.operation !== "read")
    return [];
  const columns = pattern.fields
    .flatMap((path) => scope.columns(path))
    .filter(({ at }) => at === scope.base)
    .map(({ column }) => column);
  const width_bytes = columns.reduce((sum, column) => sum + columnNamed(table, column).width_bytes, 0);
  const unbounded = columns.some((column) => fieldOf(scope.base.entity, column)?.type === "markdown");
  return columns.length <= INCLUDE_COLUMNS_MAX && width_bytes <= INCLUDE_BYTES_MAX && !unbounded ? columns : [];
}
