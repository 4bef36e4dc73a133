import { describe, expect, it } from "vitest";
import { BRIEF_LENGTH_MAX } from "./document.ts";
import { check, entity, field, pattern, problemsOf } from "./problems.test-data.ts";
import { readBrief } from "./read.ts";

describe("a document that is none", () => {
  it.each<[string, string, string[]]>([
    ["nothing", "", ["1:1 the brief is empty"]],
    ["blanks and remarks", "\n  # nothing here\n", ["1:1 the brief is empty"]],
    ["a text", "hello", ['1:1 the text "hello" is no brief']],
    ["a list", "- a\n- b\n", ["1:1 a list is no brief"]],
    [
      "two documents",
      "name: x\nentities: {a: {fields: {b: date}}}\n---\nname: y\n",
      ["3:1 a second document begins here"],
    ],
    ["an open bracket", "name: [x\nentities: 1", ["2:1 YAML:"]],
    ["a tab", "name: x\nentities:\n\ttask: 1\n", ["YAML: … spaces"]],
    ["an open quote", 'name: "x\n', ["YAML:"]],
    ["a value that begins with @", "name: @x\n", ["1:7 YAML: … put the value in quotes"]],
    ["an unknown alias", "name: *x\n", ["1:7 (name) nothing is called &x above"]],
    ["a tag", "name: !thing x\nentities: {a: {fields: {b: date}}}\n", ['1:14 (name) the tag "!thing"']],
    ["YAML 1.1", "%YAML 1.1\n---\nname: x\n", ["1:1 YAML 1.1 is asked for"]],
    [
      "a key twice",
      entity("fields: { a: date }\nfields: { b: date }"),
      ['5:5 (entities.task.fields) the key "fields" is here twice'],
    ],
    ["a key that is no word", "? [a]\n: b\n", ["a key that is no word"]],
    ["a zero byte", 'name: "x\\0"\nentities: {a: {fields: {b: date}}}\n', ["a text with a zero byte"]],
    ["half a character", 'name: "x\\ud800"\nentities: {a: {fields: {b: date}}}\n', ["half a character"]],
    ["too large", "#".repeat(BRIEF_LENGTH_MAX + 1), ["too large for a brief"]],
    ["ten megabytes", "name: x\n".repeat(1_310_720), ["too large for a brief"]],
  ])("%s", (_name, text, expected) => {
    check(text, expected);
  });

  it("a billion laughs end after the bound", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 12; level++)
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
    const [problem] = problemsOf(lines.join("\n"));
    expect(problem).toContain("aliases make the brief too large");
  });

  it.each([
    ["[", "]"],
    ["{a: ", "}"],
    ["- ", ""],
    ["? ", ""],
    [": ", ""],
    ["- ? ", ""],
  ])("500000 times %s ends", (open, close) => {
    const depth = Math.floor(500_000 / open.length);
    expect(problemsOf(open.repeat(depth) + close.repeat(depth)).join()).toContain("nested too deeply");
  });

  it("ends where each line is one blank further in", () => {
    const text = Array.from({ length: 1400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
    expect(problemsOf(text).join()).toMatch(/^202:1 the YAML is nested too deeply/);
  });

  it("an alias of itself ends", () => {
    expect(problemsOf("name: x\nentities: &e\n  task: *e\n").join()).toMatch(/nested too deeply|no brief|YAML/);
  });
});

describe("what YAML makes of a short form", () => {
  it.each<[string, string, string[]]>([
    [
      "a comma inside { }",
      "name: x\nentities: { task: { fields: { f: enum(a, b) } } }",
      ['2:34 (entities.task.fields.f) a comma ends "enum(a" … in quotes'],
    ],
    [
      "a comma inside [ ]",
      entity("fields: { a: date, b: date }\nrules: [unique (a, b)]"),
      ['5:13 (entities.task.rules) a comma ends "unique (a"'],
    ],
    ["a colon inside a rule", entity("fields: { a: text(9) }\nrules:\n  - a = 'x: y'"), ["a = 'x … "]],
    ["a rule that begins with a quote", entity("fields: { a: text(9) }\nrules:\n  - 'x' = a"), ["YAML: … in quotes"]],
    ["a reference that begins with ?", entity("belongs_to:\n  task: ? on delete cascade"), ["YAML"]],
    ["BOM and CRLF", `\uFEFF${field("date").replaceAll("\n", "\r\n")}`, []],
    [
      "no is a text",
      entity("per_tenant: no\nfields: { a: date }"),
      ['4:17 (entities.task.per_tenant) the text "no" … true or false … write false'],
    ],
    ["on is a text", entity("soft_delete: on\nfields: { a: date }"), ['the text "on" … write true']],
    ["enum(yes, no) holds texts", field("enum(yes, no) = no"), []],
    ["values of an enum as written", entity("fields: { f: { type: enum, values: [yes, 1, 007, 1.10, true] } }"), []],
    [
      "a number for a text",
      "name: 12\nentities: {a: {fields: {b: date}}}",
      ['1:7 (name) the number 12 for "name" … in quotes'],
    ],
    ["an empty value", entity("about:\nfields: { a: date }"), ['nothing for "about"']],
    ["an octal", entity("fields: { a: date }\nvolume: 010"), ["begins with a zero … write 10"]],
    ["hexadecimal", entity("fields: { a: date }\nvolume: 0x10"), ['"0x10" is no amount']],
    ["sexagesimal", pattern("read: task\np95: 1:30"), ['"1:30" is no amount']],
  ])("%s", (_name, text, expected) => {
    check(text, expected);
  });

  it("keeps values as they are written", () => {
    const brief = readBrief(
      entity("fields: { f: { type: enum, values: [yes, 1, 007, 1.10, true], default: 007 } }"),
      "b",
    );
    expect(brief.entities[0]?.fields[0]).toMatchObject({ values: ["yes", "1", "007", "1.10", "true"], default: "007" });
  });

  it("follows aliases and merge keys", () => {
    const text = entity("fields: &f { a: date, b: date }") + "  other:\n    fields:\n      <<: *f\n      b: text(3)\n";
    const brief = readBrief(text, "b");
    expect(brief.entities[1]?.fields.map(({ name, type }) => [name, type])).toEqual([
      ["b", "text"],
      ["a", "date"],
    ]);
  });
});
