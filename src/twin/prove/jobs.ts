import type { Session } from "../../engines/postgres/driver.ts";
import type { Design, DesignedJob } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { openToOwner } from "./application.ts";
import { slugOf } from "./plans.ts";
import { decisionOn, observe, refused } from "./step.ts";
import type { Observation } from "./step.ts";

/** What trying jobs needs: the owner's session in the database with the loaded rows. */
export interface JobTrial {
  readonly session: Session;
  readonly design: Design;
  readonly dialect: Dialect;
}

/** Runs every scheduled statement once on the loaded rows, as the role it is scheduled for, and takes it back. */
export async function proveJobs(trial: JobTrial): Promise<readonly ProofStep[]> {
  const steps: ProofStep[] = [];
  for (const job of trial.design.jobs) steps.push(await runJob(trial, job));
  return steps;
}

// `1 h, as shop_operator`: the schedule names the role where it is not the owner.
function roleOf(design: Design, job: DesignedJob): string | null {
  const name = / as (\S+)$/.exec(job.every)?.[1];
  return design.catalog.objects.some((object) => object.kind === "role" && object.name === name)
    ? (name ?? null)
    : null;
}

function runJob(trial: JobTrial, job: DesignedJob): Promise<ProofStep> {
  const { session, design, dialect } = trial;
  const role = roleOf(design, job);
  const claim = {
    id: `jobs/${slugOf(job.name)}`,
    claim: `The job “${job.name}” is accepted by the server${role === null ? "" : ` from ${role}`}`,
    decision: decisionOn(design, ["partition", "retention", "capacity"]),
  };
  const begin = [
    "BEGIN",
    ...(role === null ? openToOwner(design, dialect) : [`SET LOCAL ROLE ${dialect.ident(role)}`]),
  ];
  return observe(claim, async () => {
    await session.execute(begin.join("; "));
    try {
      if (/\$\d/.test(job.sql)) return await prepareOnly(session, job, begin);
      const result = await session.query(job.sql);
      const touched = result.rowCount ?? 0;
      return {
        verdict: "proved",
        standing: "proved",
        observed: `it ran on the loaded rows and was taken back; ${touched} rows touched`,
        figures: { rows: touched },
        sql: [...begin, job.sql, "ROLLBACK"],
      };
    } catch (error) {
      if (!refused(error)) throw error;
      return {
        verdict: "refuted",
        standing: "proved",
        observed: `the server refused it (SQLSTATE ${error.code ?? "?"}): ${error.message}`,
        sql: [...begin, job.sql, "ROLLBACK"],
      };
    } finally {
      await session.execute("ROLLBACK").catch(() => {});
    }
  });
}

// What takes parameters is run on request, about somebody: the server checks names, types and syntax.
async function prepareOnly(session: Session, job: DesignedJob, begin: readonly string[]): Promise<Observation> {
  await session.execute(`PREPARE dbwright_job AS ${job.sql}`);
  await session.execute("DEALLOCATE dbwright_job");
  return {
    verdict: "proved",
    standing: "proved",
    observed:
      "the server prepared it: its names, types and syntax are right; it takes parameters, so it was not executed",
    sql: [...begin, `PREPARE job AS ${job.sql}`, "ROLLBACK"],
  };
}
