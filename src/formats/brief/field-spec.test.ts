import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLASSIFICATIONS, FIELD_TYPES } from "../../model/brief.ts";
import type { FieldType, Range } from "../../model/brief.ts";
import { SpecError } from "./cursor.ts";
import { compareDecimals } from "./decimal-text.ts";
import { parseFieldSpec, printFieldSpec, TYPE_ARGUMENTS } from "./field-spec.ts";
import type { FieldSpec } from "./field-spec.ts";
import { ENTITY_SHAPE } from "./shape-entity.ts";
import { z } from "zod";

type ElementSpec = NonNullable<FieldSpec["element"]>;

const BARE = { length: null, range: null, precision: null, values: [] as string[] };
const value = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== "" && !/\p{C}/u.test(text));
const length = fc.option(fc.integer({ min: 1, max: 10_485_760 }));
const wholeRange = fc
  .tuple(fc.integer(), fc.integer(), fc.constantFrom("both", "min", "max"))
  .map(([a, b, ends]): Range => ({
    min: ends === "max" ? null : String(Math.min(a, b)),
    max: ends === "min" ? null : String(Math.max(a, b)),
  }));
const precision = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(1000))
  .map(([digits, scale]) => ({ precision: digits, scale: Math.min(digits, scale) }));

function typeSpec(type: FieldType): fc.Arbitrary<ElementSpec> {
  switch (TYPE_ARGUMENTS[type]) {
    case "length":
      return length.map((n) => ({ ...BARE, type, length: n }));
    case "range":
      return fc.option(wholeRange).map((range) => ({ ...BARE, type, range }));
    case "precision":
      return fc
        .tuple(type === "money" ? precision : fc.option(precision), fc.option(wholeRange))
        .map(([digits, range]) => ({ ...BARE, type, precision: digits, range }));
    case "values":
      return fc.uniqueArray(value, { minLength: 1, maxLength: 5 }).map((values) => ({ ...BARE, type, values }));
    default:
      return fc.constant({ ...BARE, type });
  }
}

const plain = fc.constantFrom(...FIELD_TYPES.filter((type) => type !== "list")).chain(typeSpec);
const spec: fc.Arbitrary<FieldSpec> = fc
  .record({
    shape: fc.oneof(
      { weight: 4, arbitrary: plain.map((type) => ({ ...type, element: null })) },
      { weight: 1, arbitrary: plain.map((element) => ({ ...BARE, type: "list" as const, element })) },
    ),
    optional: fc.boolean(),
    unique: fc.constantFrom(null, "everywhere" as const, "per-tenant" as const),
    immutable: fc.boolean(),
    classification: fc.constantFrom(null, ...CLASSIFICATIONS),
    text: value,
  })
  .map(({ shape, text, ...rest }) => {
    const fallback =
      shape.type === "enum" ? (shape.values[0] ?? null) : shape.type === "text" && shape.length === null ? text : null;
    return { ...shape, ...rest, default: fallback };
  });

describe("the short form of a field", () => {
  it("is read as what was printed", () => {
    fc.assert(
      fc.property(spec, (field) => {
        expect(parseFieldSpec(printFieldSpec(field))).toEqual(field);
      }),
      { numRuns: 1000 },
    );
  });

  it("is admitted by the pattern that editors use", () => {
    const schema = JSON.stringify(z.toJSONSchema(ENTITY_SHAPE, { target: "draft-7", io: "input" }));
    const source = /"pattern":("\^\\\\s\*\(text\|(?:[^"\\]|\\.)*")/.exec(schema)?.[1];
    const pattern = new RegExp(JSON.parse(source ?? '""') as string, "u");
    fc.assert(
      fc.property(spec, (field) => {
        expect(printFieldSpec(field)).toMatch(pattern);
      }),
      { numRuns: 500 },
    );
    for (const wrong of ["textt(3)", "text(3) uniqe", "@personal", "text(3) @persnal", ""])
      expect(wrong).not.toMatch(pattern);
  });

  it("fails with an offset inside the text, and never otherwise", () => {
    const piece = fc.constantFrom(
      ...FIELD_TYPES,
      "(",
      ")",
      "?",
      "=",
      "@",
      "..",
      ",",
      "'",
      '"',
      " ",
      "1",
      "-1",
      "0.5",
      "unique",
      "immutable",
      "personal",
      "ä",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 12 }).map((all) => all.join("")),
          fc.string(),
        ),
        (text) => {
          try {
            parseFieldSpec(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SpecError);
            const { offset } = error as SpecError;
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(offset).toBeLessThanOrEqual(text.length);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

it("decimals are compared exactly", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), fc.nat(20), (a, b, scale) => {
      const text = (n: bigint): string => {
        const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, "0");
        const cut = digits.length - scale;
        return `${n < 0n ? "-" : ""}${digits.slice(0, cut)}${scale === 0 ? "" : `.${digits.slice(cut)}`}`;
      };
      expect(Math.sign(compareDecimals(text(a), text(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});
