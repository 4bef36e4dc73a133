import type { ProofStep } from "../../../model/proof.ts";
import { claimOf, proved, refuted } from "../../../twin/prove-plan/observations.ts";
import { notRun, stepOf } from "../../../twin/prove/step.ts";
import type { Observation } from "../../../twin/prove/step.ts";
import type { ClientError, CodeVersion, Period } from "../../../twin/under-load/load.ts";
import type { Rollout } from "./clients.ts";
import { stepName } from "./ritual.ts";
import type { ProveRequest } from "./world.ts";

const round = (ms: number): number => Math.round(ms * 10) / 10;

function figuresOf({ block_ms, lockWait_ms, statements }: Period): Readonly<Record<string, number>> {
  return { block_ms: round(block_ms), lock_wait_ms: round(lockWait_ms), statements };
}

const measured = (observed: string, period: Period): Observation => ({
  verdict: "proved",
  standing: "measured",
  observed,
  figures: figuresOf(period),
  ...(period.blockedSql === null ? {} : { sql: [period.blockedSql] }),
});

function periodText({ statements, block_ms, blockedCode, lockWait_ms }: Period): string {
  const slowest =
    block_ms === 0 ? "none took longer than 2 ms" : `the slowest took ${round(block_ms)} ms (${blockedCode} code)`;
  const wait = lockWait_ms === 0 ? "" : `; the longest wait for a lock of the runner was ${round(lockWait_ms)} ms`;
  return `${statements} statements were begun, ${slowest}${wait}`;
}

/** The steps of a proof that tell what clients saw. */
export function loadSteps(rollout: Rollout, { pending, blockMax_ms }: ProveRequest): readonly ProofStep[] {
  const { periods, errors } = rollout.report;
  const steps: ProofStep[] = [];
  const names = new Set(pending.flatMap((migration) => migration.steps.map((step) => stepName(migration, step))));
  for (const period of periods) {
    const isStep = names.has(period.label);
    const claim = isStep ? `clients go on during step ${period.label}` : `clients at work: ${period.label}`;
    const own = errors.filter(({ during }) => during === period.label);
    const seen =
      own.length === 0
        ? measured(periodText(period), period)
        : { ...refuted(errorText(own)), figures: figuresOf(period) };
    steps.push(stepOf(claimOf(`load/${isStep ? "step" : "calm"}/${period.label}`, claim), seen, period.duration_ms));
  }
  steps.push(stepOf(claimOf("load/block", "no client is held up for long"), blockOf(periods, names, blockMax_ms), 0));
  steps.push(
    stepOf(
      claimOf("load/old-code", "code for the schema before works until the contract phase"),
      codeOf(rollout, "old"),
      0,
    ),
  );
  steps.push(
    stepOf(
      claimOf("load/new-code", "code for the schema after works before the old has to stop"),
      codeOf(rollout, "new"),
      0,
    ),
  );
  return steps;
}

function blockOf(periods: readonly Period[], steps: ReadonlySet<string>, max_ms: number | null): Observation {
  const during = periods.filter(({ label }) => steps.has(label));
  const calm_ms = Math.max(0, ...periods.filter(({ label }) => label === "before").map(({ block_ms }) => block_ms));
  const slowest = during.toSorted((a, b) => b.block_ms - a.block_ms)[0];
  const waited = during.toSorted((a, b) => b.lockWait_ms - a.lockWait_ms)[0];
  if (slowest === undefined || waited === undefined) return notRun("no step ran");
  const text =
    `the slowest statement of a client took ${round(slowest.block_ms)} ms, during step ${slowest.label} (in calm: ${round(calm_ms)} ms); ` +
    (waited.lockWait_ms === 0
      ? "no wait for a lock of the runner was seen"
      : `the longest wait for a lock of the runner was ${round(waited.lockWait_ms)} ms, during step ${waited.label}`);
  const figures = {
    block_ms: round(slowest.block_ms),
    lock_wait_ms: round(waited.lockWait_ms),
    calm_ms: round(calm_ms),
  };
  const isTooLong = max_ms !== null && waited.lockWait_ms > max_ms;
  return {
    verdict: isTooLong ? "refuted" : "proved",
    standing: "measured",
    observed: isTooLong ? `${text}; at most ${max_ms} ms was allowed` : text,
    figures,
    ...(slowest.blockedSql === null ? {} : { sql: [slowest.blockedSql] }),
  };
}

function codeOf(rollout: Rollout, code: CodeVersion): Observation {
  const { report, same, newFrom, gap, oldUntil } = rollout;
  const notes = rollout[code].notes.map((note) => `; ${note}`).join("");
  if (code === "new" && same) return proved(`it says the same as the code before${notes}`);
  if (code === "new" && rollout.new.works.length === 0) return notRun(`there is nothing for it to do${notes}`);
  const own = report.errors.filter((one) => one.code === code);
  const statements = report.statements[code];
  const figures = { statements, errors: own.reduce((sum, { times }) => sum + times, 0) };
  if (code === "new" && newFrom === null)
    return { ...refuted(`it never worked while the migrations ran${notes}`), figures };
  const when = code === "old" ? (oldUntil === null ? "to the end" : `until step ${oldUntil}`) : `from ${newFrom} on`;
  if (own.length > 0) return { ...refuted(errorText(own) + notes), figures, sql: own.map(({ sql }) => sql) };
  if (code === "new" && gap)
    return {
      ...refuted(
        `it worked only ${when}, and old code has to stop before step ${oldUntil}: in between nobody can work${notes}`,
      ),
      figures,
    };
  return { ...proved(`${statements} statements without an error, ${when}${notes}`), standing: "proved", figures };
}

function errorText(errors: readonly ClientError[]): string {
  const shown = errors.slice(0, 3).map((one) => {
    const state = one.sqlstate === null ? "" : ` (${one.sqlstate})`;
    return `${one.code} code, ${one.times} times during ${one.during}: ${one.message}${state}`;
  });
  return shown.join("; ") + (errors.length > 3 ? `; and ${errors.length - 3} more kinds` : "");
}
