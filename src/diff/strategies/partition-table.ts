import type { Strategy } from "../strategy.ts";
import { refKey } from "../../model/ref.ts";
import { hasRelatives, viewed } from "./facts.ts";
import { partitionsOf } from "./staged.ts";
import { copySteps, hasSameRows, takenByCopy, tableCopyOf } from "./table-copy.ts";

/** An existing table becomes partitioned. */
export const partitionTable: Strategy = {
  id: "partition-table",
  engines: ["postgres"],
  summary:
    "A table becomes partitioned by way of a partitioned copy that triggers keep equal, filled in batches, verified row by row and exchanged in one short transaction, instead of being dropped with its rows.",
  applies(change, context) {
    const job = tableCopyOf(change, context);
    if (job === null || job.to.table.partitionBy === null || hasRelatives(job.from, context)) return false;
    const { from, to, key } = job;
    if (from.table.rowSecurity.forced || to.table.rowSecurity.forced || to.table.partitionOf !== null) return false;
    if (context.gone !== undefined && !context.gone.has(refKey(from.table))) return false;
    // Rows must find their counterpart by the old key.
    const covers =
      to.primaryKey !== null && key.columns.every((name) => to.primaryKey?.columns.includes(name) === true);
    const parts = partitionsOf(context.to, from.table.schema, from.table.name);
    return hasSameRows(job) && covers && parts.every((one) => viewed(context.from).get(refKey(one)) === undefined);
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
