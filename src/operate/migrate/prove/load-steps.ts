import type { ProofStep } from "../../../model/proof.ts";
import { claimOf, proved, refuted } from "../../../twin/prove-plan/observations.ts";
import { notRun, stepOf } from "../../../twin/prove/step.ts";
import type { Observation } from "../../../twin/prove/step.ts";
import type { ClientError, CodeVersion, Period } from "../../../twin/under-load/load.ts";
import type { Crossed } from "./crossing.ts";
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

/** How the run there and the way back are told. */
export interface Way {
  /** What the ids of its steps begin with. */
  readonly prefix: string;
  /** The label of the time before anything was done. */
  readonly calm: string;
  claim(label: string): string;
  during(label: string): string;
  readonly codeClaims: Readonly<Record<CodeVersion, string>>;
}

/** @see Way */
export const THERE: Way = {
  prefix: "load",
  calm: "before",
  claim: (label) => `clients go on during step ${label}`,
  during: (label) => `step ${label}`,
  codeClaims: {
    old: "code for the schema before works until the contract phase",
    new: "code for the schema after works before the old has to stop",
  },
};

/** @see Way */
export const BACK: Way = {
  prefix: "load/undo",
  calm: "before the way back",
  claim: (label) => `clients go on during ${label}`,
  during: (label) => label,
  codeClaims: {
    old: "code for the schema before works again before the new has to stop",
    new: "code for the schema after works until something that it may need is taken back",
  },
};

/** The steps of a proof that tell what clients saw. */
export function loadSteps(crossed: Crossed, way: Way, { blockMax_ms }: ProveRequest): readonly ProofStep[] {
  const { periods, errors } = crossed.report;
  const steps: ProofStep[] = [];
  const names = new Set(crossed.labels);
  for (const period of periods) {
    const isStep = names.has(period.label);
    const claim = isStep ? way.claim(period.label) : `clients at work: ${period.label}`;
    const own = errors.filter(({ during }) => during === period.label);
    const seen =
      own.length === 0
        ? measured(periodText(period), period)
        : { ...refuted(errorText(own)), figures: figuresOf(period) };
    const id = `${way.prefix}/${isStep ? "step" : "calm"}/${period.label.replace(/^undo /, "")}`;
    steps.push(stepOf(claimOf(id, claim), seen, period.duration_ms));
  }
  const block = blockOf(periods, names, way, blockMax_ms);
  steps.push(stepOf(claimOf(`${way.prefix}/block`, "no client is held up for long"), block, 0));
  for (const code of ["old", "new"] as const)
    steps.push(stepOf(claimOf(`${way.prefix}/${code}-code`, way.codeClaims[code]), codeOf(crossed, code, way), 0));
  return steps;
}

function blockOf(periods: readonly Period[], steps: ReadonlySet<string>, way: Way, max_ms: number | null): Observation {
  const during = periods.filter(({ label }) => steps.has(label));
  const calm_ms = Math.max(0, ...periods.filter(({ label }) => label === way.calm).map(({ block_ms }) => block_ms));
  const slowest = during.toSorted((a, b) => b.block_ms - a.block_ms)[0];
  const waited = during.toSorted((a, b) => b.lockWait_ms - a.lockWait_ms)[0];
  if (slowest === undefined || waited === undefined) return notRun("no step ran");
  const text =
    `the slowest statement of a client took ${round(slowest.block_ms)} ms, during ${way.during(slowest.label)} (in calm: ${round(calm_ms)} ms); ` +
    (waited.lockWait_ms === 0
      ? "no wait for a lock of the runner was seen"
      : `the longest wait for a lock of the runner was ${round(waited.lockWait_ms)} ms, during ${way.during(waited.label)}`);
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

function codeOf(crossed: Crossed, code: CodeVersion, way: Way): Observation {
  const { report, sides, comingFrom, gap, leavingUntil, left } = crossed;
  const isComing = sides.coming === code;
  const notes = sides.code[code].notes.map((note) => `; ${note}`).join("");
  if (code === "new" && sides.same) return proved(`it says the same as the code before${notes}`);
  if (sides.code[code].works.length === 0) return notRun(`there is nothing for it to do${notes}`);
  const own = report.errors.filter((one) => one.code === code);
  const statements = report.statements[code];
  const figures = { statements, errors: own.reduce((sum, { times }) => sum + times, 0) };
  if (isComing && comingFrom === null) return { ...refuted(`it never worked while ${WHILE[code]}${notes}`), figures };
  if (!isComing && !left) return notRun(`it did not work when this began${notes}`);
  const parting = leavingUntil === null ? "the end" : way.during(leavingUntil);
  const until = leavingUntil === null ? "to the end" : `until ${parting}`;
  const when = isComing ? `from ${comingFrom} on` : until;
  if (own.length > 0) return { ...refuted(errorText(own) + notes), figures, sql: own.map(({ sql }) => sql) };
  if (isComing && gap)
    return {
      ...refuted(
        `it worked only ${when}, and ${sides.leaving} code has to stop before ${parting}: in between nobody can work${notes}`,
      ),
      figures,
    };
  return { ...proved(`${statements} statements without an error, ${when}${notes}`), standing: "proved", figures };
}

const WHILE: Readonly<Record<CodeVersion, string>> = {
  old: "the migrations were taken back",
  new: "the migrations ran",
};

function errorText(errors: readonly ClientError[]): string {
  const shown = errors.slice(0, 3).map((one) => {
    const state = one.sqlstate === null ? "" : ` (${one.sqlstate})`;
    return `${one.code} code, ${one.times} times during ${one.during}: ${one.message}${state}`;
  });
  return shown.join("; ") + (errors.length > 3 ? `; and ${errors.length - 3} more kinds` : "");
}
