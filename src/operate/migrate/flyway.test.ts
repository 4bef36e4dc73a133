import { expect, test } from "vitest";
import { migrateStatus } from "./status.ts";
import { eachOnItsOwn, filesOf, refusal } from "./testing.test-data.ts";
import type { Subject } from "./testing.test-data.ts";

let subject: Subject;
eachOnItsOwn((place) => ({ subject } = place));

const V1 = { "V1__task.sql": "CREATE TABLE task (id int PRIMARY KEY, title text)", "U1__task.sql": "DROP TABLE task" };
const V2 = {
  "V2__size.sql": "ALTER TABLE task ADD COLUMN size int",
  // Flyway goes by the version alone.
  "U2__no_size.sql": "ALTER TABLE task DROP COLUMN size",
};
const view = (column: string): { readonly "R__short.sql": string } => ({
  "R__short.sql": `CREATE OR REPLACE VIEW short AS SELECT id, ${column} AS it FROM task`,
});
const states = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await migrateStatus(subject.url, await filesOf(files), new AbortController().signal)).migrations.map(
    ({ id, state }) => `${id} ${state}`,
  );

test("a repeatable script runs behind the versions, again when it was changed, and holds no version back", async () => {
  const first = { ...V1, ...view("title") };
  expect(await subject.up(first)).toMatchObject({ applied: ["V1__task", "R__short"] });
  expect(await subject.up(first)).toMatchObject({ applied: [], plan: [] });
  const second = { ...V1, ...V2, ...view("upper(title)") };
  expect(await states(second)).toEqual(["V1__task applied", "V2__size pending", "R__short again"]);
  expect(await subject.up(second)).toMatchObject({ applied: ["V2__size", "R__short"] });
  expect(await subject.value("SELECT pg_get_viewdef('short'::regclass)")).toContain("upper");
  expect(await states(second)).toEqual(["V1__task applied", "V2__size applied", "R__short applied"]);
  expect(await subject.value("SELECT count(*) FROM dbwright.step WHERE migration = 'R__short'")).toBe("1");
});

test("to take back passes over a repeatable script", async () => {
  const files = { ...V1, ...V2, ...view("title") };
  await subject.up(files);
  expect(await subject.down(files)).toMatchObject({ undone: ["V2__size"] });
  expect(await subject.value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'task'")).toBe("2");
  expect(await states(files)).toEqual(["V1__task applied", "R__short applied", "V2__size pending"]);
  expect(await subject.up(files)).toMatchObject({ applied: ["V2__size"] });
});

test("a repeatable script that fails can be mended, or given up", async () => {
  const files = { ...V1, ...view("title") };
  await subject.up(files);
  const broken = { ...V1, ...view("nothing") };
  expect((await refusal(subject.up(broken))).message).toContain('column "nothing" does not exist');
  expect(await states(broken)).toEqual(["V1__task applied", "R__short failed"]);
  expect(await subject.down(broken)).toMatchObject({ undone: ["R__short"] });
  expect(await states(files)).toEqual(["V1__task applied", "R__short pending"]);
  await refusal(subject.up(broken));
  expect(await subject.resume(files)).toMatchObject({ applied: ["R__short"] });
});

test("a version that was changed after it ran is refused as ever", async () => {
  await subject.up(V1);
  const refused = await refusal(subject.up({ ...V1, "V1__task.sql": "CREATE TABLE task (id bigint)" }));
  expect(refused.message).toContain("it was changed after it ran here");
});

test("a baseline script stands for the versions before it in an empty database, and for nothing elsewhere", async () => {
  const sum = { "B2__all.sql": "CREATE TABLE task (id int PRIMARY KEY, title text, size int)" };
  const v3 = { "V3__x.sql": "CREATE TABLE x (i int)" };
  expect(await subject.up({ ...V1, ...V2, ...sum, ...v3 })).toMatchObject({ applied: ["B2__all", "V3__x"] });
  expect(await subject.up({ ...V1, ...V2, ...sum, ...v3 })).toMatchObject({ applied: [], plan: [] });
});

test("a baseline script is passed over where versions have run", async () => {
  const sum = { "B2__all.sql": "CREATE TABLE task (id int PRIMARY KEY, title text, size int)" };
  await subject.up(V1);
  expect(await subject.up({ ...V1, ...V2, ...sum })).toMatchObject({ applied: ["V2__size"], mapped: [] });
  expect(await states({ ...V1, ...V2, ...sum })).toEqual(["V1__task applied", "V2__size applied"]);
});
