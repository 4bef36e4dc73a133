import fc from "fast-check";
import { expect, test } from "vitest";
import type { MigrationStep } from "../../model/migration.ts";
import { readMigration } from "./read.ts";
import { bareStatement, migrationId, writeMigration } from "./write.ts";
import type { WrittenStep } from "./write.ts";

// Texts that try to leave the place they are put in.
const hostile = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0")),
  fc.constantFrom(
    "a\nb",
    "-- dbwright:step 9",
    "\r\n-- dbwright:undo 1",
    '"; DROP TABLE x; --',
    "\u2028",
    "*/",
    "$$",
    "a\\",
    "'",
  ),
);
const name = hostile.map((text) => `"${text.replaceAll('"', '""')}"`);
const literal = hostile.map((text) => `'${text.replaceAll("'", "''")}'`);
const statement = fc.oneof(
  fc.tuple(name, name).map(([a, b]) => `ALTER TABLE ${a} ADD COLUMN ${b} text`),
  fc.tuple(name, name, literal).map(([a, b, text]) => `UPDATE ${a} SET ${b} = ${text}\nWHERE ${b} IS NULL`),
  fc.tuple(name, hostile).map(([a, body]) => `COMMENT ON TABLE ${a} IS $q$${body.replaceAll("$", "")}$q$`),
  fc.constantFrom("SELECT 1 -- not the end\n + 2", "SELECT /* a; */ 1", "SELECT ';'"),
);
const place = fc.record({ schema: hostile, table: hostile, column: hostile });
const pairs = fc.array(fc.record({ from: hostile, to: hostile }), { minLength: 1, maxLength: 2 });
const told = fc.record(
  { verified: hostile, moves: fc.record({ from: place, to: place, on: pairs }) },
  { requiredKeys: [] },
);
const step = fc
  .tuple(
    told,
    fc.record<Omit<WrittenStep, "verified" | "moves">>({
      sql: statement,
      undo: fc.option(fc.array(statement, { maxLength: 3 })),
      irreversible: fc.option(hostile),
      phase: fc.constantFrom("expand", "migrate", "contract"),
      transactional: fc.boolean(),
      transaction: fc.option(fc.integer({ min: 1, max: 3 })),
      lockTimeout_ms: fc.option(fc.constantFrom(1, 250, 2000, 60_000, 3_600_000)),
      statementTimeout_ms: fc.option(fc.integer({ min: 1, max: 9_999_999 })),
      batch: fc.option(
        fc.record({ schema: hostile, table: hostile, key: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
      ),
      cleanup: fc.array(statement, { maxLength: 2 }),
      losesData: fc.option(hostile),
    }),
  )
  .map(([more, own]): WrittenStep => ({ ...own, ...more }));

test("what is written is read back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), hostile, async (drawn, title) => {
      const steps = drawn.map((one) => (one.transactional ? one : { ...one, transaction: null }));
      const { up, down } = writeMigration({ steps }, title);
      const read = await readMigration("1_x", { file: "1_x.up.sql", text: up }, { file: "1_x.down.sql", text: down });
      const plain = read.steps.map(({ number, line, ...rest }: MigrationStep) => {
        expect(line).toBeGreaterThan(0);
        expect(read.steps[number - 1]?.sql).toBe(rest.sql);
        return rest;
      });
      expect(plain).toEqual(steps);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["SELECT 1", "SELECT 1"],
  [" ; /* a */ -- b\nSELECT 1 -- c\n;;", "SELECT 1"],
  ["-- nothing", ""],
  [";", ""],
])("the bare statement of %j", (text, expected) => {
  expect(bareStatement(text)).toBe(expected);
});

test("ids are made of the moment and of what any file system takes", () => {
  const at = new Date("2026-11-20T12:00:00.123Z");
  expect(migrationId(at, "Add a Title!")).toBe("20261120120000_add_a_title");
  expect(migrationId(at, "../../;")).toBe("20261120120000_migration");
});
