import type { MigrationFormat } from "../../model/migration.ts";
import type { Phase } from "../../model/plan.ts";
import type { WrittenStep } from "./write.ts";

/** A file of a migrations folder; its path is relative to the folder, with slashes. */
export interface FolderFile {
  readonly path: string;
  readonly text: string;
}

/** One migration to be written in a tool's format. */
export interface NewMigration {
  /** Orders it among the others: a tool's stamp is made of it. */
  readonly at: Date;
  readonly name: string;
  readonly steps: readonly WrittenStep[];
  /** The id of the migration that it follows, or null for the first. */
  readonly after: string | null;
}

/** What is to be written, and what a person should know of it. */
export interface WrittenMigration {
  readonly id: string;
  readonly files: readonly FolderFile[];
  readonly notes: readonly string[];
}

/** How a tool's migrations are written. */
export interface MigrationWriter {
  readonly format: MigrationFormat;
  /** True where one file may mix statements inside and outside of transactions. */
  readonly mixesTransactions: boolean;
  /** The migration as files; `folder` holds those that are there. */
  write(migration: NewMigration, folder: readonly FolderFile[]): WrittenMigration;
}

/** A run of steps that go into one migration of their own. */
export interface MigrationPart {
  readonly name: string;
  readonly steps: readonly WrittenStep[];
}

/**
 * Cuts a plan's steps where application code is deployed between them (the phases), and, for tools that run a file
 * either inside or outside of a transaction, where that changes. The parts are named `name`, or `name_expand`,
 * `name_contract`, `name_expand_2` … when there are several. Steps of one transaction stay together, in the last of
 * their phases. Phases only ever go forward: a step that belongs to an
 * earlier phase than the one before it stays with that.
 */
export function partsOf(
  name: string,
  steps: readonly WrittenStep[],
  mixesTransactions: boolean,
): readonly MigrationPart[] {
  const parts: { phase: Phase; steps: WrittenStep[] }[] = [];
  for (const step of steps) {
    const last = parts.at(-1);
    const phase = phaseTogether(step, steps);
    const forward = last !== undefined && ORDER.indexOf(phase) > ORDER.indexOf(last.phase);
    const other =
      !mixesTransactions && (last?.steps.at(-1)?.transactional !== step.transactional || !step.transactional);
    if (last === undefined || forward || other)
      parts.push({ phase: forward ? phase : (last?.phase ?? phase), steps: [step] });
    else last.steps.push(step);
  }
  if (parts.length <= 1) return parts.map((part) => ({ name, steps: part.steps }));
  const seen = new Map<Phase, number>();
  return parts.map(({ phase, steps: own }) => {
    const count = (seen.get(phase) ?? 0) + 1;
    seen.set(phase, count);
    return { name: `${name}_${phase}${count === 1 ? "" : `_${count}`}`, steps: own };
  });
}

const ORDER: readonly Phase[] = ["expand", "migrate", "contract"];

// Steps of one transaction are one change to whoever looks on: between two of them no application code works.
function phaseTogether(step: WrittenStep, steps: readonly WrittenStep[]): Phase {
  const together = step.transaction === null ? [step] : steps.filter((one) => one.transaction === step.transaction);
  return ORDER.findLast((phase) => together.some((one) => one.phase === phase)) ?? step.phase;
}

/** The statements that take steps back, the last step first. */
export function undoOf(
  steps: readonly WrittenStep[],
): readonly { readonly sql: string; readonly transactional: boolean }[] {
  return steps
    .toReversed()
    .flatMap(({ undo, transactional, irreversible }) =>
      undo === null
        ? [{ sql: `DO $$ BEGIN RAISE EXCEPTION '${reason(irreversible)}'; END $$`, transactional: true }]
        : undo.map((sql) => ({ sql, transactional: transactional && !/\bCONCURRENTLY\b/i.test(sql) })),
    );
}

// A way down that does nothing where something cannot be taken back would tell the tool that it was.
function reason(irreversible: string | null): string {
  const text = (irreversible ?? "this step cannot be taken back").replaceAll(/[\n\r\0]+/g, " ");
  return text.replaceAll("'", "''").replaceAll("%", "%%").replaceAll("$", "");
}
