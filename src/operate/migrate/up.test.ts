import { describe, expect, test } from "vitest";
import type { TwinServer } from "../../twin/server.ts";
import { contentOf, eachOnItsOwn, plannedFiles, refusal } from "./testing.test-data.ts";
import type { Subject } from "./testing.test-data.ts";

let subject: Subject;
let server: TwinServer;

eachOnItsOwn((place) => ({ subject, server } = place));

const TASKS = {
  "1_task.up.sql":
    "CREATE TABLE task (id bigint PRIMARY KEY, title text NOT NULL); INSERT INTO task SELECT n, 't' || n FROM generate_series(1, 5000) n;",
  "1_task.down.sql": "DROP TABLE task;",
};

// What a plan writes: a column is added, filled in batches, indexed and made NOT NULL.
const RENAMED = {
  "2_name.up.sql": `
-- dbwright:step 1 phase=expand transaction=1 lock-timeout=500ms
ALTER TABLE public.task ADD COLUMN name text;
-- dbwright:step 2 phase=expand transaction=1
COMMENT ON COLUMN public.task.name IS 'was title';
-- dbwright:step 3 phase=migrate batch=public.task(id)
UPDATE public.task SET name = title WHERE name IS DISTINCT FROM title;
-- dbwright:step 4 phase=migrate no-transaction
-- dbwright:cleanup DROP INDEX CONCURRENTLY IF EXISTS public.task_name_idx
CREATE INDEX CONCURRENTLY task_name_idx ON public.task (name);
-- dbwright:step 5 phase=contract loses="the column public.task.title and its values" irreversible="the values do not come back"
ALTER TABLE public.task DROP COLUMN title;
`,
  "2_name.down.sql": `
-- dbwright:undo 5
ALTER TABLE public.task ADD COLUMN title text;
UPDATE public.task SET title = name;
ALTER TABLE public.task ALTER COLUMN title SET NOT NULL;
-- dbwright:undo 4
DROP INDEX CONCURRENTLY public.task_name_idx;
-- dbwright:undo 3
-- dbwright:undo 2
COMMENT ON COLUMN public.task.name IS NULL;
-- dbwright:undo 1
ALTER TABLE public.task DROP COLUMN name;
`,
};
// In a database without a table nothing is asked for.
const ANOTHER = "CREATE TABLE another (id bigint PRIMARY KEY)";
const DROP_TITLE = ["drop column public.task.title"];

describe("up", () => {
  test("runs what is pending, once, and says where it stands", async () => {
    const files = { ...TASKS, ...RENAMED };
    const before = await subject.status(files);
    expect(before.migrations.map(({ id, state }) => [id, state])).toEqual([
      ["1_task", "pending"],
      ["2_name", "pending"],
    ]);
    const first = await subject.up(files, { allow: DROP_TITLE });
    expect(first).toMatchObject({ outcome: "done", applied: ["1_task", "2_name"] });
    expect(await subject.value("SELECT count(*) FROM task WHERE name = 't' || id")).toBe("5000");
    expect(await subject.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'task_name_idx'::regclass")).toBe(
      "true",
    );
    const content = await contentOf(subject.session);
    expect(await subject.up(files)).toMatchObject({ outcome: "done", applied: [], plan: [] });
    expect(await contentOf(subject.session)).toBe(content);
    const after = await subject.status(files);
    expect(after.migrations.map(({ state, open }) => [state, open])).toEqual([
      ["applied", []],
      ["applied", []],
    ]);
    expect(after.next).toBeNull();
  });

  test("asks for what is destroyed by name, before anything is run", async () => {
    await subject.session.execute(ANOTHER);
    const files = { ...TASKS, ...RENAMED };
    const refused = await refusal(subject.up(files));
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.message).toContain('--allow "drop column public.task.title"');
    expect(await subject.value("SELECT to_regclass('task')")).toBeNull();
    const slip = await refusal(subject.up(files, { allow: [...DROP_TITLE, "drop table public.job"] }));
    expect(slip.message).toContain('nothing that is to be run does "drop table public.job"');
    expect(await subject.up(files, { allow: ["step:2_name:5"] })).toMatchObject({ outcome: "done" });
  });

  test("asks for what a plan drops only where no step before has shown that its values are held elsewhere", async () => {
    await subject.session.execute(ANOTHER);
    const files = await plannedFiles(
      server,
      [
        `CREATE TABLE wider (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); CREATE TABLE rounded (id int PRIMARY KEY, v numeric);
         CREATE TABLE moved (id int PRIMARY KEY, v text); CREATE TABLE there (id int PRIMARY KEY REFERENCES moved);
         CREATE TABLE copied (id int PRIMARY KEY, v int)`,
        `CREATE TABLE wider (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); CREATE TABLE rounded (id int PRIMARY KEY, v int);
         CREATE TABLE moved (id int PRIMARY KEY); CREATE TABLE there (id int PRIMARY KEY REFERENCES moved, v text);
         CREATE TABLE copied (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v + 1) STORED)`,
      ],
      ["moved.v=there.v"],
    );
    const asked = async (all: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const { losses } = await subject.up(all, { dryRun: true });
      return losses.flatMap(({ names }) => names.map((name) => name.replace(/_[0-9a-f]{8}/, ""))).toSorted();
    };
    const ROUNDED = "drop column public.rounded.dbwright_old_v";
    expect(await asked(files)).toEqual([ROUNDED]);
    // Only what fails where a value is missing shows anything.
    const silent = Object.entries(files).map(([name, text]) => [
      name,
      text.replaceAll("RAISE EXCEPTION", "RAISE NOTICE"),
    ]);
    expect(await asked(Object.fromEntries(silent) as Record<string, string>)).toEqual([
      "drop column public.moved.v",
      ROUNDED,
      "drop column public.wider.dbwright_old_id",
      "drop table public.dbwright_former",
    ]);
    // The verification stands in another file than the drop: what ran here counts.
    const early = Object.entries(files).filter(([name]) => !name.includes("_contract"));
    await subject.up(Object.fromEntries(early));
    expect(await asked(files)).toEqual([ROUNDED]);
  });

  test("stops after a phase and goes on with the next", async () => {
    const files = { ...TASKS, ...RENAMED };
    await subject.up(TASKS);
    const { RUN_DEFAULT } = await import("./run-context.ts");
    const until = (untilPhase: "expand" | "migrate") => ({ options: { ...RUN_DEFAULT, untilPhase } });
    expect(await subject.up(files, until("expand"))).toMatchObject({ outcome: "stopped", at: "2_name" });
    expect(await subject.value("SELECT count(name) FROM task")).toBe("0");
    expect((await subject.status(files)).migrations[1]).toMatchObject({
      state: "stopped",
      stepsDone: 2,
      stepsTotal: 5,
    });
    // To resume is to finish what was asked for, not more.
    expect(await subject.resume(files)).toMatchObject({ outcome: "stopped" });
    expect(await subject.value("SELECT count(name) FROM task")).toBe("0");
    expect(await subject.up(files, until("migrate"))).toMatchObject({ outcome: "stopped" });
    expect(await subject.value("SELECT count(name) FROM task")).toBe("5000");
    expect(await subject.up(files, { allow: DROP_TITLE })).toMatchObject({ outcome: "done", applied: ["2_name"] });
  });

  test("a dry run writes nothing, not even the history", async () => {
    await subject.session.execute(ANOTHER);
    const result = await subject.up({ ...TASKS, ...RENAMED }, { dryRun: true });
    expect(result.plan.map(({ id, steps }) => [id, steps.length])).toEqual([
      ["1_task", 2],
      ["2_name", 5],
    ]);
    expect(result.losses.map(({ names }) => names)).toEqual([DROP_TITLE]);
    expect(Object.fromEntries(result.checklist.map(({ id, verdict }) => [id, verdict]))).toEqual({
      "not-empty": "yes",
      "backward-compatible": "no",
      "nullable-first": "yes",
      transactions: "yes",
      "rollback-stated": "yes",
      "rollback-tested": "not looked at",
      "no-data-loss": "no",
      "concurrent-index": "yes",
      "on-delete-stated": "yes",
    });
    expect(await subject.value("SELECT to_regnamespace('dbwright')")).toBeNull();
  });

  test("an edited file is refused, a comment may be edited", async () => {
    await subject.up(TASKS);
    const edited = { ...TASKS, "1_task.up.sql": TASKS["1_task.up.sql"].replace("5000", "50") };
    const refused = await refusal(subject.up(edited));
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.message).toMatch(
      /^1_task\.up\.sql: it was changed after it ran here on .*Z\n {2}to mend it: take the change back/,
    );
    expect((await subject.status(edited)).edited).toHaveLength(1);
    await subject.up({ ...TASKS, "1_task.up.sql": `-- why\n${TASKS["1_task.up.sql"]}` });
  });

  test("a failing statement leaves a state that is explained, mended and resumed", async () => {
    const files = {
      ...TASKS,
      "2_x.sql":
        "SET search_path = public;\nBEGIN; CREATE TABLE a (i int); COMMIT;\nALTER TABLE task ADD COLUMN b int;\nSELECT 1 / 0;\nCREATE TABLE c (i int);\nVACUUM task;",
    };
    const refused = await refusal(subject.up(files));
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.message).toContain("2_x.sql:4: step 4 of 2_x failed: division by zero (22012)");
    const status = await subject.status(files);
    expect(status.migrations[1]).toMatchObject({ state: "failed", stepsDone: 3, stepsTotal: 6 });
    expect(status.migrations[1]?.open).toEqual([{ step: 4, line: 4, says: "failed: division by zero (22012)" }]);
    expect(status.next).toContain("migrate resume");
    expect((await refusal(subject.up(files))).message).toContain("2_x failed half way");
    const mended = { ...files, "2_x.sql": files["2_x.sql"].replace("1 / 0", "1 / 1") };
    expect(await subject.resume(mended)).toMatchObject({ outcome: "done", applied: ["2_x"] });
    expect(await subject.value("SELECT to_regclass('c') IS NOT NULL AND to_regclass('a') IS NOT NULL")).toBe("true");
  });

  test("a failing statement inside a transaction takes it back as a whole", async () => {
    const files = { "1_x.sql": "CREATE TABLE a (i int); INSERT INTO a VALUES ('x');" };
    const refused = await refusal(subject.up(files));
    expect(refused.message).toContain("step 2 of 1_x failed: invalid input syntax for type integer (22P02)");
    expect(await subject.value("SELECT to_regclass('a')")).toBeNull();
    expect((await subject.down(files)).undone).toEqual(["1_x"]);
    expect((await subject.status({})).migrations).toEqual([]);
  });

  test("a step may change role and search path: its record is written all the same", async () => {
    await subject.database.ensureRole("dbt_migrator");
    await subject.session.execute("CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO dbt_migrator");
    await subject.up({
      "1.sql":
        "SET ROLE dbt_migrator; SET search_path = app; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50);",
    });
    expect(await subject.value("SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toBe("dbt_migrator");
  });

  test("hostile names, and keys of any type", async () => {
    const table = '"a""b"."T; DROP TABLE task; --"';
    const files = {
      "1.up.sql": `CREATE SCHEMA "a""b"; CREATE TABLE ${table} ("x y" text COLLATE "C", "select" timestamptz, v int, PRIMARY KEY ("x y", "select"));
        INSERT INTO ${table} SELECT chr(32 + n % 90) || E'\\'";\\\\' , '2026-01-01 00:00:00.123456'::timestamptz + n * '1 h'::interval, n FROM generate_series(1, 3000) n;`,
      "2.up.sql": `-- dbwright:step 1 phase=migrate batch="\\"a\\"\\"b\\".\\"T; DROP TABLE task; --\\"(\\"x y\\",\\"select\\")"
        UPDATE ${table} SET v = -v WHERE v > 0;`,
    };
    await subject.up(files);
    expect(await subject.value(`SELECT count(*) || ' ' || sum(v) FROM ${table}`)).toBe("3000 -4501500");
    expect(await subject.value("SELECT batches > 1 FROM dbwright.backfill")).toBe("true");
  });

  test.each([
    ["k", "may be NULL"],
    ["u", "no unique index of public.t has just the columns u"],
    ["x", "there is no column public.t.x"],
  ])("a key that is not one is refused, and nothing is on record: %s", async (key, message) => {
    const files = {
      "1.sql": "CREATE TABLE t (id int, k int UNIQUE, u int NOT NULL)",
      "2.sql": `-- dbwright:step 1 batch=public.t(${key})\nUPDATE t SET id = 1`,
    };
    expect((await refusal(subject.up(files))).message).toContain(message);
    expect((await subject.down(files)).undone).toEqual(["2"]);
  });
});

describe("down", () => {
  test("takes back step by step, and asks for what that destroys", async () => {
    const files = { ...TASKS, ...RENAMED };
    await subject.up(TASKS);
    const before = await contentOf(subject.session);
    await subject.up(files, { allow: DROP_TITLE });
    const refused = await refusal(subject.down(files));
    expect(refused.message).toContain('--allow "drop column public.task.name"');
    const plan = await subject.down(files, { dryRun: true });
    expect(plan.plan.remarks).toEqual(["step 5 of 2_name: the values do not come back"]);
    expect(await subject.down(files, { steps: 1 })).toMatchObject({ outcome: "done", undone: [] });
    expect((await subject.status(files)).migrations[1]).toMatchObject({ state: "stopped", stepsDone: 4 });
    await subject.down(files, { allow: ["drop column public.task.name"] });
    // The column came back at the end of the table.
    expect((await contentOf(subject.session)).split("\n").toSorted()).toEqual(before.split("\n").toSorted());
    expect((await subject.status(files)).migrations[1]?.state).toBe("pending");
    expect((await subject.down(TASKS, { allow: ["drop table public.task"] })).undone).toEqual(["1_task"]);
    expect(await subject.value("SELECT to_regclass('task')")).toBeNull();
  });

  test("works from the history when the files are gone", async () => {
    await subject.up(TASKS);
    await subject.up({ ...TASKS, ...RENAMED }, { allow: DROP_TITLE });
    const gone = await subject.status(TASKS);
    expect(gone.migrations[1]?.state).toBe("no file");
    await subject.down(TASKS, { to: "1_task", allow: ["drop column public.task.name"] });
    expect(await subject.value("SELECT count(title) FROM task")).toBe("5000");
  });

  test("says what cannot be taken back before it runs anything", async () => {
    const files = {
      "1.up.sql":
        '-- dbwright:step 1\nCREATE TABLE a (i int);\n-- dbwright:step 2 irreversible="rows are gone"\nCREATE TABLE b (i int);',
      "1.down.sql": "-- dbwright:undo 1\nDROP TABLE a;",
    };
    await subject.up(files);
    const refused = await refusal(subject.down(files));
    expect(refused.message).toContain("step 2 of 1 cannot be taken back: rows are gone");
    expect(await subject.value("SELECT to_regclass('a')")).toBe("a");
  });
});
