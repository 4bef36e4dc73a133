import type { BriefPattern } from "../model/brief.ts";
import type { DesignedQuery } from "../model/design.ts";
import {
  aliveCondition,
  columnSql,
  conditionsOf,
  joinCondition,
  joinsSql,
  ownKey,
  tenantCondition,
} from "./conditions.ts";
import { columnOf, partKeyOf, problemAt, qualifiedTable, quotedList } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { relationColumns } from "./expressions.ts";
import { fieldColumns } from "./fields.ts";
import { listText, rowsText } from "./figures.ts";
import type { Served } from "./containment.ts";
import { cutTime, groupingOf, measureOf, measureSql, measuredTime } from "./measures.ts";
import { needsOf } from "./needs.ts";
import { parameters } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";
import { orderAndLimit, selectList, wrapped } from "./query-text.ts";
import type { QueryText } from "./query-text.ts";
import { rollupQuery } from "./rollup-query.ts";
import type { Rollup } from "./rollups.ts";
import { openToOperator } from "./row-security.ts";
import { scopeOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import type { SearchTarget } from "./search.ts";
import { searchQuery } from "./search-query.ts";
import { SMALL_ROWS_MAX, wholeRead } from "./small.ts";

/** What queries lean on. */
export interface QueryAids {
  readonly served: Served;
  readonly searches: ReadonlyMap<string, SearchTarget>;
  readonly rollups: ReadonlyMap<string, Rollup>;
}

/** Writes every access pattern as the query an application sends. */
export async function addQueries(draft: Draft, aids: QueryAids): Promise<void> {
  for (const pattern of draft.brief.patterns) {
    const scope = scopeOf(draft, pattern);
    const text = await queryText(draft, pattern, scope, aids);
    draft.queries.push(designed(draft, pattern, scope, text, aids));
    if (!pattern.acrossTenants) continue;
    for (const table of text.tables)
      openToOperator(
        draft,
        table,
        pattern.operation === "aggregate" || pattern.operation === "read" || pattern.operation === "search"
          ? "SELECT"
          : pattern.operation.toUpperCase(),
      );
  }
}

async function queryText(draft: Draft, pattern: BriefPattern, scope: Scope, aids: QueryAids): Promise<QueryText> {
  const binds = parameters(draft);
  if (pattern.operation === "insert") return insertQuery(draft, scope, binds);
  if (pattern.operation === "update") return updateQuery(draft, pattern, scope, binds);
  if (pattern.operation === "delete") return deleteQuery(draft, pattern, scope, binds);
  if (pattern.operation === "search") {
    const target = aids.searches.get(pattern.entity);
    if (target !== undefined) return searchQuery(draft, pattern, scope, binds, target);
  }
  if (pattern.operation === "aggregate") {
    const rollup = aids.rollups.get(pattern.name);
    return rollup === undefined
      ? aggregateQuery(draft, pattern, scope, binds)
      : rollupQuery(draft, pattern, scope, binds, rollup);
  }
  return readQuery(draft, pattern, scope, binds);
}

const whereSql = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "" : `\nWHERE ${conditions.join("\n  AND ")}`;

const fromSql = (draft: Draft, scope: Scope): string =>
  `${qualifiedTable(draft, scope.base.table)} AS ${draft.dialect.ident(scope.base.alias)}`;

const tablesOf = (scope: Scope): readonly DraftTable[] => [
  ...new Set([scope.base.table, ...scope.joins.map((join) => join.table)]),
];

function readQuery(draft: Draft, pattern: BriefPattern, scope: Scope, binds: Parameters): QueryText {
  const list = selectList(draft, pattern, scope);
  const conditions = conditionsOf(draft, pattern, scope, binds);
  const order = orderAndLimit(draft, pattern, scope);
  const sql = `SELECT ${wrapped(list)}\nFROM ${fromSql(draft, scope)}${joinsSql(draft, scope.joins)}${whereSql(conditions)}${order}`;
  const prefixed = pattern.order.find(({ path }) =>
    pattern.where.some((filter) => filter.comparison === "prefix" && filter.path === path),
  );
  return {
    sql,
    binds,
    tables: tablesOf(scope),
    ...(prefixed === undefined
      ? {}
      : {
          note: `Rows come in the order of the bytes of ${prefixed.path} (~<~), which is the index's: a language's order would sort every row that begins so before the first is shown.`,
        }),
  };
}

async function aggregateQuery(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  binds: Parameters,
): Promise<QueryText> {
  const grouping = groupingOf(draft, pattern, scope);
  const measure = await measureOf(draft, pattern, scope);
  const groups = grouping.columns.map((target) => columnSql(draft, target));
  if (grouping.unit !== null) {
    const column = measuredTime(draft, pattern, scope);
    groups.push(
      `${cutTime(draft, grouping.unit, { at: scope.base, column })} AS ${draft.dialect.ident(grouping.unit)}`,
    );
  }
  const conditions = conditionsOf(draft, pattern, scope, binds);
  const numbers = groups.map((_, at) => at + 1).join(", ");
  const group = groups.length === 0 ? "" : `\nGROUP BY ${numbers}\nORDER BY ${numbers}`;
  const list = [...groups, `${measureSql(measure)} AS ${draft.dialect.ident(pattern.measure?.function ?? "count")}`];
  const limit = pattern.limit === null ? "" : `\nLIMIT ${pattern.limit}`;
  return {
    sql: `SELECT ${wrapped(list)}\nFROM ${fromSql(draft, scope)}${joinsSql(draft, scope.joins)}${whereSql(conditions)}${group}${limit}`,
    binds,
    tables: tablesOf(scope),
  };
}

function insertQuery(draft: Draft, scope: Scope, binds: Parameters): QueryText {
  const { table, entity } = scope.base;
  const given = table.columns.filter(
    (column) =>
      column.generated === null &&
      column.identity === null &&
      column.meaning !== "audit" &&
      column.meaning !== "discriminator" &&
      !(column.meaning === "key" && column.default !== null),
  );
  const values = given.map((column) => binds.add(table, column.name, "insert"));
  const key = quotedList(draft, ownKey(draft, scope.base));
  // Sent twice, stored once: the stated key of rows that never change.
  const once =
    entity.appendOnly && entity.key !== null ? `\nON CONFLICT (${quotedList(draft, table.primaryKey)}) DO NOTHING` : "";
  const target = qualifiedTable(draft, table);
  const names = given.map((column) => draft.dialect.ident(column.name));
  const row = values.length === 0 ? "\nDEFAULT VALUES" : `\n  (${wrapped(names)})\nVALUES (${values.join(", ")})`;
  return {
    sql: `INSERT INTO ${target}${row}${once}\nRETURNING ${key}`,
    binds,
    tables: [table],
    index: null,
    note: once === "" ? probes(table) : "A row that is there already is left as it is.",
  };
}

function probes(table: DraftTable): string {
  const parents = [...new Set(table.foreignKeys.map((key) => key.target.name))];
  return parents.length === 0
    ? "It refers to nothing, so it probes its own unique keys only."
    : `Its references probe ${parents.length === 1 ? "the key" : "the keys"} of ${listText(parents)}, one index lookup each.`;
}

function updateQuery(draft: Draft, pattern: BriefPattern, scope: Scope, binds: Parameters): QueryText {
  const { table, entity } = scope.base;
  const named = pattern.sets.flatMap((name) => {
    const field = entity.fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return fieldColumns(draft, field);
    const related = relationColumns(table, entity, name);
    return related.length > 0 ? related : columnOf(table, name) === undefined ? [] : [name];
  });
  const free = table.columns
    .filter((column) => column.origin !== null && !table.primaryKey.includes(column.name))
    .map((column) => column.name);
  const columns = named.length > 0 ? named : free.slice(0, 1);
  if (columns.length === 0) {
    throw problemAt(
      draft.brief,
      pattern.at,
      `the pattern "${pattern.name}" updates ${entity.name}, which has nothing to change`,
      {
        expected: "set: [field, …]",
      },
    );
  }
  const sets = columns
    .map((column) => `${draft.dialect.ident(column)} = ${binds.add(table, column, "set")}`)
    .join(", ");
  return {
    sql: `UPDATE ${fromSql(draft, scope)}\nSET ${sets}${chosenRows(draft, pattern, scope, binds, "FROM")}`,
    binds,
    tables: tablesOf(scope),
  };
}

function deleteQuery(draft: Draft, pattern: BriefPattern, scope: Scope, binds: Parameters): QueryText {
  if (scope.base.entity.softDelete) {
    const sql = `UPDATE ${fromSql(draft, scope)}\nSET ${draft.dialect.ident("deleted_at")} = now()${chosenRows(draft, pattern, scope, binds, "FROM")}`;
    return { sql, binds, tables: tablesOf(scope), note: "Rows are marked, not removed." };
  }
  return {
    sql: `DELETE FROM ${fromSql(draft, scope)}${chosenRows(draft, pattern, scope, binds, "USING")}`,
    binds,
    tables: tablesOf(scope),
  };
}

// Which rows an update or delete is about: the filters, or one row by its key where none are stated.
function chosenRows(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  binds: Parameters,
  word: "FROM" | "USING",
): string {
  const { base } = scope;
  const conditions =
    pattern.where.length > 0
      ? conditionsOf(draft, pattern, scope, binds)
      : [
          ...tenantCondition(draft, pattern, base, binds),
          ...ownKey(draft, base).map(
            (column) => `${columnSql(draft, { at: base, column })} = ${binds.add(base.table, column, "equals")}`,
          ),
          ...aliveCondition(draft, base),
        ];
  const others = scope.joins.map(
    (join) => `${qualifiedTable(draft, join.table)} AS ${draft.dialect.ident(join.alias)}`,
  );
  const pairs = scope.joins.map((join) => joinCondition(draft, join));
  return `${others.length === 0 ? "" : `\n${word} ${others.join(", ")}`}${whereSql([...pairs, ...conditions])}`;
}

function designed(draft: Draft, pattern: BriefPattern, scope: Scope, text: QueryText, aids: QueryAids): DesignedQuery {
  const { table } = scope.base;
  const notes = [text.note];
  let index = text.index;
  if (index === undefined) {
    index = aids.served.get(pattern.name)?.get(table) ?? null;
    if (index === null && byKey(draft, pattern, scope)) index = partKeyOf(table, "index", table.primaryKeyName);
    if (index !== null && wholeRead(table)) {
      index = null;
      notes.push(
        `${table.name} has ${rowsText(table.volume.horizon_rows)} rows at the horizon: reading its few pages whole is cheaper than any index.`,
      );
    }
  }
  if (
    draft.brief.tenancy?.model === "shared-schema" &&
    table.entity?.name === draft.brief.tenancy.tenant &&
    pattern.operation !== "insert" &&
    !pattern.acrossTenants
  ) {
    index = null;
    notes.push(
      `Row security leaves one row of ${table.name}, the tenant's own; to find a tenant before it is known, run this as ${draft.operatorRole}.`,
    );
  }
  if (pattern.acrossTenants) notes.push(`Crosses tenants: runs as ${draft.operatorRole}.`);
  if (
    pattern.where.some(
      (filter) =>
        scope.columns(filter.path).length > 1 &&
        scope.base.entity.belongsTo.some((relation) => relation.name === filter.path && relation.targets.length > 1),
    )
  ) {
    notes.push("The reference leads to one of several entities; shown for the first, the others differ in the column.");
  }
  const needsAll = index === null && text.index === undefined && pattern.operation !== "insert" && !wholeRead(table);
  return {
    pattern: pattern.name,
    source: pattern,
    sql: text.sql,
    parameters: text.binds.list,
    table: { schema: table.schema, table: table.name },
    index,
    mayScan: text.tables.flatMap((read) => {
      const at = { schema: read.schema, table: read.name };
      if (read.volume.horizon_rows < SMALL_ROWS_MAX)
        return [{ ...at, why: `${rowsText(read.volume.horizon_rows)} rows at the horizon` }];
      if (needsAll && read === table) return [{ ...at, why: wholeReason(draft, pattern) }];
      return [];
    }),
    note: notes.filter((note) => note !== undefined).join(" ") || null,
  };
}

function wholeReason(draft: Draft, pattern: BriefPattern): string {
  if (pattern.operation === "aggregate")
    return "the answer is made from every row, and the brief allows no older answer";
  const remarks = needsOf(draft, pattern).flatMap((need) => need.remarks);
  return remarks[0] ?? "nothing it filters or sorts by narrows the rows";
}

// An update or delete without filters goes by the key.
const byKey = (draft: Draft, pattern: BriefPattern, scope: Scope): boolean =>
  (pattern.operation === "update" || pattern.operation === "delete") &&
  pattern.where.length === 0 &&
  ownKey(draft, scope.base).length > 0;
