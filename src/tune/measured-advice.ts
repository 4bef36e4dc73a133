import type { Advice, IndexAdvice, QueryGain, RewriteAdvice } from "../model/advice.ts";
import { verdictOf } from "../model/proof.ts";
import type { ProofStep } from "../model/proof.ts";
import { qualified } from "../sql/identifier.ts";
import { SLOWER_MAX } from "./advise-indexes.ts";
import type { MeasuredIndex, MeasuredTrial, MeasuredWrites, Measurements } from "./measurements.ts";
import type { Selection } from "./selection/selection.ts";

/** An estimate of a size that is further off than this share is named. */
const SIZE_OFF_MAX = 0.2;
/** An index of so few pages is not judged by its size: one page more or less is a large share of it. */
const SMALL_BYTES = 10 * 8192;
/** Times nearer to each other than these are taken to be the same: what a machine that does other things adds or takes. */
const NOISE_SHARE = 0.05;
const NOISE_MS = 1;

/** Queries whose plans the chosen indexes change: those that are worth timing, those whose cost changes most first. */
export function affectedQueries({ queries, chosen }: Pick<Selection, "queries" | "chosen">): readonly string[] {
  const ids = new Set(chosen.map(({ tried }) => tried.id));
  return queries
    .filter(({ uses, before, after }) => uses.some((id) => ids.has(id)) || after > before * SLOWER_MAX)
    .toSorted((a, b) => Math.abs(b.before - b.after) - Math.abs(a.before - a.after))
    .map(({ id }) => id);
}

/** Whether a query takes longer by more than 1.2 times and by more than noise, or ends no more within its limit. */
export const isSlower = ({ msBefore, msAfter, cutOff }: MeasuredTrial): boolean =>
  cutOff.after > cutOff.before ||
  (msBefore !== null && msAfter !== null && msAfter > msBefore * SLOWER_MAX && msAfter - msBefore > NOISE_MS);

/**
 * Advice with what was measured put in: times of queries and rewrites, sizes and build times of indexes, and in each
 * proof the steps `size`, `time`, `slower-time` and `writes`, with the share of production's rows that they are of.
 */
export function withMeasurements(advice: Advice, measured: Measurements): Advice {
  const gains = new Map(
    advice.indexes.flatMap(({ queries, slower }) => [...queries, ...slower].map((one) => [one.id, one])),
  );
  const trials = new Map(measured.queries.map((one) => [one.id, one]));
  const parts: Parts = { measured, trials, gains, futile: futileIds(advice, measured, trials) };
  return {
    ...advice,
    indexes: advice.indexes.map((one) => withIndex(one, parts)),
    rewrites: advice.rewrites.map((one) => {
      const trial = measured.rewrites.find(({ id }) => id === rewriteKey(one));
      return trial === undefined ? one : withRewrite(one, trial, measured);
    }),
    unseen: [
      ...advice.unseen,
      ...measured.queries.flatMap(({ id, why }) =>
        why === null ? [] : [{ what: `the time of query ${gains.get(id)?.text ?? id}`, why }],
      ),
    ],
  };
}

function withRewrite(one: RewriteAdvice, trial: MeasuredTrial, measured: Measurements): RewriteAdvice {
  const step: ProofStep = { ...comparedStep([trial], [trial], measured, "it takes less time"), duration_ms: 0 };
  const steps = [...one.proof.steps.filter(({ id }) => id !== "time"), step];
  const { msBefore, msAfter } = trial;
  return { ...one, msBefore, msAfter, proof: { ...one.proof, steps, verdict: verdictOf(steps) } };
}

/** What a rewrite's trial is called. */
export const rewriteKey = ({ query, rule }: { readonly query: string; readonly rule: string }): string =>
  JSON.stringify([query, rule]);

interface Parts {
  readonly measured: Measurements;
  readonly trials: ReadonlyMap<string, MeasuredTrial>;
  readonly gains: ReadonlyMap<string, QueryGain>;
  /** Ids of indexes with which their own queries took longer: what gets slower by them says nothing of the others. */
  readonly futile: ReadonlySet<string>;
}

function futileIds(
  { indexes }: Advice,
  measured: Measurements,
  trials: ReadonlyMap<string, MeasuredTrial>,
): ReadonlySet<string> {
  return new Set(
    indexes.flatMap((one) => {
      const id = qualified(one.index.schema, one.index.name);
      const found = measured.indexes.find((index) => index.id === id);
      const own = one.queries.flatMap((query) => trials.get(query.id) ?? []);
      return found !== undefined && timeStep(own, found, measured).verdict === "refuted" ? [id] : [];
    }),
  );
}

/** What was measured of an index with which its queries took longer; null where they did not, or it was not seen. */
export const measuredSlower = ({ proof }: Pick<IndexAdvice, "proof">): string | null =>
  proof.steps.find(({ id, verdict, standing }) => id === "time" && verdict === "refuted" && standing === "measured")
    ?.observed ?? null;

const REPLACED: ReadonlySet<string> = new Set(["time", "size", "slower-time", "writes"]);

function withIndex(one: IndexAdvice, parts: Parts): IndexAdvice {
  const { measured, trials, gains, futile } = parts;
  const found = measured.indexes.find(({ id }) => id === qualified(one.index.schema, one.index.name));
  if (found === undefined) return one;
  const timed = (gain: QueryGain): QueryGain => {
    const trial = trials.get(gain.id);
    return trial === undefined ? gain : { ...gain, msBefore: trial.msBefore, msAfter: trial.msAfter };
  };
  const known = new Set(one.slower.map(({ id }) => id));
  const slower = measured.queries
    .filter((trial) => isSlower(trial) && trial.uses.includes(found.id) && !known.has(trial.id))
    .flatMap(({ id }) => gains.get(id) ?? []);
  const own = one.queries.flatMap(({ id }) => trials.get(id) ?? []);
  const blamed = (trial: MeasuredTrial): boolean =>
    isSlower(trial) && !trial.uses.includes(found.id) && trial.uses.some((id) => futile.has(id));
  const together = { ...measured, queries: measured.queries.filter((trial) => !blamed(trial)) };
  const steps = [
    ...one.proof.steps.filter(({ id }) => !REPLACED.has(id)),
    ...[sizeStep(one, found), timeStep(own, found, measured), slowerStep(together), writesStep(one, measured)].map(
      (step): ProofStep => ({ duration_ms: 0, ...step }),
    ),
  ];
  const sized: Partial<IndexAdvice> =
    found.refused === null
      ? { bytes: found.bytesScaled, bytesStanding: "measured", buildTime_s: found.buildScaled_s }
      : {};
  return {
    ...one,
    ...sized,
    queries: one.queries.map(timed),
    slower: [...one.slower, ...slower].map(timed),
    proof: { ...one.proof, steps, verdict: verdictOf(steps), duration_ms: Math.round(measured.time_ms) },
  };
}

type Step = Omit<ProofStep, "duration_ms">;

const notRun = (id: string, claim: string, observed: string): Step => ({
  id,
  claim,
  verdict: "not-run",
  standing: "not proved",
  observed,
});

function sizeStep(one: IndexAdvice, found: MeasuredIndex): Step {
  const claim = `it takes the room that was estimated, within ${SIZE_OFF_MAX * 100} %`;
  if (found.refused !== null)
    return {
      id: "size",
      claim,
      verdict: "refuted",
      standing: "measured",
      observed: `it was not built on rows: ${found.refused}`,
    };
  const { bytes, rows, ratio, bytesScaled } = found;
  const off = bytesScaled === 0 ? 0 : one.bytes / bytesScaled - 1;
  const small = Math.max(one.bytes, bytesScaled) <= SMALL_BYTES;
  const scaled = ratio === 1 ? "" : `, which makes ${count(bytesScaled)} bytes of production's`;
  return {
    id: "size",
    claim,
    // An estimate that was off is replaced by what was measured: named, and nothing against the index.
    verdict: small || Math.abs(off) <= SIZE_OFF_MAX ? "proved" : "not-run",
    standing: "measured",
    observed: `built of ${count(rows)} rows (${scaleText(ratio)}) it takes ${count(bytes)} bytes${scaled}; estimated were ${count(one.bytes)}${off === 0 ? "" : `, ${percent(Math.abs(off))} too ${off > 0 ? "many" : "few"}`}`,
    figures: {
      bytes,
      rows,
      ratio: round(ratio),
      bytes_scaled: bytesScaled,
      bytes_estimated: one.bytes,
      build_ms: round(found.build_ms),
    },
  };
}

function timeStep(own: readonly MeasuredTrial[], found: MeasuredIndex, measured: Measurements): Step {
  const using = own.filter(({ uses }) => uses.includes(found.id));
  const step = comparedStep(own, using, measured, "queries take less time");
  if (step.figures === undefined) return step;
  const plans = `${using.length} of ${own.length} ${own.length === 1 ? "query's plans read" : "queries' plans read"} it`;
  return {
    ...step,
    observed: `${step.observed}; ${plans}${using.length === 0 ? ": at this size the planner does without" : ""}`,
    figures: { ...step.figures, plans: using.length },
  };
}

// Times of `own` together; it is the doing of what is tried only where `using` has any.
function comparedStep(
  own: readonly MeasuredTrial[],
  using: readonly MeasuredTrial[],
  measured: Measurements,
  claim: string,
): Step {
  const ended = own.filter(({ msBefore, msAfter }) => msBefore !== null && msAfter !== null);
  const cut = own.filter(({ cutOff }) => cutOff.before > cutOff.after);
  if (ended.length + cut.length === 0) {
    const [why] = own.flatMap((trial) => trial.why ?? []);
    return notRun("time", claim, why ?? "none of its queries was timed");
  }
  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((all, ms) => all + (ms ?? 0), 0);
  const before = sum(ended.map(({ msBefore }) => msBefore));
  const after = sum(ended.map(({ msAfter }) => msAfter));
  const runs = Math.min(...[...ended, ...cut].map((trial) => trial.runs));
  const isFaster = cut.length > 0 || after < before * (1 - NOISE_SHARE);
  const isLonger = after > before * SLOWER_MAX && after - before > NOISE_MS;
  const observed = [
    ...(ended.length === 0
      ? []
      : [`${ended.length === 1 ? "" : `${ended.length} queries together: `}${ms(after)} instead of ${ms(before)}`]),
    ...cut.map(({ cutOff }) => `one that was cut off after ${ms(cutOff.limit_ms)} ends now`),
    ...(isFaster || isLonger ? [] : ["no difference that could be told from noise"]),
    `at ${scaleText(measured.sourceRows / Math.max(1, measured.rows))} (${rowsText(measured)}; medians of at least ${runs} ${runs === 1 ? "run" : "runs"})`,
  ].join(", ");
  const verdict = using.length === 0 || isFaster === isLonger ? "not-run" : isFaster ? "proved" : "refuted";
  return {
    id: "time",
    claim,
    verdict,
    standing: "measured",
    observed,
    figures: { ms_before: round(before), ms_after: round(after), queries: ended.length, cut_off: cut.length, runs },
  };
}

function slowerStep({ queries, ...measured }: Measurements): Step {
  const claim = `no query takes more than ${SLOWER_MAX} times as long with the indexes together`;
  const ended = queries.filter(({ msBefore, cutOff }) => msBefore !== null || cutOff.before + cutOff.after > 0);
  if (ended.length === 0) return notRun("slower-time", claim, "no query was timed");
  const slower = ended.filter(isSlower);
  const names = slower.map(({ id, msBefore, msAfter, cutOff }) =>
    cutOff.after > cutOff.before
      ? `${id} is cut off after ${ms(cutOff.limit_ms)}`
      : `${id} takes ${ms(msAfter ?? 0)} instead of ${ms(msBefore ?? 0)}`,
  );
  return {
    id: "slower-time",
    claim,
    verdict: slower.length === 0 ? "proved" : "refuted",
    standing: "measured",
    observed: `${slower.length === 0 ? `none of ${ended.length} queries does` : names.join(", ")}, at ${scaleText(measured.sourceRows / Math.max(1, measured.rows))}`,
    figures: { queries: ended.length, slower: slower.length },
  };
}

function writesStep({ index }: IndexAdvice, { writes }: Measurements): Step {
  const claim = "what it adds to writes was timed";
  const own = writes.filter(({ schema, table }) => schema === index.schema && table === index.table);
  if (own.length === 0) return notRun("writes", claim, "no batch of writes could be timed on its table");
  const text = ({ verb, rows, runs, msWithout, msWith }: MeasuredWrites): string =>
    `${verb === "insert" ? "inserting" : "updating"} ${count(rows)} rows takes ${times(msWith / msWithout)} as long with all new indexes of the table (${ms(msWithout)} → ${ms(msWith)}, median of ${runs})`;
  return {
    id: "writes",
    claim,
    verdict: "proved",
    standing: "measured",
    observed: own.map(text).join("; "),
    figures: Object.fromEntries(own.map(({ verb, msWith, msWithout }) => [`${verb}_ratio`, round(msWith / msWithout)])),
  };
}

const rowsText = ({ origin, rows }: Measurements): string =>
  origin === "source" ? `the source's own ${count(rows)} rows` : `${count(rows)} rows drawn from statistics`;

/** `1/20 of production's rows`, or all of them. */
export function scaleText(ratio: number): string {
  if (ratio <= 1.05) return "production's size";
  return `1/${ratio < 10 ? ratio.toFixed(1).replace(/\.0$/, "") : String(Math.round(ratio))} of production's rows`;
}

const count = (value: number): string => Math.round(value).toLocaleString("en");
const round = (value: number): number => Math.round(value * 100) / 100;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const times = (value: number): string => `${value.toFixed(2)} times`;
const ms = (value: number): string =>
  `${value >= 100 ? Math.round(value) : value.toFixed(value >= 1 ? 1 : value >= 0.1 ? 2 : 3)} ms`;
