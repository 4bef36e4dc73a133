import { expect, test } from "vitest";
import { canonical, canonicalQuery } from "./canonical.ts";

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

test.for([
  ["SELECT 'b'::text AS text, NULL::integer AS int4", "SELECT 'b'::text, NULL::integer"],
  ["SELECT 'b'::text AS kind", "SELECT 'b'::text AS kind"],
  [
    'SELECT \'b\'::character varying(5) AS "varchar", \'x\'::s."My T" AS "My T"',
    "SELECT 'b'::character varying(5), 'x'::s.\"My T\"",
  ],
  [
    "SELECT '{}'::integer[] AS int4, '1'::timestamp(3) with time zone AS timestamptz, 1",
    "SELECT '{}'::integer[], '1'::timestamp(3) with time zone, 1",
  ],
  ["SELECT 'it''s NULL::text AS text'::text AS x", "SELECT 'it''s NULL::text AS text'::text AS x"],
  ["SELECT 'b'::text AS text_more", "SELECT 'b'::text AS text_more"],
] as const)("a query: %s", ([query, expected]) => {
  expect(canonicalQuery(query)).toBe(expected);
});
