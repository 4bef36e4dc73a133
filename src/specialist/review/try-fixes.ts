import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Proof } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import { fingerprints, review } from "../../rules/review.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { judgeWave } from "./judge-wave.ts";
import type { Attempt, Reviewed, Verdict } from "./judge-wave.ts";
import type { Trial } from "./review-schema.ts";

/*
 * What trying fixes has in common on every engine: which can be tried at all, in which order, when to halve a wave,
 * and what is said of each in the end.
 */

/** The copy on which fixes are tried, as it is before any of them. */
export interface TrySubject {
  readonly before: Reviewed;
  /** What the source holds and the copy does not. */
  readonly missing: ReadonlySet<string>;
  readonly rules: readonly Rule[];
  readonly input: RuleInput;
  readonly twin: Proof["twin"];
}

/** The copy that holds `catalog`, with what the rules say of it. */
export function subjectOf(
  catalog: Catalog,
  { rules, input }: Pick<TrySubject, "rules" | "input">,
  twin: Proof["twin"],
): TrySubject {
  const there = new Set(catalog.objects.map(refKey));
  const missing = new Set(input.view.catalog.objects.map(refKey).filter((key) => !there.has(key)));
  return { before: reviewed(catalog, { rules, input }), missing, rules, input, twin };
}

function reviewed(catalog: Catalog, { rules, input }: Pick<TrySubject, "rules" | "input">): Reviewed {
  const view = viewOf(catalog);
  const { findings, failed } = review(rules, { ...input, view });
  const prints = fingerprints(findings);
  const broken = new Set(failed.map(({ rule }) => rule));
  return {
    catalog,
    view,
    broken,
    prints: new Map(prints.map((print, index) => [print, findings[index]?.severity ?? "info"])),
  };
}

/** What running a wave gave. */
export interface Tried {
  readonly made: ReadonlyMap<Trial, Attempt>;
  readonly after: Catalog;
}

/** The verdicts of a wave that was run; null where it is not clear whose doing something is. */
export function judged(
  wave: readonly Trial[],
  { made, after }: Tried,
  subject: TrySubject,
): ReadonlyMap<Trial, Verdict> | null {
  const { before, rules, input, twin, missing } = subject;
  const options = { rules, input, server: twin.server, lacking: missing.size };
  return judgeWave(wave, made, before, reviewed(after, subject), options);
}

/** How the waves of one engine are run. */
export interface WaveRunner {
  readonly subject: TrySubject;
  readonly signal: AbortSignal;
  /** By the clock of `performance.now()`; what is not reached by then stays unproved. */
  readonly deadline_ms: number;
  /** Puts fixes that can be tried together beside each other. */
  waves(trials: readonly Trial[]): readonly (readonly Trial[])[];
  /** Brings the copy back to what it was before the last wave; false where that fails. */
  restored(): Promise<boolean>;
  /** Runs and judges a wave; null where it is not clear whose doing something is. */
  tryWave(wave: readonly Trial[]): Promise<ReadonlyMap<Trial, Verdict> | null>;
  onDone(count: number): void;
}

/** Tries fixes many at a time; a wave in which something is amiss is halved until its cause stands alone. */
export async function tryInWaves(trials: readonly Trial[], runner: WaveRunner): Promise<ReadonlyMap<Trial, Verdict>> {
  const verdicts = new Map<Trial, Verdict>();
  const fit = trials.filter((trial) => {
    const why = unfit(trial, runner.subject);
    if (why !== null) verdicts.set(trial, { steps: [], reason: why });
    return why === null;
  });
  const pending = runner.waves(fit).toReversed();
  let broken = false;
  while (pending.length > 0) {
    runner.signal.throwIfAborted();
    const wave = pending.pop() ?? [];
    const late = performance.now() > runner.deadline_ms;
    broken ||= !late && !(await runner.restored());
    if (late || broken) {
      const reason = late ? "the time for trying fixes ran out" : "the twin could not be brought back for it";
      for (const trial of wave) verdicts.set(trial, { steps: [], reason });
      continue;
    }
    const found = await runner.tryWave(wave);
    if (found === null) {
      // Something is amiss and it is not clear whose doing it is.
      const middle = Math.ceil(wave.length / 2);
      pending.push(wave.slice(middle), wave.slice(0, middle));
      continue;
    }
    for (const [trial, verdict] of found) verdicts.set(trial, verdict);
    runner.onDone(verdicts.size);
  }
  return verdicts;
}

// Why a fix cannot be tried here.
function unfit({ finding, fingerprint, fix }: Trial, { before, missing, input, twin }: TrySubject): string | null {
  if (!before.prints.has(fingerprint)) return `the finding does not show on the twin (${twin.server})`;
  if (missing.size === 0) return null;
  const touched = [
    finding.ref,
    ...fix.changes.map((change) =>
      change.type === "alter" || change.type === "rename" ? change.before : change.object,
    ),
  ];
  const tables = new Set(touched.map((object) => JSON.stringify([object.schema, object.table ?? object.name])));
  for (const object of input.view.catalog.objects) {
    if (!missing.has(refKey(object))) continue;
    const needs = object.dependsOn.map((key) => input.view.get(key)).filter((one) => one !== undefined);
    const near = [object, ...needs].some((one) => tables.has(JSON.stringify([one.schema, one.table ?? one.name])));
    if (near) return `the twin lacks ${refKey(object)}, which stands near it`;
  }
  return null;
}

const claimOf = ({ finding, fix }: Trial): string =>
  `"${fix.title}" cures ${finding.rule} of ${refKey(finding.ref)} and changes nothing else`;

/** What is said of a fix in the end: proved only where every step is. */
export function proofOf(trial: Trial, verdict: Verdict | undefined, twin: Proof["twin"]): Proof {
  const { steps = [], reason = "it was not tried" } = verdict ?? {};
  const refuted = steps.find((step) => step.verdict === "refuted");
  const whole = steps.length > 0 && steps.every((step) => step.verdict === "proved");
  const why = refuted?.observed ?? (whole ? undefined : (reason ?? undefined));
  return {
    claim: claimOf(trial),
    twin,
    steps,
    verdict: refuted !== undefined ? "refuted" : whole ? "proved" : "not-run",
    ...(why === undefined ? {} : { reason: why }),
    at: new Date().toISOString(),
    duration_ms: Math.round(steps.reduce((sum, step) => sum + step.duration_ms, 0) * 10) / 10,
  };
}

/** A fix that could not be tried, and why. */
export function unproved(trial: Trial, twin: Proof["twin"], reason: string): Proof {
  return proofOf(trial, { steps: [], reason }, twin);
}
