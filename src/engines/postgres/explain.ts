import { invalid } from "../../model/error.ts";
import type { BufferUse, NodeActuals, QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";

type Json = Readonly<Record<string, unknown>>;

/** Deeper than any plan the server makes (its own stack ends before), so that pasted text cannot end ours. */
const DEPTH_MAX = 1_000;

const problem = (what: string): Error =>
  invalid({
    what: `this is no plan: ${what}`,
    expected: 'what EXPLAIN (FORMAT JSON) prints: [{"Plan": {"Node Type": …}}]',
  });

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Numbers, those that the server prints as text too; null where absent.
function number(of: Json, name: string): number | null {
  const value = of[name];
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : null;
}

const text = (of: Json, name: string): string | null => (typeof of[name] === "string" ? of[name] : null);

const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** What has a field of its own in {@link QueryPlanNode}; all else stays in `details`. */
const TAKEN: ReadonlySet<string> = new Set([
  "Node Type",
  "Parent Relationship",
  "Relation Name",
  "Index Name",
  "Startup Cost",
  "Total Cost",
  "Plan Rows",
  "Plan Width",
  "Actual Startup Time",
  "Actual Total Time",
  "Actual Rows",
  "Actual Loops",
  "Shared Hit Blocks",
  "Shared Read Blocks",
  "Shared Dirtied Blocks",
  "Shared Written Blocks",
  "Local Read Blocks",
  "Temp Read Blocks",
  "Temp Written Blocks",
  "Plans",
]);

// The server prints means over the loops; workers count as loops of their own.
function actualsOf(node: Json): NodeActuals | null {
  const loops = number(node, "Actual Loops");
  if (loops === null) return null;
  const all = (name: string): number | null => {
    const mean = number(node, name);
    return mean === null ? null : mean * loops;
  };
  const removed = ["Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"];
  return {
    loops,
    rows: all("Actual Rows") ?? 0,
    startup_ms: all("Actual Startup Time"),
    total_ms: all("Actual Total Time"),
    rowsRemoved: removed.reduce((sum, name) => sum + (all(name) ?? 0), 0),
  };
}

function buffersOf(node: Json): BufferUse | null {
  if (number(node, "Shared Hit Blocks") === null) return null;
  const blocks = (name: string): number => number(node, `${name} Blocks`) ?? 0;
  return {
    sharedHit: blocks("Shared Hit"),
    sharedRead: blocks("Shared Read"),
    sharedDirtied: blocks("Shared Dirtied"),
    sharedWritten: blocks("Shared Written"),
    localRead: blocks("Local Read"),
    tempRead: blocks("Temp Read"),
    tempWritten: blocks("Temp Written"),
  };
}

function nodeOf(node: Json, ids: { next: number }, depth: number): QueryPlanNode {
  const kind = text(node, "Node Type");
  if (kind === null) throw problem('a node has no "Node Type"');
  if (depth > DEPTH_MAX) throw problem(`it is more than ${DEPTH_MAX} nodes deep`);
  const total = number(node, "Total Cost");
  if (total === null) throw problem(`the node ${JSON.stringify(kind)} has no "Total Cost" (EXPLAIN with COSTS OFF?)`);
  const id = ids.next++;
  const name = text(node, "Relation Name");
  return {
    id,
    kind,
    relation: name === null ? null : { schema: text(node, "Schema"), name, alias: text(node, "Alias") ?? name },
    index: text(node, "Index Name"),
    cost: { startup: number(node, "Startup Cost") ?? 0, total },
    rows: number(node, "Plan Rows") ?? 0,
    width_bytes: number(node, "Plan Width") ?? 0,
    actual: actualsOf(node),
    buffers: buffersOf(node),
    relationship: text(node, "Parent Relationship"),
    details: Object.fromEntries(
      Object.entries(node).filter(
        ([key]) => !TAKEN.has(key) && !(name !== null && (key === "Schema" || key === "Alias")),
      ),
    ),
    children: objects(node["Plans"]).map((child) => nodeOf(child, ids, depth + 1)),
  };
}

function planOf(item: Json): QueryPlan {
  const root = item["Plan"];
  if (!isObject(root)) throw problem('there is no "Plan" in it');
  const { JIT: jit, Settings: settings } = item;
  const timing = isObject(jit) && isObject(jit["Timing"]) ? jit["Timing"] : {};
  return {
    root: nodeOf(root, { next: 1 }, 1),
    planning_ms: number(item, "Planning Time"),
    execution_ms: number(item, "Execution Time"),
    settings: isObject(settings)
      ? Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
      : {},
    jit: isObject(jit) ? { functions: number(jit, "Functions") ?? 0, total_ms: number(timing, "Total") } : null,
    triggers: objects(item["Triggers"]).map((trigger) => ({
      // A constraint's trigger has a name that nobody gave it.
      name: text(trigger, "Constraint Name") ?? text(trigger, "Trigger Name") ?? "",
      relation: text(trigger, "Relation") ?? "",
      calls: number(trigger, "Calls") ?? 0,
      total_ms: number(trigger, "Time"),
    })),
  };
}

/**
 * Reads all plans of one EXPLAIN (FORMAT JSON): more than one where a rule turns a statement into several.
 * Takes the parsed JSON, its text, or one object as auto_explain logs it. Node kinds keep the JSON form's names: a
 * hashed aggregate is `Aggregate` with `Strategy` "Hashed" in its details, a parallel scan has `Parallel Aware`.
 *
 * Throws `invalid` (exit 2) for anything else.
 */
export function readQueryPlans(explained: unknown): readonly QueryPlan[] {
  let value = explained;
  if (typeof value === "string") {
    try {
      value = JSON.parse(value) as unknown;
    } catch {
      throw problem("it is not JSON");
    }
  }
  // A client's table of results: one row with the column that the server names so.
  if (Array.isArray(value) && isObject(value[0]) && "QUERY PLAN" in value[0])
    return readQueryPlans(value[0]["QUERY PLAN"]);
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (items.length === 0) throw problem("it is empty");
  return items.map((item) => {
    if (!isObject(item)) throw problem('it is not an object with a "Plan"');
    return planOf(item);
  });
}

/** Reads the first plan of EXPLAIN (FORMAT JSON), which is the only one save where a rule adds statements. @see readQueryPlans */
export function readQueryPlan(explained: unknown): QueryPlan {
  const [plan] = readQueryPlans(explained);
  if (plan === undefined) throw problem("it is empty");
  return plan;
}
