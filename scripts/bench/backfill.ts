/*
 * npm run bench -- backfill [--rows 500000]
 *
 * A backfill in batches, through the runner and its history, beside one plain UPDATE of the same rows on the same
 * server. Rounds alternate; each has its own copy of the table.
 */
import { openTestServer, subjectOn } from "../../src/operate/migrate/testing.test-data.ts";
import { numberOption } from "./number-option.ts";
import { median } from "./figure.ts";
import type { BenchResult } from "./figure.ts";

const ROUNDS = 3;
const FILES = {
  "1_name.sql": `
-- dbwright:step 1 phase=migrate batch=public.task(id)
UPDATE public.task SET name = title WHERE name IS DISTINCT FROM title;`,
};

/** The rate of a backfill against one plain UPDATE. */
export async function run(): Promise<BenchResult> {
  const rows = numberOption("--rows", 500_000);
  const server = await openTestServer();
  const setup = `CREATE TABLE public.task (id bigint PRIMARY KEY, title text NOT NULL, name text, filler text);
    INSERT INTO public.task SELECT n, 'title ' || n, NULL, repeat('x', 80) FROM generate_series(1, ${rows}) n;
    VACUUM ANALYZE public.task; CHECKPOINT`;
  const plain: number[] = [];
  const batched: number[] = [];
  let batches = "";
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const how of ["plain", "batched"] as const) {
        const subject = await subjectOn(server, "admin");
        for (const sql of setup.split(";")) await subject.session.execute(sql);
        const startedAt_ms = performance.now();
        if (how === "plain")
          await subject.session.execute("UPDATE public.task SET name = title WHERE name IS DISTINCT FROM title");
        else await subject.up(FILES);
        (how === "plain" ? plain : batched).push((performance.now() - startedAt_ms) / 1000);
        if ((await subject.value("SELECT count(*) FROM public.task WHERE name = title")) !== String(rows))
          throw new Error("not every row was filled");
        if (how === "batched") batches = (await subject.value("SELECT batches FROM dbwright.backfill")) ?? "";
        await subject.close();
      }
    }
  } finally {
    await server.close();
  }
  const rate = median(plain) / median(batched);
  return {
    method: `${rows} rows, ${ROUNDS} rounds each, medians; the last backfill took ${batches} batches; it ran at ${rate.toFixed(2)} of the plain rate (goal: at least 0.6)`,
    figures: [
      {
        what: "backfill in batches, with its run's start and end",
        seconds: median(batched),
        peer: { what: "one plain UPDATE", seconds: median(plain) },
        goal: { timesPeer: 1 / 0.6 },
      },
    ],
  };
}
