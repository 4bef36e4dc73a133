import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import { hostile } from "../samples.test-data.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { looksLikePack } from "./pack.ts";
import { readPack } from "./read.ts";
import { writePack } from "./write.ts";

const STATISTICS: PlannerStatistics = {
  readAt: "2026-11-20T12:00:00.000Z",
  versionNumber: 150_014,
  masked: true,
  settings: { work_mem: "4MB" },
  tablespaceCosts: { "": { random_page_cost: "1.1" } },
  locale: { encoding: "UTF8", provider: "icu", collate: "C", ctype: "C", locale: "de-AT" },
  relations: [
    {
      schema: "public",
      name: 'Odd "T"',
      kind: "table",
      table: null,
      pages: 12,
      countedPages: 11,
      rows: -1,
      allVisiblePages: 3,
      toastPages: 0,
      height: null,
    },
  ],
  columns: [
    {
      schema: "public",
      relation: 'Odd "T"',
      column: "c",
      type: "text",
      inherited: false,
      nullShare: 0.25,
      width_bytes: 5,
      distinct: -0.5,
      common: { values: ["a\n", '"', "🙂"], shares: [0.3, 0.2, 0.1] },
      histogram: ["a", "b"],
      correlation: -1,
      elements: null,
      elementCounts: null,
      rangeBounds: null,
      rangeLengths: null,
      rangeEmptyShare: null,
    },
  ],
  extended: [
    {
      schema: "public",
      name: "st",
      table: "t",
      inherited: false,
      columns: ["c"],
      types: ["text", null],
      distinct: null,
      dependencies: "{}",
      common: { values: [["x", null]], shares: [0.5], baseShares: [0.25] },
    },
  ],
  unseen: [{ what: "columns of public.t", why: "never analysed" }],
};

test("what is written is read back, and tells itself from other JSON", () => {
  fc.assert(
    fc.property(arbitraryCatalog, (drawn) => {
      const catalog = { ...drawn, objects: drawn.objects.map((object) => ({ ...object, dependsOn: [] })) };
      const text = writePack({ catalog, statistics: STATISTICS });
      expect(looksLikePack(text)).toBe(true);
      expect(writePack(readPack(text, "a.json"))).toBe(text);
    }),
    { numRuns: 30 },
  );
  const empty = { ...STATISTICS, relations: [], columns: [], extended: [] };
  const catalog = { ...hostile(), objects: [] };
  expect(readPack(writePack({ catalog, statistics: empty }), "a.json")).toEqual({ catalog, statistics: empty });
  expect(looksLikePack('{"format": "dbwright.catalog"}')).toBe(false);
});

describe("another document is refused, with its place and without a value", () => {
  const catalog = { ...hostile(), objects: [] };
  const whole = JSON.parse(writePack({ catalog, statistics: STATISTICS })) as { statistics: PlannerStatistics };
  const column = STATISTICS.columns[0];
  const changed = (more: object): string => JSON.stringify({ ...whole, ...more });
  const told = (more: object): string => changed({ statistics: { ...STATISTICS, ...more } });
  const cases: [string, string, string][] = [
    ["no JSON", '{"secret value', "a.json: this is no JSON"],
    ["another format", "[]", "a.json: this JSON is no pack of dbwright"],
    ["a later version", changed({ version: 2 }), "a.json: version"],
    ["no catalog", changed({ catalog: {} }), "a.json: catalog: format"],
    ["a setting that is no text", told({ settings: { a: 1 } }), "a.json: statistics: settings.a"],
    [
      "shares that do not fit",
      told({ columns: [{ ...column, common: { values: ["secret value"], shares: [] } }] }),
      "a.json: statistics: columns[0].common: there must be as many shares as values",
    ],
    ["a share above one", told({ columns: [{ ...column, nullShare: 2 }] }), "statistics: columns[0].nullShare"],
    ["a field too many", told({ columns: [{ ...column, more: 1 }] }), "statistics: columns[0]"],
  ];
  test.each(cases)("%s", (_, text, message) => {
    const read = (): unknown => readPack(text, "a.json");
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
    expect(read).not.toThrow("secret");
  });
});
