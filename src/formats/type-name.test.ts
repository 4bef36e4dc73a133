import { expect, test } from "vitest";
import { compactType, parseTypeName } from "./type-name.ts";
import type { TypeName } from "./type-name.ts";

test.each<[string, Partial<TypeName>, string]>([
  ["integer", { name: "integer" }, "int"],
  ["int4", { name: "integer" }, "int"],
  ["pg_catalog.int8", { schema: null, name: "bigint" }, "bigint"],
  ["character varying(40)", { name: "character varying", modifiers: ["40"] }, "varchar(40)"],
  ["timestamp(3) with time zone", { name: "timestamp with time zone", modifiers: ["3"] }, "timestamptz(3)"],
  ["timestamp with time zone[]", { name: "timestamp with time zone", dimensions: 1 }, "timestamptz[]"],
  ["numeric(12,2)", { name: "numeric", modifiers: ["12", "2"] }, "numeric(12,2)"],
  ["bit varying(3)[]", { name: "bit varying", modifiers: ["3"], dimensions: 1 }, "varbit(3)[]"],
  ["interval day to second(3)", { name: "interval day to second", modifiers: ["3"] }, "interval day to second(3)"],
  ['"char"', { name: '"char"' }, '"char"'],
  ["public.task_status", { schema: "public", name: "task_status" }, "task_status"],
  ['"sch""ema"."a.b (c)"[]', { schema: 'sch"ema', name: "a.b (c)", dimensions: 1 }, "a.b (c)[]"],
  ['"Int"', { schema: null, name: "Int" }, "Int"],
  [
    "public.geometry(Point,4326)",
    { schema: "public", name: "geometry", modifiers: ["Point", "4326"] },
    "geometry(Point,4326)",
  ],
  ["", { name: "" }, ""],
  ['"open', { name: '"open' }, '"open'],
])("%j", (text, expected, compact) => {
  expect(parseTypeName(text)).toMatchObject(expected);
  expect(compactType(text)).toBe(compact);
});
