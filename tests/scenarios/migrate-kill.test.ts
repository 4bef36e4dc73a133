import { afterAll, beforeAll, expect, test } from "vitest";
import { DbwrightError } from "../../src/model/error.ts";
import type { Session } from "../../src/engines/postgres/driver.ts";
import { createHistory } from "../../src/operate/migrate/history-tables.ts";
import {
  BACKFILL_FILES,
  BACKFILL_SETUP,
  HOLDABLE,
  connectionVictim,
  cutAtWrite,
  processVictim,
  removeRunners,
  runnerProcess,
  runWithKills,
  startWriters,
  writeDir,
} from "../../src/operate/migrate/killing.test-data.ts";
import type { Victim } from "../../src/operate/migrate/killing.test-data.ts";
import type { Subject } from "../../src/operate/migrate/testing.test-data.ts";
import { contentOf, openTestServer, subjectFor, subjectOn } from "../../src/operate/migrate/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../../src/twin/server.ts";

/*
 * kill -9 of the runner, a process of its own: at every write to its history, and at random moments of a backfill with
 * writers at work. Whatever is left is explained, and finished or taken back to exactly what an uninterrupted run gives.
 */

let server: TwinServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(async () => {
  removeRunners();
  await server.close();
});

// Seconds on an idle machine; these tests start processes and copy databases, which a busy one makes slow.
const PATIENCE_MS = 600_000;

const SETUP = `CREATE TABLE public.task (id bigint PRIMARY KEY, title text NOT NULL);
  INSERT INTO public.task SELECT n, 't' || n FROM generate_series(1, 1200) n`;

const FILES = {
  "1_name.up.sql": `
-- dbwright:step 1 phase=expand transaction=1
ALTER TABLE public.task ADD COLUMN name text;
-- dbwright:step 2 phase=expand transaction=1
CREATE TABLE public.note (id int PRIMARY KEY);
-- dbwright:step 3 phase=migrate batch=public.task(id)
UPDATE public.task SET name = title WHERE name IS DISTINCT FROM title;
-- dbwright:step 4 phase=migrate no-transaction
-- dbwright:cleanup DROP INDEX CONCURRENTLY IF EXISTS public.task_name_idx
CREATE INDEX CONCURRENTLY task_name_idx ON public.task (name);
-- dbwright:step 5 phase=contract
ALTER TABLE public.task ALTER COLUMN name SET NOT NULL;
`,
  "1_name.down.sql": `
-- dbwright:undo 5
ALTER TABLE public.task ALTER COLUMN name DROP NOT NULL;
-- dbwright:undo 4
DROP INDEX CONCURRENTLY public.task_name_idx;
-- dbwright:undo 3
-- dbwright:undo 2
DROP TABLE public.note;
-- dbwright:undo 1
ALTER TABLE public.task DROP COLUMN name;
`,
};
const ALLOW = ["drop column public.task.name"];

async function withSession<T>(database: TwinDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect("owner");
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function prepared(): Promise<{ template: TwinDatabase; before: string; after: string }> {
  const template = await server.createDatabase();
  const before = await withSession(template, async (session) => {
    await session.execute(SETUP);
    await createHistory(session);
    await session.execute(HOLDABLE);
    return await contentOf(session);
  });
  const whole = await subjectFor(await server.createDatabase(template));
  await whole.up(FILES);
  const after = await contentOf(whole.session);
  await whole.close();
  return { template, before, after };
}

interface Start {
  readonly database: TwinDatabase;
  readonly before: string;
  readonly after: string;
}

async function startFor(command: "up" | "down"): Promise<Start> {
  const { template, before, after } = await prepared();
  if (command === "up") return { database: template, before, after };
  const subject = await subjectFor(await server.createDatabase(template));
  await subject.up(FILES);
  await subject.session.execute("ALTER SEQUENCE dbwright.write_count RESTART");
  await subject.session.close();
  return { database: subject.database, before, after };
}

type VictimOn = (subject: Subject, command: "up" | "down") => Victim;

// Cut off at the n-th write; then both ways on, each from the same state. False when there is no n-th write.
async function check(start: Start, command: "up" | "down", n: number, victimOn: VictimOn): Promise<boolean> {
  const subject = await subjectFor(await server.createDatabase(start.database));
  const cut = await cutAtWrite(subject.url, victimOn(subject, command), n);
  if (!cut) expect(await contentOf(subject.session)).toBe(command === "up" ? start.after : start.before);
  else {
    const { migrations, next } = await subject.status(FILES);
    const state = migrations[0]?.state ?? "";
    const expected = command === "up" ? ["pending", "interrupted"] : ["applied", "undoing"];
    expect(expected, `write ${n}`).toContain(state);
    expect(next === null, `write ${n}`).toBe(state === "applied");
    await subject.session.close();
    const undone = await subjectFor(
      command === "down" ? subject.database : await server.createDatabase(subject.database),
    );
    await undone.down(FILES, {
      allow: (await undone.down(FILES, { dryRun: true })).plan.losses.length > 0 ? ALLOW : [],
    });
    expect(await contentOf(undone.session), `taken back after write ${n}`).toBe(start.before);
    expect((await undone.status(FILES)).migrations[0]?.state).toBe("pending");
    await undone.close();
    if (command === "down") return cut;
    const finished = await subjectFor(subject.database);
    expect(await (state === "pending" ? finished.up(FILES) : finished.resume(FILES))).toMatchObject({
      outcome: "done",
    });
    expect(await contentOf(finished.session), `finished after write ${n}`).toBe(start.after);
    await finished.close();
    return cut;
  }
  await subject.close();
  return cut;
}

const lost: VictimOn = (subject, command) =>
  connectionVictim(
    () => (command === "up" ? subject.up(FILES) : subject.down(FILES, { allow: ALLOW })),
    (error) => {
      expect(error).toBeInstanceOf(DbwrightError);
      expect(error).toMatchObject({ exitCode: 3 });
    },
  );

test.each([
  // One for the migration and its end, two for the first transaction, two for each step with an intent, batches.
  ["up", 12],
  ["down", 7],
] as const)("a connection lost at any write of %s", { timeout: PATIENCE_MS }, async (command, writesMin) => {
  const start = await startFor(command);
  let writes = 0;
  while (await check(start, command, writes + 1, lost)) writes++;
  expect(writes).toBeGreaterThanOrEqual(writesMin);
});

test.each([
  // In the first transaction; between two batches; after an index was built and before that is on record.
  ["up", [2, 7, 10]],
  ["down", [3]],
] as const)("kill -9 in the middle of %s", { timeout: PATIENCE_MS }, async (command, writes) => {
  const start = await startFor(command);
  const dir = writeDir(FILES);
  const allow = command === "down" ? ["--allow", ALLOW.join(",")] : [];
  for (const n of writes) {
    const killed: VictimOn = ({ url }) =>
      processVictim(runnerProcess(["migrate", command, url, "--dir", dir.path, ...allow]));
    expect(await check(start, command, n, killed)).toBe(true);
  }
  dir.remove();
});

test("six kills at random moments of a backfill with writers", { timeout: PATIENCE_MS }, async () => {
  const rows = 20_000;
  const setup = async (): Promise<Awaited<ReturnType<typeof subjectOn>>> => {
    const subject = await subjectOn(server);
    await subject.session.execute(BACKFILL_SETUP);
    await subject.session.execute(`INSERT INTO public.task SELECT n, 't' || n FROM generate_series(1, ${rows}) n`);
    return subject;
  };
  const undisturbed = await setup();
  const writers = await startWriters(undisturbed.url, rows, 1000);
  await undisturbed.up(BACKFILL_FILES);
  await writers.finish();
  const expected = await contentOf(undisturbed.session);
  await undisturbed.close();

  const subject = await setup();
  const report = await runWithKills(subject.url, { rows, kills: 6, changes: 1000, batchTarget: "1ms", late_ms: 10 });
  expect(report.kills).toHaveLength(6);
  expect(report.kills.filter((share) => share !== null).length).toBeGreaterThanOrEqual(3);
  expect(await contentOf(subject.session)).toBe(expected);
  expect(await subject.value("SELECT count(*) FROM public.task WHERE name IS DISTINCT FROM title")).toBe("0");
  await subject.close();
});
