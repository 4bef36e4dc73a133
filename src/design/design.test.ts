import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { readBrief } from "../formats/brief/read.ts";
import { DbwrightError } from "../model/error.ts";
import type { Brief } from "../model/brief.ts";
import type { Design } from "../model/design.ts";
import { arbitraryBrief } from "./arbitrary-brief.test-data.ts";
import { design } from "./design.ts";
import { brokenLaws } from "./laws.test-data.ts";

const EXAMPLES = ["project-management", "payments", "shop", "sensors", "blog"];

export function example(name: string): Brief {
  const file = `examples/${name}.yaml`;
  return readBrief(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file);
}

/** The design, or null where the brief asks for what cannot be and is told so. */
async function designed(brief: Brief): Promise<Design | null> {
  try {
    return await design(brief, postgres, { today: "2026-03-01" });
  } catch (error) {
    if (!(error instanceof DbwrightError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.problems[0]?.where).toMatch(/^drawn\.yaml:/);
    return null;
  }
}

describe("examples", () => {
  test.each(EXAMPLES)("%s keeps the laws", async (name) => {
    const made = await design(example(name), postgres, { today: "2026-03-01" });
    expect(brokenLaws(made)).toEqual([]);
  });

  test.each(EXAMPLES)("%s is the same twice", async (name) => {
    const [a, b] = await Promise.all([design(example(name), postgres), design(example(name), postgres)]);
    expect(a).toEqual(b);
  });
});

test("names that dbwright adds fit the database, however long the brief's are", async () => {
  const name = "a".repeat(50);
  const text = `name: x\nentities:\n  ${name}:\n    fields: { n: text(20) immutable }\n    search: [n]\n    history: changes\n`;
  const made = await design(readBrief(text, "long.yaml"), postgres);
  const triggers = made.catalog.objects.filter((object) => object.kind === "trigger").map((object) => object.name);
  expect(triggers.length).toBeGreaterThan(2);
  expect(new Set(triggers).size).toBe(triggers.length);
  expect(triggers.filter((trigger) => trigger.length > 63)).toEqual([]);
});

describe("drawn briefs", () => {
  test("keep the laws or are refused with a reason", async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryBrief, async (brief) => {
        const result = await designed(brief);
        if (result === null) return;
        made++;
        expect(brokenLaws(result)).toEqual([]);
        expect(postgres.create(result.catalog).length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
    // A generator that only draws what is refused would prove nothing.
    expect(made).toBeGreaterThan(100);
  });
});
