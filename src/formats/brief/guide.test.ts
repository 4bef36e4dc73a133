import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLASSIFICATIONS, FIELD_TYPES } from "../../model/brief.ts";
import { parseBytes, parseMonths, parseRate, parseRows, parseSeconds, parseShare, parseSkew } from "./quantities.ts";
import { problemsOf } from "./problems.test-data.ts";
import { readBrief } from "./read.ts";

const GUIDE = readFileSync(new URL("../../../docs/guides/brief.md", import.meta.url), "utf8");

/** The first two cells of each row of the table under a heading, code marks taken off. */
function table(heading: string): (readonly [key: string, example: string])[] {
  const section = GUIDE.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("|---"));
  return rows.slice(1).map((row) => {
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const code = (cell: string | undefined): string => cell?.replace(/^`(.*)`$/, "$1") ?? "";
    return [code(cells[1]), code(cells[2])];
  });
}

// Quotes keep a short form with a comma whole inside { }.
const inFlow = (example: string): string => (/^[{[]/.test(example) ? example : JSON.stringify(example));

/** A brief in which every name of the guide's examples exists. */
function brief(parts: { whole?: string; entity?: string; pattern?: string; comparison?: string }): string {
  const own = parts.entity ?? "";
  const has = (key: string): boolean => own.startsWith(`${key}:`);
  const lines = [
    "name: x",
    parts.whole ?? "",
    ...(/tenancy/.test(parts.whole ?? "") ? [] : ["tenancy: { tenant: org }"]),
    "entities:",
    "  org: { fields: { name: text(9) } }",
    "  thing: { fields: { label: text(9) } }",
    "  tag: { fields: { label: text(9) } }",
    "  comment: { fields: { body: text(9) } }",
    "  project: { fields: { name: text(9) } }",
    "  member: { fields: { name: text(9) } }",
    "  task:",
    ...(has("belongs_to") ? [] : ["    belongs_to: { project: , assignee: member?, member: member? }"]),
    ...(has("search") ? [] : ["    search: title"]),
    ...(has("fields")
      ? []
      : [
          "    fields:",
          "      title: text(80)",
          "      body: markdown?",
          "      status: enum(todo, doing, done) = todo",
          "      size: integer",
          "      priority: integer",
          "      due_on: date?",
          "      starts_on: date",
          "      ends_on: date?",
          "      starts_at: instant",
          "      ends_at: instant",
          "      completed_at: instant?",
          "      country: country",
          "      currency: currency @personal",
        ]),
    `    ${own}`,
    ...(parts.pattern === undefined ? [] : ["access_patterns:", `  p: { ${parts.pattern} }`]),
    ...(parts.comparison === undefined
      ? []
      : ["access_patterns:", "  p:", "    read: task", "    where:", `      ${parts.comparison}`]),
  ];
  const text = lines.join("\n");
  return has("fields") ? text.replace("    search: title\n", "") : text;
}

function check(text: string): void {
  expect({ text, problems: problemsOf(text) }).toEqual({ text, problems: [] });
}

describe("the guide's examples read", () => {
  it("the walk", () => {
    const walk = GUIDE.split("## A walk through a small brief")[1]?.split("\n## ")[0] ?? "";
    const blocks = [...walk.matchAll(/```yaml\n(.*?)```/gs)].map((block) => block[1] ?? "");
    expect(blocks).toHaveLength(4);
    check(blocks.join(""));
  });

  it.each(table("The whole"))("the whole: %s", (key, example) => {
    const only = ["entities", "name", "access_patterns"].includes(key);
    const rest = "entities: { org: { fields: { a: date } }, task: { fields: { a: date } } }";
    const others = { entities: "name: x", name: rest, access_patterns: `name: x\n${rest}` }[key];
    check(only ? `${others ?? ""}\n${example}\n` : brief({ whole: example }));
  });

  it.each(table("Entities"))("entities: %s", (_key, example) => {
    check(brief({ entity: example }));
  });

  it.each([...table("Field types"), ...table("Field modifiers")])("fields: %s", (_key, example) => {
    check(brief({ entity: `fields: { title: text(9), f: ${inFlow(example)} }` }));
  });

  it.each(table("References"))("references: %s", (_key, example) => {
    const [, name = "", form = ""] = /^(\w+): (.*)$/.exec(example) ?? [];
    check(brief({ entity: `belongs_to: { ${name}: ${inFlow(form)} }` }));
  });

  it.each(table("Many-to-many"))("many-to-many: %s", (_key, example) => {
    check(brief({ entity: `many_to_many: { ${example} }` }));
  });

  it.each(table("Rules"))("rules: %s", (_key, example) => {
    check(brief({ entity: `rules: [${inFlow(example)}]` }));
  });

  it.each(table("Access patterns"))("access patterns: %s", (_key, example) => {
    check(brief({ pattern: example }));
  });

  it.each(table("Filters"))("filters: %s", (_key, example) => {
    check(brief({ comparison: example }));
  });

  it.each(table("Amounts"))("amounts: %s", (key, example) => {
    const parsers = {
      months: parseMonths,
      rate: parseRate,
      rows: parseRows,
      share: parseShare,
      size: parseBytes,
      skew: parseSkew,
      time: parseSeconds,
    };
    expect(parsers[key as keyof typeof parsers](example)).toBeGreaterThan(0);
  });

  it("the long form of a field", () => {
    const long = /```yaml-field\n(.*?)```/s.exec(GUIDE)?.[1] ?? "";
    const lines = long
      .trim()
      .split("\n")
      .map((line) => `      ${line}`);
    check(
      `name: x\ntenancy: { tenant: org }\nentities:\n  org: { fields: { a: date } }\n  task:\n   fields:\n    f:\n${lines.join("\n")}\n`,
    );
  });
});

it("the guide's example of an error is one", () => {
  const example = readFileSync(new URL("../../../examples/project-management.yaml", import.meta.url), "utf8");
  const broken = example.replace("assignee: member? on", "assignee: memebr? on");
  const told = /## Errors[^]*?```\n(.*?)```/s.exec(GUIDE)?.[1] ?? "none";
  expect(() => readBrief(broken, "brief.yaml")).toThrow(told.trim());
});

describe("the guide is complete and in order", () => {
  it("names every type and classification", () => {
    expect(table("Field types").map(([type]) => type)).toEqual([...FIELD_TYPES].toSorted());
    expect(table("Classification").map(([word]) => word)).toEqual([...CLASSIFICATIONS].toSorted());
  });

  it.each(["The whole", "Entities", "Access patterns", "Amounts"])("%s is in alphabetical order", (heading) => {
    const keys = table(heading).map(([key]) => key);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys).toEqual(keys.toSorted());
  });
});
