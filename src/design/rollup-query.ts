import type { BriefPattern } from "../model/brief.ts";
import { columnNamed, partKeyOf, qualifiedTable, tenantLead } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { columnSql } from "./conditions.ts";
import { keysOf } from "./emit.ts";
import { fixedCondition } from "./needs.ts";
import type { Parameters } from "./parameters.ts";
import type { QueryText } from "./query-text.ts";
import type { Rollup } from "./rollups.ts";
import type { Scope } from "./scope.ts";
import { wholeRead } from "./small.ts";

/** An aggregate answered from its read model. */
export function rollupQuery(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  binds: Parameters,
  rollup: Rollup,
): QueryText {
  const { table, keys, bucket, unit } = rollup;
  const { ident } = draft.dialect;
  const conditions = pattern.acrossTenants
    ? []
    : tenantLead(draft, table).map((column) => `${ident(column)} = ${binds.add(table, column, "equals")}`);
  for (const filter of pattern.where) {
    const [target] = scope.columns(filter.path);
    if (target === undefined) continue;
    const key = keys.find((candidate) => candidate.origin === columnSql(draft, target));
    if (key === undefined) {
      const cast = `::${columnNamed(table, bucket).type}`;
      conditions.push(
        `${ident(bucket)} >= ${binds.add(table, bucket, "from")}${cast}`,
        `${ident(bucket)} < ${binds.add(table, bucket, "to")}${cast}`,
      );
    } else if (filter.comparison === "is-null" || filter.comparison === "not-null") {
      conditions.push(`${ident(key.column)} IS ${filter.comparison === "is-null" ? "" : "NOT "}NULL`);
    } else if (filter.values !== null && filter.values.length > 0) {
      conditions.push(fixedCondition(draft, target, filter).replace(ident(target.column), () => ident(key.column)));
    } else if (filter.comparison === "in") {
      conditions.push(`${ident(key.column)} = ANY (${binds.add(table, key.column, "list")})`);
    } else if (filter.comparison === "range") {
      conditions.push(
        `${ident(key.column)} >= ${binds.add(table, key.column, "from")}`,
        `${ident(key.column)} < ${binds.add(table, key.column, "to")}`,
      );
    } else {
      conditions.push(`${ident(key.column)} = ${binds.add(table, key.column, "equals")}`);
    }
  }
  const groups = keys.map((key) => ident(key.column));
  if (unit !== null)
    groups.push(
      `${unit === rollup.grain ? ident(bucket) : `date_trunc('${unit}', ${ident(bucket)})${rollup.bucketIsDate ? "::date" : ""}`} AS ${ident(unit)}`,
    );
  const numbers = groups.map((_, at) => at + 1).join(", ");
  const where = conditions.length === 0 ? "" : `\nWHERE ${conditions.join("\n  AND ")}`;
  const group = groups.length === 0 ? "" : `\nGROUP BY ${numbers}\nORDER BY ${numbers}`;
  const measured = totalSql(draft, rollup);
  const limit = pattern.limit === null ? "" : `\nLIMIT ${pattern.limit}`;
  const narrowed = tenantLead(draft, table).length > 0 && !pattern.acrossTenants;
  const key = keysOf(table).find((candidate) => candidate.columns.includes(bucket));
  const index = narrowed && key !== undefined && !wholeRead(table) ? partKeyOf(table, "index", key.name) : null;
  return {
    sql: `SELECT ${[...groups, `${measured} AS ${ident(rollup.measure.function)}`].join(", ")}\nFROM ${qualifiedTable(draft, table)}${where}${group}${limit}`,
    binds,
    tables: [table],
    index,
    note: `Answered from the read model ${table.name}; a range is rounded to whole ${rollup.grain}s.`,
  };
}

function totalSql(draft: Draft, rollup: Rollup): string {
  const sum = (column: string | null): string => (column === null ? "NULL" : `sum(${draft.dialect.ident(column)})`);
  const { total, counted } = rollup;
  const how = rollup.measure.function;
  if (how === "count") return sum(counted);
  if (how === "avg") return `${sum(total)} / nullif(${sum(counted)}, 0)`;
  if (how === "sum") return sum(total);
  return total === null ? "NULL" : `${how}(${draft.dialect.ident(total)})`;
}
