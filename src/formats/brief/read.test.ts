import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Brief } from "../../model/brief.ts";
import { DbwrightError } from "../../model/error.ts";
import { check, entity, pattern, problemsOf } from "./problems.test-data.ts";
import { readBrief } from "./read.ts";

describe("keys and shapes", () => {
  it.each<[string, string, string[]]>([
    ["missing keys", "about: x\n", ['the key "name" is missing', 'the key "entities" is missing']],
    [
      "an unknown key at the top",
      "nmae: x\nentities: {a: {fields: {b: date}}}",
      ['the key "name" is missing', '1:1 (nmae) unknown key "nmae" … did you mean name?'],
    ],
    [
      "an unknown key of an entity",
      entity("fileds: { a: date }\nfields: { a: date }"),
      ['4:5 (entities.task.fileds) unknown key "fileds" … did you mean fields?'],
    ],
    ["an unknown key of a pattern", pattern("read: task\nlimt: 3"), ['unknown key "limt" … did you mean limit?']],
    [
      "an unknown key of a volume",
      entity("fields: { a: date }\nvolume: { nwo: 3 }"),
      ['unknown key "nwo" … did you mean now?'],
    ],
    [
      "an unknown key of a long field",
      entity("fields: { a: { type: date, abuot: x } }"),
      ['unknown key "abuot" … did you mean about?'],
    ],
    [
      "an unknown key of defaults",
      "name: x\ndefaults: { rop: 5 min }\nentities: {a: {fields: {b: date}}}",
      ['unknown key "rop" … did you mean rpo?'],
    ],
    [
      "an unknown key of tenancy",
      "name: x\ntenancy: { tenant: a, modell: shared-schema }\nentities: {a: {fields: {b: date}}}",
      ['"modell" … model'],
    ],
    [
      "an unknown word",
      entity("fields: { a: date }\nhistory: change"),
      ['5:14 (entities.task.history) unknown word "change" … did you mean changes?'],
    ],
    ["an entity that is a list", "name: x\nentities: { task: [1] }", ["2:19 (entities.task) a list"]],
    ["an empty entity", "name: x\nentities:\n  task:\n", ['3:3 (entities.task) nothing for "task"']],
    ["an entity with nothing", "name: x\nentities:\n  task: {}\n", ["3:3 (entities.task) task holds nothing"]],
    ["no entities", "name: x\nentities: {}\n", ["a brief without entities"]],
    ["a field without a type", entity("fields:\n  f:"), ['nothing for "f"']],
    ["a field that is a list", entity("fields: { f: [a] }"), ['a list for "f"']],
    [
      "prototype names",
      "name: x\n__proto__: 1\nconstructor: 2\nentities: {a: {fields: {b: date}}}",
      ['unknown key "__proto__"', 'unknown key "constructor"'],
    ],
  ])("%s", (_name, text, expected) => {
    check(text, expected);
  });
});

describe("the whole system", () => {
  const whole = (lines: string): string => `name: x\n${lines}\nentities:\n  org: { fields: { a: date } }\n`;
  it.each<[string, string[]]>([
    ["engine: postgres", []],
    ["engine: postgres@15", []],
    ["engine: postgres@14", ["2:18 (engine) postgres 14 is not supported … a major from 15 to 18"]],
    ["engine: postgres@19", ["15 to 18"]],
    ["engine: mysql", ["2:9 (engine) mysql is not supported yet"]],
    ["engine: postgresql@16", ["did you mean postgres?"]],
    ["engine: [postgres]", ['a list for "engine"']],
    ["tenancy: { tenant: ogr }", ["did you mean org?"]],
    ["tenancy: { tenant: org, model: shared }", ['unknown word "shared"']],
    ["tenancy: { tenant: org, largest_share: 0.2 }", ['"0.2" has no %']],
    ["tenancy: { tenant: org, largest_share: 20 }", ['"20" has no %']],
    ["tenancy: { tenant: org, largest_share: 20% }", []],
    ["tenancy: { model: shared-schema }", ['the key "tenant" is missing']],
    ["defaults: { rpo: 5, rto: 1 hour }", ['"5" has no unit', "did you mean h?"]],
    ["defaults: { retention: 7 years, rpo: 5 min, rto: 1 h, horizon: 5 years }", []],
  ])("%s", (lines, expected) => {
    check(whole(lines), expected);
  });
});

describe("many problems at once", () => {
  it("tells all of them in the order of the text, and no more than twenty", () => {
    const fields = Array.from({ length: 30 }, (_, index) => `  f${index}: txt`).join("\n");
    const found = problemsOf(entity(`fields:\n${fields}`));
    expect(found).toHaveLength(21);
    expect(found[0]).toContain("5:11 (entities.task.fields.f0)");
    expect(found[19]).toContain("(entities.task.fields.f19)");
    expect(found[20]).toContain("10 more problems");
  });

  it("never tells a broken field again where it is used", () => {
    check(entity("fields: { a: txt, b: date }\nrules: [a > 1]\nsearch: [a]\nkey: [a]"), ["unknown type"]);
  });
});

describe("hostile input", () => {
  const survives = (text: string): void => {
    try {
      readBrief(text, "b");
    } catch (error) {
      expect(error).toBeInstanceOf(DbwrightError);
    }
  };

  it("any text is a brief or is refused", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), survives), { numRuns: 500 });
  });

  it("any words of the language are a brief or are refused", () => {
    const word = fc.constantFrom(
      ..."name entities fields belongs_to many_to_many rules access_patterns read where order volume key is_a text(20) enum(a, unique @personal = ? | .. ( ) [ ] { } : - , ' \" & * << ! % 5M 20 ms on delete cascade null true".split(
        " ",
      ),
      "\n",
      "\n  ",
      "\n    ",
      ": ",
      "- ",
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 60 }).map((all) => all.join(" ")),
        survives,
      ),
      { numRuns: 1500 },
    );
  });

  it("any value in any place is a brief or is refused", () => {
    const base = { name: "x", entities: { task: { fields: { a: "date" } } } };
    const places = ["about", "engine", "tenancy", "defaults", "entities", "access_patterns"];
    const parts =
      "about is_a per_tenant key belongs_to many_to_many fields rules depends search history soft_delete append_only ordered_within volume retention erase classification consistency".split(
        " ",
      );
    const value = fc.jsonValue({ maxDepth: 3 });
    const top = fc.tuple(fc.constantFrom(...places), value).map(([place, json]) => ({ ...base, [place]: json }));
    const inner = fc
      .tuple(
        fc.constantFrom(...parts),
        fc.oneof(value, fc.dictionary(fc.constantFrom("a", "b", "to", "now", "type"), value)),
      )
      .map(([part, json]) => ({ ...base, entities: { task: { fields: { a: "date" }, [part]: json } } }));
    fc.assert(
      fc.property(fc.oneof(top, inner), (brief) => survives(JSON.stringify(brief))),
      { numRuns: 1500 },
    );
  });
});

it("reads what the guide's first example says", () => {
  const brief: Brief = readBrief(
    `name: x
tenancy: { tenant: org, largest_share: 20% }
entities:
  org: { fields: { name: text(120) } }
  task:
    belongs_to: { assignee: task? on delete set null }
    many_to_many: { tags: org ordered }
    fields: { n: "integer(1..4) = 3", price: money }
    rules: [n > 0, "unique (n) where n > 1", "no overlap of (n, n) per assignee"]
    depends: [n -> price]
    volume: { now: 5M, per_month: 250k, row: 600 B, skew: 80/20 }
    retention: 10 years then anonymise
    classification: personal
access_patterns:
  p: { aggregate: sum(price) of task, where: { n: range }, rate: 60/min, p95: 1 s, staleness: 1 h }
`,
    "b.yaml",
  );
  expect(brief).toMatchObject({
    name: "x",
    engine: { name: "postgres", major: 18 },
    tenancy: { model: "shared-schema", tenant: "org", largestShare: 0.2 },
    horizon_months: 36,
    file: "b.yaml",
  });
  expect(brief.entities[1]).toMatchObject({
    volume: { now_rows: 5e6, per_month_rows: 250e3, row_bytes: 600 },
    retention: { months: 120, then: "anonymise" },
    manyToMany: [{ name: "tags", target: "org", ordered: true }],
    dependencies: [{ from: ["n"], to: ["price"] }],
    rules: [
      { kind: "check", expression: "n > 0" },
      { kind: "unique", where: "n > 1" },
      { kind: "no-overlap", per: ["assignee"] },
    ],
    fields: [{ default: "3", range: { min: "1", max: "4" } }, { precision: { precision: 19, scale: 4 } }],
  });
  expect(brief.entities[1]?.volume.skew).toBeCloseTo(0.528, 3);
  expect(brief.patterns[0]).toMatchObject({
    rate_per_s: 1,
    p95_ms: 1000,
    staleness_s: 3600,
    measure: { function: "sum", expression: "price" },
  });
});
