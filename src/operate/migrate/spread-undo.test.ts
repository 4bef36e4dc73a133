import { expect, test } from "vitest";
import { spreadUndo } from "./spread-undo.ts";

const STEPS = [
  "CREATE TABLE app.a (i int)",
  "CREATE INDEX CONCURRENTLY a_i ON app.a (i)",
  "ALTER TABLE task ADD COLUMN due date, ADD COLUMN n int",
  "UPDATE task SET n = 1",
  "ALTER TABLE task ALTER n SET NOT NULL, ADD CONSTRAINT few CHECK (n < 9)",
  "DROP VIEW old",
  "ALTER TABLE task RENAME COLUMN x TO y",
  "CREATE TRIGGER t BEFORE INSERT ON task EXECUTE FUNCTION f()",
].map((sql, index) => ({ number: index + 1, sql }));

test.each([
  [["DROP TABLE IF EXISTS app.a CASCADE"], { 1: 1 }],
  [["DROP INDEX CONCURRENTLY app.a_i", "DROP TABLE app.a"], { 2: 1, 1: 1 }],
  [["ALTER TABLE public.task DROP COLUMN n, DROP COLUMN due"], { 3: 1 }],
  [["ALTER TABLE task DROP CONSTRAINT few", "ALTER TABLE task ALTER COLUMN n DROP NOT NULL"], { 5: 2 }],
  [["CREATE VIEW old AS SELECT 1", "ALTER TABLE task RENAME y TO x", "DROP TRIGGER t ON task"], { 6: 1, 7: 1, 8: 1 }],
  [[], {}],
])("a statement belongs to the step whose doing it takes back: %j", async (script, expected) => {
  const { byStep } = await spreadUndo(script, STEPS);
  const counts = Object.fromEntries([...(byStep ?? [])].map(([number, statements]) => [number, statements.length]));
  expect(counts).toEqual(expected);
});

test.each([
  "DROP TABLE app.b",
  "DROP TABLE a",
  "UPDATE task SET n = NULL",
  "ALTER TABLE task DROP COLUMN due, DROP CONSTRAINT few",
  "DROP INDEX a_i",
  "SELECT f()",
])("what belongs to no step, or to two, is told: %s", async (sql) => {
  expect(await spreadUndo(["DROP INDEX app.a_i", sql], STEPS)).toEqual({ byStep: null, stray: sql });
});
