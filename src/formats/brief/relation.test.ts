import { describe, expect, it } from "vitest";
import { check } from "./problems.test-data.ts";
import { readBrief } from "./read.ts";

describe("references", () => {
  const two = (spec: string): string =>
    `name: x\nentities:\n  member: { fields: { a: date } }\n  task:\n    belongs_to:\n      m: ${spec}\n`;
  it.each<[string, string[]]>([
    ["member", []],
    ["member? on delete set null", []],
    ["member one immutable on delete cascade", []],
    ["member | task? on delete no action", []],
    ["{ to: [member, task], optional: true, one: true, on_delete: set null, immutable: true, about: x }", []],
    ["memebr", ['6:10 (entities.task.belongs_to.m) no entity is called "memebr" … did you mean member?']],
    ["member | tsak", ['6:19 (entities.task.belongs_to.m) no entity is called "tsak" … did you mean task?']],
    ["member | member", ["member is named twice"]],
    ["on delete restrict", ['no entity is called "m"']],
    ["member on delete set null", ["a required reference cannot be set to null … member?"]],
    ["{ to: member, on_delete: set null }", ["a required reference cannot be set to null … optional: true"]],
    ["member on delete cascad", ['unknown action "cascad" … did you mean cascade?']],
    ["member on update cascade", ["on delete restrict"]],
    ["member ones", ['unknown word "ones" … did you mean one?']],
    ["member one one", ['"one" is stated twice']],
    ["member one?", ['"?" stands too late']],
    ["{ to: member, on_delete: nothing }", ['unknown word "nothing"']],
    ["[member]", ['a list for "m"']],
  ])("%s", (spec, expected) => {
    check(two(spec), expected);
  });

  it("chooses what happens on delete", () => {
    const text =
      "name: x\nentities:\n  a: { fields: { n: date } }\n  b: { belongs_to: { a: , c: a?, d: a on delete cascade } }\n  e: { append_only: true, belongs_to: { c: a? } }";
    const brief = readBrief(text, "b");
    const all = brief.entities.flatMap(({ belongsTo }) => belongsTo.map((one) => [one.onDelete, one.onDeleteStated]));
    expect(all).toEqual([
      ["restrict", false],
      ["set null", false],
      ["cascade", true],
      ["restrict", false],
    ]);
  });

  const graph = (...lines: string[]): string => `name: x\nentities:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
  it.each<[string, string, string[]]>([
    [
      "of two",
      graph(
        "customer: { belongs_to: { default_address: address } }",
        "address: { belongs_to: { customer: customer } }",
      ),
      [
        "3:29 (entities.customer.belongs_to.default_address) a cycle of required references: customer.default_address → address.customer → customer … make customer.default_address optional: default_address: address?",
      ],
    ],
    ["of itself", graph("node: { belongs_to: { parent: node } }"), ["node.parent → node"]],
    [
      "of three, told once",
      graph(
        "a: { belongs_to: { b: b } }",
        "b: { belongs_to: { c: c } }",
        "c: { belongs_to: { a: a } }",
        "d: { belongs_to: { a: a } }",
      ),
      ["a.b → b.c → c.a → a"],
    ],
    ["with an optional step", graph("a: { belongs_to: { b: b? } }", "b: { belongs_to: { a: a } }"), []],
    [
      "with another way",
      graph("a: { belongs_to: { x: b | c } }", "b: { belongs_to: { a: a } }", "c: { fields: { n: date } }"),
      [],
    ],
    [
      "through a parent",
      graph("a: { belongs_to: { last: b } }", "b: { is_a: a, fields: { n: date } }"),
      ["a.last → b (is_a) → a"],
    ],
    [
      "of parents",
      graph("a: { is_a: b, fields: { m: date } }", "b: { is_a: a, fields: { n: date } }"),
      ["a is a b is a a", "b is a a is a b"],
    ],
  ])("a cycle %s", (_name, text, expected) => {
    check(text, expected);
  });
});
