import { expect, test } from "vitest";
import { argumentObstacle, argumentsOf } from "./routine-arguments.ts";

test.for([
  ["CREATE OR REPLACE FUNCTION public.f()\n RETURNS integer", []],
  [
    'CREATE FUNCTION "f(x"(a integer, "b, (c" text DEFAULT \'a, )\'::text)',
    ["a integer", "\"b, (c\" text DEFAULT 'a, )'::text"],
  ],
  [
    "CREATE FUNCTION f(numeric(10, 2), VARIADIC integer[] DEFAULT ARRAY[1, 2])",
    ["numeric(10, 2)", "VARIADIC integer[] DEFAULT ARRAY[1, 2]"],
  ],
] as const)("%s", ([definition, expected]) => {
  expect(argumentsOf(definition)).toEqual(expected);
});

test.for([
  ["a integer", "a integer DEFAULT 1", null],
  ["integer", "a integer", null],
  ["a integer", "b integer", /argument 1 is called/],
  ["a integer", "integer", /argument 1 is called/],
  ["a integer DEFAULT 1", "a integer", /lose its default/],
  ["a integer, OUT b text", "a integer", /other columns/],
  ["a integer, OUT b text", "INOUT a integer, OUT b text", /other columns/],
  ["OUT text, OUT b text", "OUT a text, OUT b text", /argument 1 is called/],
  ["VARIADIC integer[]", "VARIADIC a integer[]", null],
] as const)("%s to %s", ([before, after, obstacle]) => {
  const found = argumentObstacle(`CREATE FUNCTION f(${before})`, `CREATE FUNCTION f(${after})`);
  if (obstacle === null) expect(found).toBeNull();
  else expect(found).toMatch(obstacle);
});
