import { isSqlState } from "../../engines/postgres/driver.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Design } from "../../model/design.ts";
import type { RefKey } from "../../model/ref.ts";
import type { DecisionTopic } from "../../model/decision.ts";
import { DbwrightError, unavailable } from "../../model/error.ts";

/** What a step claims. */
export interface Claim {
  readonly id: string;
  readonly claim: string;
  /** Id of the decision that falls when the step is refuted; null where there is none. */
  readonly decision: string | null;
}

/** What a step saw. */
export type Observation = Pick<ProofStep, "verdict" | "standing" | "observed"> &
  Partial<Pick<ProofStep, "sql" | "figures">>;

/** Makes the record of one step and times it. */
export async function observe(claim: Claim, look: () => Promise<Observation>): Promise<ProofStep> {
  const started = performance.now();
  const seen = await look();
  return stepOf(claim, seen, performance.now() - started);
}

/** The record of a step that was observed elsewhere. */
export function stepOf(claim: Claim, seen: Observation, duration_ms: number): ProofStep {
  const { decision, ...rest } = claim;
  return {
    ...rest,
    ...seen,
    ...(decision === null ? {} : { decision }),
    duration_ms: Math.round(duration_ms * 10) / 10,
  };
}

/** An observation of a step that could not be tried. */
export function notRun(why: string): Observation {
  return { verdict: "not-run", standing: "not proved", observed: why };
}

/** The decision that produced one of the objects, those of the given topics first; null when none names them. */
export function decisionFor(
  design: Design,
  objects: readonly RefKey[],
  topics: readonly DecisionTopic[] = [],
): string | null {
  for (const object of objects) {
    const makers = design.decisions.filter((decision) => decision.objects.includes(object));
    const best = topics.map((topic) => makers.find((decision) => decision.topic === topic)).find(Boolean) ?? makers[0];
    if (best !== undefined) return best.id;
  }
  return null;
}

/** The first decision of one of the topics, in the order of the topics; null when there is none. */
export function decisionOn(
  design: Design,
  topics: readonly DecisionTopic[],
  subject: string | null = null,
): string | null {
  for (const topic of topics) {
    const of = design.decisions.filter((decision) => decision.topic === topic);
    const found = of.find((decision) => decision.subject === subject) ?? of[0];
    if (found !== undefined) return found.id;
  }
  return null;
}

/** What PostgreSQL's driver says of a failure; undefined parts where the server said nothing. */
export interface ServerError {
  readonly code?: string;
  readonly constraint?: string;
  readonly column?: string;
  /** Where in the statement, in characters from 1; the server's own decimal text. */
  readonly position?: string;
  readonly message: string;
}

// Classes 08 (connection), 57P (shutdown, crash) and 58/53 (system, room): the server failed, not the statement.
const SERVER_FAILED = /^(08|57P|58|53)/;

/** Whether the server refused the statement, as opposed to failing itself. */
export function refused(error: unknown): error is ServerError {
  const { code } = (error ?? {}) as { code?: unknown };
  return isSqlState(code) && !SERVER_FAILED.test(code);
}

/** A failure during a proof as it is to be raised: a server that died is the environment's fault. */
export function asRaised(error: unknown, server: string): unknown {
  if (error instanceof DbwrightError || refused(error)) return error;
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const lost =
    (code !== undefined && (SERVER_FAILED.test(code) || /^E(PIPE|CONN)/.test(code))) ||
    /connection (terminated|ended)|closed the connection|not queryable|Client was closed/i.test(message ?? "");
  if (!lost) return error;
  return unavailable(
    {
      what: `the scratch server failed while the design was being proved: ${(message ?? "connection lost").split("\n")[0]}`,
      where: server,
      expected: "a server that stays up for the length of the proof",
      mend: "run it again; `dbwright doctor` tells which server is used and how much room there is",
    },
    { cause: error },
  );
}
