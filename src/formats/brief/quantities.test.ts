import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpecError } from "./cursor.ts";
import { parseBytes, parseMonths, parseRate, parseRows, parseSeconds, parseShare, parseSkew } from "./quantities.ts";

const ALL = { parseRows, parseBytes, parseSeconds, parseMonths, parseRate, parseShare, parseSkew };

describe("amounts", () => {
  it.each<[keyof typeof ALL, string, number]>([
    ["parseRows", "200", 200],
    ["parseRows", "40k", 40_000],
    ["parseRows", "2.5M", 2_500_000],
    ["parseRows", "2.4 k", 2400],
    ["parseRows", "1B", 1e9],
    ["parseRows", "5_000_000", 5e6],
    ["parseRows", "0", 0],
    ["parseBytes", "600 B", 600],
    ["parseBytes", "2 kB", 2000],
    ["parseBytes", "2 KiB", 2048],
    ["parseSeconds", "20 ms", 0.02],
    ["parseSeconds", "5 min", 300],
    ["parseSeconds", "2 days", 172_800],
    ["parseMonths", "7 years", 84],
    ["parseMonths", "1 month", 1],
    ["parseRate", "120/s", 120],
    ["parseRate", "30/min", 0.5],
    ["parseRate", "2k / day", 2000 / 86_400],
    ["parseShare", "20%", 0.2],
    ["parseShare", "2.5 %", 0.025],
    ["parseSkew", "even", 0.01],
    ["parseSkew", "30%", 0.3],
    ["parseSkew", "50/50", 0.01],
  ])("%s %s", (name, text, value) => {
    expect(ALL[name](text)).toBeCloseTo(value, 12);
  });

  it.each<[keyof typeof ALL, string, string | null]>([
    ["parseRows", "5 Mio", "did you mean M?"],
    ["parseRows", "5 m", "did you mean M?"],
    ["parseRows", "2 bn", "did you mean B?"],
    ["parseRows", "-5", null],
    ["parseRows", "1.5", null],
    ["parseRows", "1e6", null],
    ["parseRows", "0x10", null],
    ["parseRows", "010", "write 10"],
    ["parseRows", "", null],
    ["parseBytes", "600", null],
    ["parseBytes", "0 B", null],
    ["parseBytes", "600 bytes", "did you mean B?"],
    ["parseSeconds", "20", null],
    ["parseSeconds", "20 msec", "did you mean ms?"],
    ["parseSeconds", "1:30", null],
    ["parseMonths", "90 days", "write 3 months"],
    ["parseMonths", "1.5 months", null],
    ["parseMonths", "0 months", null],
    ["parseMonths", "101 years", null],
    ["parseRate", "5", null],
    ["parseRate", "5/sec", "did you mean /s?"],
    ["parseRate", "5/constructor", null],
    ["parseRows", "5 constructor", null],
    ["parseShare", "20", null],
    ["parseShare", "101%", null],
    ["parseSkew", "20/80", null],
    ["parseSkew", "0/0", null],
  ])("%s refuses %s", (name, text, mend) => {
    expect(() => ALL[name](text)).toThrow(expect.objectContaining({ name: "SpecError", mend }) as Error);
  });

  it("80/20 gives the busiest hundredth what the Pareto distribution gives it", () => {
    // By simulation of the Lorenz curve: L(p) with p = 0.01 on the curve through (0.2, 0.8).
    expect(parseSkew("80/20")).toBeCloseTo(0.528, 3);
    expect(parseSkew("90/10")).toBeCloseTo(0.81, 2);
  });

  it("any text is a finite amount or is refused", () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.constantFrom("", " ms", "k", "/s", "%", "/20", " years")).map(([n, unit]) => `${n}${unit}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(ALL)), text, (parse, input) => {
        try {
          expect(Number.isFinite(parse(input))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
        }
      }),
    );
  });
});
