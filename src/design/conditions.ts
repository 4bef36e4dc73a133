import type { BriefPattern, PatternFilter } from "../model/brief.ts";
import { columnNamed, columnOf, tenantLead } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { baseType, fixedCondition } from "./needs.ts";
import type { Parameters } from "./parameters.ts";
import type { Scope, ScopeColumn, ScopeJoin, ScopeTable } from "./scope.ts";

/** `alias.column`, quoted. */
export function columnSql(draft: Draft, { at, column }: ScopeColumn): string {
  return `${draft.dialect.ident(at.alias)}.${draft.dialect.ident(column)}`;
}

/** The conditions of a pattern in their order: the tenant, what is not deleted, then each filter. */
export function conditionsOf(draft: Draft, pattern: BriefPattern, scope: Scope, binds: Parameters): string[] {
  return [
    ...tenantCondition(draft, pattern, scope.base, binds),
    ...pattern.where.flatMap((filter) => {
      const columns = scope.columns(filter.path);
      // A reference to one of several entities: the query for the first is shown, the others differ in the column.
      return columns.slice(0, 1).map((target) => conditionOf(draft, target, filter, binds));
    }),
    ...aliveCondition(draft, scope.base),
  ];
}

/** `tenant = $n`, where the table has a tenant and the pattern stays within one. */
export function tenantCondition(draft: Draft, pattern: BriefPattern, at: ScopeTable, binds: Parameters): string[] {
  if (pattern.acrossTenants) return [];
  return tenantLead(draft, at.table).map(
    (column) => `${columnSql(draft, { at, column })} = ${binds.add(at.table, column, "equals")}`,
  );
}

/** `deleted_at IS NULL`, where rows are marked as deleted. */
export function aliveCondition(draft: Draft, at: ScopeTable): string[] {
  return at.entity.softDelete ? [`${columnSql(draft, { at, column: "deleted_at" })} IS NULL`] : [];
}

/** One filter as SQL, with its parameters. */
export function conditionOf(draft: Draft, target: ScopeColumn, filter: PatternFilter, binds: Parameters): string {
  const sql = columnSql(draft, target);
  const { table } = target.at;
  const { column } = target;
  const { type } = columnNamed(table, column);
  if (filter.comparison === "is-null") return `${sql} IS NULL`;
  if (filter.comparison === "not-null") return `${sql} IS NOT NULL`;
  const fixed = filter.values !== null && filter.values.length > 0;
  if (fixed && (filter.comparison === "eq" || filter.comparison === "in")) {
    return fixedCondition(draft, target, filter).replace(draft.dialect.ident(column), () => sql);
  }
  if (filter.comparison === "eq") return `${sql} = ${binds.add(table, column, "equals")}`;
  if (filter.comparison === "in") {
    const list = `${baseType(draft, type)}[]`;
    return `${sql} = ANY (${binds.add(table, column, "list")}::${list})`;
  }
  if (filter.comparison === "range") {
    const from = binds.add(table, column, "from");
    return `${sql} >= ${from}\n  AND ${sql} < ${binds.add(table, column, "to")}`;
  }
  if (filter.comparison === "prefix") {
    // The operators of text_pattern_ops: indexable whatever the collation, also in a generic plan, and leakproof.
    const prefix = binds.add(table, column, "prefix", "text");
    return `${sql} ~>=~ ${prefix}::text\n  AND ${sql} ~<~ (${prefix}::text || chr(1114111))`;
  }
  if (type.endsWith("[]")) {
    const element = type.slice(0, -2);
    return `${sql} @> ARRAY[${binds.add(table, column, "equals", element)}]::${type}`;
  }
  if (type === "jsonb") return `${sql} @> ${binds.add(table, column, "equals")}`;
  return `${sql} ILIKE '%' || ${binds.add(table, column, "search", "text")}::text || '%'`;
}

/** The joins of a scope as SQL, one line each. */
export function joinsSql(draft: Draft, joins: readonly ScopeJoin[]): string {
  return joins
    .map((join) => {
      const { ident, qualified } = draft.dialect;
      const name = qualified(join.table.schema, join.table.name);
      return `\n${join.outer ? "LEFT JOIN" : "JOIN"} ${name} AS ${ident(join.alias)}\n  ON ${joinCondition(draft, join)}`;
    })
    .join("");
}

/** What pairs the rows of a join. */
export function joinCondition(draft: Draft, join: ScopeJoin): string {
  return join.on
    .map(
      ([own, target]) =>
        `${columnSql(draft, { at: join, column: target })} = ${columnSql(draft, { at: join.from, column: own })}`,
    )
    .join(" AND ");
}

/** The columns of the key without the tenant's. */
export function ownKey(draft: Draft, at: ScopeTable): readonly string[] {
  const bare = at.table.primaryKey.filter((column) => columnOf(at.table, column)?.meaning !== "tenant");
  return bare.length > 0 ? bare : at.table.primaryKey;
}
