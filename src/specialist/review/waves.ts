import { refKey } from "../../model/ref.ts";
import type { Ref } from "../../model/ref.ts";
import type { Trial } from "./review-schema.ts";

/** Fixes tried together at most: beyond it, halving after a surprise costs more than waves do. */
const WAVE_MAX = 500;

/** The objects that a fix changes. */
export function changedBy({ fix }: Trial): readonly Ref[] {
  return fix.changes.flatMap((change): Ref[] => {
    if (change.type === "alter") return [change.before];
    return change.type === "rename" ? [change.before, change.to] : [change.object];
  });
}

/** The tables that a fix and its finding are about. */
export function tablesOf(trial: Trial): ReadonlySet<string> {
  const objects = [trial.finding.ref, ...changedBy(trial)];
  return new Set(objects.map(({ schema, table, name }) => JSON.stringify([schema, table ?? name])));
}

/**
 * Puts fixes into waves that can be tried together: in each wave no two change the same object or cure the
 * same finding, and those that may not run in a transaction keep to themselves. With `oneForEachTable` no two touch
 * the same table either: where a change builds its table anew, a second one would undo the first.
 */
export function wavesOf(trials: readonly Trial[], oneForEachTable = false): readonly (readonly Trial[])[] {
  const waves: { readonly inside: boolean; readonly taken: Set<string>; readonly trials: Trial[] }[] = [];
  for (const trial of trials) {
    const inside = trial.statements.every(({ transactional }) => transactional);
    const tables = oneForEachTable ? tablesOf(trial) : [];
    const keys = [trial.fingerprint, ...changedBy(trial).map(refKey), ...tables];
    let wave = waves.find(
      (one) => one.inside === inside && one.trials.length < WAVE_MAX && keys.every((key) => !one.taken.has(key)),
    );
    if (wave === undefined) {
      wave = { inside, taken: new Set(), trials: [] };
      waves.push(wave);
    }
    wave.trials.push(trial);
    for (const key of keys) wave.taken.add(key);
  }
  return waves.map((wave) => wave.trials);
}
