import type { BriefEntity } from "../model/brief.ts";
import type { DesignedPartitions } from "../model/design.ts";
import { ref, refKey } from "../model/ref.ts";
import { claimName, columnNamed, decide, qualifiedTable, tableKeyOf, tableOf } from "./draft.ts";
import type { Draft, DraftPartition, DraftTable } from "./draft-model.ts";
import { retentionOf } from "./entity-volumes.ts";
import { bytesText, listText, rowsText } from "./figures.ts";
import { isRanged, timeColumn } from "./times.ts";
import { rowBytes } from "./volumes.ts";

/**
 * From where a table is cut. At 100 million rows (or 100 GB) vacuum and index builds of the whole take hours and
 * a retention DELETE takes as long as the inserts did; below, one table is simpler and as fast.
 */
export const PARTITION_ROWS_MIN = 100_000_000;
/** @see PARTITION_ROWS_MIN */
export const PARTITION_BYTES_MIN: number = 100 * 1024 ** 3;

// About this many rows in one partition keep its indexes in memory while it is written to.
const ROWS_PER_PARTITION = 120_000_000;
const PREMAKE = 3;
const PAST_MAX = 36;

type Interval = DesignedPartitions["interval"];

/** Cuts the tables that are large enough, and explains those that could be and are not. */
export function addPartitions(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    const bytes = table.volume.horizon_rows * rowBytes(table);
    if (table.volume.horizon_rows < PARTITION_ROWS_MIN && bytes < PARTITION_BYTES_MIN) continue;
    const column = timeColumn(draft, entity, table);
    const why = column === null ? ["it has no time that each row carries"] : obstacles(draft, entity, table, column);
    if (column === null || why.length > 0) decideWhole(draft, entity, table, why);
    else cut(draft, entity, table, column);
  }
}

function obstacles(draft: Draft, entity: BriefEntity, table: DraftTable, column: string): readonly string[] {
  const why: string[] = [];
  const children = draft.tables.filter((other) => other.foreignKeys.some((key) => key.target === table));
  if (children.length > 0)
    why.push(
      `${listText(children.map((child) => child.name))} ${children.length === 1 ? "refers" : "refer"} to it by its key, which would have to contain ${column}, and so would each reference`,
    );
  const uniques = [
    ...table.keys,
    ...table.indexes
      .filter((index) => index.unique)
      .map((index) => ({ name: index.name, columns: index.keys.flatMap((key) => key.column ?? []) })),
  ];
  const across = uniques.filter((key) => !key.columns.includes(column));
  if (across.length > 0)
    why.push(
      `${listText(across.map((key) => key.name))} must hold over all rows, and a partitioned table can only hold unique what contains ${column}`,
    );
  if (table.exclusions.length > 0)
    why.push(
      `the exclusion ${table.exclusions[0]?.name ?? ""} must compare rows of all times, and an index spans one partition`,
    );
  if (retentionOf(draft.brief, entity) === null && !isRanged(draft, entity, column))
    why.push("no pattern asks for a span of time and no retention ends it, so nothing would skip or drop a partition");
  return why;
}

function decideWhole(draft: Draft, entity: BriefEntity, table: DraftTable, why: readonly string[]): void {
  const bytes = table.volume.horizon_rows * rowBytes(table);
  decide(draft, {
    id: `partition/${entity.name}`,
    topic: "partition",
    subject: entity.name,
    choice: "one table",
    because: `${rowsText(table.volume.horizon_rows)} rows (${bytesText(bytes)}) at the horizon would be enough to cut it, but ${why.join("; and ")}. ${retentionOf(draft.brief, entity)?.then === "erase" ? "Retention deletes in batches instead. " : ""}Past ${rowsText(PARTITION_ROWS_MIN)} rows vacuum would wait for ${rowsText(PARTITION_ROWS_MIN / 5)} dead ones: set its autovacuum_vacuum_scale_factor to 0.01 by then.`,
    alternatives: [{ option: "range partitions by time", whyNot: why[0] ?? "" }],
    objects: [tableKeyOf(table)],
    evidence: [`entities.${entity.name}.volume`],
  });
}

function intervalFor(perMonth: number): Interval {
  if (perMonth / 30 > ROWS_PER_PARTITION / 4) return "day";
  if (perMonth > ROWS_PER_PARTITION) return "week";
  if (perMonth * 12 > ROWS_PER_PARTITION / 4) return "month";
  return perMonth * 48 > ROWS_PER_PARTITION / 4 ? "quarter" : "year";
}

const MONTHS: Record<Interval, number> = { day: 1 / 30.4, week: 1 / 4.35, month: 1, quarter: 3, year: 12 };

function cut(draft: Draft, entity: BriefEntity, table: DraftTable, column: string): void {
  const { volume } = table;
  const interval = intervalFor(volume.per_month_rows);
  const retention = retentionOf(draft.brief, entity);
  const retain_months = retention === null || retention.then === "anonymise" ? null : retention.months;
  const keyed = table.primaryKey.includes(column);
  if (!keyed) table.primaryKey = [...table.primaryKey, column];
  const months_back =
    volume.per_month_rows > 0
      ? Math.min(Math.ceil(volume.now_rows / volume.per_month_rows), retain_months ?? PAST_MAX, PAST_MAX)
      : 1;
  const past = Math.min(Math.ceil(months_back / MONTHS[interval]), PAST_MAX);
  const isDate = columnNamed(table, column).type === "date";
  const bounds: DraftPartition[] = [];
  for (let step = -past; step <= PREMAKE; step++) {
    const from = startOf(draft.today, interval, step);
    const to = startOf(draft.today, interval, step + 1);
    bounds.push({
      name: claimName(draft, table.schema, `${table.name}_p${from.replaceAll("-", "")}`),
      bound: `FOR VALUES FROM ('${instant(from, isDate)}') TO ('${instant(to, isDate)}')`,
    });
  }
  bounds.push({ name: claimName(draft, table.schema, `${table.name}_default`), bound: "DEFAULT" });
  table.partitions = { column, bounds };
  draft.partitions.push({ schema: table.schema, table: table.name, column, interval, retain_months, premake: PREMAKE });
  const archive = retention?.then === "archive";
  addMaintenance(draft, table, column, interval, retain_months, isDate, archive);
  explain(draft, entity, table, { column, interval, retain_months, keyed });
}

const instant = (day: string, isDate: boolean): string => (isDate ? day : `${day} 00:00:00+00`);

/** The first day of the interval that lies `steps` after the one holding `day`. Weeks begin on Monday. */
export function startOf(day: string, interval: Interval, steps: number): string {
  const [year = 2025, month = 1, date = 1] = day.split("-").map(Number);
  const at = (y: number, m: number, d: number): string => new Date(Date.UTC(y, m, d)).toISOString().slice(0, 10);
  if (interval === "year") return at(year + steps, 0, 1);
  if (interval === "quarter") return at(year, Math.floor((month - 1) / 3) * 3 + steps * 3, 1);
  if (interval === "month") return at(year, month - 1 + steps, 1);
  if (interval === "day") return at(year, month - 1, date + steps);
  const monday = (new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 6) % 7;
  return at(year, month - 1, date - monday + steps * 7);
}

function addMaintenance(
  draft: Draft,
  table: DraftTable,
  column: string,
  interval: Interval,
  retain_months: number | null,
  isDate: boolean,
  archive: boolean,
): void {
  const own = ref("function", claimName(draft, draft.schema, `maintain_${table.name}_partitions`), {
    schema: draft.schema,
  });
  const { literal, qualified } = draft.dialect;
  const step = interval === "quarter" ? "3 months" : `1 ${interval}`;
  const suffix = isDate ? "" : " || ' 00:00:00+00'";
  const drop =
    retain_months === null
      ? ""
      : `
  FOR part IN
    SELECT c.relname FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = ${literal(qualifiedTable(draft, table))}::regclass
      AND c.relname LIKE ${literal(`${table.name.replaceAll(/([\\%_])/g, "\\$1")}\\_p%`)}
      AND c.relname < ${literal(`${table.name}_p`)} || to_char(now() AT TIME ZONE 'UTC' - interval '${retain_months} months' - interval '${step}', 'YYYYMMDD')
  LOOP
    EXECUTE format(${literal(archive ? `ALTER TABLE ${qualifiedTable(draft, table).replaceAll("%", "%%")} DETACH PARTITION %I.%I` : "DROP TABLE %I.%I")}, ${literal(table.schema)}, part);
  END LOOP;`;
  draft.objects.push({
    ...own,
    kind: "function",
    comment: `Makes the next partitions of ${table.name}${retain_months === null ? "" : ` and ${archive ? "detaches" : "drops"} those older than ${retain_months} months`}. Run by its owner.`,
    dependsOn: [refKey(ref("schema", draft.schema)), tableKeyOf(table)],
    routine: "function",
    language: "plpgsql",
    returns: "void",
    securityDefiner: false,
    definition: `CREATE OR REPLACE FUNCTION ${qualified(own.schema, own.name)}()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '5s'
AS $function$
DECLARE
  starts date;
  part text;
BEGIN
  FOR ahead IN 0..${PREMAKE} LOOP
    starts := (date_trunc('${interval}', now() AT TIME ZONE 'UTC') + ahead * interval '${step}')::date;
    part := ${literal(`${table.name}_p`)} || to_char(starts, 'YYYYMMDD');
    IF to_regclass(format('%I.%I', ${literal(table.schema)}, part)) IS NULL THEN
      EXECUTE format('CREATE TABLE %I.%I PARTITION OF ${qualifiedTable(draft, table).replaceAll("%", "%%").replaceAll("'", "''")} FOR VALUES FROM (%L) TO (%L)',
        ${literal(table.schema)}, part, starts::text${suffix}, ((starts + interval '${step}')::date)::text${suffix});
    END IF;
  END LOOP;${drop}
END
$function$`,
  });
  draft.jobs.push({
    name: `partitions of ${table.name}`,
    every: "day, as the owner of the tables",
    sql: `SELECT ${qualified(own.schema, own.name)}()`,
    because: `makes ${PREMAKE} ${interval} partitions ahead by ${column}${retain_months === null ? "" : archive ? ` and detaches those older than ${retain_months} months: each is then a table of its own, to be exported, compared and only then dropped` : ` and drops those older than ${retain_months} months: a DROP instead of a DELETE of ${rowsText(table.volume.per_month_rows)} rows a month`}`,
  });
}

function explain(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  how: {
    readonly column: string;
    readonly interval: Interval;
    readonly retain_months: number | null;
    readonly keyed: boolean;
  },
): void {
  const { column, interval, retain_months, keyed } = how;
  const per = Math.round(table.volume.per_month_rows * MONTHS[interval]);
  const bytes = table.volume.horizon_rows * rowBytes(table);
  const key = keyed
    ? `The primary key contains ${column} already.`
    : `The primary key had to take ${column} in: the id alone is no longer unique by rule of the database, and nothing can refer to it by the id alone.`;
  const drop =
    retain_months === null
      ? ""
      : ` Retention (${retain_months} months) ${retentionOf(draft.brief, entity)?.then === "archive" ? "detaches" : "drops"} a partition in milliseconds where a DELETE would leave ${bytesText(per * rowBytes(table))} of dead rows for vacuum.`;
  decide(draft, {
    id: `partition/${entity.name}`,
    topic: "partition",
    subject: entity.name,
    choice: `range partitions by ${column}, one a ${interval}`,
    because: `${rowsText(table.volume.horizon_rows)} rows, ${bytesText(bytes)} at the horizon (from ${rowsText(PARTITION_ROWS_MIN)} rows or 100 GiB on a table is cut). ${rowsText(per)} rows a ${interval}, about ${bytesText(per * rowBytes(table))}: inserts work on one partition's indexes, queries over a span of ${column} skip the others.${drop} ${key} A DEFAULT partition takes what lies outside, so that no insert fails; it must stay empty (the job makes ${PREMAKE} partitions ahead).`,
    alternatives: [
      {
        option: "one table",
        whyNot: `vacuum and index builds over ${bytesText(bytes)} at once, and retention as a DELETE`,
      },
      {
        option: "hash partitions by tenant",
        whyNot: "no partition could ever be dropped, and a span of time reads them all",
      },
    ],
    objects: [tableKeyOf(table)],
    evidence: [`entities.${entity.name}.volume`, `entities.${entity.name}.retention`],
  });
}
