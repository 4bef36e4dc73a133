import type { Plan } from "../../model/plan.ts";
import { writeMigration } from "../migration/write.ts";

// A worker is cancelled once it has kept somebody waiting for deadlock_timeout, 1 s by default.
const LOCK_TIMEOUT_MIN_MS = 2000;

/** What stands above the steps. */
export interface PlanScriptOptions {
  /** How the two sides are called: what the user gave, without secrets. */
  readonly from: string;
  readonly to: string;
  /** Further remarks: what a proof found, which answers are open. */
  readonly remarks?: readonly string[];
}

/**
 * A plan as a script for psql: a header of comments that says what cannot be taken back and what was not compared;
 * then each step under its directive, those that share a transaction between BEGIN and COMMIT, the others outside.
 * A plan without steps is comments alone. It stops at the first error, and a step that waits too long for its
 * locks is one.
 */
export function writePlan(plan: Plan, options: PlanScriptOptions): string {
  const { steps } = plan;
  const header = [
    `dbwright: the way from ${options.from}`,
    `to ${options.to}`,
    steps.length === 0 ? "There is nothing to do." : `${steps.length} step${steps.length === 1 ? "" : "s"}`,
    ...plan.unreachable.map(({ what, why }) => `NOT MADE, it remains: ${what}: ${why}`),
    ...steps.flatMap(({ losesData }, index) => (losesData === null ? [] : [`Step ${index + 1} DESTROYS ${losesData}`])),
    ...plan.irreversible.map(({ what, why }) => `Not taken back whole: ${what}: ${why}`),
    ...plan.likelyRenames.map(({ flag, why }) => `A rename? (${why}) Then say --rename ${flag}`),
    ...(plan.uncompared.length === 0 ? [] : [`Not compared: ${plan.uncompared.join(", ")}`]),
    ...(options.remarks ?? []),
  ].map(comment);
  if (steps.length === 0) return `${header.join("\n")}\n`;
  const stated_ms = Math.max(0, ...steps.map(({ lockTimeout_ms }) => lockTimeout_ms ?? 0));
  // psql does not try again, as the runner does: it waits long enough for an autovacuum worker to give way.
  const timeout_ms = stated_ms === 0 ? 0 : Math.max(stated_ms, LOCK_TIMEOUT_MIN_MS);
  const opening = [
    String.raw`\set ON_ERROR_STOP on`,
    ...(timeout_ms === 0 ? [] : [`SET lock_timeout = '${timeout_ms}ms';`]),
  ];
  const { up } = writeMigration({ steps }, "");
  const body = up.slice(up.indexOf("\n\n") + 2);
  return `${header.join("\n")}\n\n${opening.join("\n")}\n\n${body.trimEnd()}\n`;
}

// One line, whatever the text holds, and never a directive.
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\n\r\0]+/g, " ").replace(/^\s*dbwright:(?=\S)/, "dbwright :")}`.trimEnd();
}
