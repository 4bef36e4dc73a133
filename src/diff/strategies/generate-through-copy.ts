import type { CatalogObject, ColumnObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import { differences } from "../compare.ts";
import type { Strategy, StrategyContext } from "../strategy.ts";
import { hasRowTypeUsers } from "./carried.ts";
import { dependentsOf, hasRelatives, isSettled, viewed } from "./facts.ts";
import { copySteps, hasSameRows, takenByCopy, tableCopyOf } from "./table-copy.ts";

// What a copy of a table brings along, or the planner builds again around it.
const MOVED: ReadonlySet<string> = new Set(["column", "constraint", "index", "trigger", "policy", "grant", "sequence"]);

// Made again, a materialised view would be filled under the lock.
function isFilled(object: CatalogObject, context: StrategyContext): boolean {
  if (object.kind === "grant" || object.kind === "trigger") return false;
  if (object.kind !== "view" || object.materialised) return true;
  return dependentsOf(context.from, refKey(object)).some((one) => one !== object && isFilled(one, context));
}

function whyNot(view: TableView, wanted: TableView, context: StrategyContext): string | null {
  const { name, rowSecurity } = view.table;
  if (view.primaryKey === null || wanted.primaryKey === null) return `${name} has no primary key`;
  if (JSON.stringify(view.primaryKey.columns) !== JSON.stringify(wanted.primaryKey.columns))
    return `the primary key of ${name} changes in the same plan`;
  if (hasRelatives(view, context)) return `${name} is partitioned, or inherits`;
  if (rowSecurity.forced || wanted.table.rowSecurity.forced) return `row security is forced on ${name}`;
  const [column] = view.columns;
  if (column !== undefined && hasRowTypeUsers(column, context)) return `the row type of ${name} is used elsewhere`;
  const job = tableCopyOf({ type: "create", object: wanted.table }, context);
  if (job === null || !hasSameRows(job)) return `other columns of ${name} change in the same plan`;
  if (view.constraints.some(({ references }) => references?.table === name && references.schema === view.table.schema))
    return `${name} refers to itself`;
  const around = [refKey(view.table), ...view.columns.map(refKey)].flatMap((key) => dependentsOf(context.from, key));
  const odd = around.find((one) => (one.kind === "view" ? isFilled(one, context) : !MOVED.has(one.kind)));
  if (odd !== undefined) return `${odd.kind} ${odd.name} rests on ${name}`;
  const shaken = around.find((one) => one.dependsOn.some((key) => isReplaced(key, context)));
  return shaken === undefined
    ? null
    : `what ${shaken.kind} ${shaken.name} calls or is made of changes in the same plan`;
}

// What the old table holds on to until it goes, at the end, cannot be exchanged before.
function isReplaced(key: RefKey, context: StrategyContext): boolean {
  if (!/^(?:function|aggregate|operator|collation|enum|domain|composite|range) /.test(key)) return false;
  const [before, after] = [viewed(context.from).get(key), viewed(context.to).get(key)];
  if (before === undefined || after === undefined) return true;
  if (before.kind === "function" && after.kind === "function") return before.returns !== after.returns;
  return differences(before, after).some((property) => property !== "comment" && property !== "owner");
}

/** Why a stored generated column cannot be brought to its table by a copy of the table; null where it can. */
export function noCopyFor(column: ColumnObject, context: StrategyContext): string | null {
  const view = viewed(context.from).table(column.schema, column.table);
  const wanted = viewed(context.to).table(column.schema, column.table);
  return view === undefined || wanted === undefined ? "the table is not known" : whyNot(view, wanted, context);
}

/**
 * Tables of FROM that are better made anew than changed: large ones that get a stored generated column, which the server
 * adds only by writing the whole table under its lock.
 */
export function tablesToCopy(come: Iterable<CatalogObject>, context: StrategyContext): ReadonlySet<RefKey> {
  const keys = new Set<RefKey>();
  for (const object of come) {
    if (object.kind !== "column" || object.generated?.stored !== true || object.inherited) continue;
    const view = viewed(context.from).table(object.schema, object.table);
    if (view === undefined || isSettled(context, object) || noCopyFor(object, context) !== null) continue;
    keys.add(refKey(view.table));
  }
  return keys;
}

/** A large table gets a stored generated column. */
export const generateThroughCopy: Strategy = {
  id: "generate-through-copy",
  engines: ["postgres"],
  summary:
    "A stored generated column comes by way of a copy of its table that triggers keep equal, filled in batches, verified row by row and exchanged in one short transaction, instead of the table being written anew under an exclusive lock.",
  applies(change, context) {
    const job = tableCopyOf(change, context);
    if (job === null || job.to.table.partitionBy !== null || context.gone?.has(refKey(job.from.table)) !== true)
      return false;
    return whyNot(job.from, job.to, context) === null;
  },
  takes(change, changesOf, context) {
    const job = tableCopyOf(change, context);
    return job === null ? [] : takenByCopy(job, change, changesOf);
  },
  steps(change, context) {
    const job = tableCopyOf(change, context);
    return job === null ? [] : copySteps(job);
  },
};
