import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dollarQuoted, ident, literal, qualified, remark } from "./print.ts";
import { openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

// Text the server can store: no NUL, no lone surrogates, and rich in what must be quoted.
const text = fc
  .array(
    fc.oneof(fc.constantFrom(..."'\"\\$;-/*\n\r\t ()E", "$$", "--", "$body$", "*/"), fc.string({ unit: "grapheme" })),
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));

describe("quoting, asked of the server", () => {
  test("ident says what quote_ident says, for all key words and any name", async () => {
    const { rows } = await place.first.query<{ word: string }>("select word from pg_get_keywords()");
    const names = [...rows.map((row) => row.word), ...fc.sample(text, 300), "a$b", "A", "é", "1a", "_x"];
    const quoted = await place.first.query<{ quoted: string }>(
      "select quote_ident(name) as quoted from unnest($1::text[]) with ordinality u (name, number) order by number",
      [names],
    );
    expect(names.map(ident)).toEqual(quoted.rows.map((row) => row.quoted));
  });

  test("literals and dollar quotes come back as they went, whatever standard_conforming_strings is", async () => {
    for (const setting of ["on", "off"]) {
      await place.first.execute(`set standard_conforming_strings = ${setting}`);
      for (const value of [...fc.sample(text, 150), "$", "a$", "$$", "\\", "'"]) {
        const sql = `select ${literal(value)}::text as a, ${dollarQuoted(value)}::text as b ${remark(value).sql}`;
        const { rows } = await place.first.query(sql);
        expect(rows).toEqual([{ a: value, b: value }]);
      }
    }
  });
});

test("parts that need quotes are quoted one by one", () => {
  expect(qualified("public", "order")).toBe('public."order"');
  expect(qualified(null, "Tasks")).toBe('"Tasks"');
});

test("a NUL cannot be stored, and is refused", () => {
  for (const print of [ident, literal, dollarQuoted]) expect(() => print("a\0b")).toThrow(/NUL/);
});
