import { expect, test } from "vitest";
import { loadStatementForm } from "../../sql/fingerprint.ts";
import { lexicalShape } from "./shape.ts";

test.each([
  ["SELECT * FROM t WHERE a = 1 AND b = 'x'", "SELECT * FROM t WHERE a = 23.5 AND b = 'it''s'"],
  ["UPDATE t1 SET a = E'\\'x' WHERE i2 = -4", "UPDATE t1 SET a = E'y' WHERE i2 = -55"],
  ["SELECT $1, 5 LIMIT 3", "SELECT $1, 6 LIMIT 30"],
])("%s and another of its shape have one form", async (one, other) => {
  const formOf = await loadStatementForm();
  expect(lexicalShape(one)).toBe(lexicalShape(other));
  expect(formOf(one)).toEqual(formOf(other));
});

test.each([
  ["SELECT t1.a FROM t1", "SELECT t2.a FROM t2"],
  ['SELECT "a1"', 'SELECT "a2"'],
  ["SELECT $1", "SELECT $2"],
  ["SELECT a -- '\nFROM t", "SELECT b -- '\nFROM t"],
])("%s and %s differ", (one, other) => expect(lexicalShape(one)).not.toBe(lexicalShape(other)));
