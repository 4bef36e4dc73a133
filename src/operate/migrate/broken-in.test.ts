import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readMigrationFolder } from "./folder.ts";
import { requestPause } from "./pause.ts";
import { RUN_DEFAULT } from "./run-context.ts";
import { eachOnItsOwn, refusal, subjectFor } from "./testing.test-data.ts";
import type { Subject } from "./testing.test-data.ts";

// What confused and hostile users did to the runner.

let subject: Subject;
const never = new AbortController().signal;
const quick = { ...RUN_DEFAULT, retry: { retries: 1, delay_ms: 10, delayMax_ms: 50 } };

eachOnItsOwn((place) => ({ subject } = place));

describe("resume", () => {
  test("begins nothing new, and ends a pause where nothing is unfinished", async () => {
    const files = { "1_a.sql": "CREATE TABLE a (i int)" };
    expect(await subject.resume(files)).toMatchObject({ outcome: "done", applied: [] });
    expect(await subject.value("SELECT to_regclass('a')")).toBeNull();
    await subject.up(files);
    await requestPause(subject.url, "the day shift", never);
    expect(await subject.resume({ ...files, "2_b.sql": "SELECT 1" })).toMatchObject({ applied: [] });
    expect(await subject.status(files)).toMatchObject({ pause: null });
  });
});

describe("names", () => {
  test("a file that was renamed after it ran does not run again", async () => {
    const sql = "CREATE TABLE IF NOT EXISTS a (i int); INSERT INTO a VALUES (1)";
    await subject.up({ "1_a.sql": sql });
    const refused = await refusal(subject.up({ "1_b.sql": sql }));
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.message).toContain("its statements ran here as 1_a, whose file is gone");
    expect((await subject.status({ "1_b.sql": sql })).edited).toHaveLength(1);
    expect(await subject.value("SELECT count(*) FROM a")).toBe("1");
    // The same statements beside the file that ran them are meant.
    expect(await subject.up({ "1_a.sql": sql, "2_b.sql": sql })).toMatchObject({ applied: ["2_b"] });
  });

  test("the beginning of an id is enough, and a number is not the beginning of a longer one", async () => {
    const files = Object.fromEntries([1, 2, 10, 11].map((n) => [`${n}_t.sql`, `SELECT ${n}`]));
    expect(await subject.up(files, { to: "1" })).toMatchObject({ applied: ["1_t"] });
    await subject.up(files);
    const plan = async (to: string): Promise<unknown> => (await subject.down(files, { to, dryRun: true })).plan;
    const steps = { message: expect.stringContaining("step 1 of 11_t cannot be taken back") as unknown };
    expect(await refusal(plan("1"))).toMatchObject(steps);
    expect(await plan("11")).toMatchObject({ migrations: [] });
  });
});

describe("folders", () => {
  const check = async (files: readonly string[], links: readonly string[], said: string | null): Promise<void> => {
    const dir = await mkdtemp(join(tmpdir(), "dbwright-folder-"));
    try {
      for (const file of files) {
        await mkdir(dirname(join(dir, file)), { recursive: true });
        await writeFile(join(dir, file), "");
      }
      for (const link of links) await symlink(join(dir, "nowhere"), join(dir, link));
      if (said === null) expect(await readMigrationFolder(dir, "db")).toEqual([]);
      else
        expect(await refusal(readMigrationFolder(dir, "db"))).toMatchObject({
          message: expect.stringContaining(said) as unknown,
        });
    } finally {
      await rm(dir, { recursive: true });
    }
  };
  test.each([
    [[], [], null],
    [["README.md", ".gitkeep"], [], null],
    [["20260101_a.js"], [], 'db: it holds no .sql migration, but "20260101_a.js"'],
    [["versions/1_a.py"], [], 'but "1_a.py"'],
    [[], ["1_a.sql"], "links are not followed"],
    [["sqitch.plan", "deploy/a.sql", "revert/a.sql"], [], "db: it is a project of Sqitch"],
  ])("%j %j", async (files, links, said) => {
    await check(files, links, said);
  });
});

test("a step that cannot be run in batches has failed, and status says why", async () => {
  const files = {
    "1.sql": "-- dbwright:step 1\nCREATE TABLE t (i int);\n-- dbwright:step 2 batch=public.t(id)\nUPDATE t SET i = 1",
  };
  expect((await refusal(subject.up(files))).message).toContain("there is no column public.t.id");
  const status = await subject.status(files);
  expect(status.migrations[0]).toMatchObject({ state: "failed", stepsDone: 1 });
  expect(status.migrations[0]?.open[0]?.says).toBe("failed: there is no column public.t.id");
  expect(await subject.resume({ "1.sql": files["1.sql"].replace(" batch=public.t(id)", "") })).toMatchObject({
    applied: ["1"],
  });
});

test("rows that a policy hides are rows", async () => {
  const files = { "1.up.sql": "CREATE TABLE t (i int)", "1.down.sql": "DROP TABLE t" };
  await subject.up(files);
  await subject.session.execute(
    "INSERT INTO t VALUES (1); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY",
  );
  expect(await subject.value("SELECT count(*) FROM t")).toBe("0");
  expect((await refusal(subject.down(files))).message).toContain("this destroys");
});

test("the runner stays the runner, whatever a step does to its session", async () => {
  const admin = await subjectFor(subject.database, "admin");
  const role = `dbwright_other_${process.pid}`;
  await admin.session.execute(`CREATE ROLE ${role}; CREATE TABLE public.t (id int PRIMARY KEY, a int)`);
  const holders = `SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND l.granted`;
  try {
    const statements = [
      `SET SESSION AUTHORIZATION ${role}`,
      "SELECT 2",
      "SET SESSION AUTHORIZATION DEFAULT",
      "SET default_transaction_read_only = on",
      "SELECT pg_advisory_unlock_all()",
      `CREATE TABLE public.seen AS ${holders}`,
      `SET ROLE ${role}`,
      "RESET ROLE",
    ];
    const files = {
      "1.sql": `${statements.map((sql, index) => `-- dbwright:step ${index + 1}\n${sql};\n`).join("")}
-- dbwright:step 9 batch=public.t(id)
UPDATE public.t SET a = 1;`,
    };
    expect(await admin.up(files)).toMatchObject({ applied: ["1"] });
    expect(await admin.value("SELECT count FROM public.seen")).toBe("1");
  } finally {
    await admin.session.execute(`DROP ROLE ${role}`);
    await admin.session.close();
  }
});

test("to take back waits for a lock as a run does, and says so", async () => {
  const files = { "1.up.sql": "CREATE TABLE t (i int)", "1.down.sql": "DROP TABLE t" };
  await subject.up(files);
  const blocker = await subjectFor(subject.database);
  await blocker.session.execute("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE");
  const refused = await refusal(subject.down(files, { options: { ...quick, lockTimeout_ms: 20 } }));
  expect(refused).toMatchObject({ exitCode: 3 });
  expect(refused.message).toContain("the lock was not to be had");
  expect(refused.message).toContain("then dbwright migrate down");
  await blocker.session.execute("COMMIT");
  await blocker.session.close();
  expect(await subject.down(files)).toMatchObject({ undone: ["1"] });
});

test("of a migration of which a part ran, a way back for the whole takes back that part", async () => {
  const up = "CREATE TABLE a (i int);\nCREATE INDEX CONCURRENTLY a_i ON a (i);\nCREATE TABLE b (i int);\nSELECT 1/0;";
  const down = "DROP TABLE b; DROP INDEX a_i; DROP TABLE a;";
  await subject.session.execute("CREATE TABLE b (mine int)");
  const refused = await refusal(subject.up({ "1.up.sql": up, "1.down.sql": down }));
  expect(refused.message).toContain('step 3 of 1 failed: relation "b" already exists');
  // Which step an unknown statement belongs to cannot be told, and nothing is run.
  const odd = { "1.up.sql": up, "1.down.sql": `${down} DELETE FROM b` };
  expect((await refusal(subject.down(odd))).message).toContain("is not clear: DELETE FROM b");
  expect(await subject.value("SELECT to_regclass('a_i')")).toBe("a_i");
  expect(await subject.down({ "1.up.sql": up, "1.down.sql": down })).toMatchObject({ undone: ["1"] });
  expect(await subject.value("SELECT ARRAY[to_regclass('a'), to_regclass('a_i'), to_regclass('b')]")).toBe(
    "{NULL,NULL,b}",
  );
});

test("in a database without a table, what migrations drop need not be asked for: they made it", async () => {
  const files = { "1.sql": "CREATE TABLE a (i int); CREATE TABLE b (i int)", "2.sql": "DROP TABLE b" };
  const { checklist, losses } = await subject.up(files, { allow: ["drop table public.b"] });
  expect(losses).toEqual([]);
  expect(checklist.find(({ id }) => id === "no-data-loss")?.seen).toContain("the database holds no table yet");
  expect((await refusal(subject.up({ ...files, "3.sql": "DROP TABLE a" }))).message).toContain("this destroys");
});

test("Ctrl-C leaves no invalid index", async () => {
  await subject.session.execute("CREATE TABLE t (i int)");
  const files = { "1.sql": "CREATE INDEX CONCURRENTLY ti ON t (i)" };
  const blocker = await subjectFor(subject.database);
  await blocker.session.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE");
  const stop = new AbortController();
  const running = subject.up(files, { signal: stop.signal });
  while ((await subject.value("SELECT to_regclass('ti')")) === null) await delay(10);
  stop.abort(new Error("Ctrl-C"));
  await blocker.session.execute("COMMIT");
  await blocker.session.close();
  await running;
  expect(await subject.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid")).toBe("0");
  await subject.resume(files);
  expect(await subject.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ti'::regclass")).toBe("true");
});

describe("a history that somebody else prepared", () => {
  const files = { "1.sql": "CREATE TABLE public.t (i int)" };

  test("a superuser does not write into the tables of a stranger", async () => {
    const admin = await subjectFor(subject.database, "admin");
    const role = `dbwright_stranger_${process.pid}`;
    await admin.session.execute(`CREATE ROLE ${role}; CREATE SCHEMA dbwright AUTHORIZATION ${role}`);
    try {
      for (const command of [admin.up, admin.resume, admin.down, admin.status]) {
        const refused = await refusal(command(files));
        expect(refused).toMatchObject({ exitCode: 3 });
        expect(refused.message).toContain(`the schema belongs to ${role}`);
      }
    } finally {
      await admin.session.execute(`DROP SCHEMA dbwright; DROP ROLE ${role}`);
      await admin.session.close();
    }
  });

  test("what a superuser creates in the owner's empty schema is the owner's", async () => {
    await subject.session.execute("CREATE SCHEMA dbwright");
    const admin = await subjectFor(subject.database, "admin");
    expect(await admin.up(files)).toMatchObject({ applied: ["1"] });
    await admin.session.close();
    expect(await subject.status(files)).toMatchObject({ next: null });
  });
});

test("what cannot be taken back is explained, and goes on once it is mended", async () => {
  const up = { "1.up.sql": "CREATE TABLE t (i int)" };
  const broken = { ...up, "1.down.sql": "DROP TABLE nothing" };
  await subject.up(broken);
  expect((await refusal(subject.down(broken))).message).toContain('table "nothing" does not exist');
  const status = await subject.status(broken);
  expect(status.migrations[0]).toMatchObject({ state: "undoing" });
  expect(status.migrations[0]?.open[0]?.says).toBe(
    'to be taken back next; failed: table "nothing" does not exist (42P01)',
  );
  expect(await subject.down({ ...up, "1.down.sql": "DROP TABLE t" })).toMatchObject({ undone: ["1"] });
});

test("a folder of which nothing ran here is not the one to take back from; what is gone or changed is told", async () => {
  const files = { "1.up.sql": "CREATE TABLE t (i int)", "1.down.sql": "DROP TABLE t" };
  await subject.up(files);
  expect((await refusal(subject.down({ "other.sql": "SELECT 1" }))).message).toContain(
    "none of the folder's 1 migrations ran here, but 1 others",
  );
  const notesFor = async (now: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await subject.down(now, { dryRun: true })).plan.notes;
  expect(await notesFor(files)).toEqual([]);
  expect(await notesFor({})).toEqual([expect.stringContaining("1.up.sql is not in the folder")]);
  expect(await notesFor({ ...files, "1.up.sql": "CREATE TABLE t (i bigint)" })).toEqual([
    expect.stringContaining("1.up.sql was changed after it ran, in step 1"),
  ]);
});

test("what ran in one transaction is taken back in one", async () => {
  const up = { "1.up.sql": "CREATE TABLE t (i int); ALTER TABLE t ADD COLUMN a int; ALTER TABLE t ADD COLUMN b int" };
  const undo = (first: string): string =>
    `-- dbwright:undo 3\nALTER TABLE t DROP COLUMN b;\n-- dbwright:undo 2\nALTER TABLE t DROP COLUMN a;\n-- dbwright:undo 1\n${first};\n`;
  const columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 't'";
  await subject.up({ ...up, "1.down.sql": undo("DROP TABLE nothing") });
  await refusal(subject.down({ ...up, "1.down.sql": undo("DROP TABLE nothing") }));
  expect(await subject.value(columns)).toBe("3");
  expect((await subject.status(up)).migrations[0]).toMatchObject({ state: "undoing", stepsDone: 3 });
  expect(await subject.down({ ...up, "1.down.sql": undo("DROP TABLE t") })).toMatchObject({ undone: ["1"] });
});
