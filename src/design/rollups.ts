import type { BriefPattern } from "../model/brief.ts";
import {
  addColumn,
  addTable,
  claimName,
  columnNamed,
  columnOf,
  decide,
  freeName,
  indexKey,
  quotedList,
  tableKeyOf,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { columnSql, joinsSql } from "./conditions.ts";
import { retentionOf } from "./entity-volumes.ts";
import { bytesText, listText, rateText, rowsText } from "./figures.ts";
import { BIGINT_SEQUENCE } from "./keys.ts";
import { cutTime, groupingOf, measureOf, measureSql, measuredTime } from "./measures.ts";
import type { Grouping, Measure, TimeUnit } from "./measures.ts";
import { needsOf } from "./needs.ts";
import { referToTenant } from "./relations.ts";
import { openToOperator } from "./row-security.ts";
import { scopeOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { addTenantColumn } from "./tables.ts";
import { rowBytes } from "./volumes.ts";

/** From how many rows read per answer a read model is worth its keeping: some 100 ms of reading and adding up. */
export const ROLLUP_ROWS_MIN = 100_000;

/** A read model and how its columns stand for the pattern's. */
export interface Rollup {
  readonly table: DraftTable;
  readonly keys: readonly { readonly column: string; readonly origin: string }[];
  /** The column with the beginning of each span, and its unit. */
  readonly bucket: string;
  /** What was added up or compared, and how many values that was; null where the measure needs none. */
  readonly total: string | null;
  readonly counted: string | null;
  readonly grain: TimeUnit;
  readonly bucketIsDate: boolean;
  readonly measure: Measure;
  readonly unit: TimeUnit | null;
}

/** Adds a read model for each aggregate that reads many rows and may be a little old; by pattern. */
export async function addRollups(draft: Draft): Promise<ReadonlyMap<string, Rollup>> {
  const rollups = new Map<string, Rollup>();
  for (const pattern of draft.brief.patterns) {
    if (pattern.operation !== "aggregate" || (pattern.staleness_s ?? 0) <= 0) continue;
    const rows = needsOf(draft, pattern)[0]?.rows ?? 0;
    if (rows < ROLLUP_ROWS_MIN || !canRollUp(draft, pattern)) continue;
    rollups.set(pattern.name, await addRollup(draft, pattern, rows));
  }
  return rollups;
}

// Every filter must be on what the read model keeps: its keys and its time.
function canRollUp(draft: Draft, pattern: BriefPattern): boolean {
  const scope = scopeOf(draft, pattern);
  const { columns } = groupingOf(draft, pattern, scope);
  const time = measuredTime(draft, pattern, scope);
  return pattern.where.every((filter) => {
    const [target] = scope.columns(filter.path);
    if (target === undefined) return false;
    if (target.at === scope.base && target.column === time) return filter.comparison === "range";
    return columns.some((column) => column.at === target.at && column.column === target.column);
  });
}

async function addRollup(draft: Draft, pattern: BriefPattern, rows: number): Promise<Rollup> {
  const scope = scopeOf(draft, pattern);
  const { base } = scope;
  const grouping = groupingOf(draft, pattern, scope);
  const measure = await measureOf(draft, pattern, scope);
  const time = measuredTime(draft, pattern, scope);
  // No finer than the answer needs: the span a caller asks for is rounded to it.
  const grain: TimeUnit = grouping.unit ?? "day";
  const names = pattern.by.map((path) => path.replaceAll(".", "_")).filter((path) => path !== grouping.unit);
  const per_month_rows = Math.max(
    1,
    Math.round(Math.min(base.table.volume.per_month_rows / 4, groupsPerMonth(draft, grouping, grain))),
  );
  const table = addTable(draft, {
    name: claimName(draft, base.table.schema, `${base.table.name}_by_${[...names, grain].join("_")}`),
    role: "rollup",
    entity: null,
    perTenant: base.table.perTenant,
    comment: `Read model of "${pattern.name}": at most ${ageText(pattern)} old, made from ${base.table.name}, never written by the application.`,
    volume: {
      now_rows: per_month_rows * 12,
      per_month_rows,
      horizon_rows: per_month_rows * (12 + draft.brief.horizon_months),
      row_bytes: null,
      skew: base.table.volume.skew,
      standing: "inferred",
      because: `inferred: one row to each group and ${grain}`,
    },
  });
  const lead = tenantLead(draft, tableWithTenant(draft, table));
  const keys = addGroupColumns(draft, scope, grouping, table);
  const own = addMeasureColumns(draft, table, grain, measure);
  // What the pattern compares for equality leads, then the time it selects a span of, then the other groups.
  const compared = pattern.where
    .filter((filter) => filter.comparison === "eq")
    .flatMap((filter) => scope.columns(filter.path));
  const origins = new Set(compared.map((target) => columnSql(draft, target)));
  const columns = keys.toSorted((a, b) => Number(origins.has(b.origin)) - Number(origins.has(a.origin)));
  const fixed = columns.filter((key) => origins.has(key.origin)).map((key) => key.column);
  const others = columns.filter((key) => !origins.has(key.origin)).map((key) => key.column);
  const include = [own.total, own.counted].filter((column) => column !== null);
  keyOf(draft, table, [...lead, ...fixed, own.bucket, ...others], include);
  referToTenant(draft, table);
  table.grants.clear();
  table.grants.add("SELECT");
  const rollup: Rollup = { table, keys, ...own, grain, bucketIsDate: grain !== "hour", measure, unit: grouping.unit };
  addRefresh(draft, pattern, scope, rollup, { time, lead, columns: keys.map((key) => key.origin) });
  explain(draft, pattern, scope, rollup, rows);
  return rollup;
}

function tableWithTenant(draft: Draft, table: DraftTable): DraftTable {
  addTenantColumn(draft, table);
  return table;
}

function addGroupColumns(draft: Draft, scope: Scope, grouping: Grouping, table: DraftTable): Rollup["keys"] {
  const lead = tenantLead(draft, table);
  return grouping.columns
    .filter(({ column }) => !lead.includes(column))
    .map((target) => {
      const { type, width_bytes, needs, notNull } = columnNamed(target.at.table, target.column);
      const column = freeName(
        table,
        columnOf(table, target.column) === undefined ? target.column : `${target.at.alias}_${target.column}`,
      );
      const outer = scope.joins.some((join) => join === target.at && join.outer);
      addColumn(draft, table, { name: column, type, width_bytes, needs, notNull: notNull && !outer, meaning: "key" });
      return { column, origin: columnSql(draft, target) };
    });
}

function addMeasureColumns(
  draft: Draft,
  table: DraftTable,
  grain: TimeUnit,
  measure: Measure,
): Pick<Rollup, "bucket" | "total" | "counted"> {
  const type = grain === "hour" ? "timestamp with time zone" : "date";
  const comment = `The ${grain} (UTC) its row is about.`;
  const bucket = addColumn(draft, table, {
    name: freeName(table, "bucket"),
    type,
    width_bytes: 8,
    meaning: "key",
    comment,
  }).name;
  const shape = { width_bytes: 12, notNull: false, meaning: "audit" };
  const extreme = measure.function === "min" || measure.function === "max";
  const total =
    measure.function === "count"
      ? null
      : addColumn(draft, table, {
          ...shape,
          name: freeName(table, "total"),
          type: extreme ? measure.type : measure.sumType,
        }).name;
  const counts = measure.function === "avg" || measure.function === "count";
  const counted = counts
    ? addColumn(draft, table, { name: freeName(table, "counted"), type: "bigint", width_bytes: 8, meaning: "audit" })
        .name
    : null;
  return { bucket, total, counted };
}

// What is added up rides along (`include`), so that a span of time is read from the index alone.
function keyOf(draft: Draft, table: DraftTable, columns: readonly string[], include: readonly string[]): void {
  if (columns.every((column) => columnNamed(table, column).notNull)) {
    table.primaryKey = [...columns];
    table.keyIncludes = include;
    return;
  }
  // A group may be "none": null is a value of the key then, which a primary key cannot have.
  const lead = tenantLead(draft, table);
  const id = freeName(table, "id");
  const identity = { generation: "always" as const, sequence: BIGINT_SEQUENCE };
  addColumn(draft, table, { name: id, type: "bigint", meaning: "key", width_bytes: 8, identity });
  table.primaryKey = [...lead, id];
  const name = claimName(draft, table.schema, `${table.name}_uq`);
  table.constraintNames.claim(name);
  table.keys.push({ name, kind: "unique", columns, deferrable: false, nullsNotDistinct: true, include });
}

const PER_MONTH: Record<TimeUnit, number> = {
  hour: 730,
  day: 30.4,
  week: 4.35,
  month: 1,
  quarter: 1 / 3,
  year: 1 / 12,
};

function groupsPerMonth(draft: Draft, grouping: Grouping, grain: TimeUnit): number {
  const groups = grouping.columns.reduce((product, { at, column }) => {
    const key = at.table.foreignKeys.find((candidate) => candidate.columns.includes(column));
    const field = at.entity.fields.find((candidate) => candidate.name === column);
    return product * (key?.target.volume.horizon_rows ?? (field?.type === "enum" ? field.values.length : 100));
  }, 1);
  const tenants = draft.brief.tenancy === null ? 1 : 100;
  return Math.max(groups, tenants) * PER_MONTH[grain];
}

const ageText = (pattern: BriefPattern): string => {
  const seconds = pattern.staleness_s ?? 0;
  if (seconds >= 86_400) return `${Math.round(seconds / 86_400)} d`;
  if (seconds >= 3600) return `${Math.round(seconds / 3600)} h`;
  return seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
};

function addRefresh(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  rollup: Rollup,
  from: { readonly time: string; readonly lead: readonly string[]; readonly columns: readonly string[] },
): void {
  const { base } = scope;
  const { table, measure, grain } = rollup;
  const { ident, qualified } = draft.dialect;
  const time = { at: base, column: from.time };
  // What was added lately; changed rows may be older.
  const days = base.entity.appendOnly ? 2 : 45;
  const bucket = rollup.bucketIsDate
    ? `(${cutTime(draft, grain, time)}${columnNamed(base.table, from.time).type === "date" ? "" : " AT TIME ZONE 'UTC'"})::date`
    : cutTime(draft, grain, time);
  const values = [...from.lead.map((column) => columnSql(draft, { at: base, column })), ...from.columns, bucket];
  const sums: string[] = [];
  if (rollup.total !== null) sums.push(measure.function === "avg" ? `sum(${measure.sql})` : measureSql(measure));
  if (rollup.counted !== null) sums.push(measure.sql === "*" ? "count(*)" : `count(${measure.sql})`);
  const filled = [rollup.total, rollup.counted].filter((column) => column !== null);
  const keys = [...from.lead, ...rollup.keys.map((key) => key.column), rollup.bucket];
  // Whole spans only: a part of one would overwrite its sum with less.
  const since = `date_trunc('${grain}', now() - interval '${days} days', 'UTC')`;
  const target = qualified(table.schema, table.name);
  const alive = base.entity.softDelete ? `\n  AND ${columnSql(draft, { at: base, column: "deleted_at" })} IS NULL` : "";
  const insert = `INSERT INTO ${target} (${quotedList(draft, [...keys, ...filled])})
SELECT ${[...values, ...sums].join(",\n  ")}
FROM ${qualified(base.table.schema, base.table.name)} AS ${ident(base.alias)}${joinsSql(draft, scope.joins)}
WHERE ${columnSql(draft, time)} >= ${since}${alive}
GROUP BY ${values.map((_, at) => at + 1).join(", ")}
ON CONFLICT (${quotedList(draft, keys)}) DO UPDATE SET ${filled.map((column) => `${ident(column)} = EXCLUDED.${ident(column)}`).join(", ")}`;
  openToOperator(draft, base.table, "SELECT");
  for (const join of scope.joins) openToOperator(draft, join.table, "SELECT");
  openToOperator(draft, table, "SELECT", "INSERT", "UPDATE", "DELETE");
  draft.jobs.push({
    name: `refresh ${table.name}`,
    every: `${ageText(pattern)}, as ${draft.operatorRole}`,
    sql: insert,
    because: `"${pattern.name}" may be ${ageText(pattern)} old; each run computes the last ${days} days again; run it once without the condition on ${from.time} to begin with${base.entity.appendOnly ? "" : ", so that changes up to then arrive"}`,
  });
  if (base.table.partitions?.column !== from.time) addTimeIndex(draft, scope, from.time, days);
}

// The refresh looks for the newest rows: a few pages of block ranges tell where they are.
function addTimeIndex(draft: Draft, scope: Scope, time: string, days: number): void {
  const { table } = scope.base;
  if (table.indexes.some((index) => index.method === "brin" && index.keys[0]?.column === time)) return;
  const name = claimName(draft, table.schema, `${table.name}_${time}_brin`);
  table.indexes.push({ name, method: "brin", unique: false, keys: [indexKey(time)], include: [], predicate: null });
  const ranges = Math.ceil((table.volume.horizon_rows * rowBytes(table)) / (128 * 8192));
  decide(draft, {
    id: `index/${table.name}/${name}`,
    topic: "index",
    subject: `${table.name} (${time})`,
    choice: `BRIN: ${name}`,
    because: `Serves the job that refreshes a read model from the last ${days} days. Rows arrive in about the order of ${time}, so the smallest and largest value of each 128 pages (${rowsText(ranges)} ranges, ${bytesText(ranges * 40)} at the horizon) lead to them; inserts pay next to nothing.`,
    alternatives: [
      {
        option: "B-tree",
        whyNot: `${bytesText((table.volume.horizon_rows * 20) / 0.9)} at the horizon and a write for each insert, for a job that reads long spans`,
      },
    ],
    objects: [`index ${table.schema}.${table.name}.${name}`],
    evidence: [`entities.${scope.base.entity.name}.volume`],
  });
}

function explain(draft: Draft, pattern: BriefPattern, scope: Scope, rollup: Rollup, rows: number): void {
  const { table } = rollup;
  const period = retentionOf(draft.brief, scope.base.entity);
  const ended = period !== null && period.then === "erase" && period.months < draft.brief.horizon_months;
  const rate = pattern.rate_per_s === null ? "" : `${rateText(pattern.rate_per_s)}, `;
  decide(draft, {
    id: `normal-form/${table.name}`,
    topic: "normal-form",
    subject: table.name,
    choice: `a read model (denormalised) for "${pattern.name}"`,
    because: `"${pattern.name}" would add up about ${rowsText(rows)} rows of ${scope.base.table.name} each time (${rate}p95 ${pattern.p95_ms ?? "?"} ms) and may be ${ageText(pattern)} old. The read model keeps one row per ${listText([...rollup.keys.map((key) => key.column), rollup.grain])}: about ${rowsText(table.volume.horizon_rows)} rows, ${bytesText(table.volume.horizon_rows * rowBytes(table))} at the horizon. It repeats what ${scope.base.table.name} says; only the job writes it.${ended ? ` ${scope.base.table.name} is kept ${period.months} months, its sums for good: delete them by ${rollup.bucket} where no answer reaches so far back.` : ""}`,
    alternatives: [
      { option: "computed each time", whyNot: `${rowsText(rows)} rows an answer` },
      { option: "materialised view", whyNot: "REFRESH computes everything again, and row security does not reach it" },
      { option: "counters kept by triggers", whyNot: "every insert would update one row, where writers queue" },
    ],
    objects: [tableKeyOf(table)],
    evidence: [`access_patterns.${pattern.name}.staleness`],
  });
}
