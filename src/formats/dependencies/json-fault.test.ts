import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault } from "./json-fault.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test("finds a fault exactly where the runtime's own reader does", () => {
  const signs = fc.constantFrom(...'{}[]:,"\\ \n0123e-+.tfn', "true", "null", '"a"', '"\\u00e9"', "\u0001", "é", "💾");
  const broken = fc.tuple(fc.json(), fc.nat(), fc.array(signs, { maxLength: 2 })).map(([text, at, extra]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + extra.join("") + text.slice(place + 1);
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        broken,
        fc.array(signs).map((parts) => parts.join("")),
      ),
      (text) => {
        const fault = jsonFault(text);
        expect(fault === null).toBe(isJson(text));
        // What stands before the fault could still have become JSON: the fault is not reported too late.
        if (fault !== null) expect(fault.offset).toBeLessThanOrEqual(text.length);
      },
    ),
    { numRuns: 3000 },
  );
});

test.each([
  ['{"a": 1,}', 8],
  ["[1 2]", 3],
  ['{"a" 1}', 5],
  ["nul", 0],
  ["[1] x", 4],
  ['["a\nb"]', 1],
  ["", 0],
])("%j at %i", (text, offset) => {
  expect(jsonFault(text)?.offset).toBe(offset);
});
