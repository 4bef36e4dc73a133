import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detail, detailText, eachNode, nodeName, rowsText } from "./plan-rule.ts";
import type { PlanRule } from "./plan-rule.ts";

/** Rows read from which a scan is worth a word. */
const READ_MIN = 10_000;
/** Share of the rows read that are kept, at most, for an index to be faster than reading all. */
const KEPT_SHARE_MAX = 0.05;

const isIndexScan = (node: QueryPlanNode): boolean => /^Index (?:Only )?Scan$/.test(node.kind);
const removedBy = (node: QueryPlanNode, what: "Filter" | "Index Recheck"): number =>
  detail(node, `Rows Removed by ${what}`) * (node.actual?.loops ?? 1);

const sequentialForFew: PlanRule = {
  id: "sequential-scan-for-few-rows",
  title: "A large table is read whole for few rows",
  severity: "warning",
  mechanism: "Without an index on the condition each row of the table is read and looked at.",
  remedy:
    "an index on the columns of the condition (`dbwright tune` finds and proves one); where one exists, see why the condition cannot use it: a function or cast on the column, a type that differs, OR, a leading wildcard",
  find: eachNode((node) => {
    if (node.kind !== "Seq Scan" || detailText(node, "Filter") === "" || node.relation === null) return null;
    if (node.actual === null) return null;
    const kept = node.actual.rows;
    const read = kept + node.actual.rowsRemoved;
    if (read < READ_MIN || kept > KEPT_SHARE_MAX * read) return null;
    const loops =
      node.actual.loops > 1 && node.details["Parallel Aware"] !== true
        ? ` in ${rowsText(node.actual.loops)} loops`
        : "";
    return `${nodeName(node)} read ${rowsText(read)} rows${loops} and kept ${rowsText(kept)}: ${detailText(node, "Filter")}`;
  }),
};

const sequentialEstimated: PlanRule = {
  id: "sequential-scan-estimated",
  title: "A large part of the cost is reading a table whole",
  severity: "info",
  mechanism:
    "Without an index on the condition each row of the table is read and looked at. The query was not run, so this rests on the planner's estimate.",
  remedy: "see with EXPLAIN ANALYZE on a twin, or `dbwright tune`, whether an index on the condition pays",
  find: eachNode((node, facts) => {
    if (facts.ran || node.kind !== "Seq Scan" || detailText(node, "Filter") === "") return null;
    if (node.cost.total < 1_000 || facts.ownShare(node) < 0.3) return null;
    return `${nodeName(node)} is ${Math.round(facts.ownShare(node) * 100)} % of the cost and is expected to keep ${rowsText(node.rows)} rows: ${detailText(node, "Filter")}`;
  }),
};

const filterDiscards: PlanRule = {
  id: "index-filter-discards-rows",
  title: "An index finds many rows that a filter throws away",
  severity: "warning",
  mechanism:
    "The index narrows by a part of the condition only; the rest is checked on each row after fetching it from the table.",
  remedy:
    "an index whose columns hold the filter's too, those compared by equality first; or a partial index where the filter is always the same",
  find: eachNode((node) => {
    if (!isIndexScan(node) && node.kind !== "Bitmap Heap Scan") return null;
    // Without a condition the index is walked for its order.
    if (isIndexScan(node) && detailText(node, "Index Cond") === "") return null;
    const removed = removedBy(node, "Filter");
    if (detailText(node, "Filter") === "" || removed < 1_000 || removed < 9 * (node.actual?.rows ?? 0)) return null;
    return `${nodeName(node)} fetched ${rowsText(removed + (node.actual?.rows ?? 0))} rows and threw away ${rowsText(removed)} of them: ${detailText(node, "Filter")}`;
  }),
};

const lossyBitmap: PlanRule = {
  id: "lossy-bitmap",
  title: "A bitmap forgot which rows it meant",
  severity: "warning",
  mechanism: "Beyond work_mem a bitmap keeps pages instead of rows: each row of such a page is checked again.",
  remedy: "raise work_mem for this query, or narrow the condition so that fewer rows match",
  find: eachNode((node) => {
    const lossy = detail(node, "Lossy Heap Blocks");
    if (node.kind !== "Bitmap Heap Scan" || lossy === 0) return null;
    return `${rowsText(lossy)} of ${rowsText(lossy + detail(node, "Exact Heap Blocks"))} pages of ${nodeName(node)} were kept as whole pages; ${rowsText(node.actual?.rowsRemoved ?? 0)} rows were looked at in vain`;
  }),
};

const recheck: PlanRule = {
  id: "index-recheck-removes-rows",
  title: "An index answers too roughly",
  severity: "info",
  mechanism:
    "GIN, GiST and BRIN (and trigrams above all) may give rows that do not match; each is fetched and checked.",
  remedy:
    "make the condition more selective (longer words for trigrams), a smaller pages_per_range for BRIN, or another operator class",
  find: eachNode((node) => {
    const removed = removedBy(node, "Index Recheck");
    if (removed < 1_000 || removed < 2 * (node.actual?.rows ?? 0) || detail(node, "Lossy Heap Blocks") > 0) return null;
    return `${nodeName(node)} rechecked and threw away ${rowsText(removed)} rows for ${rowsText(node.actual?.rows ?? 0)} kept`;
  }),
};

const staleVisibility: PlanRule = {
  id: "stale-visibility-map",
  title: "An index-only scan goes to the table all the same",
  severity: "warning",
  mechanism:
    "Pages changed since the last VACUUM are not marked as visible to all: for their rows the table must be asked.",
  remedy:
    "VACUUM the table; let autovacuum come to it more often (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor of the table)",
  find: eachNode((node) => {
    const fetches = detail(node, "Heap Fetches");
    if (node.kind !== "Index Only Scan" || fetches < 100 || fetches < 0.1 * (node.actual?.rows ?? 0)) return null;
    return `${nodeName(node)} went to the table ${rowsText(fetches)} times for ${rowsText(node.actual?.rows ?? 0)} rows`;
  }),
};

const randomHeap: PlanRule = {
  id: "index-not-covering",
  title: "Most time goes into fetching rows the index points at",
  severity: "info",
  mechanism: "Rows of neighbouring keys lie on different pages, so that nearly each row costs a page of its own.",
  remedy:
    "INCLUDE the columns that are read, so that the index alone answers; or CLUSTER the table by it where rows are seldom changed",
  find: eachNode((node, facts) => {
    if (node.kind !== "Index Scan" || node.actual === null || node.buffers === null) return null;
    const pages = node.buffers.sharedHit + node.buffers.sharedRead;
    const { rows, loops } = node.actual;
    if (rows < 1_000 || pages < 0.8 * rows || loops > rows / 2 || facts.ownShare(node) < 0.2) return null;
    return `${nodeName(node)} touched ${rowsText(pages)} pages for ${rowsText(rows)} rows`;
  }),
};

const bitmapAnd: PlanRule = {
  id: "indexes-combined",
  title: "Several indexes are combined where one would do",
  severity: "info",
  mechanism: "Each index gives all rows of its own condition; only what is in all bitmaps is fetched.",
  remedy: "one index on the columns together, those compared by equality first",
  find: eachNode((node) => {
    if (node.kind !== "BitmapAnd" || node.children.length < 2) return null;
    const given = node.children.reduce((sum, child) => sum + (child.actual?.rows ?? child.rows), 0);
    return given < 1_000
      ? null
      : `${node.children.map((child) => child.index ?? child.kind).join(" and ")} gave ${rowsText(given)} row addresses to be combined`;
  }),
};

const manyPartitions: PlanRule = {
  id: "partitions-not-pruned",
  title: "Many partitions are read",
  severity: "info",
  mechanism: "Without a condition on the partition key, each partition is opened, locked and read.",
  remedy: "state the partition key in the condition, as a constant or a parameter, without a function around it",
  find: eachNode((node) => {
    if (!/^(?:Merge )?Append$/.test(node.kind)) return null;
    const read = node.children.filter((child) => child.actual === null || child.actual.loops > 0).length;
    return read < 12
      ? null
      : `${read} of ${node.children.length + detail(node, "Subplans Removed")} partitions or branches are read`;
  }),
};

const foreignFilter: PlanRule = {
  id: "foreign-rows-filtered-here",
  title: "Rows come from another server to be thrown away",
  severity: "warning",
  mechanism:
    "A condition that the other server is not trusted with (functions, other types, collations) is checked here, after all rows came over the network.",
  remedy:
    "write the condition with built-in operators of the same types; list extensions on the server object; use_remote_estimate",
  find: eachNode((node) => {
    const removed = removedBy(node, "Filter");
    if (node.kind !== "Foreign Scan" || removed < 1_000 || removed < 9 * (node.actual?.rows ?? 0)) return null;
    return `${nodeName(node)} threw away ${rowsText(removed)} rows that came over the network and kept ${rowsText(node.actual?.rows ?? 0)}`;
  }),
};

/** Rules about reading tables. */
export const SCAN_RULES: readonly PlanRule[] = [
  sequentialForFew,
  sequentialEstimated,
  filterDiscards,
  lossyBitmap,
  recheck,
  staleVisibility,
  randomHeap,
  bitmapAnd,
  manyPartitions,
  foreignFilter,
];
