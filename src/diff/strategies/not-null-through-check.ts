import type { ColumnObject } from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { NEW_ONLY, directSteps, isSettled, narrowed, tableName, tableOf, viewed } from "./facts.ts";
import { temporaryName } from "./names.ts";

/** The first major whose NOT NULL constraints can be added NOT VALID. */
const NATIVE_SINCE = 18;

// What the server calls the NOT NULL of a column by itself, where it leaves nothing to be cut or told apart.
function plainName(column: ColumnObject, context: StrategyContext): string | null {
  const name = `${column.table}_${column.name}_not_null`;
  if (new TextEncoder().encode(name).length > context.dialect.identifierBytesMax) return null;
  const taken = [context.from, context.to].some((catalog) =>
    catalog.objects.some(
      (object) =>
        object.schema === column.schema &&
        object.kind === "constraint" &&
        object.name === name &&
        object.table === column.table,
    ),
  );
  return taken ? null : name;
}

function natively(column: ColumnObject, name: string, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const table = `ALTER TABLE ${tableName(context, column)}`;
  return [
    {
      sql: `${table} ADD CONSTRAINT ${dialect.ident(name)} NOT NULL ${dialect.ident(column.name)} NOT VALID`,
      undo: [`${table} DROP CONSTRAINT ${dialect.ident(name)}`],
      phase: "contract",
      compatible: NEW_ONLY,
    },
    {
      sql: `${table} VALIDATE CONSTRAINT ${dialect.ident(name)}`,
      // Dropped with the step before.
      undo: [],
      phase: "contract",
      compatible: NEW_ONLY,
    },
  ];
}

function throughCheck(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const table = `ALTER TABLE ${tableName(context, column)}`;
  const name = dialect.ident(temporaryName(context, "not_null", column.schema, column.table, column.name));
  const set = `${table} ALTER COLUMN ${dialect.ident(column.name)}`;
  const check = `${table} ADD CONSTRAINT ${name} CHECK (${dialect.ident(column.name)} IS NOT NULL) NOT VALID`;
  return [
    { sql: check, undo: [`${table} DROP CONSTRAINT ${name}`], phase: "contract", compatible: NEW_ONLY },
    { sql: `${table} VALIDATE CONSTRAINT ${name}`, undo: [], phase: "contract", compatible: NEW_ONLY },
    // The server skips its scan: the check has proved that there is no null.
    {
      sql: `${set} SET NOT NULL`,
      undo: [`${set} DROP NOT NULL`],
      phase: "contract",
      compatible: NEW_ONLY,
      together: "set",
    },
    {
      sql: `${table} DROP CONSTRAINT ${name}`,
      undo: [check],
      phase: "contract",
      compatible: NEW_ONLY,
      together: "set",
    },
  ];
}

/**
 * The steps after which a column that may be null is NOT NULL, without a scan under an exclusive lock: natively
 * where the server adds a NOT NULL that is validated later, else through a check that is validated first.
 */
export function notNullSteps(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  const name = context.major >= NATIVE_SINCE ? plainName(column, context) : null;
  return name === null ? throughCheck(column, context) : natively(column, name, context);
}

// A partition's own NOT NULL comes with its parent's.
function isInheritedWish(column: ColumnObject, context: StrategyContext): boolean {
  return column.inherited || (tableOf(context, column)?.table.partitionOf ?? null) !== null;
}

/** Whether TO says NOT NULL by a constraint with a name of its own, which then makes the column NOT NULL by itself. */
export function hasNamedNotNull(column: ColumnObject, context: StrategyContext): boolean {
  const table = viewed(context.to).table(column.schema, column.table);
  return (
    table?.constraints.some(
      (one) => one.type === "not null" && one.columns.length === 1 && one.columns[0] === column.name,
    ) ?? false
  );
}

/** SET NOT NULL after a constraint has been validated while reads and writes go on. */
export const notNullThroughCheck: Strategy = {
  id: "not-null-through-check",
  engines: ["postgres"],
  summary:
    "A column becomes NOT NULL after a NOT VALID constraint has been validated beside running writes, instead of by a scan under an exclusive lock.",
  applies(change, context) {
    if (change.type !== "alter" || change.after.kind !== "column" || !change.properties.includes("notNull"))
      return false;
    const { after } = change;
    if (!after.notNull || isSettled(context, after) || isInheritedWish(after, context)) return false;
    if (change.properties.some((property) => ["type", "collation", "generated", "identity"].includes(property)))
      return false;
    return !hasNamedNotNull(after, context) && viewed(context.from).get(refKey(after)) !== undefined;
  },
  steps(change, context) {
    if (change.type !== "alter" || change.after.kind !== "column") return [];
    const rest = change.properties.filter((property) => property !== "notNull");
    const as = { phase: "expand", compatible: { old: true, new: true }, together: "rest" } as const;
    return [...directSteps(narrowed(change, rest), context, as), ...notNullSteps(change.after, context)];
  },
};
