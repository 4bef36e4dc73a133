import { expect, it } from "vitest";
import { beginningOf } from "./parameters.ts";

const numbered = Array.from({ length: 100 }, (_, number) => `Item ${number}`);

it.each<[string, string | null, readonly string[], string | null]>([
  ["three letters where few values begin so", "Ada Byron", ["Ada Byron", "Grace", "Edsger"], "Ada"],
  ["more where all begin alike", "Item 42", numbered, "Item 42"],
  ["no more than is needed", "Item 4217", [...numbered, "Item 4217"], "Item 42"],
  ["the whole of a short value", "ab", ["ab", "abc"], "ab"],
  ["whole characters", "😀😀😀😀😀", ["x"], "😀😀😀"],
  ["nothing of nothing", null, ["x"], null],
])("a beginning people would type: %s", (_, value, values, beginning) => {
  expect(beginningOf(value, values)).toBe(beginning);
});
