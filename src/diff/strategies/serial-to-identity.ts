import { refKey, ref } from "../../model/ref.ts";
import type { Strategy, StrategyStep } from "../strategy.ts";
import { BOTH, NEW_ONLY, tableName, viewed } from "./facts.ts";
import { handover, identityAlone, serialOf, takenByHandover } from "./serial-counter.ts";

/** A column's values come from an identity instead of a sequence, from where that stands. */
export const serialToIdentity: Strategy = {
  id: "serial-to-identity",
  engines: ["postgres"],
  summary:
    "A serial column becomes an identity column that goes on where its sequence stands, in one short transaction, instead of beginning behind the greatest value that the rows hold.",
  applies(change, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return false;
    const { before, after, properties } = change;
    const table = refKey(ref("table", before.table, { schema: before.schema }));
    if (context.created.has(table) || !before.notNull || before.inherited) return false;
    if (!properties.every((name) => name === "identity" || name === "default" || name === "dependsOn")) return false;
    return serialOf(before, after, context) !== null;
  },
  takes(change, changesOf, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return [];
    const sequence = serialOf(change.before, change.after, context);
    return sequence === null ? [] : takenByHandover(change, sequence, changesOf);
  },
  steps(change, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return [];
    const { before, after } = change;
    const sequence = serialOf(before, after, context);
    const column = viewed(context.from).get(refKey(before));
    if (sequence === null || column?.kind !== "column") return [];
    const own = `ALTER TABLE ${tableName(context, before)} ALTER COLUMN ${context.dialect.ident(before.name)}`;
    const { release, take } = handover(sequence, column, after, context);
    // Code may draw from the sequence by its name, and write values of its own.
    const name = after.identity?.name ?? `${before.table}_${before.name}_seq`;
    const same = name === sequence.name && after.identity?.generation === "by default";
    return [
      { sql: `${own} DROP DEFAULT`, undo: [`${own} SET DEFAULT ${column.default ?? "NULL"}`] },
      ...release,
      { sql: identityAlone(after, context), undo: [`${own} DROP IDENTITY`] },
      ...take,
    ].map((one): StrategyStep => ({
      ...one,
      phase: same ? "expand" : "contract",
      compatible: same ? BOTH : NEW_ONLY,
      together: "counter",
    }));
  },
};
