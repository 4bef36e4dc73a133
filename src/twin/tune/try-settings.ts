import { postgres } from "../../engines/postgres/dialect.ts";
import type { SettingAdvice } from "../../model/advice.ts";
import type { IndexObject } from "../../model/catalog.ts";
import type { Proof } from "../../model/proof.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import type { ObservedPlan } from "../../tune/settings/facts.ts";
import { proposeSettings } from "../../tune/settings/settings.ts";
import type { TwinDatabase } from "../server.ts";
import { PlanObserver, observePlans } from "./observe-plans.ts";
import { proveSettings, unproved } from "./prove-setting.ts";
import type { Situation } from "./situation.ts";

/** What advice on statistics and settings is made from and tried on. */
export interface SettingsTrial {
  readonly situation: Pick<Situation, "view" | "statistics" | "usage" | "workload" | "searchPath">;
  /** Queries with executions, the most important first. */
  readonly queries: readonly WorkloadQuery[];
  /** Plans without rows, from a twin at depth `stats`; those of queries that run on rows are taken from there. */
  readonly plans: readonly ObservedPlan[];
  /** Indexes that are advised. */
  readonly advised?: readonly IndexObject[];
  /** A database with rows, idle; null: nothing is run, and nothing proved. */
  readonly rows: { readonly database: TwinDatabase; readonly origin: "source" | "statistics" } | null;
  readonly twin: Proof["twin"];
  readonly signal: AbortSignal;
  /** What running queries for their plans may take; trying what they lead to comes on top. */
  readonly time_ms: number;
  /** What one run may take. */
  readonly limit_ms: number;
}

/** Advice on statistics and settings, what is not advised, and what cannot be told. */
export interface TriedSettings {
  readonly settings: readonly SettingAdvice[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

// What was tried and did not do what it claims, or changed no plan: it has nothing to show for itself.
const isFutile = ({ proof }: SettingAdvice): boolean =>
  proof.verdict === "refuted" || proof.steps.some(({ figures }) => figures?.["changed_plans"] === 0);

const observedIn = ({ steps }: Proof): string => steps.map(({ observed }) => observed).join("; ");

/**
 * Looks for statistics and settings that fit the workload better, by plans with their rows where a database with rows
 * is at hand, and tries there what can be tried. Everything is taken back. Throws the signal's reason, and errors of
 * the connection.
 */
export async function trySettings(trial: SettingsTrial): Promise<TriedSettings> {
  const { situation, rows, twin, signal, queries } = trial;
  const propose = async (plans: readonly ObservedPlan[]): ReturnType<typeof proposeSettings> =>
    proposeSettings({ ...situation, dialect: postgres, plans, advised: trial.advised ?? [] });
  if (rows === null) {
    const { advice, notAdvised, unseen } = await propose(trial.plans);
    const why = "no rows were at hand to try it on";
    return { settings: advice.map((one) => unproved(one, twin, why)), notAdvised, unseen };
  }
  const session = await rows.database.connect("owner");
  try {
    const searchPath = situation.searchPath.map((name) => postgres.ident(name)).join(", ");
    const observer = new PlanObserver(session, { searchPath, limit_ms: trial.limit_ms });
    const observed = await observePlans(observer, queries, { time_ms: trial.time_ms, signal });
    const ran = new Set(observed.plans.map(({ query }) => query));
    const plans = [...observed.plans, ...trial.plans.filter(({ query }) => !ran.has(query))];
    const { advice, notAdvised, unseen } = await propose(plans);
    const tried = await proveSettings(advice, { observer, origin: rows.origin, twin, queries, signal });
    const settings = tried.filter((one) => !isFutile(one));
    const futile = tried.filter((one) => !settings.includes(one));
    return {
      settings,
      notAdvised: [
        ...notAdvised,
        ...futile.map(({ sql, proof }) => ({ what: sql, why: `tried: ${observedIn(proof)}` })),
      ],
      unseen: [...unseen, ...observed.unseen],
    };
  } finally {
    await session.close();
  }
}
