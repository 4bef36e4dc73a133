import fc from "fast-check";
import { expect, test } from "vitest";
import { scores, termsOf, wordsOf } from "./relevance.ts";

test.each([
  ["orderLine", ["order", "line"]],
  ["order_lines", ["order", "line"]],
  ["Categories, boxes and addresses", ["category", "box", "and", "address"]],
  ["status", ["statu"]],
  ["Größe 42", ["größe", "42"]],
])("%s is made of words", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("words that name nothing are not sought", () => {
  expect(termsOf("Please show me the tables of all customers, and their orders!")).toEqual(["customer", "order"]);
  expect(termsOf("the tables")).toEqual([]);
});

const one = (text: string, weight = 1): { text: string; weight: number }[] => [{ text, weight }];

test("a rare word counts more than a common one, a whole word more than its beginning", () => {
  const [shop = 0, order = 0, both = 0, none = 0] = scores(
    ["order", "shop"],
    [one("shop"), one("order"), one("shop order"), one("person")],
  );
  expect(both).toBeGreaterThan(Math.max(shop, order));
  expect(none).toBe(0);
  const [rare = 0, common = 0] = scores(["refund", "shop"], [one("refund"), one("shop"), one("shop"), one("shop")]);
  expect(rare).toBeGreaterThan(common);
  const [whole = 0, beginning = 0] = scores(["invoice"], [one("invoice"), one("invoiceline")]);
  expect(whole).toBeGreaterThan(beginning);
  expect(beginning).toBeGreaterThan(0);
});

test("a document has a score exactly when one of the terms is in it", () => {
  const word = fc.constantFrom("order", "person", "shop", "refund", "tax");
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 1 }), fc.array(fc.array(word)), (terms, documents) => {
      const found = scores(
        terms,
        documents.map((words) => one(words.join(" "))),
      );
      expect(found.map((score) => score > 0)).toEqual(documents.map((words) => words.some((it) => terms.includes(it))));
    }),
  );
});
