import type { IndexObject } from "../../model/catalog.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { plainSql } from "./dual-write.ts";
import { buildStep, concurrently } from "./index-concurrently.ts";
import { temporaryName } from "./names.ts";
import { renamedColumn } from "./rename-in-text.ts";

/** The name that an index bears while a change is under way; `what` tells its copy from what it replaces. */
export function workingName(index: IndexObject, what: string, context: StrategyContext): string {
  return temporaryName(context, what, index.schema, index.table, index.name);
}

/** An index over another column instead of one of its own, under another name. Both columns are printed names. */
export function copyOf(index: IndexObject, name: string, from: string, to: string): IndexObject {
  const cut = index.definition.indexOf(" USING ");
  const definition = index.definition.slice(0, cut) + renamedColumn(index.definition.slice(cut), from, to);
  return { ...index, name, constraint: null, definition };
}

/** `CREATE INDEX CONCURRENTLY` of a {@link copyOf} `index`. */
export function buildsCopy(copy: IndexObject, index: IndexObject, context: StrategyContext): string {
  return concurrently({ ...copy, name: index.name }, context, copy.name);
}

/** The steps that build a copy of an index over another column; what is set on the index is set on the copy. */
export function copySteps(
  copy: IndexObject,
  index: IndexObject,
  as: Pick<StrategyStep, "phase" | "compatible">,
  context: StrategyContext,
): StrategyStep[] {
  const step = buildStep(buildsCopy(copy, index, context), copy, context);
  const rest = index.constraint === null ? plainSql("create", copy, context).slice(1) : [];
  return [
    // A key that takes the index over takes it along when it is undone.
    { ...step, ...as, undo: step.cleanup ?? [] },
    ...rest.map((sql): StrategyStep => ({ sql, undo: [], ...as })),
  ];
}

/** The step that drops a copy again, with the statements that bring it back. */
export function dropCopy(
  copy: IndexObject,
  index: IndexObject,
  as: Pick<StrategyStep, "phase" | "compatible">,
  context: StrategyContext,
): StrategyStep {
  const rest = index.constraint === null ? plainSql("create", copy, context).slice(1) : [];
  return {
    sql: `DROP INDEX CONCURRENTLY ${context.dialect.qualified(copy.schema, copy.name)}`,
    undo: [buildsCopy(copy, index, context), ...rest],
    transactional: false,
    ...as,
  };
}
