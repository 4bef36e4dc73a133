import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type { TwinServer } from "../../twin/server.ts";
import { checkServer } from "./connection.ts";
import { requestPause } from "./pause.ts";
import { RUN_DEFAULT } from "./run-context.ts";
import { eachOnItsOwn, refusal, subjectFor } from "./testing.test-data.ts";
import type { Subject } from "./testing.test-data.ts";

let server: TwinServer;
let subject: Subject;
const never = new AbortController().signal;

eachOnItsOwn((place) => ({ server, subject } = place));

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}

const WAITING =
  "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

describe("one runner at a time", () => {
  test("a second is told who the first is, and since when", async () => {
    await subject.session.execute("CREATE TABLE t (id int PRIMARY KEY)");
    const files = { "1.sql": "ALTER TABLE t ADD COLUMN a int" };
    const blocker = await subjectFor(subject.database);
    await blocker.session.execute("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE");
    const first = subject.up(files, { options: { ...RUN_DEFAULT, lockTimeout_ms: 60_000 } });
    await until(async () => (await blocker.value(WAITING)) !== "0");
    const status = await blocker.status(files);
    expect(status.migrations[0]?.state).toBe("running");
    expect(status.runner).toMatchObject({ command: "up" });
    for (const second of [blocker.up, blocker.resume, blocker.down]) {
      const refused = await refusal(second(files));
      expect(refused.exitCode).toBe(3);
      expect(refused.message).toMatch(
        /migrations are being run already: server process \d+ as \w+ from \S+ since \d{4}-.*Z \(migrate up\)/,
      );
    }
    await blocker.session.execute("COMMIT");
    expect(await first).toMatchObject({ outcome: "done" });
    await blocker.session.close();
  });
});

describe("locks", () => {
  test("a lock that is not to be had is tried for again, and then the state is clean", async () => {
    await subject.session.execute("CREATE TABLE t (id int PRIMARY KEY)");
    const files = { "1.sql": "-- dbwright:step 1 lock-timeout=20ms\nALTER TABLE t ADD COLUMN a int" };
    const blocker = await subjectFor(subject.database);
    await blocker.session.execute("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE");
    const refused = await refusal(subject.up(files));
    expect(refused.exitCode).toBe(3);
    expect(refused.message).toContain("step 1 of 1 failed after 4 attempts: the lock was not to be had");
    expect((await subject.status(files)).migrations[0]).toMatchObject({ state: "failed", stepsDone: 0 });
    await blocker.session.execute("COMMIT");
    await blocker.session.close();
    expect(await subject.resume(files)).toMatchObject({ outcome: "done" });
  });

  test("an index that was left invalid is removed before it is built again", async () => {
    await subject.session.execute("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1), (2, 1)");
    const files = {
      "1.sql":
        "-- dbwright:step 1 no-transaction\n-- dbwright:cleanup DROP INDEX CONCURRENTLY IF EXISTS t_a\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)",
    };
    const refused = await refusal(subject.up(files));
    expect(refused.message).toContain("could not create unique index");
    const valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('t_a')";
    expect(await subject.value(valid)).toBe("false");
    await subject.session.execute("DELETE FROM t WHERE id = 2");
    expect(await subject.resume(files)).toMatchObject({ outcome: "done" });
    expect(await subject.value(valid)).toBe("true");
  });

  test("an index whose record is missing is recognised, and not built twice", async () => {
    await subject.session.execute("CREATE TABLE t (id int PRIMARY KEY, a int)");
    const files = { "1.sql": "-- dbwright:step 1 no-transaction\nCREATE INDEX CONCURRENTLY ON t (a)" };
    await subject.up(files);
    const oid = await subject.value("SELECT 't_a_idx'::regclass::oid");
    await subject.session.execute(
      "UPDATE dbwright.step SET state = 'intended'; UPDATE dbwright.migration SET state = 'running'",
    );
    const status = await subject.status(files);
    expect(status.migrations[0]).toMatchObject({ state: "interrupted" });
    expect(status.migrations[0]?.open[0]?.says).toContain("only its record is missing");
    await subject.resume(files);
    expect(await subject.value("SELECT 't_a_idx'::regclass::oid")).toBe(oid);
    expect(await subject.value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")).toBe("2");
  });
});

describe("pause", () => {
  const rows = 30_000;
  const files = { "1.sql": "-- dbwright:step 1 phase=migrate batch=public.t(id)\nUPDATE t SET a = id WHERE a IS NULL" };
  const slow = { options: { ...RUN_DEFAULT, batchTarget_ms: 1 } };

  beforeEach(async () => {
    await subject.session.execute(
      `CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT generate_series(1, ${rows})`,
    );
  });

  test("from another terminal, and on again", async () => {
    const running = subject.up(files, slow);
    await until(async () =>
      (await subject.value("SELECT to_regclass('dbwright.backfill')")) === null
        ? false
        : (await subject.value("SELECT coalesce(max(batches), 0) > 0 FROM dbwright.backfill")) === "true",
    );
    const { runner } = await requestPause(subject.url, "the night shift", never);
    expect(runner).not.toBeNull();
    expect(await running).toMatchObject({ outcome: "paused", at: "1" });
    const status = await subject.status(files);
    expect(status).toMatchObject({ runner: null, pause: { by: "the night shift" } });
    expect(status.migrations[0]?.open[0]?.says).toMatch(/^\d+ rows passed and \d+ changed in \d+ batches/);
    expect((await refusal(subject.up(files))).message).toContain("by the night shift");
    expect(await subject.resume(files)).toMatchObject({ outcome: "done" });
    expect(await subject.value("SELECT count(*) FROM t WHERE a = id")).toBe(String(rows));
    expect(await subject.value("SELECT rows_changed FROM dbwright.backfill")).toBe(String(rows));
  });

  test("by Ctrl-C: between two batches, or by cancelling a long statement", async () => {
    const stop = new AbortController();
    const running = subject.up(files, { ...slow, signal: stop.signal });
    await until(async () =>
      (await subject.value("SELECT to_regclass('dbwright.backfill')")) === null
        ? false
        : (await subject.value("SELECT coalesce(max(batches), 0) > 0 FROM dbwright.backfill")) === "true",
    );
    stop.abort(new Error("Ctrl-C"));
    expect(await running).toMatchObject({ outcome: "paused" });
    const both = { ...files, "2.sql": "BEGIN; CREATE TABLE u (i int); SELECT pg_sleep(600); COMMIT" };
    await subject.resume(both);
    const again = new AbortController();
    const sleeping = subject.up(both, { signal: again.signal });
    await until(
      async () =>
        (await subject.value(
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600%' AND state = 'active'",
        )) === "1",
    );
    again.abort(new Error("Ctrl-C"));
    expect(await sleeping).toMatchObject({ outcome: "paused", at: "2" });
    expect(await subject.value("SELECT to_regclass('u')")).toBeNull();
    expect((await subject.status(both)).migrations[1]).toMatchObject({ state: "stopped", stepsDone: 0 });
  });
});

describe("what is looked at before the first statement", () => {
  test("missing privileges, all of them, with what gives them", async () => {
    const other = await server.createDatabase();
    const admin = await other.connect("admin");
    await admin.execute(
      "CREATE TABLE public.theirs (id int PRIMARY KEY); CREATE SCHEMA vault; CREATE TABLE vault.hidden (i int); CREATE TYPE public.mood AS ENUM ('a'); CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    await admin.close();
    const stranger = await subjectFor(other);
    const refused = await refusal(
      stranger.up({
        "1.sql":
          "CREATE TABLE mine (i int);\nALTER TABLE public.theirs ADD COLUMN a int;\nUPDATE theirs SET id = 1;\nCREATE TABLE vault.v (i int);\nCREATE TABLE r (i int REFERENCES theirs);\nINSERT INTO mine SELECT i FROM vault.hidden;\nALTER TYPE mood ADD VALUE 'b';\nDROP FUNCTION f();\nDROP SCHEMA vault;\nCREATE ROLE dbwright_r;\nCOMMENT ON COLUMN theirs.id IS 'x';\nWITH theirs AS (SELECT 1) INSERT INTO mine SELECT * FROM theirs;",
      }),
    );
    expect(refused.exitCode).toBe(3);
    for (const line of [
      "1.sql:2: being the owner of public.theirs",
      "1.sql:3: UPDATE on theirs",
      "1.sql:4: CREATE in schema vault",
      "1.sql:5: REFERENCES on theirs",
      "1.sql:6: USAGE of schema vault",
      "1.sql:6: SELECT on vault.hidden",
      "1.sql:7: being the owner of mood",
      "1.sql:9: being the owner of schema vault",
      "1.sql:10: CREATEROLE",
      "ALTER ROUTINE f() OWNER TO",
      "GRANT UPDATE ON public.theirs TO",
    ])
      expect(refused.message).toContain(line);
    expect(await stranger.value("SELECT to_regclass('mine')")).toBeNull();
    await stranger.close();
  });

  test("a history that somebody else could write", async () => {
    const other = await server.createDatabase();
    const admin = await other.connect("admin");
    await admin.execute("CREATE SCHEMA dbwright; GRANT ALL ON SCHEMA dbwright TO PUBLIC");
    await admin.close();
    const stranger = await subjectFor(other);
    const refused = await refusal(stranger.up({ "1.sql": "SELECT 1" }));
    expect(refused.exitCode).toBe(3);
    expect(refused.message).toContain("the user who is connected is no member of that role");
    await stranger.close();
  });

  test.each([
    ["a standby", { versionNumber: 180_000, recovering: true, readOnly: true }, "the server is a standby"],
    [
      "a server too old",
      { versionNumber: 140_010, recovering: false, readOnly: false },
      "PostgreSQL 14, which is too old",
    ],
    ["a server far too old", { versionNumber: 90_624, recovering: false, readOnly: false }, "which is too old"],
    [
      "read-only transactions",
      { versionNumber: 180_000, recovering: false, readOnly: true },
      "transactions are read-only here",
    ],
  ])("%s", (_, state, message) => {
    expect(() => checkServer(state)).toThrow(message);
  });

  test("read-only transactions, on a server", async () => {
    await subject.session.execute(`ALTER DATABASE ${subject.database.name} SET default_transaction_read_only = on`);
    expect((await refusal(subject.up({ "1.sql": "SELECT 1" }))).message).toContain("transactions are read-only here");
    expect((await subject.status({ "1.sql": "SELECT 1" })).next).toContain("transactions are read-only here");
  });
});

test("a full disk leaves a state that resumes", async () => {
  // The server raises what it raises when no block can be had.
  const full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$";
  const files = { "1.sql": `CREATE TABLE a (i int);\nVACUUM a;\n${full};\nCREATE TABLE b (i int);` };
  const refused = await refusal(subject.up(files));
  expect(refused.exitCode).toBe(3);
  expect(refused.message).toContain("the server's disk is full (53100)");
  expect(await subject.resume({ "1.sql": files["1.sql"].replace(full, "SELECT 1") })).toMatchObject({
    outcome: "done",
  });
});
