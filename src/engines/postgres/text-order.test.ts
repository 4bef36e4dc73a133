import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";
import { readTextOrders } from "./text-order.ts";

let place: Place;

beforeAll(async () => {
  place = await openPlace();
});

afterAll(async () => {
  await place.close();
});

test("texts come back in the order of their collation, hostile ones too", async () => {
  const owner = place.first;
  await owner.execute(`CREATE COLLATION "Odd ""C""; x" (provider = icu, locale = 'de')`);
  const texts = ["b", "Zoë", "ä", "a", "Ä", "'; drop", "{x,NULL}", "NULL", "", "🙂", "back\\slash", "line\nfeed"];
  const { orders, unseen } = await readTextOrders(
    owner,
    new Map([
      ['public."Odd ""C""; x"', texts],
      ['"C"', texts],
      ["", texts],
    ]),
  );
  expect(unseen).toEqual([]);
  for (const order of orders.values()) expect([...order].toSorted()).toEqual(texts.toSorted());
  const german = (orders.get('public."Odd ""C""; x"') ?? []).filter((text) => /^[a-zäë]+$/i.test(text));
  expect(german).toEqual(["a", "ä", "Ä", "b", "NULL", "Zoë"]);
  expect(orders.get('"C"')).toEqual(texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
});

test("a name that is no collation is an error of the server, never a part of a statement", async () => {
  const collation = `"C"; create table public.t (); --`;
  await expect(readTextOrders(place.first, new Map([[collation, ["a"]]]))).rejects.toThrow(/name/);
  const { rows } = await place.first.query("select from pg_class where relname = 't'");
  expect(rows).toEqual([]);
});
