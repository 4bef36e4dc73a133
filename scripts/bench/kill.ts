/*
 * npm run bench -- kill [--rows 1000000] [--moments 200]
 *
 * A backfill in a runner's process of its own, killed (SIGKILL) at random moments and resumed each time, with writers
 * at work; then the same without a kill. Every row must be the same in the end, and every key passed once.
 */
import { contentOf, openTestServer, subjectOn } from "../../src/operate/migrate/testing.test-data.ts";
import type { Subject } from "../../src/operate/migrate/testing.test-data.ts";
import {
  BACKFILL_FILES,
  BACKFILL_SETUP,
  removeRunners,
  runWithKills,
  startWriters,
} from "../../src/operate/migrate/killing.test-data.ts";
import type { TwinServer } from "../../src/twin/server.ts";
import { numberOption } from "./number-option.ts";

async function subjectWith(server: TwinServer, rows: number): Promise<Subject> {
  const subject = await subjectOn(server);
  await subject.session.execute(BACKFILL_SETUP);
  await subject.session.execute(
    `INSERT INTO public.task SELECT n, 'title ' || n FROM generate_series(1, ${rows}) n; ANALYZE public.task`,
  );
  return subject;
}

/** Prints its own figures; throws where an interrupted run differs from an uninterrupted one. */
export async function run(): Promise<void> {
  const rows = numberOption("--rows", 20_000);
  const moments = numberOption("--moments", 10);
  const changes = Math.max(1000, moments * 200);
  const server = await openTestServer();
  try {
    const undisturbed = await subjectWith(server, rows);
    const writers = await startWriters(undisturbed.url, rows, changes);
    await undisturbed.up(BACKFILL_FILES);
    await writers.finish();
    const expected = await contentOf(undisturbed.session);
    await undisturbed.close();

    const subject = await subjectWith(server, rows);
    const report = await runWithKills(subject.url, {
      rows,
      kills: moments,
      changes,
      // Small enough for the backfill to outlive the kills.
      batchTarget: rows / moments > 2000 ? "10ms" : "2ms",
      moment_ms: () => Math.random() * 120,
      said: (text) => process.stdout.write(`  ${text}\n`),
    });
    const same = (await contentOf(subject.session)) === expected;
    const unequal = await subject.value("SELECT count(*) FROM public.task WHERE name IS DISTINCT FROM title");
    process.stdout.write(
      `  ${report.kills} kills, ${report.duringBackfill} during the backfill of ${rows} rows; ${report.batches} batches passed ${report.rowsPassed} rows; ` +
        `${changes} changes by writers; content ${same ? "equal to" : "DIFFERENT from"} an uninterrupted run, ${unequal} rows unequal; ${Math.round(report.duration_ms / 1000)} s\n`,
    );
    await subject.close();
    if (!same || unequal !== "0") throw new Error("an interrupted run does not end as an uninterrupted one");
  } finally {
    removeRunners();
    await server.close();
  }
}
