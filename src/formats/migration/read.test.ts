import { describe, expect, test } from "vitest";
import { DbwrightError } from "../../model/error.ts";
import { readMigrations } from "./read.ts";

type Files = Readonly<Record<string, string>>;

async function read(files: Files): ReturnType<typeof readMigrations> {
  return await readMigrations(Object.entries(files).map(([file, text]) => ({ file, text })));
}

interface Seen {
  readonly id: string;
  readonly sql: readonly string[];
  readonly transactions: readonly (number | null)[];
  readonly down?: string | null;
  readonly undo?: readonly (readonly string[] | null)[];
}

async function check(files: Files, expected: readonly Seen[]): Promise<void> {
  const migrations = await read(files);
  const seen = migrations.map(({ id, steps, down }, index): Seen => ({
    id,
    sql: steps.map(({ sql }) => sql),
    transactions: steps.map(({ transaction }) => transaction),
    ...(expected[index]?.down === undefined ? {} : { down: down === null ? null : down.trim() }),
    ...(expected[index]?.undo === undefined ? {} : { undo: steps.map(({ undo }) => undo) }),
  }));
  expect(seen).toEqual(expected);
}

describe("a folder of migrations", () => {
  test.each<[string, Files, readonly Seen[]]>([
    [
      "pairs, ordered by number",
      { "10_b.up.sql": "SELECT 2;", "2_a.up.sql": "SELECT 1;", "2_a.down.sql": "SELECT 0;" },
      [
        { id: "2_a", sql: ["SELECT 1"], transactions: [1], down: "SELECT 0;" },
        { id: "10_b", sql: ["SELECT 2"], transactions: [1], down: null },
      ],
    ],
    [
      "folders of their own",
      { "2026_a/up.sql": "SELECT 1", "2026_a/down.sql": "SELECT 0" },
      [{ id: "2026_a", sql: ["SELECT 1"], transactions: [1], down: "SELECT 0" }],
    ],
    [
      "Flyway",
      { "V2__b.sql": "SELECT 2", "V1__a.sql": "SELECT 1", "U1__a.sql": "SELECT 0" },
      [
        { id: "V1__a", sql: ["SELECT 1"], transactions: [1], down: "SELECT 0" },
        { id: "V2__b", sql: ["SELECT 2"], transactions: [1], down: null },
      ],
    ],
    [
      "db-migrate, and a name that only ends in up",
      { "1_a-up.sql": "SELECT 1", "1_a-down.sql": "SELECT 0", "2_setup.sql": "SELECT 2" },
      [
        { id: "1_a", sql: ["SELECT 1"], transactions: [1], down: "SELECT 0" },
        { id: "2_setup", sql: ["SELECT 2"], transactions: [1] },
      ],
    ],
    [
      "dbmate",
      { "1_a.sql": "-- migrate:up transaction:false\nSELECT 1;\nSELECT 2;\n\n-- migrate:down\nSELECT 0;\n" },
      [{ id: "1_a", sql: ["SELECT 1", "SELECT 2"], transactions: [null, null], down: "-- migrate:down\nSELECT 0;" }],
    ],
    [
      "goose",
      {
        "1_a.sql":
          "-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN PERFORM 1; END $$;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 0;",
      },
      [{ id: "1_a", sql: ["DO $$ BEGIN PERFORM 1; END $$"], transactions: [1] }],
    ],
    [
      "sql-migrate",
      {
        "1_a.sql":
          "-- +migrate Up notransaction\nCREATE INDEX CONCURRENTLY i ON t (a);\n-- +migrate Down\nDROP INDEX i;",
      },
      [{ id: "1_a", sql: ["CREATE INDEX CONCURRENTLY i ON t (a)"], transactions: [null] }],
    ],
    [
      "our own mark",
      { "1_a.sql": "-- dbwright:no-transaction\nSELECT 1;\nSELECT 2;" },
      [{ id: "1_a", sql: ["SELECT 1", "SELECT 2"], transactions: [null, null] }],
    ],
    [
      "a script of diff, headed for psql",
      {
        "1_a.sql":
          "-- dbwright: the way from a.sql\n-- dbwright: stepwise\n\n\\set ON_ERROR_STOP on\nSET lock_timeout = '2s';\n\n-- dbwright: step 1 transaction=2\nSELECT 1;",
      },
      [{ id: "1_a", sql: ["SELECT 1"], transactions: [2] }],
    ],
    [
      "a statement that may not run in a transaction leaves all by themselves",
      { "1_a.sql": "CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY i ON t (a)" },
      [
        {
          id: "1_a",
          sql: ["CREATE TABLE t (a int)", "CREATE INDEX CONCURRENTLY i ON t (a)"],
          transactions: [null, null],
        },
      ],
    ],
    [
      "transactions of its own",
      { "1_a.sql": "SELECT 0; BEGIN; SELECT 1; SELECT 2; COMMIT; VACUUM t; START TRANSACTION; SELECT 3; END;" },
      [
        {
          id: "1_a",
          sql: ["SELECT 0", "SELECT 1", "SELECT 2", "VACUUM t", "SELECT 3"],
          transactions: [null, 1, 1, null, 2],
        },
      ],
    ],
    [
      "undoing by step; a statement put between two others",
      {
        "1_a.up.sql":
          "-- dbwright:step 1 phase=expand\nSELECT 1;\nSELECT 15;\n-- dbwright:step 2 phase=migrate batch=public.t(a)\nSELECT 2;",
        "1_a.down.sql": "-- dbwright:undo 2\n-- dbwright:undo 1\nSELECT 0; SELECT -1;",
      },
      [
        {
          id: "1_a",
          sql: ["SELECT 1", "SELECT 15", "SELECT 2"],
          transactions: [null, null, null],
          down: null,
          undo: [["SELECT 0", "SELECT -1"], null, []],
        },
      ],
    ],
  ])("%s", (_, files, expected) => check(files, expected));

  test.each<[string, Files, string]>([
    ["two files of one id", { "1_a.sql": "SELECT 1", "1_a.up.sql": "SELECT 1" }, "two files are migration 1_a"],
    ["an undoing alone", { "1_a.down.sql": "SELECT 1" }, "it takes back 1_a, which is not in the folder"],
    ["no SQL", { "1_a.sql": "SELECT 1;\n\nSELEKT 2;" }, "1_a.sql:3: this is no SQL of PostgreSQL"],
    ["psql's commands", { "1_a.sql": "\\i other.sql\n" }, "1_a.sql:1: a command of psql"],
    ["rows of COPY", { "1_a.sql": "COPY t FROM stdin;\n1\n\\.\n" }, "rows of COPY"],
    ["ROLLBACK", { "1_a.sql": "BEGIN; SELECT 1;\nROLLBACK;" }, "1_a.sql:2: a migration cannot take itself back"],
    ["BEGIN without end", { "1_a.sql": "BEGIN; SELECT 1;" }, "does not end"],
    ["COMMIT alone", { "1_a.sql": "SELECT 1; COMMIT" }, "no BEGIN before this COMMIT"],
    [
      "a statement that cannot be where it is",
      { "1_a.sql": "BEGIN; VACUUM t; COMMIT" },
      "may not run inside a transaction",
    ],
    [
      "an unknown directive",
      { "1_a.sql": "-- dbwright:stp 1\nSELECT 1" },
      "1_a.sql:1: there is no directive dbwright:stp",
    ],
    [
      "an unknown word",
      { "1_a.sql": "SELECT 0;\n-- dbwright:step 1 lock=2s\nSELECT 1" },
      "1_a.sql:2: a step cannot say lock=2s",
    ],
    ["a wrong phase", { "1_a.sql": "-- dbwright:step 1 phase=later\nSELECT 1" }, "a step cannot say phase=later"],
    ["a wrong duration", { "1_a.sql": "-- dbwright:step 1 lock-timeout=soon\nSELECT 1" }, '"soon" is no duration'],
    ["a wrong batch", { "1_a.sql": "-- dbwright:step 1 batch=t(a)\nSELECT 1" }, "names no table and key"],
    ["a text that does not end", { "1_a.sql": '-- dbwright:step 1 loses="a\nSELECT 1' }, "a quoted text does not end"],
    ["a step without statement", { "1_a.sql": "-- dbwright:step 1\n" }, "the step has no statement"],
    [
      "an undoing of nothing",
      { "1.sql": "SELECT 1", "1.down.sql": "-- dbwright:undo 2\nSELECT 1" },
      "there is no step 2",
    ],
  ])("refuses %s", async (_, files, message) => {
    const error = await read(files).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DbwrightError);
    expect((error as DbwrightError).exitCode).toBe(2);
    expect((error as Error).message).toContain(message);
  });

  test("comments and blanks do not count in the checksum, statements do", async () => {
    const sum = async (text: string): Promise<string> => (await read({ "1.sql": text }))[0]?.checksum ?? "";
    const first = await sum("SELECT 1,\n  2;\n");
    expect(await sum("-- why\r\nSELECT 1,  \r\n  2;\r\n\r\n")).toBe(first);
    expect(await sum("SELECT 1,\n  3;\n")).not.toBe(first);
  });
});
