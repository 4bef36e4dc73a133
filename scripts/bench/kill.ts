/*
 * npm run bench -- kill [--rows 1000000] [--moments 200]
 *
 * A backfill in a runner's process of its own, killed (SIGKILL) at random moments all over it and resumed each time, with
 * writers at work; before that the same without a kill. Every row must be the same in the end, and every key passed once.
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
import { RUN_DEFAULT } from "../../src/operate/migrate/run-context.ts";
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

const TENTHS = 10;

// How many kills fell into each tenth of the rows.
function spreadText(kills: readonly (number | null)[]): string {
  const inside = kills.filter((share) => share !== null);
  const tenths = Array.from(
    { length: TENTHS },
    (_, tenth) => inside.filter((share) => Math.min(TENTHS - 1, Math.floor(share * TENTHS)) === tenth).length,
  );
  const [first, last] = [Math.min(...inside), Math.max(...inside)].map((share) => `${(share * 100).toFixed(1)} %`);
  return `from ${first} to ${last} of its rows, by tenths ${tenths.join(" ")}`;
}

/** Prints its own figures; throws where an interrupted run differs from an uninterrupted one. */
export async function run(): Promise<void> {
  const rows = numberOption("--rows", 20_000);
  const moments = numberOption("--moments", 10);
  const changes = Math.max(1000, moments * 200);
  // Small enough for many batches to lie between two kills.
  const target_ms = rows / moments > 2000 ? 10 : 2;
  const server = await openTestServer();
  try {
    const undisturbed = await subjectWith(server, rows);
    const writers = await startWriters(undisturbed.url, rows, changes);
    const startedAt_ms = performance.now();
    await undisturbed.up(BACKFILL_FILES, { options: { ...RUN_DEFAULT, batchTarget_ms: target_ms } });
    const alone_ms = performance.now() - startedAt_ms;
    await writers.finish();
    const expected = await contentOf(undisturbed.session);
    const batches = await undisturbed.value("SELECT batches FROM dbwright.backfill");
    await undisturbed.close();
    const batch_ms = alone_ms / Math.max(1, Number(batches));
    process.stdout.write(`  without a kill: ${batches} batches, ${(alone_ms / 1000).toFixed(1)} s\n`);

    const subject = await subjectWith(server, rows);
    const report = await runWithKills(subject.url, {
      rows,
      kills: moments,
      changes,
      batchTarget: `${target_ms}ms`,
      late_ms: 2 * batch_ms,
      said: (text) => process.stdout.write(`  ${text}\n`),
    });
    const same = (await contentOf(subject.session)) === expected;
    const unequal = await subject.value("SELECT count(*) FROM public.task WHERE name IS DISTINCT FROM title");
    const during = report.kills.filter((share) => share !== null).length;
    process.stdout.write(
      `  ${report.kills.length} kills, ${during} during the backfill of ${rows} rows, ${spreadText(report.kills)}; ${report.batches} batches passed ${report.rowsPassed} rows; ` +
        `${changes} changes by writers; content ${same ? "equal to" : "DIFFERENT from"} an uninterrupted run, ${unequal} rows unequal; ${Math.round(report.duration_ms / 1000)} s\n`,
    );
    await subject.close();
    if (!same || unequal !== "0") throw new Error("an interrupted run does not end as an uninterrupted one");
  } finally {
    removeRunners();
    await server.close();
  }
}
