import type { ColumnObject, TableObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import type { Fix, Severity } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import { freeNames } from "./free-name.ts";
import { isToolTable, partitionsByParent } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Observation, Rule } from "./rule.ts";

interface Span {
  readonly from_ms: number;
  readonly to_ms: number;
}

const boundOf = ({ partitionOf }: TableObject): string => partitionOf?.bound ?? "";
const DATE = /^\d{4}-\d{2}-\d{2}/;

// '2030-01-01' or '2030-01-01 00:00:00+00' as the server prints it; a bound of another kind is no date.
function dateOf(literal: string | undefined): number {
  if (literal === undefined || !DATE.test(literal)) return NaN;
  const [day = "", time = "00:00:00"] = literal.split(" ");
  const zone = /(?:[+-]\d{2}(?::\d{2})?)$/.exec(time)?.[0] ?? "";
  const clock = time.slice(0, time.length - zone.length);
  return Date.parse(`${day}T${clock}${zone === "" ? "Z" : zone.length === 3 ? `${zone}:00` : zone}`);
}

// The latest of the partitions by time, by its first key; null where bounds are no dates.
function lastSpan(parts: readonly TableObject[]): Span | null {
  let last: Span | null = null;
  for (const part of parts) {
    const match = /^FOR VALUES FROM \((?:'([^']*)'|MINVALUE).*\) TO \('([^']*)'/s.exec(boundOf(part));
    const to_ms = dateOf(match?.[2]);
    if (Number.isNaN(to_ms)) continue;
    const from_ms = dateOf(match?.[1]);
    if (last === null || to_ms > last.to_ms) last = { from_ms: Number.isNaN(from_ms) ? to_ms : from_ms, to_ms };
  }
  return last;
}

// Of all remainders of all moduli, the share that has a partition.
function hashShare(parts: readonly TableObject[]): number {
  let share = 0;
  for (const part of parts) {
    const modulus = /modulus (\d+)/i.exec(boundOf(part))?.[1];
    if (modulus !== undefined) share += 1 / Number(modulus);
  }
  return share;
}

function defaultPartition(of: TableView, name: string): Fix {
  const { table } = of;
  const key = refKey(table);
  const own = ref("table", name, { schema: table.schema });
  const part: TableObject = {
    ...own,
    kind: "table",
    unlogged: table.unlogged,
    partitionBy: null,
    partitionOf: { schema: table.schema ?? "", table: table.name, bound: "DEFAULT" },
    inherits: [],
    rowSecurity: { enabled: false, forced: false },
    options: {},
    comment: null,
    dependsOn: [key],
  };
  const columns = of.columns.map((column): ColumnObject => ({
    ...column,
    table: name,
    identity: null,
    inherited: true,
    comment: null,
    dependsOn: [refKey(own)],
  }));
  const changes = [part, ...columns].map((object): Change => ({ type: "create", object }));
  return { title: `create the default partition ${name}, and watch that it stays empty`, safety: "review", changes };
}

const day = (at_ms: number): string => new Date(at_ms).toISOString().slice(0, 10);

interface Judged {
  readonly severity: Severity;
  readonly message: string;
}

// A time-partitioned table, seen at a known moment.
function byTime(name: string, span: Span, now_ms: number, hasDefault: boolean, managed: boolean): Judged | null {
  const end = day(span.to_ms);
  if (span.to_ms <= now_ms) {
    return hasDefault
      ? {
          severity: "warning",
          message: `the partitions of ${name} ended on ${end}: since then all rows go to the default one`,
        }
      : { severity: "error", message: `the partitions of ${name} ended on ${end}: every row of today is refused` };
  }
  const width_ms = span.to_ms - span.from_ms;
  if (span.to_ms - now_ms < width_ms && !managed) {
    const then = hasDefault ? "rows go to the default one" : "every row is refused";
    return {
      severity: "warning",
      message: `the last partition of ${name} ends on ${end}, and the next is not there yet: from then on ${then}`,
    };
  }
  return hasDefault
    ? null
    : { severity: "info", message: `${name} has partitions until ${end} and no default one: rows beyond are refused` };
}

/**
 * A partitioned table that refuses rows, now or soon. On a live server, partitions by time are measured by its
 * clock; in a file, only the missing default can be seen.
 */
export const partitionsWithoutDefaultOrNext: Rule = rule({
  id: "partitions-without-default-or-next",
  area: "operations",
  severity: "warning",
  engines: ["postgres"],
  equivalents: [],
  summary: "A partitioned table has no partition for rows that will come.",
  why: "A row for which there is no partition is refused: on the first day after the last one, every INSERT fails. Rows that fell into a default partition keep the right one from being attached until they are moved, under a lock.",
  remedy:
    "Create partitions ahead of time by a scheduled job, and a default partition to catch what the job missed; watch that it stays empty.",
  fix: "review",
  fails: [
    "CREATE TABLE reading (at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE reading_2020 PARTITION OF reading FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
    "CREATE TABLE reading (at date NOT NULL) PARTITION BY RANGE (at);",
    "CREATE TABLE sale (region text) PARTITION BY LIST (region); CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('eu');",
    'CREATE TABLE "s;" (id bigint) PARTITION BY HASH (id); CREATE TABLE "s""0" PARTITION OF "s;" FOR VALUES WITH (MODULUS 2, REMAINDER 0);',
  ],
  passes: [
    "CREATE TABLE reading (at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE reading_2020 PARTITION OF reading FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'); CREATE TABLE reading_rest PARTITION OF reading DEFAULT;",
    "CREATE TABLE reading (at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE reading_all PARTITION OF reading FOR VALUES FROM (MINVALUE) TO (MAXVALUE);",
    "CREATE TABLE sale (id bigint) PARTITION BY HASH (id); CREATE TABLE s0 PARTITION OF sale FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE s1 PARTITION OF sale FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
  ],
  *check({ view, dialect, statistics }) {
    const parts = partitionsByParent(view);
    const freeName = freeNames(view, dialect);
    const now_ms = statistics === null ? null : Date.parse(statistics.readAt);
    const managed = view.of("extension").some((extension) => extension.name === "pg_partman");
    for (const of of view.tables) {
      const judged = isToolTable(of)
        ? null
        : judge(
            of,
            (parts.get(refKey(of.table)) ?? []).map(({ table }) => table),
            now_ms,
            managed,
          );
      if (judged === null) continue;
      const { fixable, ...told } = judged;
      const fixes = fixable ? [defaultPartition(of, freeName(of.table.schema, `${of.table.name}_default`))] : [];
      yield { ref: of.table, ...told, fixes } satisfies Observation;
    }
  },
});

function judge(
  { table }: TableView,
  parts: readonly TableObject[],
  now_ms: number | null,
  managed: boolean,
): (Judged & { readonly fixable: boolean }) | null {
  const { name, partitionBy } = table;
  if (partitionBy === null) return null;
  const hasDefault = parts.some((part) => boundOf(part) === "DEFAULT");
  const fixable = !hasDefault && partitionBy.strategy !== "hash";
  // A file often leaves it to the application to make partitions; on a server they are there or not.
  if (parts.length === 0) {
    const severity: Severity = now_ms === null ? "info" : "warning";
    return { severity, message: `${name} has no partition at all: every row is refused`, fixable };
  }
  if (partitionBy.strategy === "hash") {
    const missing = 1 - hashShare(parts);
    if (missing < 1e-9) return null;
    const message = `the partitions of ${name} take only ${Math.round((1 - missing) * 100)} % of all hashes: rows with others are refused`;
    return { severity: "error", message, fixable };
  }
  // Below the first level only what is plainly broken is told: the tables of a level are alike.
  if (table.partitionOf !== null) return null;
  if (partitionBy.strategy === "list") {
    return hasDefault
      ? null
      : {
          severity: "info",
          message: `${name} has no default partition: rows with a new ${partitionBy.key} are refused`,
          fixable,
        };
  }
  if (parts.some((part) => /TO \(MAXVALUE/.test(boundOf(part)))) return null;
  const span = lastSpan(parts);
  if (span !== null && now_ms !== null) {
    const found = byTime(name, span, now_ms, hasDefault, managed);
    return found === null ? null : { ...found, fixable };
  }
  if (hasDefault) return null;
  const end = span === null ? "" : `, which ends on ${day(span.to_ms)}`;
  const severity: Severity = managed ? "info" : "warning";
  return { severity, message: `${name} has no default partition: rows beyond its last one${end} are refused`, fixable };
}
