import { LOCK_MODES, strongerLock } from "../../model/plan.ts";
import type { Effect, LockMode, RelationLock, Step } from "../../model/plan.ts";
import type { Seen } from "./watch.ts";

const strength = (mode: LockMode | undefined): number => (mode === undefined ? -1 : LOCK_MODES.indexOf(mode));

const modeOn = (locks: readonly RelationLock[], relation: string): LockMode | undefined =>
  locks.find((lock) => lock.relation === relation)?.mode;

// Locks that hold up neither readers nor writers of rows; what takes no more need not be stated, nor what it reads.
const HARMLESS = strength("ROW EXCLUSIVE");

/** Where a step's label and what was seen part, each in words. */
export interface LabelMistakes {
  /** It did more than was stated: the label is wrong. */
  readonly more: readonly string[];
  /** It did less: the label holds, and is more cautious than it need be. */
  readonly less: readonly string[];
}

/**
 * Holds a step's label against what was seen. Only tables and views count for locks, and only
 * what was there before the statement. What a transaction held before cannot be told from what the step takes.
 */
export function labelMistakes(label: Effect, seen: Seen): LabelMistakes {
  const more: string[] = [];
  const less: string[] = [];
  for (const { relation, mode } of seen.locks) {
    if (!seen.tables.has(relation)) continue;
    const stated = modeOn(label.locks, relation);
    if (strength(mode) > HARMLESS && strength(stated) < strength(mode))
      more.push(`it took ${mode} on ${relation}; stated: ${stated ?? "no lock"}`);
  }
  if (!seen.sampled) {
    for (const { relation, mode } of label.locks) {
      if (!seen.tables.has(relation)) continue;
      const held = Math.max(strength(modeOn(seen.locks, relation)), strength(modeOn(seen.heldBefore, relation)));
      if (held < strength(mode)) less.push(`${mode} on ${relation} was stated; it took ${LOCK_MODES[held] ?? "none"}`);
    }
  }
  for (const relation of seen.rewrites)
    if (!label.rewrites.includes(relation)) more.push(`it wrote ${relation} anew, which was not stated`);
  for (const relation of label.rewrites)
    if (seen.tables.has(relation) && !seen.rewrites.includes(relation))
      less.push(`it did not write ${relation} anew, as stated`);
  for (const relation of seen.scans)
    if (
      strength(modeOn(seen.locks, relation)) > HARMLESS &&
      !label.scans.includes(relation) &&
      !label.rewrites.includes(relation)
    )
      more.push(`it read the whole of ${relation}, which was not stated`);
  for (const relation of label.scans)
    if (seen.tables.has(relation) && !seen.scans.includes(relation) && !seen.rewrites.includes(relation))
      less.push(`it did not read the whole of ${relation}, as stated`);
  return { more, less };
}

/**
 * A step that states what it was seen to do where that is more than could be told from its text. What was stated and not
 * seen stays: other rows, or another moment, may bring it about.
 */
export function relabelled(step: Step, seen: Seen): Step {
  const locks = new Map(step.locks.map(({ relation, mode }) => [relation, mode]));
  for (const { relation, mode } of seen.locks) {
    if (!seen.tables.has(relation) || strength(mode) <= HARMLESS) continue;
    const stated = locks.get(relation);
    locks.set(relation, stated === undefined ? mode : strongerLock(stated, mode));
  }
  const scans = seen.scans.filter((relation) => strength(modeOn(seen.locks, relation)) > HARMLESS);
  return {
    ...step,
    locks: [...locks]
      .map(([relation, mode]) => ({ relation, mode }))
      .toSorted((a, b) => strength(b.mode) - strength(a.mode)),
    rewrites: [...new Set([...step.rewrites, ...seen.rewrites])],
    scans: [...new Set([...step.scans, ...scans])],
  };
}
