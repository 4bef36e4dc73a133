import { describe, expect, test } from "vitest";
import { silentProgress } from "../../model/progress.ts";
import type { TwinServer } from "../../twin/server.ts";
import { baseline } from "./baseline.ts";
import { findDrift } from "./drift.ts";
import { squash } from "./squash.ts";
import { contentOf, eachOnItsOwn, filesOf, subjectOn } from "./testing.test-data.ts";
import type { Subject } from "./testing.test-data.ts";

let server: TwinServer;
let subject: Subject;
const signal = new AbortController().signal;
const progress = silentProgress;

eachOnItsOwn((place) => ({ server, subject } = place));

type Files = Readonly<Record<string, string>>;
const FILES = {
  "20260101_task.up.sql": "CREATE TABLE task (id bigint PRIMARY KEY, title text NOT NULL);",
  "20260102_due.up.sql": "ALTER TABLE task ADD COLUMN due date; CREATE INDEX task_due ON task (due);",
};

const drift = async (files: Files): ReturnType<typeof findDrift> =>
  await findDrift({
    url: subject.url,
    migrations: await filesOf(files),
    server: () => Promise.resolve(server),
    signal,
    progress,
    show: "both",
    prove: true,
    rows: 20,
    searchPath: [],
  });

const adopt = async (files: Files, parts: { to?: string; acceptDrift?: boolean } = {}): ReturnType<typeof baseline> =>
  await baseline({
    url: subject.url,
    migrations: await filesOf(files),
    server: () => Promise.resolve(server),
    to: parts.to ?? null,
    acceptDrift: parts.acceptDrift ?? false,
    dryRun: false,
    signal,
    progress,
  });

describe("drift", () => {
  test("nothing where nobody changed anything; the history does not count", async () => {
    await subject.up(FILES);
    expect(await drift(FILES)).toMatchObject({ differences: [], against: ["20260101_task", "20260102_due"] });
  });

  test("what was changed by hand, with the SQL that mends it either way", async () => {
    await subject.up(FILES);
    const before = await contentOf(subject.session);
    await subject.session.execute("ALTER TABLE task ADD COLUMN hot text; DROP INDEX task_due");
    const found = await drift(FILES);
    expect(found.differences.join("\n")).toContain("column public.task.hot");
    expect(found.adopt?.sql).toMatch(/Proved on[^]*ADD COLUMN hot text/);
    expect(found.revert?.sql).toMatch(/Proved on[^]*DROP COLUMN hot/);
    expect([found.adopt?.proof?.verdict, found.revert?.proof?.verdict]).toEqual(["proved", "proved"]);
    // The SQL is a script for psql: what is a command of psql's own is left out to run it here.
    for (const line of (found.revert?.sql ?? "").replaceAll(/^\\.*$/gm, "").split(";\n"))
      await subject.session.execute(line);
    expect(await contentOf(subject.session)).toBe(before);
    expect((await drift(FILES)).differences).toEqual([]);
  });
});

describe("baseline", () => {
  test("a folder without migrations has nothing to adopt", async () => {
    await expect(adopt({})).rejects.toThrow("the folder holds no migrations");
  });

  test("adopts what is equal, and refuses what is not, with the differences", async () => {
    await subject.session.execute(Object.values(FILES).join("\n"));
    await expect(adopt(FILES, { to: "20260101" })).rejects.toThrow(
      /is not what the files up to 20260101_task make[^]*\+ column public\.task\.due/,
    );
    expect(await adopt(FILES)).toMatchObject({ adopted: ["20260101_task", "20260102_due"], differences: [] });
    expect((await subject.status(FILES)).migrations.map(({ state }) => state)).toEqual(["applied", "applied"]);
    await subject.up({ ...FILES, "20260103_x.sql": "CREATE TABLE x (i int)" });
    await expect(adopt(FILES)).rejects.toThrow("dbwright keeps this database's history already");
  });

  const OTHERS: readonly (readonly [string, string])[] = [
    [
      "Rails, dbmate or Ecto",
      "CREATE TABLE schema_migrations (version text PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260101')",
    ],
    [
      "golang-migrate",
      "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (20260101, false)",
    ],
    [
      "Sqitch",
      "CREATE SCHEMA sqitch; CREATE TABLE sqitch.projects (project text); CREATE TABLE sqitch.changes (change_id text, change text, project text, planned_at timestamptz, committed_at timestamptz); INSERT INTO sqitch.changes VALUES ('a', '20260101_task', 'p', now(), now())",
    ],
    [
      "Flyway",
      `CREATE TABLE flyway_schema_history (installed_rank int, version text, type text, script text, success boolean);
       INSERT INTO flyway_schema_history VALUES (1, '20260101', 'SQL', '20260101_task.up.sql', true),
         (2, '20260102', 'SQL', '20260102_due.up.sql', true), (3, '20260102', 'UNDO_SQL', 'U20260102__due.sql', true)`,
    ],
    [
      "goose",
      "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (20260101, true)",
    ],
    [
      "Prisma",
      "CREATE TABLE _prisma_migrations (migration_name text, started_at timestamptz, finished_at timestamptz, rolled_back_at timestamptz); INSERT INTO _prisma_migrations VALUES ('20260101_task', now(), now(), NULL)",
    ],
    [
      "Knex",
      "CREATE TABLE knex_migrations (id serial, name text, batch int); INSERT INTO knex_migrations (name, batch) VALUES ('20260101_task.js', 1)",
    ],
    [
      "node-pg-migrate",
      "CREATE TABLE pgmigrations (id serial, name text, run_on timestamp); INSERT INTO pgmigrations (name) VALUES ('20260101_task')",
    ],
    [
      "TypeORM",
      "CREATE TABLE migrations (id serial, timestamp bigint, name text); INSERT INTO migrations (timestamp, name) VALUES (1, '20260101_task')",
    ],
    [
      "sql-migrate",
      "CREATE TABLE gorp_migrations (id text, applied_at timestamptz); INSERT INTO gorp_migrations VALUES ('20260101_task.sql', now())",
    ],
    [
      "Sequelize or Umzug",
      'CREATE TABLE "SequelizeMeta" (name text); INSERT INTO "SequelizeMeta" VALUES (\'20260101_task.js\')',
    ],
  ];

  test("the history of each known tool is explained by up and adopted", async () => {
    await subject.session.execute(FILES["20260101_task.up.sql"]);
    for (const [tool, sql] of OTHERS) {
      await subject.session.execute(sql);
      await expect(subject.up(FILES)).rejects.toThrow(
        `this database has the history of ${tool}, which ${tool === "golang-migrate" ? "stands at 20260101" : "ran 1"}`,
      );
      const { next } = await subject.status(FILES);
      const { adopted, from } = await adopt(FILES);
      const { migrations } = await subject.status(FILES);
      expect({ tool: from?.tool, next, adopted, states: migrations.map(({ state }) => state) }).toEqual({
        tool,
        next: "dbwright migrate baseline adopts the history of the other tool",
        adopted: ["20260101_task"],
        states: ["applied", "pending"],
      });
      const what = /CREATE (?:TABLE|SCHEMA) [^\s;]+/.exec(sql)?.[0].replace("CREATE", "DROP") ?? "";
      await subject.session.execute(`${what} CASCADE; DROP SCHEMA dbwright CASCADE`);
    }
  });

  test("what another tool says failed half way is not adopted", async () => {
    await subject.session.execute(
      "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (20260102, true)",
    );
    const says = "golang-migrate, which says that 20260102 failed half way";
    await expect(subject.up(FILES)).rejects.toThrow(`the history of ${says}`);
    expect((await subject.status(FILES)).next).toContain("repair the history with golang-migrate");
    await expect(adopt(FILES)).rejects.toThrow("golang-migrate says that its migration 20260102 failed half way here");
  });
});

test("what was done by hand and written as a migration joins the history", async () => {
  await subject.up(FILES);
  await subject.session.execute("ALTER TABLE task ADD COLUMN note text");
  const more = { ...FILES, "20260103_note.up.sql": "ALTER TABLE task ADD COLUMN note text;" };
  const refused = await adopt(more).then(
    () => "",
    (error: unknown) => String(error),
  );
  expect(refused).toContain("name it with --to");
  expect(await adopt(more, { to: "20260103" })).toMatchObject({ adopted: ["20260103_note"], differences: [] });
  expect(await subject.status(more)).toMatchObject({ next: null });
});

describe("squash", () => {
  const later = { "20260103_x.up.sql": "CREATE TABLE x (i int);" };

  async function squashed(): Promise<{ files: Files; id: string }> {
    const sum = await squash({
      migrations: await filesOf({ ...FILES, ...later }),
      to: "20260102",
      name: "squash",
      withoutRows: false,
      server: () => Promise.resolve(server),
      signal,
      progress,
    });
    expect(sum.replaces).toEqual(["20260101_task", "20260102_due"]);
    return { id: sum.id, files: { [`${sum.id}.up.sql`]: sum.up, [`${sum.id}.down.sql`]: sum.down, ...later } };
  }

  test("is mapped where its parts ran, run where none did, and refused where some did", async () => {
    const { files, id } = await squashed();
    expect(id).toBe("20260102_squash");
    await subject.up(FILES);
    const before = await contentOf(subject.session);
    expect(await subject.up(files)).toMatchObject({ mapped: [id], applied: ["20260103_x"] });
    expect((await subject.status(files)).migrations.map(({ state }) => state)).toEqual([
      "replaced",
      "replaced",
      "applied",
      "applied",
    ]);
    expect(await subject.up(files)).toMatchObject({ outcome: "done", applied: [], mapped: [] });

    const fresh = await subjectOn(server);
    // The old files may still be there.
    expect(await fresh.up({ ...FILES, ...files }, { to: id })).toMatchObject({ applied: [id] });
    expect(await contentOf(fresh.session)).toBe(before);
    expect(await fresh.up({ ...FILES, ...files })).toMatchObject({ applied: ["20260103_x"] });
    await fresh.close();

    const half = await subjectOn(server);
    await half.up({ "20260101_task.up.sql": FILES["20260101_task.up.sql"] });
    await expect(half.up(files)).rejects.toThrow(
      "this database ran only a part of what 20260102_squash was squashed from",
    );
    await half.up({ ...FILES, ...files });
    expect(await half.up(files)).toMatchObject({ mapped: [id] });
    await half.close();
  });

  test("a squash of a squash is mapped where only the first one ran, too", async () => {
    const { files, id } = await squashed();
    const sum = await squash({
      migrations: await filesOf({ ...FILES, ...files }),
      to: "20260103_x",
      name: "again",
      withoutRows: false,
      server: () => Promise.resolve(server),
      signal,
      progress,
    });
    const again = { [`${sum.id}.up.sql`]: sum.up, [`${sum.id}.down.sql`]: sum.down };
    await subject.up(files);
    expect(await subject.up(again)).toMatchObject({ mapped: [sum.id], applied: [] });
    expect((await subject.status(again)).migrations.map((one) => `${one.id} ${one.state}`)).toEqual([
      `${id} replaced`,
      "20260103_x replaced",
      `${sum.id} applied`,
    ]);
  });

  test("within a squash that is pending nothing can be stopped at", async () => {
    const { files, id } = await squashed();
    await expect(subject.up({ ...FILES, ...files }, { to: "20260101" })).rejects.toThrow(
      `20260101_task is a part of ${id}, which runs in its place`,
    );
    await subject.up(files, { to: id });
    await subject.down(files);
    expect((await subject.status(files)).migrations.map(({ state }) => state)).toEqual(["pending", "pending"]);
  });

  test("rows are not left out in silence", async () => {
    const rows = { ...FILES, "20260102_rows.up.sql": "INSERT INTO task VALUES (1, 'a');" };
    const work = squash({
      migrations: await filesOf(rows),
      to: "20260102_rows",
      name: "s",
      withoutRows: false,
      server: () => Promise.resolve(server),
      signal,
      progress,
    });
    await expect(work).rejects.toThrow("the migrations hold 1 statements on rows");
  });
});
