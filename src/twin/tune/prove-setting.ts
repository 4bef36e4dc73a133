import type { SettingAdvice } from "../../model/advice.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import { verdictOf } from "../../model/proof.ts";
import { planNodes } from "../../model/query-plan.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { Execution, WorkloadQuery } from "../../model/workload.ts";
import { qualified } from "../../sql/identifier.ts";
import { misestimate } from "../../tune/explain/estimates.ts";
import type { ProposedSetting, Trial } from "../../tune/settings/setting-rule.ts";
import { shortNumber } from "../../tune/settings/setting-rule.ts";
import type { PlanObserver } from "./observe-plans.ts";

/** What trying settings needs. */
export interface SettingTrialRequest {
  /** In a database with rows. */
  readonly observer: PlanObserver;
  /** Whose rows: the source's own, or drawn from its statistics column by column. */
  readonly origin: "source" | "statistics";
  readonly twin: Proof["twin"];
  readonly queries: readonly WorkloadQuery[];
  readonly signal: AbortSignal;
}

/** Executions of the queries concerned that are run, each before and after. */
const EXECUTIONS_MAX = 10;
/** Runs of each, in turns, of which the fastest counts: what disturbs a run makes it slower, never faster. */
const ROUNDS = 3;
/** An estimate that is off by less is no fault that could be mended. */
const OFF_MIN = 3;
/** The estimate must come nearer by this. */
const NEARER = 2;
/** Time or cost must fall to this share: less is noise. */
const WORTH_SHARE = 0.9;

/**
 * Tries each piece of advice on a database with rows, in a transaction that is rolled back, and says what came of it:
 * `proved` where what it claims was seen there, `refuted` where it was not, `not-run` where it cannot be tried on a
 * scratch server, or where these rows do not show what the advice rests on. Nothing of it stays. Throws the signal's
 * reason, and errors of the connection.
 */
export async function proveSettings(
  proposals: readonly ProposedSetting[],
  request: SettingTrialRequest,
): Promise<readonly SettingAdvice[]> {
  const advice: SettingAdvice[] = [];
  for (const proposal of proposals) {
    request.signal.throwIfAborted();
    advice.push({ ...told(proposal), proof: await proofOf(proposal, request) });
  }
  return advice;
}

/** Advice that nobody tries, with the reason. */
export function unproved(proposal: ProposedSetting, twin: Proof["twin"], why: string): SettingAdvice {
  const { trial } = proposal;
  const step = notRun(trial.kind === "none" ? trial.why : why);
  return { ...told(proposal), proof: proofWith(proposal, step, twin, performance.now()) };
}

const told = ({ what, sql, follow, undo, reason, figures }: ProposedSetting): Omit<SettingAdvice, "proof"> => ({
  what,
  sql,
  follow,
  undo,
  reason,
  figures,
});

async function proofOf(proposal: ProposedSetting, request: SettingTrialRequest): Promise<Proof> {
  const started = performance.now();
  return proofWith(proposal, await stepOf(proposal, request), request.twin, started);
}

function proofWith(
  { rule, claim, sql }: ProposedSetting,
  outcome: Outcome,
  twin: Proof["twin"],
  started: number,
): Proof {
  const duration_ms = Math.round(performance.now() - started);
  const steps: readonly ProofStep[] = [{ ...outcome, id: `setting/${rule}`, claim, duration_ms, sql: [sql] }];
  const verdict = verdictOf(steps);
  return {
    claim,
    twin,
    steps,
    verdict,
    ...(verdict === "not-run" ? { reason: outcome.observed } : {}),
    at: new Date().toISOString(),
    duration_ms,
  };
}

type Outcome = Pick<ProofStep, "verdict" | "standing" | "observed" | "figures">;

const notRun = (why: string, figures: Record<string, number> = {}): Outcome => ({
  verdict: "not-run",
  standing: "not proved",
  observed: why,
  figures,
});

async function stepOf({ trial, queries }: ProposedSetting, request: SettingTrialRequest): Promise<Outcome> {
  if (trial.kind === "none") return notRun(trial.why);
  const wanted = new Set(queries);
  const executions = request.queries
    .filter(({ id, verb }) => wanted.has(id) && verb === "select")
    .flatMap((query) => query.executions.slice(0, 1))
    .slice(0, EXECUTIONS_MAX);
  if (executions.length === 0) return notRun("none of its queries is known with values to run it with");
  const { observer } = request;
  await observer.begin();
  try {
    return trial.kind === "estimate"
      ? await tryEstimate(trial, executions, request)
      : await trySetting(trial, executions, observer);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (typeof code !== "string") throw error;
    return notRun(`the twin's server refused it: ${message}`);
  } finally {
    await observer.rest();
  }
}

async function plansOf(
  observer: PlanObserver,
  executions: readonly Execution[],
  run: boolean,
): Promise<readonly QueryPlan[] | { readonly why: string }> {
  const plans: QueryPlan[] = [];
  for (const execution of executions) {
    const observed = await observer.observe(execution, run);
    if (!observed.ok) return { why: observed.why };
    plans.push(observed.plan);
  }
  return plans;
}

const isRefused = (plans: readonly QueryPlan[] | { readonly why: string }): plans is { readonly why: string } =>
  "why" in plans;

// The worst estimate of a node that reads the table, or groups what was read.
function worstFactor(plans: readonly QueryPlan[], table: { readonly schema: string; readonly name: string }): number {
  let worst = 1;
  for (const { root } of plans)
    for (const node of planNodes(root)) {
      const reads = node.relation?.name === table.name && node.relation.schema === table.schema;
      if (reads || /^(?:Aggregate|Group|Unique)$/.test(node.kind))
        worst = Math.max(worst, misestimate(node)?.factor ?? 1);
    }
  return worst;
}

async function tryEstimate(
  { table, apply }: Extract<Trial, { kind: "estimate" }>,
  executions: readonly Execution[],
  { observer, origin }: SettingTrialRequest,
): Promise<Outcome> {
  const first = await plansOf(observer, executions, true);
  if (isRefused(first)) return notRun(first.why);
  const before = worstFactor(first, table);
  if (before < OFF_MIN) {
    const observed = `estimates are off by ${shortNumber(before)} times at most here`;
    const figures = { factor_before: before };
    return origin === "source"
      ? { verdict: "refuted", standing: "measured", observed, figures }
      : notRun(
          `${observed}: the twin's rows are drawn column by column, so that they do not hold what the advice rests on`,
          figures,
        );
  }
  await observer.apply([apply, `ANALYZE ${qualified(table.schema, table.name)}`]);
  const second = await plansOf(observer, executions, true);
  if (isRefused(second)) return notRun(second.why);
  const after = worstFactor(second, table);
  const observed = `the worst estimate was off by ${shortNumber(before)} times, and is off by ${shortNumber(after)} times with it`;
  const figures = { factor_before: before, factor_after: after, queries: executions.length };
  return { verdict: after * NEARER <= before ? "proved" : "refuted", standing: "measured", observed, figures };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

async function trySetting(
  { settings, aim }: Extract<Trial, { kind: "setting" }>,
  executions: readonly Execution[],
  observer: PlanObserver,
): Promise<Outcome> {
  const rounds: { before: readonly QueryPlan[]; after: readonly QueryPlan[] }[] = [];
  for (let round = 0; round < (aim === "time" ? ROUNDS : 1); round++) {
    await observer.begin();
    const before = await plansOf(observer, executions, aim !== "cost");
    if (isRefused(before)) return notRun(before.why);
    await observer.set(settings);
    const after = await plansOf(observer, executions, aim !== "cost");
    if (isRefused(after)) return notRun(`with ${Object.keys(settings).join(", ")}: ${after.why}`);
    rounds.push({ before, after });
  }
  const [first] = rounds;
  if (first === undefined) return notRun("nothing was run");
  if (aim === "no-spill") return spills(first.before, first.after);
  const cost = (plans: readonly QueryPlan[]): number => sum(plans.map(({ root }) => root.cost.total));
  if (aim === "cost") return costs(cost(first.before), cost(first.after), executions.length);
  const fastest = (side: "before" | "after"): number =>
    sum(executions.map((_, at) => Math.min(...rounds.map((round) => round[side][at]?.execution_ms ?? Infinity))));
  return times(fastest("before"), fastest("after"), changedPlans(first.before, first.after));
}

function spills(first: readonly QueryPlan[], second: readonly QueryPlan[]): Outcome {
  const pages = (plans: readonly QueryPlan[]): number => sum(plans.map(({ root }) => root.buffers?.tempWritten ?? 0));
  const [before, after] = [pages(first), pages(second)];
  const figures = { temporary_pages_before: before, temporary_pages_after: after };
  if (before === 0) return notRun("nothing goes to temporary files with the rows at hand, which may be fewer", figures);
  return {
    verdict: after === 0 ? "proved" : "refuted",
    standing: "measured",
    observed: `${shortNumber(before)} pages went to temporary files, and ${shortNumber(after)} do with it`,
    figures,
  };
}

function costs(before: number, after: number, queries: number): Outcome {
  const figures = { cost_before: before, cost_after: after, queries };
  if (after >= before)
    return { verdict: "refuted", standing: "estimated", observed: "no query is priced lower with it", figures };
  return {
    verdict: "proved",
    standing: "estimated",
    observed: `the queries' cost falls from ${shortNumber(before)} to ${shortNumber(after)}`,
    figures,
  };
}

// What a plan is made of, without its numbers.
const shape = ({ root }: QueryPlan): string =>
  planNodes(root)
    .map(({ kind, index, relation }) => `${kind} ${index ?? ""} ${relation?.name ?? ""}`)
    .join("\n");

function changedPlans(first: readonly QueryPlan[], second: readonly QueryPlan[]): number {
  return first.filter(
    (plan, at) => shape(plan) !== shape(second[at] as QueryPlan) || (plan.jit === null) !== (second[at]?.jit === null),
  ).length;
}

function times(before: number, after: number, changed: number): Outcome {
  const figures = { before_ms: before, after_ms: after, changed_plans: changed };
  if (changed === 0) return notRun("no plan changes with it on the rows at hand, which may be fewer", figures);
  return {
    verdict: after <= WORTH_SHARE * before ? "proved" : "refuted",
    standing: "measured",
    observed: `the queries took ${shortNumber(before)} ms, and ${shortNumber(after)} ms with it (${changed} of the plans changed)`,
    figures,
  };
}
