import { describe, expect, test } from "vitest";
import type { MigrationFormat } from "../../model/migration.ts";
import { migrationFormatOf } from "./folder-format.ts";
import { withLockTimeouts } from "./lock-timeout.ts";
import { readMigrations } from "./read.ts";
import type { WrittenStep } from "./write.ts";
import { partsOf } from "./writer.ts";
import type { FolderFile } from "./writer.ts";
import { MIGRATION_WRITERS } from "./writers.ts";

function step(sql: string, more: Partial<WrittenStep> = {}): WrittenStep {
  return {
    sql,
    undo: ["SELECT 'undo'"],
    irreversible: null,
    phase: "expand",
    transactional: true,
    transaction: null,
    lockTimeout_ms: null,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: null,
    ...more,
  };
}

const AT = new Date("2026-11-20T12:00:00Z");
const STEPS = [
  step("ALTER TABLE public.task ADD COLUMN title text"),
  step("CREATE INDEX CONCURRENTLY task_title_idx ON public.task (title)", { transactional: false }),
  step("UPDATE public.task SET title = '`$' || '{x}\\n'", { phase: "migrate" }),
  step("ALTER TABLE public.task DROP COLUMN name", {
    phase: "contract",
    undo: null,
    irreversible: "the 'values' are gone",
  }),
];

describe("parts", () => {
  test("a phase is a part, where a file may mix transactions", () => {
    expect(partsOf("title", STEPS, true).map(({ name, steps }) => `${name} ${steps.length}`)).toEqual([
      "title_expand 2",
      "title_migrate 1",
      "title_contract 1",
    ]);
  });
  test("what refuses a transaction stands alone, where it may not", () => {
    expect(partsOf("title", STEPS, false).map(({ name, steps }) => `${name} ${steps.length}`)).toEqual([
      "title_expand 1",
      "title_expand_2 1",
      "title_migrate 1",
      "title_contract 1",
    ]);
  });
  test("steps of one transaction stay together, in the last of their phases", () => {
    const steps = [
      step("A"),
      step("B", { phase: "migrate", transaction: 2 }),
      step("C", { phase: "contract", transaction: 2 }),
      step("D", { phase: "expand", transaction: 2 }),
    ];
    expect(
      partsOf("x", steps, true).map(({ name, steps: own }) => `${name} ${own.map(({ sql }) => sql).join("")}`),
    ).toEqual(["x_expand A", "x_contract BCD"]);
  });
  test("one part keeps the name; phases never go back", () => {
    expect(partsOf("x", [step("SELECT 1")], true)).toHaveLength(1);
    const back = [step("SELECT 1", { phase: "migrate" }), step("SELECT 2"), step("SELECT 3", { phase: "contract" })];
    expect(partsOf("x", back, true).map(({ name, steps }) => `${name} ${steps.length}`)).toEqual([
      "x_migrate 2",
      "x_contract 1",
    ]);
  });
});

test("runs of steps in a transaction begin with a limit for locks, two seconds at least", () => {
  const steps = [
    step("A", { lockTimeout_ms: 100 }),
    step("B"),
    step("C", { transactional: false, lockTimeout_ms: 5000 }),
    step("D"),
    step("E", { transactional: false }),
    step("F", { lockTimeout_ms: 3000 }),
  ];
  expect(withLockTimeouts(steps).map(({ sql }) => sql)).toEqual([
    "SET LOCAL lock_timeout = '2000ms'",
    ..."ABCDE",
    "SET LOCAL lock_timeout = '3000ms'",
    "F",
  ]);
});

test.each([
  ["knex", "js", "export const up = (knex) => knex;", /^export async function up\(knex\) \{$/m],
  ["knex", "js", "exports.up = (knex) => knex;", /^exports\.up = async function up\(knex\) \{$/m],
  ["knex", "cjs", "exports.up = (knex) => knex;", /^exports\.down = async function down\(knex\) \{$/m],
  [
    "knex",
    "ts",
    "export const up = (knex: Knex) => knex;",
    /^export async function up\(knex: Knex\): Promise<void> \{$/m,
  ],
  [
    "typeorm",
    "js",
    "module.exports = class A1 { async up(queryRunner) { queryRunner.query(''); } }",
    /^module\.exports = class X\d+ \{$/m,
  ],
  ["typeorm", "mjs", "export class A1 { async up(queryRunner) { queryRunner.query(''); } }", /^export class X\d+ \{$/m],
] as const)("%s goes on in the folder's own language: .%s", (format, ending, text, expected) => {
  const { files } = MIGRATION_WRITERS[format].write({ at: AT, name: "x", steps: STEPS, after: null }, [
    { path: `1_a.${ending}`, text },
  ]);
  expect(files[0]?.path.endsWith(`.${ending}`)).toBe(true);
  expect(files[0]?.text).toMatch(expected);
});

const FOLDERS: Readonly<Record<MigrationFormat, readonly FolderFile[]>> = {
  sql: [{ path: "1_a.sql", text: "SELECT 1;" }],
  flyway: [{ path: "V1__a.sql", text: "SELECT 1;" }],
  knex: [{ path: "1_a.js", text: "exports.up = (knex) => knex.raw('SELECT 1');" }],
  prisma: [{ path: "migration_lock.toml", text: 'provider = "postgresql"' }],
  drizzle: [
    {
      path: "meta/_journal.json",
      text: '{"version":"7","dialect":"postgresql","entries":[{"idx":3,"version":"7","when":5,"tag":"0003_a","breakpoints":true}]}',
    },
    { path: "meta/0003_snapshot.json", text: '{"id":"aaa","prevId":"bbb","tables":{}}' },
  ],
  "node-pg-migrate": [{ path: "1_a.js", text: "exports.up = (pgm) => { pgm.sql('SELECT 1'); };" }],
  typeorm: [{ path: "1-A.ts", text: "export class A1 implements MigrationInterface {}" }],
};

describe.each(Object.keys(FOLDERS) as MigrationFormat[])("%s", (format) => {
  const folder = FOLDERS[format];
  const write = (steps: readonly WrittenStep[]) =>
    MIGRATION_WRITERS[format].write({ at: AT, name: "Add title!", steps, after: "1_a" }, folder);

  test("the folder is recognised", () => expect(migrationFormatOf(folder)).toBe(format));

  test("what is written is recognised as the same tool's, and holds each statement", () => {
    const { files, id } = write(STEPS);
    const kept = folder.filter(({ path }) => !files.some((file) => file.path === path));
    expect(migrationFormatOf([...kept.slice(format === "prisma" ? 1 : 0), ...files])).toBe(format);
    const text = files.map((file) => file.text).join("\n");
    for (const name of ["ADD COLUMN title", "task_title_idx", "DROP COLUMN name"]) expect(text).toContain(name);
    expect(id).toMatch(/add.?title/i);
  });

  test("a way down that does not exist fails instead of doing nothing", () => {
    const text = write(STEPS)
      .files.map((file) => file.text)
      .join("\n");
    if (format === "flyway") expect(text).not.toContain("Takes back");
    else if (format !== "drizzle" && format !== "sql")
      expect(text).toContain("RAISE EXCEPTION 'the ''values'' are gone'");
  });
});

test("what is written for Flyway, Prisma and Drizzle is read back as plain SQL", async () => {
  for (const format of ["flyway", "prisma", "drizzle"] as const) {
    const { files } = MIGRATION_WRITERS[format].write(
      { at: AT, name: "x", steps: STEPS.slice(0, 1), after: null },
      FOLDERS[format],
    );
    const sql = files.filter(({ path }) => path.endsWith(".sql")).map(({ path, text }) => ({ file: path, text }));
    const [migration] = await readMigrations(sql);
    expect(migration?.steps.map((one) => one.sql)).toEqual(STEPS.slice(0, 1).map((one) => one.sql));
  }
});

test("Drizzle's journal goes on, its snapshot is carried along", () => {
  const { files } = MIGRATION_WRITERS.drizzle.write({ at: AT, name: "x", steps: STEPS, after: null }, FOLDERS.drizzle);
  const journal = JSON.parse(files.find(({ path }) => path.endsWith("_journal.json"))?.text ?? "") as {
    entries: { tag: string; idx: number }[];
  };
  expect(journal.entries.map(({ tag, idx }) => `${idx} ${tag}`)).toEqual(["3 0003_a", "4 0004_x"]);
  const snapshot = JSON.parse(files.find(({ path }) => path === "meta/0004_snapshot.json")?.text ?? "") as Record<
    string,
    unknown
  >;
  expect(snapshot["prevId"]).toBe("aaa");
  expect(snapshot["id"]).not.toBe("aaa");
});

test.each([
  [[], "V1__x"],
  [["V7__a.sql"], "V8__x"],
  [["V9__a.sql", "V10__b.sql", "U10__b.sql", "R__view.sql"], "V11__x"],
  [["V009__a.sql"], "V010__x"],
  [["V1.2__a.sql", "V1.10__b.sql"], "V1.11__x"],
  [["V2_03__a.sql"], "V2_04__x"],
  [["V20250101120000__a.sql"], "V20261120120000__x"],
  [["V202501011200__a.sql"], "V202611201200__x"],
  // Somebody's clock is ahead.
  [["V20270101120000__a.sql"], "V20270101120001__x"],
  [["V99999999999999999999__a.sql"], "V100000000000000000000__x"],
  [["2026/V3__a.sql", "2025/V2__b.sql"], "2026/V4__x"],
])("Flyway's versions go on as the folder counts: %j, %s", (names, expected) => {
  const folder = names.map((path) => ({ path, text: "SELECT 1;" }));
  const { files, notes } = MIGRATION_WRITERS.flyway.write(
    { at: AT, name: "x", steps: STEPS.slice(0, 1), after: null },
    folder,
  );
  const undo = expected.replace(/V(?=\d+[._\d]*__)/, "U");
  expect(files.map(({ path }) => path)).toEqual([`${expected}.sql`, `${undo}.sql`]);
  expect(notes).toEqual([]);
});

test("a migration of Flyway's that refuses a transaction, or holds what looks like a placeholder, says so beside it", async () => {
  const write = (steps: readonly WrittenStep[]) =>
    MIGRATION_WRITERS.flyway.write({ at: AT, name: "x", steps, after: null }, [{ path: "V1__a.sql", text: "" }]);
  const [, index] = STEPS;
  const outside = write(index === undefined ? [] : [{ ...index, undo: ["DROP INDEX CONCURRENTLY task_title_idx"] }]);
  expect(outside.notes[0]).toContain("V2__x runs outside of a transaction: Flyway waits there for itself");
  expect(Object.fromEntries(outside.files.map(({ path, text }) => [path, text]))).toMatchObject({
    "V2__x.sql.conf": "executeInTransaction=false\n",
    "U2__x.sql.conf": "executeInTransaction=false\n",
  });
  const holed = write([step("COMMENT ON TABLE t IS '${a}'")]);
  expect(holed.files.map(({ path }) => path)).toEqual(["V2__x.sql", "V2__x.sql.conf", "U2__x.sql"]);
  expect(holed.files[1]?.text).toBe("placeholderReplacement=false\n");
  // Each step is taken back by its own undoing.
  const both = await readMigrations(
    outside.files.filter(({ path }) => path.endsWith(".sql")).map(({ path, text }) => ({ file: path, text })),
  );
  expect(both[0]?.steps[0]).toMatchObject({ transactional: false, undo: ["DROP INDEX CONCURRENTLY task_title_idx"] });
});
