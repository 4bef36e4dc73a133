import type { BriefPattern } from "../model/brief.ts";
import type { IndexKey } from "../model/catalog.ts";
import type { RefKey } from "../model/ref.ts";
import { addContainmentIndexes } from "./containment.ts";
import type { Served } from "./containment.ts";
import { claimName, decide, indexKey, partKeyOf, tenantColumn, tenantLead } from "./draft.ts";
import type { Draft, DraftIndex, DraftTable } from "./draft-model.ts";
import { keysOf } from "./emit.ts";
import { decideNone, foreignKeyNeeds } from "./foreign-key-indexes.ts";
import { indexBytes } from "./index-bytes.ts";
import { bytesText, listText, rateText, rowsText } from "./figures.ts";
import { PARTIAL_SHARE_MAX, needsOf } from "./needs.ts";
import type { IndexNeed } from "./needs.ts";
import { wholeRead } from "./small.ts";
import { rowBytes } from "./volumes.ts";

/** An index (or one behind a key) that needs may be served by. */
interface Available {
  readonly name: string;
  readonly keys: readonly IndexKey[];
  readonly include: readonly string[];
  readonly predicate: string | null;
  readonly unique: boolean;
}

interface Assignment {
  readonly need: IndexNeed;
  readonly index: string;
}

/** Adds the indexes that the patterns and the foreign keys ask for, and none else; explains each. */
export function addIndexes(draft: Draft, patterns: readonly BriefPattern[]): Served {
  const inside = addContainmentIndexes(draft, patterns);
  const compared = patterns.filter((pattern) => !inside.has(pattern.name));
  const needs = [
    ...compared.flatMap((pattern) => needsOf(draft, pattern)),
    ...draft.tables.flatMap((table) => foreignKeyNeeds(draft, table)),
  ];
  const assignments: Assignment[] = [];
  for (const table of draft.tables) {
    const own = needs.filter((need) => need.table === table && worthAnIndex(need));
    assignments.push(...assign(draft, table, own));
  }
  decideIndexes(draft, assignments);
  return new Map([...servedBy(assignments), ...inside]);
}

const worthAnIndex = (need: IndexNeed): boolean =>
  (keyCount(need) > 0 || need.share < PARTIAL_SHARE_MAX) && !wholeRead(need.table);

// Longest first: a long index may serve the shorter needs that are its beginning.
function assign(draft: Draft, table: DraftTable, needs: readonly IndexNeed[]): Assignment[] {
  const available: Available[] = availableOn(table);
  const sorted = needs.toSorted(
    (a, b) =>
      Number(a.waiting) - Number(b.waiting) ||
      keyCount(b) - keyCount(a) ||
      b.include.length - a.include.length ||
      // What needs all rows first: its index serves a partial need of the same columns, where few rows are filtered.
      a.always.length - b.always.length ||
      (a.purpose < b.purpose ? -1 : 1),
  );
  const result: Assignment[] = [];
  for (const need of sorted) {
    const existing = available
      .filter((index) => serves(index, need))
      .toSorted((a, b) => a.keys.length - b.keys.length)[0];
    if (existing !== undefined) {
      result.push({ need, index: existing.name });
      continue;
    }
    if (need.waiting) {
      decideNone(draft, need);
      continue;
    }
    const narrows = need.sort.length + need.trailing.length > 0 || need.share < PARTIAL_SHARE_MAX;
    if (!narrows && need.equal.every((column) => tenantColumn(draft) === column)) continue;
    const made = newIndex(draft, table, need, needs);
    available.push(made);
    result.push({ need, index: made.name });
  }
  return result;
}

const keyCount = (need: IndexNeed): number => need.equal.length + need.sort.length + need.trailing.length;

function availableOn(table: DraftTable): Available[] {
  const keys = keysOf(table).map((key) => ({
    name: key.name,
    keys: key.columns.map((column) => indexKey(column)),
    include: [],
    predicate: null,
    unique: true,
  }));
  const btrees = table.indexes.filter((index) => index.method === "btree");
  return [...keys, ...btrees];
}

// Reading so many rows to throw most of them away takes well under a millisecond from memory.
const FILTERED_ROWS_MAX = 200;

const bare = (condition: string): string =>
  condition
    .replaceAll(/[\s()]+/g, " ")
    .trim()
    .toLowerCase();

/** Whether an index answers a need: equality columns first in any order, then the sort, then at least one range. */
export function serves(index: Omit<Available, "name">, need: IndexNeed): boolean {
  const always = need.always.map(bare);
  if (index.predicate !== null && !index.predicate.split(" AND ").every((part) => always.includes(bare(part))))
    return false;
  if (
    need.include.length > 0 &&
    !need.include.every((column) => index.include.includes(column) || index.keys.some((key) => key.column === column))
  ) {
    // A unique key finds at most one row: reading it from the table is one page more.
    if (!(index.unique && index.keys.every((key) => need.equal.includes(key.column ?? "")))) return false;
  }
  // Nothing to compare or sort by: only an index that holds just the rows in question helps.
  if (keyCount(need) === 0 && (index.predicate === null || index.predicate.split(" AND ").length < always.length))
    return false;
  const columns = index.keys.map((key) => key.column);
  const uniqueHit = index.unique && keyCount(need) > 0 && columns.every((column) => need.equal.includes(column ?? ""));
  if (uniqueHit) return true;
  const head = columns.slice(0, need.equal.length);
  if (need.equal.length > columns.length || !need.equal.every((column) => head.includes(column))) return false;
  const rest = index.keys.slice(need.equal.length);
  if (need.sort.length > rest.length) return false;
  const same = need.sort.every(
    (key, at) => rest[at]?.column === key.column && rest[at]?.order === key.order && rest[at]?.opclass === key.opclass,
  );
  if (!same) return false;
  // A condition that picks few rows deserves an index of its own, unless few rows are left to filter anyway.
  const filtered = need.share < PARTIAL_SHARE_MAX && index.predicate === null;
  if (filtered && need.rows / need.share > FILTERED_ROWS_MAX) return false;
  const [range] = need.trailing;
  if (range === undefined) return true;
  const next = rest[need.sort.length];
  return next?.column === range.column && next?.opclass === range.opclass;
}

function newIndex(draft: Draft, table: DraftTable, need: IndexNeed, others: readonly IndexNeed[]): DraftIndex {
  // Equality columns that more needs share come earlier, so that more needs find their beginning here.
  const lead = need.equal.filter((column) => column === tenantColumn(draft));
  const uses = (column: string): number => others.filter((other) => other.equal.includes(column)).length;
  const equal = need.equal
    .filter((column) => !lead.includes(column))
    .toSorted((a, b) => uses(b) - uses(a) || need.equal.indexOf(a) - need.equal.indexOf(b));
  const keys = [...[...lead, ...equal].map((column) => indexKey(column)), ...need.sort, ...need.trailing];
  const named = keys.flatMap(({ column }) => (column === null || column === tenantColumn(draft) ? [] : [column]));
  const include = need.include.filter((column) => !keys.some((key) => key.column === column));
  const used = keys.length > 0 ? keys : table.primaryKey.map((column) => indexKey(column));
  const index: DraftIndex = {
    name: claimName(draft, table.schema, `${table.name}_${named.length === 0 ? "open" : named.join("_")}_ix`),
    method: "btree",
    unique: false,
    keys: used,
    include,
    predicate: need.always.length === 0 ? null : need.always.join(" AND "),
  };
  table.indexes.push(index);
  return index;
}

function servedBy(assignments: readonly Assignment[]): Served {
  const served = new Map<string, Map<DraftTable, RefKey>>();
  for (const { need, index } of assignments) {
    const tables = served.get(need.purpose) ?? new Map<DraftTable, RefKey>();
    tables.set(need.table, partKeyOf(need.table, "index", index));
    served.set(need.purpose, tables);
  }
  return served;
}

function decideIndexes(draft: Draft, assignments: readonly Assignment[]): void {
  for (const table of draft.tables) {
    for (const index of table.indexes) {
      const served = assignments
        .filter((one) => one.need.table === table && one.index === index.name)
        .map((one) => one.need);
      if (index.unique && served.length === 0) continue;
      if (index.method !== "btree" || (table.role === "junction" && served.length === 0)) continue;
      decideIndex(draft, table, index, served);
    }
  }
}

const SECONDS_PER_MONTH = 2_629_746;

function decideIndex(draft: Draft, table: DraftTable, index: DraftIndex, served: readonly IndexNeed[]): void {
  const share = index.predicate === null ? 1 : Math.min(...served.map((need) => need.share), 1);
  const columns = [...index.keys.flatMap((key) => key.column ?? []), ...index.include];
  const rows = Math.round(table.volume.horizon_rows * share);
  const bytes = indexBytes(table, columns, rows);
  const inserts = table.volume.per_month_rows / SECONDS_PER_MONTH;
  const patterns = served.filter((need) => !need.purpose.startsWith("foreign key"));
  const duties = served.filter((need) => need.purpose.startsWith("foreign key"));
  const serving = [
    ...patterns.map(
      (need) =>
        `"${need.purpose}"${need.rate_per_s > 0 ? ` (${rateText(need.rate_per_s)}, about ${rowsText(need.rows)} of ${rowsText(table.volume.horizon_rows)} rows)` : ""}`,
    ),
    ...duties.map((need) => `the ${need.purpose} (deleting a parent looks for its children)`),
  ];
  const partial =
    index.predicate === null
      ? ""
      : ` Only rows where ${index.predicate} are in it${share < 1 ? `, about ${Number((share * 100).toPrecision(2))} %` : ""}.`;
  const cover =
    index.include.length === 0
      ? ""
      : ` ${listText(index.include)} ride along (INCLUDE), so the pattern reads the index alone.`;
  const remarks = [...new Set(served.flatMap((need) => need.remarks))].map((remark) => ` Note: ${remark}.`).join("");
  const deferrable = index.unique ? " It is also the unique rule." : "";
  decide(draft, {
    id: `index/${table.name}/${index.name}`,
    topic: "index",
    subject: `${table.name} (${index.keys.map((key) => `${key.column ?? key.expression ?? ""}${key.order === "desc" ? " desc" : ""}`).join(", ")})`,
    choice: `${index.method}${index.predicate === null ? "" : ", partial"}${index.include.length === 0 ? "" : ", covering"}: ${index.name}`,
    because: `Serves ${listText(serving)}. ${orderReason(draft, table, index, served)}${partial}${cover}${deferrable} Estimated ${bytesText(bytes)} at the horizon; ${inserts < 0.01 ? "hardly a write pays for it" : `${rateText(inserts)} inserts on average pay for it`}.${remarks}`,
    alternatives: alternatives(table, index, served),
    objects: [partKeyOf(table, "index", index.name)],
    evidence: [
      ...patterns.map((need) => `access_patterns.${need.purpose}`),
      ...(duties.length > 0 ? [`entities.${table.entity?.name ?? table.name}.belongs_to`] : []),
    ],
  });
}

function orderReason(draft: Draft, table: DraftTable, index: DraftIndex, served: readonly IndexNeed[]): string {
  const longest = served.toSorted((a, b) => keyCount(b) - keyCount(a))[0];
  if (longest === undefined) return "";
  const [lead] = tenantLead(draft, table);
  const parts: string[] = [];
  if (lead !== undefined && index.keys[0]?.column === lead)
    parts.push(`${lead} leads, as in every query of one tenant`);
  const equal = longest.equal.filter((column) => column !== lead);
  if (equal.length > 0)
    parts.push(`${parts.length === 0 ? "" : "then "}what is compared for equality (${equal.join(", ")})`);
  if (longest.sort.length > 0)
    parts.push(
      `${parts.length === 0 ? "" : "then "}the order (${longest.sort.map((key) => key.column).join(", ")}), so rows come sorted and a LIMIT stops early`,
    );
  if (longest.trailing.length > 0)
    parts.push(
      `${parts.length === 0 ? "" : "then "}the range (${longest.trailing.map((key) => key.column).join(", ")}), which ends what the index can narrow`,
    );
  return parts.length === 0 ? "" : `Order of columns: ${parts.join(", ")}.`;
}

function alternatives(
  table: DraftTable,
  index: DraftIndex,
  served: readonly IndexNeed[],
): { option: string; whyNot: string }[] {
  const most = Math.max(...served.map((need) => need.rate_per_s), 0);
  const scanned = bytesText(table.volume.horizon_rows * rowBytes(table));
  const list = [
    {
      option: "no index",
      whyNot: `${most > 0 ? `${rateText(most)} times` : "each time"} a scan of ${rowsText(table.volume.horizon_rows)} rows (some ${scanned})`,
    },
  ];
  if (index.predicate !== null && served.some((need) => need.share < 1))
    list.push({
      option: "without the predicate",
      whyNot: `${rowsText(table.volume.horizon_rows)} entries instead of ${rowsText(Math.round(table.volume.horizon_rows * Math.min(...served.map((need) => need.share), 1)))}`,
    });
  return list;
}
