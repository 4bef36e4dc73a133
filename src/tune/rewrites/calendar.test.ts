import fc from "fast-check";
import { expect, test } from "vitest";
import { momentOf, momentText, nextOf, startOf } from "./calendar.ts";
import type { CalendarUnit } from "./calendar.ts";

const UNITS: readonly CalendarUnit[] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const moments = fc
  .integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(8000, 0, 1) / 1000 })
  .map((seconds) => seconds * 1000);

test("a moment lies in its span, and spans follow each other without a gap", () => {
  fc.assert(
    fc.property(fc.constantFrom(...UNITS), moments, (unit, moment) => {
      const [start, next] = [startOf(unit, moment), nextOf(unit, moment)];
      return (
        start <= moment &&
        moment < next &&
        startOf(unit, start) === start &&
        startOf(unit, next) === next &&
        startOf(unit, next - 1) === start
      );
    }),
  );
});

test("what is written is read back, and nothing else is read", () => {
  fc.assert(fc.property(moments, (moment) => momentOf(momentText(moment)) === moment));
  const refused = [
    "2024-02-30",
    "24-01-01",
    "2024-1-1",
    "infinity",
    "0044-03-15",
    "2024-01-01 24:00",
    "2024-01-01+02",
    "01/02/2024",
    "",
  ];
  expect(refused.map(momentOf)).toEqual(refused.map(() => null));
  expect(momentText(startOf("week", momentOf("2024-01-03") ?? 0))).toBe("2024-01-01");
});
