import fc from "fast-check";
import { expect, test } from "vitest";
import { expressionCalls } from "./expression-calls.ts";
import { routineHeader } from "./routine-header.ts";

/** Calls as `name`, with `=` where the arguments are literals and `()` where a sub-select holds it. */
function calls(expression: string): string {
  return expressionCalls(expression)
    .map(({ name, constant, wrapped }) => `${name}${constant ? "=" : ""}${wrapped ? "()" : ""}`)
    .join(" ");
}

test.each([
  ["owner = auth.uid()", "auth.uid="],
  ["(owner = ( SELECT auth.uid() AS uid))", "auth.uid=()"],
  ["(a = ( SELECT (current_setting('a'::text))::uuid AS x))", "current_setting=()"],
  [
    "(a = ( SELECT (NULLIF(current_setting('a'::text, true), ''::text))::uuid AS \"nullif\"))",
    "NULLIF() current_setting=()",
  ],
  ["(a IN ( SELECT m.a FROM m WHERE (m.who = auth.uid())))", "auth.uid="],
  ["(a = ( SELECT EXTRACT(year FROM now()) AS x))", "EXTRACT() now=()"],
  ["current_setting('app.tenant'::text, true) = a", "current_setting="],
  ["app.may(owner, 'read'::text)", "app.may"],
  ["app.may(E'it\\'s (', 1.5, -2, NULL::character varying(4))", "app.may="],
  [`"odd ""; (".f("a b") AND 'auth.uid()' = b`, `"odd ""; (".f`],
  ["outer_one(inner_one(), id)", "outer_one inner_one="],
  ["x('a", "x="],
  ["", ""],
] as const)("%s", (expression, expected) => {
  expect(
    calls(expression)
      .split(" ")
      .filter((one) => !/^(?:AND|IN|WHERE|varying)\b/.test(one))
      .join(" "),
  ).toBe(expected);
});

test("any text is read to its end, and each call lies within it", () => {
  const piece = fc.constantFrom("f(", ")", "'", '"', "E'", "\\", "SELECT ", ".", "a", "::", "--", "/*", "$$", "\n");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      for (const { name, start, end } of expressionCalls(text)) {
        expect(text.slice(start).startsWith(name)).toBe(true);
        expect(end).toBeLessThanOrEqual(text.length);
      }
      expect(routineHeader(`CREATE OR REPLACE FUNCTION a.b(${text}`)?.bodyAt ?? 0).toBeLessThanOrEqual(
        text.length + 32,
      );
    }),
  );
});

const HEADER = "CREATE OR REPLACE FUNCTION public.f(a text DEFAULT ')'::text)\n RETURNS text\n LANGUAGE sql\n";

test.each([
  [
    `${HEADER} STABLE SECURITY DEFINER\n SET search_path TO 'public', 'pg_temp'\nAS $function$ SELECT 1 $function$`,
    "stable true false",
  ],
  [`${HEADER}AS $function$ SELECT 1; SET search_path TO x $function$`, "volatile false false"],
  [`${HEADER} IMMUTABLE\nRETURN lower(a)`, "immutable false true"],
  [`${HEADER} SET "search path" TO 'IMMUTABLE'\nBEGIN ATOMIC\n SELECT 1;\nEND`, "volatile false true"],
  ["CREATE FUNCTION other()", "none"],
] as const)("the header of %s", (definition, expected) => {
  const header = routineHeader(definition);
  const told = header === null ? "none" : `${header.volatility} ${header.searchPath} ${header.parsedBody}`;
  expect(told).toBe(expected);
});
