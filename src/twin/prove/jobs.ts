import type { Session } from "../../engines/postgres/driver.ts";
import type { Design, DesignedJob } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { parseSql } from "../../sql/parse.ts";
import { openToOwner } from "./application.ts";
import { slugOf } from "./plans.ts";
import { observe, refused } from "./step.ts";
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

const TOPICS = ["retention", "partition", "privacy", "normal-form", "capacity"];

// The decision about what the job's name is about: `retention of time_entry`.
function decisionOfJob(design: Design, job: DesignedJob): string | null {
  const words = job.name.split(/[^\w]+/);
  const about = design.decisions.filter(
    (decision) => TOPICS.includes(decision.topic) && words.includes(decision.subject.split(".")[0] ?? ""),
  );
  const best = about.find((decision) => words.includes(decision.topic)) ?? about[0];
  return best?.id ?? null;
}

function runJob(trial: JobTrial, job: DesignedJob): Promise<ProofStep> {
  const { session, design, dialect } = trial;
  const role = roleOf(design, job);
  const claim = {
    id: `jobs/${slugOf(job.name)}`,
    claim: `The job “${job.name}” is accepted by the server${role === null ? "" : ` from ${role}`}`,
    decision: decisionOfJob(design, job),
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
  const parsed = await parseSql(job.sql);
  const statements = parsed.ok ? parsed.value.map(({ start, end }) => job.sql.slice(start, end).trim()) : [job.sql];
  for (const sql of statements) {
    try {
      await session.execute(`PREPARE dbwright_job AS ${sql}`);
    } finally {
      // A prepared statement outlives its transaction; in a failed one this is refused, and there is none.
      await session.execute("DEALLOCATE dbwright_job").catch(() => {});
    }
  }
  return {
    verdict: "proved",
    standing: "proved",
    observed: `the server prepared its ${statements.length} statements: names, types and syntax are right; it takes parameters, so it was not executed`,
    sql: [...begin, ...statements.map((sql, at) => `PREPARE job_${at + 1} AS ${sql}`), "ROLLBACK"],
  };
}
