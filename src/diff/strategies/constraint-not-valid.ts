import type { ConstraintObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { plainSql } from "./dual-write.ts";
import { NEW_ONLY, isSettled, tableName, tableOf, viewed } from "./facts.ts";

const NOT_VALID = / NOT VALID$/;

const MEANING: readonly string[] = ["definition", "deferrable", "initiallyDeferred", "references", "expression"];

// One that is added, or that takes the place of one that says something else.
function addedConstraint(change: Change): ConstraintObject | null {
  if (change.type === "drop" || change.type === "rename") return null;
  const object = change.type === "create" ? change.object : change.after;
  if (object.kind !== "constraint" || !object.validated || object.inherited) return null;
  if (change.type === "create") return object;
  const { before } = change;
  if (before.kind !== "constraint" || before.inherited || !change.properties.some((one) => MEANING.includes(one)))
    return null;
  // What is only to be validated needs nothing else.
  return before.definition.replace(NOT_VALID, "") === object.definition ? null : object;
}

function notValidSteps(change: Change, constraint: ConstraintObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const before = change.type === "alter" && change.before.kind === "constraint" ? change.before : null;
  const table = `ALTER TABLE ${tableName(context, constraint)}`;
  const name = dialect.ident(constraint.name);
  const comments = dialect.change({ type: "create", object: constraint }, context.from).slice(1);
  const drop = `DROP CONSTRAINT ${name}`;
  return [
    {
      sql: `${table} ${before === null ? "" : `${drop}, `}ADD CONSTRAINT ${name} ${constraint.definition.replace(NOT_VALID, "")} NOT VALID`,
      undo: before === null ? [`${table} ${drop}`] : [`${table} ${drop}`, ...plainSql("create", before, context)],
      phase: "contract",
      compatible: NEW_ONLY,
      ...(comments.length === 0 ? {} : { together: "add" }),
    },
    ...comments.map(({ sql }): StrategyStep => ({
      sql,
      undo: [],
      phase: "contract",
      compatible: NEW_ONLY,
      together: "add",
    })),
    // In a transaction of its own: it reads the whole table, and must not do so under the lock of the first.
    { sql: `${table} VALIDATE CONSTRAINT ${name}`, undo: [], phase: "contract", compatible: NEW_ONLY },
  ];
}

/** A foreign key is added NOT VALID and validated afterwards. */
export const foreignKeyNotValid: Strategy = {
  id: "foreign-key-not-valid",
  engines: ["postgres"],
  summary:
    "A foreign key is added NOT VALID and validated in another transaction, instead of checking all rows while both tables take no writes.",
  applies(change, context) {
    const constraint = addedConstraint(change);
    if (constraint?.type !== "foreign key" || isSettled(context, constraint)) return false;
    const table = tableOf(context, constraint);
    if (table === undefined) return false;
    // Only from 18 may a partitioned table have a foreign key that is not validated.
    if (table.table.partitionBy !== null && context.major < 18) return false;
    const { references } = constraint;
    if (references === null) return false;
    const target = viewed(context.from).table(references.schema, references.table);
    return table.table.partitionBy === null || (target?.table.partitionBy ?? null) === null;
  },
  steps(change, context) {
    const constraint = addedConstraint(change);
    return constraint === null ? [] : notValidSteps(change, constraint, context);
  },
};

/** A check is added NOT VALID and validated afterwards. */
export const checkNotValid: Strategy = {
  id: "check-not-valid",
  engines: ["postgres"],
  summary:
    "A check is added NOT VALID and validated in another transaction, instead of reading all rows under an exclusive lock.",
  applies(change, context) {
    const constraint = addedConstraint(change);
    if (constraint?.type !== "check" || isSettled(context, constraint)) return false;
    return !constraint.definition.endsWith(" NOT ENFORCED");
  },
  steps: foreignKeyNotValid.steps,
};
