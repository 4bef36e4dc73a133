import { expect, test } from "vitest";
import { canonical } from "./canonical.ts";

test.each([
  ["a > 0", "a > 0"],
  [
    "(s)::text = ANY ((ARRAY['a'::varchar, 'b'::varchar])::text[])",
    "(s)::text = ANY (ARRAY[('a'::varchar)::text, ('b'::varchar)::text])",
  ],
  ["f((ARRAY[1, 2])::bigint[])", "f(ARRAY[(1)::bigint, (2)::bigint])"],
  [
    "(ARRAY['it''s, ]'::text, E'\\\\''x'::text])::numeric(10,2)[]",
    "ARRAY[('it''s, ]'::text)::numeric(10,2), (E'\\\\''x'::text)::numeric(10,2)]",
  ],
  [`(ARRAY["a, b", f(x, y)])::"S"."T ""1"[]`, `ARRAY[("a, b")::"S"."T ""1", (f(x, y))::"S"."T ""1"]`],
  ["x = '(ARRAY[1])::text[]'", "x = '(ARRAY[1])::text[]'"],
  ["(ARRAY[ARRAY[1], ARRAY[2]])::text[]", "(ARRAY[ARRAY[1], ARRAY[2]])::text[]"],
  ["(ARRAY[1, 2])[1]", "(ARRAY[1, 2])[1]"],
  ["(ARRAY[1])::text[] || (ARRAY[2])::text[]", "ARRAY[(1)::text] || ARRAY[(2)::text]"],
])("%s", (text, expected) => {
  expect(canonical(text)).toBe(expected);
  expect(canonical(expected)).toBe(expected);
});
