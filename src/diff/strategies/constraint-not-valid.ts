import type { ConstraintObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { NEW_ONLY, isSettled, tableName, tableOf, viewed } from "./facts.ts";

const NOT_VALID = / NOT VALID$/;

function addedConstraint(change: Change): ConstraintObject | null {
  const object = change.type === "create" ? change.object : null;
  return object?.kind === "constraint" && object.validated && !object.inherited ? object : null;
}

function notValidSteps(constraint: ConstraintObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const table = `ALTER TABLE ${tableName(context, constraint)}`;
  const name = dialect.ident(constraint.name);
  const comments = dialect.change({ type: "create", object: constraint }, context.from).slice(1);
  return [
    {
      sql: `${table} ADD CONSTRAINT ${name} ${constraint.definition.replace(NOT_VALID, "")} NOT VALID`,
      undo: [`${table} DROP CONSTRAINT ${name}`],
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
    return constraint === null ? [] : notValidSteps(constraint, context);
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
    return !/ NOT ENFORCED$/.test(constraint.definition);
  },
  steps: foreignKeyNotValid.steps,
};
