import type { IndexObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Statistics } from "../model/statistics.ts";
import { indexesInUse, keysInWords } from "./index-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Counters younger than this have not seen the end of a month, nor a weekly job twice. */
const COUNTERS_DAYS_MIN = 14;
/** Below this an index is hardly worth anybody's time. */
const BYTES_MIN = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

const key = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

interface Use {
  readonly scans: number;
  readonly bytes: number;
}

// The use of an index is that of all its parts; null as soon as one part is not known.
function usesOf(view: CatalogView, statistics: Statistics): (index: IndexObject) => Use | null {
  const counted = new Map(statistics.indexes.map((one) => [key(one.schema, one.index), one]));
  const parts = new Map<string, IndexObject[]>();
  for (const index of view.of("index")) {
    if (index.partitionOf === null) continue;
    const parent = key(index.partitionOf.schema, index.partitionOf.name);
    const siblings = parts.get(parent);
    if (siblings === undefined) parts.set(parent, [index]);
    else siblings.push(index);
  }
  const use = (index: IndexObject): Use | null => {
    const own = counted.get(key(index.schema, index.name));
    const below = parts.get(key(index.schema, index.name));
    if (below === undefined)
      return own === undefined || own.scans === null ? null : { scans: own.scans, bytes: own.bytes };
    let sum: Use = { scans: 0, bytes: 0 };
    for (const part of below) {
      const one = use(part);
      if (one === null) return null;
      sum = { scans: sum.scans + one.scans, bytes: sum.bytes + one.bytes };
    }
    return sum;
  };
  return use;
}

// An index that starts with the columns of a foreign key serves deletes from the table it refers to.
function servesForeignKey(index: IndexObject, view: CatalogView): boolean {
  const table = view.table(index.schema, index.table ?? "");
  return (table?.constraints ?? []).some((constraint) => {
    if (constraint.type !== "foreign key") return false;
    const first = new Set(index.keys.slice(0, constraint.columns.length).map((part) => part.column));
    return constraint.columns.every((column) => first.has(column));
  });
}

const size = (bytes: number): string =>
  bytes >= BYTES_MIN ? `${Math.round(bytes / BYTES_MIN)} MB` : `${Math.round(bytes / 1024)} kB`;

// Whole days that the counters cover, or null where the server does not say.
function daysCounted({ countersSince, readAt }: Statistics): number | null {
  if (countersSince === null) return null;
  const days = (Date.parse(readAt) - Date.parse(countersSince)) / DAY_MS;
  return Number.isFinite(days) ? Math.max(0, Math.floor(days)) : null;
}

function sinceText(statistics: Statistics, days: number | null): string {
  const { countersSince } = statistics;
  if (countersSince === null || days === null) return "since the counters began, a time the server does not tell";
  return `since ${countersSince.slice(0, 10)} (${days} ${days === 1 ? "day" : "days"})`;
}

/**
 * An index that this server never read. It says since when that is known; what replicas read is not in the
 * counters of their primary.
 */
export const unusedIndex: Rule = rule({
  id: "unused-index",
  area: "index",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0005", "pghero:unused_indexes"],
  summary: "An index was never read.",
  why: "Every INSERT, and every UPDATE that is not heap-only, writes it; it fills the cache and lengthens VACUUM and backups, and no query gained by it. The counters are those of this server alone: what replicas read does not show, and neither does what runs once a quarter.",
  remedy:
    "Look at the same counter on every replica, and at jobs that run seldom; then DROP INDEX CONCURRENTLY. Keep its definition, so that it can come back.",
  needsStatistics: true,
  fix: "review",
  fails: [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title);",
    "CREATE TABLE event (id bigint, at date) PARTITION BY RANGE (at); CREATE TABLE event_1 PARTITION OF event DEFAULT; CREATE INDEX event_at ON event (at);",
  ],
  passes: [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text UNIQUE);",
    "CREATE TABLE person (id bigint PRIMARY KEY); CREATE TABLE task (id bigint PRIMARY KEY, owner_id bigint REFERENCES person); CREATE INDEX task_owner ON task (owner_id);",
  ],
  *check({ view, statistics }) {
    if (statistics === null) return;
    const useOf = usesOf(view, statistics);
    const inUse = indexesInUse(view);
    const tables = new Map(statistics.tables.map((one) => [key(one.schema, one.table), one]));
    const days = daysCounted(statistics);
    const young = days === null || days < COUNTERS_DAYS_MIN;
    const elsewhere = statistics.replica
      ? "; this server is a replica, whose primary counts for itself"
      : statistics.hasReplicas
        ? "; its replicas were not seen"
        : "; replicas, if there are any, were not seen";
    for (const index of view.of("index")) {
      if (index.unique || index.constraint !== null || index.partitionOf !== null || !index.valid) continue;
      const use = useOf(index);
      if (use === null || use.scans > 0 || inUse(index) || servesForeignKey(index, view)) continue;
      const table = tables.get(key(index.schema, index.table ?? ""));
      // Where nobody read the table either, the counter tells nothing about the index.
      const idle = table !== undefined && table.sequentialScans === 0 && table.indexScans === 0;
      // The server keeps statistics of an indexed expression, which plans may rest on.
      const expression = index.keys.some((part) => part.expression !== null);
      const doubtful =
        young || statistics.hasReplicas || statistics.replica || idle || expression || use.bytes < BYTES_MIN;
      yield {
        ref: index,
        message: `index ${index.name} ${keysInWords(index)} of ${index.table ?? ""}, ${size(use.bytes)}, was not read ${sinceText(statistics, days)} on this server${elsewhere}`,
        evidence: [
          { what: "scans", value: 0 },
          { what: "bytes", value: use.bytes },
          { what: "counters since", value: statistics.countersSince ?? "not known" },
          { what: "days counted", value: days ?? "not known" },
        ],
        ...(doubtful ? { severity: "info" as const } : {}),
        fixes: [{ title: `drop ${index.name}`, safety: "review", changes: [{ type: "drop", object: index }] }],
      };
    }
  },
});
