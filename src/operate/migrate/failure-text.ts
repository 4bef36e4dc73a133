import { invalid, unavailable } from "../../model/error.ts";
import type { DbwrightError } from "../../model/error.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import type { Failure } from "./attempt.ts";

const WAYS_ON =
  "dbwright migrate status tells where it stands; migrate resume goes on, migrate down takes back what ran";

/** What the environment did, and what to do about it, by SQLSTATE. */
export const ENVIRONMENT: Readonly<Record<string, { readonly what: string; readonly mend: string } | undefined>> = {
  "53100": { what: "the server's disk is full", mend: "free or add space on the server, then dbwright migrate resume" },
  "53200": { what: "the server is out of memory", mend: "see the server's log, then dbwright migrate resume" },
  "53300": { what: "the server has no connection left", mend: "free one, then dbwright migrate resume" },
  "55P03": {
    what: "the lock was not to be had: other transactions hold it",
    mend: "find the long transaction (pg_stat_activity, pg_locks), or choose a quieter time; then dbwright migrate resume",
  },
  "40P01": { what: "each attempt ended in a deadlock", mend: "dbwright migrate resume at a quieter time" },
  "40001": { what: "each attempt met a concurrent change", mend: "dbwright migrate resume at a quieter time" },
};

/** A failed step as the error that the user sees: which, where in which file, what remains of it, what to do. */
export function stepError(
  file: string,
  migration: Migration,
  step: MigrationStep,
  { sqlstate, message }: Failure,
  attempts: number,
  cause: unknown,
): DbwrightError {
  const where = `${file}:${step.line}`;
  const which = `step ${step.number} of ${migration.id}`;
  if (sqlstate === null || sqlstate.startsWith("57P0")) {
    return unavailable(
      {
        what: `the connection was lost in ${which}: ${message}`,
        where,
        mend: WAYS_ON,
      },
      { cause },
    );
  }
  const after = attempts > 1 ? ` after ${attempts} attempts` : "";
  const known = ENVIRONMENT[sqlstate];
  if (known !== undefined)
    return unavailable(
      { what: `${which} failed${after}: ${known.what} (${sqlstate})`, where, mend: known.mend },
      { cause },
    );
  return invalid(
    {
      what: `${which} failed${after}: ${message} (${sqlstate})`,
      where,
      expected: remains(step),
      mend: `mend the cause, or this and later steps in the file; ${WAYS_ON}`,
    },
    { cause },
  );
}

function remains(step: MigrationStep): string {
  if (step.batch !== null) return "the batches that were committed stay; the failed one was rolled back";
  if (step.transactional) return "its transaction was rolled back, so nothing of it is left";
  return "what it may have left behind is removed before it is tried again";
}
