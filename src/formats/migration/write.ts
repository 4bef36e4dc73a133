import type { MigrationStep } from "../../model/migration.ts";
import type { Step } from "../../model/plan.ts";
import { tokensOf } from "../../sql/split.ts";
import { slugOf, stampOf } from "./stamp.ts";
import { afterLine, cleanupLine, replacesLine, stepLine, undoLine } from "./directives.ts";

/** A step as it is written: of a plan, or of another migration. */
export type WrittenStep = Omit<MigrationStep, "number" | "line"> & Partial<Pick<Step, "locks" | "note" | "compatible">>;

/** The two files of a migration, as text. */
export interface MigrationText {
  readonly up: string;
  readonly down: string;
}

/**
 * Writes a plan as a pair of plain SQL files. Each statement stands under a directive that says to the runner what
 * else the step is; `psql -f` runs the files too, in one session and without batches. Steps that share a transaction
 * stand between BEGIN and COMMIT. `after` names the migration that it was written to follow. Reading the pair gives the steps back (comments around a statement, which it
 * does not need, are left out; so are steps without a statement).
 */
export function writeMigration(
  plan: { readonly steps: readonly WrittenStep[] },
  name: string,
  replaces: readonly string[] = [],
  after: string | null = null,
): MigrationText {
  const steps = plan.steps.filter(({ sql }) => bareStatement(sql) !== "");
  const title = comment(`Migration ${name}`);
  const up = [
    title,
    ...(replaces.length === 0 ? [] : [replacesLine(replaces)]),
    ...(after === null ? [] : [afterLine(after)]),
    "",
  ];
  const down = [comment(`Takes back ${name}: the undoing of each step, the last step first.`), ""];
  if (steps.length === 0) up.push("-- There is nothing to do.", "");
  for (const [index, step] of steps.entries()) {
    const inGroup = (other: WrittenStep | undefined): boolean =>
      step.transaction !== null && other?.transaction === step.transaction;
    if (inGroup(steps[index + 1]) && !inGroup(steps[index - 1])) up.push("BEGIN;", "");
    up.push(...stepLines(step, index + 1), "");
    if (inGroup(steps[index - 1]) && !inGroup(steps[index + 1])) up.push("COMMIT;", "");
  }
  for (const [index, step] of [...steps.entries()].toReversed()) {
    if (step.undo === null)
      down.push(comment(`Step ${index + 1} cannot be taken back: ${step.irreversible ?? ""}`), "");
    else down.push(undoLine(index + 1), ...step.undo.map(statementText), "");
  }
  return { up: up.join("\n"), down: down.join("\n") };
}

/**
 * Each statement under its directive, line by line, for tools that put the transaction around a file themselves; steps
 * without a statement are left out.
 */
export function statementBlocks(
  steps: readonly WrittenStep[],
): readonly (readonly [step: WrittenStep, lines: readonly string[]])[] {
  return steps.filter(({ sql }) => bareStatement(sql) !== "").map((step, index) => [step, stepLines(step, index + 1)]);
}

function stepLines(step: WrittenStep, number: number): readonly string[] {
  const { phase, transaction, transactional, lockTimeout_ms, statementTimeout_ms, batch, losesData, irreversible } =
    step;
  return [
    ...(step.note === null || step.note === undefined ? [] : [comment(step.note)]),
    ...(step.locks ?? []).slice(0, 3).map(({ relation, mode }) => comment(`lock: ${mode} on ${relation}`)),
    ...(step.compatible === undefined || step.compatible.old
      ? []
      : [comment(`the old application code fails after it${step.compatible.new ? "" : ", and so does the new"}`)]),
    stepLine({
      number,
      phase,
      transactional,
      ...(transaction === null ? {} : { transaction }),
      ...(lockTimeout_ms === null ? {} : { lockTimeout_ms }),
      ...(statementTimeout_ms === null ? {} : { statementTimeout_ms }),
      ...(batch === null ? {} : { batch }),
      ...(losesData === null ? {} : { losesData }),
      ...(irreversible === null ? {} : { irreversible }),
      ...(step.verified === undefined ? {} : { verified: step.verified }),
      ...(step.moves === undefined ? {} : { moves: step.moves }),
    }),
    ...step.cleanup.map((sql) => cleanupLine(bareStatement(sql))),
    statementText(step.sql),
  ];
}

// One line, whatever the text holds, and never a directive.
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\n\r\0]+/g, " ").replace(/^\s*dbwright:/, "dbwright :")}`;
}

function statementText(sql: string): string {
  return `${bareStatement(sql)};`;
}

/** A statement from its first token to its last: without the comments, blanks and semicolons around it. */
export function bareStatement(sql: string): string {
  const tokens = [...tokensOf(sql)];
  const start = tokens.findIndex((token) => sql.slice(token.start, token.end) !== ";");
  const end = tokens.findLast((token) => sql.slice(token.start, token.end).trim() !== ";")?.end ?? 0;
  return start === -1 ? "" : sql.slice(tokens[start]?.start ?? 0, end).trim();
}

/** The id of a migration made at a moment: `20261120120000_add_title`. The name is cut down to what any file system takes. */
export function migrationId(at: Date, name: string): string {
  return `${stampOf(at)}_${slugOf(name)}`;
}
