import type { BriefPattern } from "../model/brief.ts";
import { columnNamed, columnOf, fieldOf, problemAt } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { columnSql } from "./conditions.ts";
import { bindExpression } from "./expressions.ts";
import type { Scope, ScopeColumn } from "./scope.ts";
import { timeColumn } from "./times.ts";

/** Units that stand for the entity's time in `by`. */
export const TIME_UNITS = ["hour", "day", "week", "month", "quarter", "year"] as const;

/** @see TIME_UNITS */
export type TimeUnit = (typeof TIME_UNITS)[number];

/** What an aggregate groups by: columns, and perhaps a unit of time. */
export interface Grouping {
  readonly columns: readonly ScopeColumn[];
  readonly unit: TimeUnit | null;
}

/** What an aggregate computes. */
export interface Measure {
  readonly function: "count" | "sum" | "avg" | "min" | "max";
  /** Over the base table's alias; `*` for a plain count. */
  readonly sql: string;
  /** The type of the value, and of its sum. */
  readonly type: string;
  readonly sumType: string;
}

/** The grouping of an aggregate pattern. */
export function groupingOf(draft: Draft, pattern: BriefPattern, scope: Scope): Grouping {
  const columns: ScopeColumn[] = [];
  let unit: TimeUnit | null = null;
  for (const path of pattern.by) {
    const word = TIME_UNITS.find((candidate) => candidate === path);
    if (word !== undefined && fieldOf(scope.base.entity, path) === undefined) unit = word;
    else columns.push(...scope.columns(path));
  }
  const distinct = columns.filter(
    (one, at) => columns.findIndex((other) => other.at === one.at && other.column === one.column) === at,
  );
  return { columns: distinct, unit };
}

/** The time column an aggregate is cut by: the one it selects a range of, else the entity's. */
export function measuredTime(draft: Draft, pattern: BriefPattern, scope: Scope): string {
  const { base } = scope;
  const ranged = pattern.where
    .filter((filter) => filter.comparison === "range" && !filter.path.includes("."))
    .map((filter) => filter.path)
    .find((path) => /^(?:timestamp with time zone|date)$/.test(columnOf(base.table, path)?.type ?? ""));
  const column = ranged ?? timeColumn(draft, base.entity, base.table);
  if (column !== null) return column;
  throw problemAt(
    draft.brief,
    pattern.at,
    `the pattern "${pattern.name}" groups by time, and ${base.entity.name} has none`,
    {
      expected: "an entity with a required instant or date",
    },
  );
}

/** The measure of an aggregate pattern; a count of rows unless stated. */
export async function measureOf(draft: Draft, pattern: BriefPattern, scope: Scope): Promise<Measure> {
  const measure = pattern.measure ?? { function: "count" as const, expression: null };
  const { base } = scope;
  if (measure.expression === null) return { function: "count", sql: "*", type: "bigint", sumType: "bigint" };
  const expression = durationOf(draft, pattern, scope, measure.expression);
  const bound = await bindExpression(draft, base.table, base.entity, expression, pattern.at, base.alias);
  const type = typeOf(
    bound.columns.map((column) => columnNamed(base.table, column).type),
    bound.columns.length === 1 && /^[\w."]+$/.test(bound.sql),
  );
  return { function: measure.function, sql: bound.sql, type, sumType: SUMS[type] ?? "numeric" };
}

// `duration` of an entity without such a field is the time between its two ends.
function durationOf(draft: Draft, pattern: BriefPattern, scope: Scope, expression: string): string {
  const { entity } = scope.base;
  if (fieldOf(entity, "duration") !== undefined || !/\bduration\b/.test(expression)) return expression;
  const rule = entity.rules.find((candidate) => candidate.kind === "no-overlap");
  const ends =
    rule?.kind === "no-overlap"
      ? [rule.from, rule.to]
      : entity.fields.filter((field) => field.type === "instant").map((field) => field.name);
  const [from, to] = ends;
  return from === undefined || to === undefined
    ? expression
    : expression.replaceAll(/\bduration\b/g, `(${to} - ${from})`);
}

// What PostgreSQL's sum() returns for each type ("Aggregate Functions").
const SUMS: Readonly<Record<string, string>> = {
  smallint: "bigint",
  integer: "bigint",
  bigint: "numeric",
  numeric: "numeric",
  "double precision": "double precision",
  interval: "interval",
};

function typeOf(types: readonly string[], single: boolean): string {
  const plain = types.map((type) => type.replace(/\(.*\)/, ""));
  if (plain.includes("interval")) return "interval";
  if (plain.includes("double precision")) return "double precision";
  const [first = "numeric"] = plain;
  if (single) return first;
  if (plain.length > 0 && plain.every((type) => type === "timestamp with time zone")) return "interval";
  if (plain.length > 0 && plain.every((type) => type === "date")) return "integer";
  return plain.every((type) => type === first) ? first : "numeric";
}

/** A time column cut to a unit, in UTC so that it does not depend on who asks. */
export function cutTime(draft: Draft, unit: TimeUnit, target: ScopeColumn): string {
  const sql = columnSql(draft, target);
  return columnNamed(target.at.table, target.column).type === "date"
    ? `date_trunc('${unit}', ${sql})::date`
    : `date_trunc('${unit}', ${sql}, 'UTC')`;
}

/** The measure as SQL. */
export function measureSql(measure: Measure): string {
  return `${measure.function}(${measure.sql})`;
}
