import { EventEmitter, once } from "node:events";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentProgress } from "../../model/progress.ts";
import type { Progress } from "../../model/progress.ts";
import type { TwinServer } from "../../twin/server.ts";
import { RUN_DEFAULT } from "./run-context.ts";
import { openTestServer, subjectFor, subjectOn } from "./testing.test-data.ts";
import { BATCH_ROWS_MAX, BATCH_ROWS_MIN, nextBatchRows, reasonToWait } from "./throttle.ts";

const CALM = { waiters: 0, lag_ms: 0, active: 0, pauseRequested: false, unseenStandbys: 0 };
const LIMITS = { lagMax_ms: 10_000, loadMax: 4 };

test.each([
  [CALM, null],
  [{ ...CALM, lag_ms: null, active: 4 }, null],
  [{ ...CALM, lag_ms: 12_340 }, "a standby lags 12.3 s behind"],
  [{ ...CALM, waiters: 2 }, "2 sessions wait for a lock on the table"],
  [{ ...CALM, active: 5 }, "5 other sessions are at work"],
])("under the pressure %j a backfill waits: %s", (pressure, reason) => {
  expect(reasonToWait(pressure, LIMITS)).toBe(reason);
});

test("batches reach the size that takes the target duration, and stay within their bounds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2_000_000 }), (rowsPerMs, first) => {
      let rows = Math.min(first, BATCH_ROWS_MAX);
      for (let batch = 0; batch < 30; batch++) rows = nextBatchRows(rows, rows / rowsPerMs, 200, 0);
      const wanted = Math.min(BATCH_ROWS_MAX, Math.max(BATCH_ROWS_MIN, 200 * rowsPerMs));
      expect(Math.abs(rows - wanted)).toBeLessThanOrEqual(1);
      expect(nextBatchRows(rows, rows / rowsPerMs, 200, 1)).toBeLessThanOrEqual(Math.max(BATCH_ROWS_MIN, rows / 2 + 1));
    }),
  );
});

let server: TwinServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(async () => {
  await server.close();
});

test("a backfill holds back while others are at work or wait for its table, and goes on afterwards", async () => {
  const subject = await subjectOn(server, "admin");
  await subject.session.execute(
    "CREATE TABLE public.t (id int PRIMARY KEY, a int); INSERT INTO public.t SELECT generate_series(1, 2000)",
  );
  const files = {
    "1.sql": "-- dbwright:step 1 phase=migrate batch=public.t(id)\nUPDATE public.t SET a = id WHERE a IS NULL",
  };
  const busy = await subjectFor(subject.database, "admin");
  let told: (detail: string) => void = () => {};
  const heldBack = new Promise<string>((resolve) => {
    told = resolve;
  });
  const progress: Progress = {
    ...silentProgress,
    start: () => ({
      ...silentProgress.start(""),
      update: (_, detail) => (detail?.startsWith("holding back") === true ? told(detail) : undefined),
    }),
  };
  const working = busy.session.query("SELECT pg_sleep(600)").catch(() => {});
  const running = subject.up(files, {
    progress,
    options: { ...RUN_DEFAULT, limits: { lagMax_ms: 10_000, loadMax: 0 } },
  });
  expect(await heldBack).toBe("holding back: 1 other sessions are at work");
  expect(await subject.value("SELECT count(a) FROM public.t")).toBe("0");
  await subject.session.query("SELECT pg_cancel_backend($1)", [busy.session.pid]);
  await working;
  expect(await running).toMatchObject({ outcome: "done" });
  expect(await subject.value("SELECT count(a) FROM public.t")).toBe("2000");
  await busy.session.close();
  await subject.close();
});

test("a batch that its statement timeout ends is tried with fewer rows", async () => {
  const subject = await subjectOn(server);
  await subject.session
    .execute(`CREATE TABLE public.t (id int PRIMARY KEY, a int); INSERT INTO public.t SELECT generate_series(1, 600);
    CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.slow()`);
  const files = {
    "1.sql":
      "-- dbwright:step 1 statement-timeout=400ms batch=public.t(id)\nUPDATE public.t SET a = id WHERE a IS NULL",
  };
  const retry = { retries: 20, delay_ms: 1, delayMax_ms: 1 };
  expect(await subject.up(files, { options: { ...RUN_DEFAULT, retry } })).toMatchObject({ outcome: "done" });
  expect(await subject.value("SELECT count(a) FROM public.t")).toBe("600");
  expect(await subject.value("SELECT rows_changed FROM dbwright.backfill")).toBe("600");
  await subject.close();
});

test("a run that is asked to rest does so between batches, and goes on where it was", async () => {
  const subject = await subjectOn(server, "admin");
  await subject.session.execute(
    "CREATE TABLE public.t (id int PRIMARY KEY, a int); INSERT INTO public.t SELECT generate_series(1, 20000)",
  );
  const files = {
    "1.sql": "-- dbwright:step 1 phase=migrate batch=public.t(id)\nUPDATE public.t SET a = id WHERE a IS NULL",
  };
  const calls = new EventEmitter();
  const asked = { paused: false, over: false, ended: async () => void (await once(calls, "go on")) };
  const progress: Progress = {
    ...silentProgress,
    start: (title) => {
      if (title.startsWith("resting")) calls.emit("resting");
      // After the first batch.
      return { ...silentProgress.start(title), update: () => void (asked.paused = !asked.over) };
    },
  };
  const isResting = once(calls, "resting");
  const run = subject.up(files, { pauses: asked, progress });
  await isResting;
  const batches = "SELECT batches FROM dbwright.backfill";
  const before = await subject.value(batches);
  // Whoever comes meanwhile is told that somebody runs, and no row is locked.
  await expect(subject.up(files)).rejects.toThrow("migrations are being run already");
  await subject.session.execute("SET lock_timeout = '1s'; UPDATE public.t SET a = a");
  expect(await subject.value(batches)).toBe(before);
  expect(Number(before)).toBeGreaterThan(0);
  Object.assign(asked, { paused: false, over: true });
  calls.emit("go on");
  expect(await run).toMatchObject({ outcome: "done", applied: ["1"] });
  expect(await subject.value("SELECT count(*) FROM public.t WHERE a IS NULL")).toBe("0");
  await subject.close();
});
