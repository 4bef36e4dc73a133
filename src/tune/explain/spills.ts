import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detail, detailText, eachNode, kilobytesText, nodeName, rowsText } from "./plan-rule.ts";
import type { PlanRule } from "./plan-rule.ts";

const MEMORY =
  "raise work_mem for this query (SET LOCAL work_mem; each such node of each process may take it, hashes hash_mem_multiplier times it), or make the rows fewer or narrower before it";

// Each worker has files of its own, told in a list.
function ofAllProcesses(node: QueryPlanNode, name: string): number {
  const workers = (node.details["Workers"] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return detail(node, name) + workers.reduce((sum, worker) => sum + Number(worker[name] ?? 0), 0);
}

const sortOnDisk: PlanRule = {
  id: "sort-on-disk",
  title: "A sort did not fit into memory",
  severity: "warning",
  mechanism:
    "Rows beyond work_mem are written to temporary files in sorted runs and merged again: each row is written and read once more.",
  remedy: `${MEMORY}; or sort by an index`,
  find: eachNode((node) => {
    if (!node.kind.endsWith("Sort")) return null;
    const onDisk = detailText(node, "Sort Space Type") === "Disk" || /external/.test(detailText(node, "Sort Method"));
    if (!onDisk) return null;
    return `${nodeName(node)} by ${detailText(node, "Sort Key")} wrote ${kilobytesText(ofAllProcesses(node, "Sort Space Used"))} to disk (${detailText(node, "Sort Method") || "external"})`;
  }),
};

const hashOnDisk: PlanRule = {
  id: "hash-on-disk",
  title: "A hash table did not fit into memory",
  severity: "warning",
  mechanism:
    "The inner side is cut into batches; both sides' rows of all batches but the first are written to temporary files and read again.",
  remedy: MEMORY,
  find: eachNode((node) => {
    const batches = detail(node, "Hash Batches");
    if (node.kind !== "Hash" || batches <= 1) return null;
    const planned = detail(node, "Original Hash Batches");
    return `the hash table took ${batches} batches${planned > 0 && planned < batches ? ` (${planned} were planned)` : ""}, ${kilobytesText(detail(node, "Peak Memory Usage"))} each at most`;
  }),
};

const aggregateOnDisk: PlanRule = {
  id: "aggregate-on-disk",
  title: "Groups did not fit into memory",
  severity: "warning",
  mechanism: "Groups that find no room are written to temporary files and aggregated in further passes.",
  remedy: MEMORY,
  find: eachNode((node) => {
    const used = detail(node, "Disk Usage");
    if (node.kind !== "Aggregate" || used <= 0) return null;
    return `${nodeName(node)} by ${detailText(node, "Group Key")} wrote ${kilobytesText(ofAllProcesses(node, "Disk Usage"))} to disk in ${detail(node, "HashAgg Batches")} batches`;
  }),
};

const otherTemporary: PlanRule = {
  id: "temporary-files",
  title: "Rows were kept in temporary files",
  severity: "info",
  mechanism:
    "What a node keeps to read it again (a materialised result, a window's frame, a WITH query) goes to disk beyond work_mem.",
  remedy: MEMORY,
  find: eachNode((node, facts) => {
    const written = node.buffers?.tempWritten ?? 0;
    if (written < 128 || /Sort$|^Hash$|^Hash Join$|^Aggregate$/.test(node.kind)) return null;
    // Buffers count the children's too.
    const within = [...node.children.filter(({ relationship }) => relationship !== "InitPlan"), ...facts.askedBy(node)];
    const below = within.reduce((sum, child) => sum + (child.buffers?.tempWritten ?? 0), 0);
    return written - below < 128
      ? null
      : `${nodeName(node)} wrote ${kilobytesText((written - below) * 8)} to temporary files`;
  }),
};

const wideSort: PlanRule = {
  id: "wide-rows-sorted",
  title: "Wide rows are sorted",
  severity: "info",
  mechanism:
    "A sort carries whole rows along: what each row holds besides the key is copied and, beyond work_mem, written to disk.",
  remedy:
    "sort keys alone first and join the wide columns to what is left (after LIMIT, above all); select only the columns that are needed",
  find: eachNode((node) => {
    const rows = node.actual === null ? node.rows : node.actual.rows;
    if (!node.kind.endsWith("Sort") || node.width_bytes < 500 || rows < 10_000) return null;
    return `${nodeName(node)} carries ${node.width_bytes} bytes a row through ${rowsText(rows)} rows`;
  }),
};

const memoizeThrash: PlanRule = {
  id: "memoize-without-hits",
  title: "A cache of inner rows is of no use",
  severity: "info",
  mechanism:
    "Memoize keeps the inner rows of each key; where keys seldom repeat, or are evicted before they do, it costs and gives nothing.",
  remedy:
    "raise work_mem where it evicts; mend the estimate of distinct keys (ANALYZE, n_distinct) where they do not repeat",
  find: eachNode((node) => {
    const [hits, misses, evictions] = [
      detail(node, "Cache Hits"),
      detail(node, "Cache Misses"),
      detail(node, "Cache Evictions"),
    ];
    if (node.kind !== "Memoize" || misses < 1_000 || hits > 0.1 * misses) return null;
    return `${rowsText(hits)} of ${rowsText(hits + misses)} look-ups were in the cache${evictions > 0 ? `, and ${rowsText(evictions)} entries were evicted` : ""}`;
  }),
};

/** Rules about memory and temporary files. */
export const SPILL_RULES: readonly PlanRule[] = [
  sortOnDisk,
  hashOnDisk,
  aggregateOnDisk,
  otherTemporary,
  wideSort,
  memoizeThrash,
];
