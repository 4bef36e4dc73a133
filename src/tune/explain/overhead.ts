import { detail, eachNode, nodeName, rowsText, timeText } from "./plan-rule.ts";
import type { PlanRule } from "./plan-rule.ts";

const workers: PlanRule = {
  id: "workers-not-launched",
  title: "Fewer workers came than were planned",
  severity: "warning",
  mechanism:
    "The server's pool of workers (max_parallel_workers, max_worker_processes) is too small or was used up by others: the plan made for several processes ran in fewer.",
  remedy:
    "raise max_parallel_workers (and max_worker_processes, which takes a restart), or let fewer queries run in parallel",
  find: eachNode((node) => {
    const [planned, launched] = [detail(node, "Workers Planned"), detail(node, "Workers Launched")];
    if (!node.kind.startsWith("Gather") || node.actual === null || launched >= planned) return null;
    return `${launched} of ${planned} planned workers were launched`;
  }),
};

const gatherRows: PlanRule = {
  id: "gather-of-many-rows",
  title: "Workers hand over very many rows",
  severity: "info",
  mechanism:
    "Each row goes through shared memory to the leading process one by one, which can cost more than the workers save.",
  remedy: "aggregate or filter below the Gather; raise parallel_tuple_cost if such plans are chosen too often",
  find: eachNode((node, facts) => {
    const rows = node.actual?.rows ?? 0;
    return node.kind.startsWith("Gather") && rows >= 500_000 && facts.ownShare(node) >= 0.2
      ? `${rowsText(rows)} rows went through ${nodeName(node)}`
      : null;
  }),
};

const noParallel: PlanRule = {
  id: "no-parallel-plan",
  title: "A long scan runs in one process",
  severity: "info",
  mechanism:
    "The server may share a large scan among workers, but not where a function is not PARALLEL SAFE, where rows are locked or written, in a serialisable transaction of old versions, or where max_parallel_workers_per_gather is 0.",
  remedy:
    "mark functions PARALLEL SAFE where they are; see max_parallel_workers_per_gather and the table's parallel_workers",
  find: eachNode((node, facts) => {
    if (node.kind !== "Seq Scan" || node.actual === null || node.details["Parallel Aware"] === true) return null;
    const read = node.actual.rows + node.actual.rowsRemoved;
    if (read < 2_000_000 || node.actual.loops > 1 || facts.ownShare(node) < 0.5) return null;
    return facts.nodes.some(({ kind }) => kind.startsWith("Gather"))
      ? null
      : `${nodeName(node)} read ${rowsText(read)} rows by itself`;
  }),
};

const jit: PlanRule = {
  id: "jit-cost",
  title: "Compiling took a large part of the time",
  severity: "warning",
  mechanism:
    "Above a cost (jit_above_cost, 100,000 by default) expressions are compiled first. Costs that are estimated too high, and many partitions, make that dearer than what it saves.",
  remedy: "SET jit = off for such queries (or ALTER ROLE … SET), or raise jit_above_cost",
  *find({ plan }) {
    const [time, whole] = [plan.jit?.total_ms ?? 0, plan.execution_ms ?? 0];
    if (whole <= 0 || time < 20 || time < 0.1 * whole) return;
    yield {
      node: null,
      message: `compiling ${plan.jit?.functions ?? 0} functions took ${timeText(time)} of ${timeText(whole)}`,
      share: Math.min(1, time / whole),
    };
  },
};

const planning: PlanRule = {
  id: "planning-time",
  title: "Planning takes longer than running",
  severity: "info",
  mechanism:
    "Many joins, partitions or indexes give many plans to compare; each statement that is not prepared is planned anew.",
  remedy:
    "prepare the statement (plan_cache_mode decides when a generic plan is taken); fewer partitions and indexes; a lower join_collapse_limit for very many joins",
  *find({ plan }) {
    const [time, run] = [plan.planning_ms ?? 0, plan.execution_ms];
    if (run === null || time < 5 || time < run) return;
    yield {
      node: null,
      message: `planning took ${timeText(time)}, running ${timeText(run)}`,
      share: time / (time + run),
    };
  },
};

const triggers: PlanRule = {
  id: "trigger-time",
  title: "Triggers took a large part of the time",
  severity: "warning",
  mechanism:
    "Each row written calls its triggers. A foreign key's trigger looks up the other table, by reading it whole where no index fits.",
  remedy:
    "an index on the referencing columns for deletes and updates of the referenced table; statement triggers with transition tables instead of row triggers",
  *find({ plan }) {
    const whole = plan.execution_ms ?? 0;
    for (const { name, relation, calls, total_ms } of plan.triggers)
      if (whole > 0 && (total_ms ?? 0) >= 5 && (total_ms ?? 0) >= 0.1 * whole)
        yield {
          node: null,
          message: `trigger ${name}${relation === "" ? "" : ` on ${relation}`} took ${timeText(total_ms ?? 0)} in ${rowsText(calls)} calls`,
          share: Math.min(1, (total_ms ?? 0) / whole),
        };
  },
};

const waiting: PlanRule = {
  id: "lock-wait",
  title: "The query waited",
  severity: "warning",
  mechanism:
    "Time passed in which no row was read: a row or table locked by another transaction, or a client that takes rows slowly.",
  remedy: "look for who holds it (pg_blocking_pids, log_lock_waits); keep transactions short; SKIP LOCKED for queues",
  *find(facts) {
    const { plan } = facts;
    const root = plan.root.actual?.total_ms ?? null;
    const known =
      (root ?? 0) + plan.triggers.reduce((sum, { total_ms }) => sum + (total_ms ?? 0), 0) + (plan.jit?.total_ms ?? 0);
    if (
      root !== null &&
      plan.execution_ms !== null &&
      plan.execution_ms - known > Math.max(50, 0.5 * plan.execution_ms)
    ) {
      yield {
        node: null,
        message: `of ${timeText(plan.execution_ms)} the plan's nodes account for ${timeText(known)} only`,
        share: 1 - known / plan.execution_ms,
      };
    }
    for (const node of facts.nodes) {
      if (!/^(?:LockRows|ModifyTable)$/.test(node.kind) || node.actual === null || node.buffers === null) continue;
      const own = facts.ownShare(node) * (plan.execution_ms ?? node.actual.total_ms ?? 0);
      const pages = node.buffers.sharedHit + node.buffers.sharedRead;
      // Even from disk a page takes a few milliseconds at most.
      if (own < 500 || own < 10 * pages) continue;
      yield {
        node: node.id,
        message: `${nodeName(node)} took ${timeText(own)} while it touched ${rowsText(pages)} pages: it waited for rows that others had locked`,
        share: facts.ownShare(node),
      };
    }
  },
};

const coldReads: PlanRule = {
  id: "read-from-disk",
  title: "Most pages were not in the server's memory",
  severity: "info",
  mechanism: "Pages that are not in shared_buffers are asked of the operating system and perhaps of the disk.",
  remedy: "run it again to see it warm; if it stays so, fewer pages (an index, fewer or narrower rows) or more memory",
  *find({ plan }) {
    const { buffers } = plan.root;
    if (buffers === null || buffers.sharedRead < 10_000 || buffers.sharedRead < buffers.sharedHit) return;
    yield {
      node: null,
      message: `${rowsText(buffers.sharedRead)} pages (${Math.round((buffers.sharedRead * 8) / 1024).toLocaleString("en")} MB) were read, ${rowsText(buffers.sharedHit)} were in memory`,
      share: null,
    };
  },
};

const dirtied: PlanRule = {
  id: "reading-writes-pages",
  title: "A query that only reads changes pages",
  severity: "info",
  mechanism:
    "The first reader after a change notes on each row that its transaction is over (hint bits) and prunes dead rows, which makes the page dirty.",
  remedy: "VACUUM after large loads and changes, so that no query does it in their stead",
  *find({ plan, nodes }) {
    const pages = plan.root.buffers?.sharedDirtied ?? 0;
    if (pages < 1_000 || nodes.some(({ kind }) => kind === "ModifyTable")) return;
    yield { node: null, message: `${rowsText(pages)} pages were changed by reading them`, share: null };
  },
};

const disabled: PlanRule = {
  id: "disabled-node",
  title: "A way of planning that is switched off was taken all the same",
  severity: "warning",
  mechanism:
    "enable_… = off only makes a way look very dear; where there is no other, or all are switched off, it is taken.",
  remedy: "RESET the enable_… settings, which are for trials; mend what made the planner choose wrongly",
  find: eachNode((node, { parentOf }) => {
    const off =
      node.details["Disabled"] === true ||
      (node.cost.total >= 1e10 && !((parentOf(node)?.cost.total ?? 0) < 1e10 && parentOf(node) !== null));
    if (!off || (node.details["Disabled"] !== true && node.children.some((child) => child.cost.total >= 1e10)))
      return null;
    return `${nodeName(node)} is switched off by a setting`;
  }),
};

const settings: PlanRule = {
  id: "planner-switched",
  title: "Planner settings are switched off",
  severity: "info",
  mechanism: "With a way of planning switched off, plans are not those that the server would choose by itself.",
  remedy: "RESET them, unless this is a trial",
  *find({ plan }) {
    const off = Object.entries(plan.settings).filter(([name, value]) => name.startsWith("enable_") && value === "off");
    if (off.length > 0)
      yield {
        node: null,
        message: `${off.map(([name]) => name).join(", ")} ${off.length === 1 ? "is" : "are"} off`,
        share: null,
      };
  },
};

/** Rules about what is no reading or joining: workers, compiling, planning, triggers, waiting, memory. */
export const OVERHEAD_RULES: readonly PlanRule[] = [
  workers,
  gatherRows,
  noParallel,
  jit,
  planning,
  triggers,
  waiting,
  coldReads,
  dirtied,
  disabled,
  settings,
];
