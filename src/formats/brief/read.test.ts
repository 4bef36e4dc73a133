import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Brief } from "../../model/brief.ts";
import { DbwrightError } from "../../model/error.ts";
import { BRIEF_LENGTH_MAX } from "./document.ts";
import { readBrief } from "./read.ts";

/** The problems of a brief, each as `line:column what | expected | mend`; empty when it reads. */
function problemsOf(text: string): string[] {
  try {
    readBrief(text, "b.yaml");
    return [];
  } catch (error) {
    if (!(error instanceof DbwrightError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.problems.map(({ what, where, expected, mend }) =>
      [`${where?.replace(/^b\.yaml:/, "") ?? ""} ${what}`, expected ?? "", mend ?? ""].join(" | "),
    );
  }
}

/** Each expected text is a part of the problem at its place, and there are no others. */
function check(text: string, expected: readonly string[]): void {
  const found = problemsOf(text);
  expect(found).toHaveLength(expected.length);
  for (const [index, part] of expected.entries())
    for (const piece of part.split(" … ")) expect(found[index]).toContain(piece);
}

const entity = (body: string): string =>
  `name: x\nentities:\n  task:\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;

const field = (spec: string): string => entity(`fields:\n  f: ${spec}`);

const pattern = (body: string): string => `name: x
entities:
  project: { fields: { name: text(20) } }
  task:
    belongs_to: { project: , assignee: project? }
    fields:
      title: text(20)
      status: enum(todo, done)
      done: boolean
      due_on: date?
      started_at: instant immutable
  event: { append_only: true, fields: { at: instant } }
  code: { fields: { code: code(4) } }
access_patterns:
  p:
${body
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;

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
    [
      "an entity that is a list",
      "name: x\nentities: { task: [1] }",
      ["2:19 (entities.task) a list", "task holds nothing"].slice(0, 1),
    ],
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

describe("fields", () => {
  it.each<[string, string[]]>([
    ["text(20)", []],
    ["textt(20)", ['5:10 (entities.task.fields.f) unknown type "textt" … did you mean text?']],
    ["varchar(20)", ["did you mean text?"]],
    ["timestamptz", ["did you mean instant?"]],
    ["serial", ["dbwright makes the key itself"]],
    ["text(0)", ["5:15 (entities.task.fields.f) a length of 0"]],
    ["text(x)", ['5:15 (entities.task.fields.f) unexpected "x"']],
    ["text(20", ["the text ends too early … to close text("]],
    ["text 20", ['unexpected "20"']],
    ["date(3)", ["5:14 (entities.task.fields.f) date takes no arguments"]],
    ["integer(4..1)", ["the range 4..1 is empty … write 1..4"]],
    ["integer(..)", ["a range without ends"]],
    ["integer(5)", ["integer(min..max)"]],
    ["integer(0.5..2)", ["0.5 is not whole … decimal"]],
    ["integer(0..3000000000)", ["does not fit integer … use bigint"]],
    ["decimal(2,3)", ["2 digits with 3 after the point"]],
    ["decimal(12)", ['unexpected ")"'.slice(0, 10)]],
    ["enum", ["an enum without values"]],
    ["enum()", ["a value, in quotes"]],
    ["enum(a, a)", ['the value "a" is here twice']],
    [`enum(${"ä".repeat(32)})`, ["a value of 64 bytes"]],
    ["list", ["a list without an element"]],
    ["list(list(text(3)))", ["a list"]],
    ["enum(free, team) = fre", ['the default "fre" is none of the values … did you mean free?']],
    ["integer(1..4) = 5", ["5:26 (entities.task.fields.f) the default 5 is out of range … 1..4"]],
    ["integer = 2147483648", ["does not fit integer"]],
    ["text(3) = abcd", ["the default has 4 characters … at most 3"]],
    ["text(3) = 'a b'", []],
    ["boolean = yes", ['the default "yes" is no boolean … true or false']],
    ["date = 2026-02-30", ['the default "2026-02-30" is not a date']],
    ["date = now", []],
    ["instant = 2026-01-31", ["an instant with its zone"]],
    ["money = 0.12345", ["does not fit money(19,4)"]],
    ["decimal(4,2) = 123", ["at most 2 digits before the point"]],
    ["currency = eur", ["ISO 4217"]],
    ["json = '{'", ["not a json … JSON, in single quotes"]],
    ["list(text(4)) = x", ["a default for list"]],
    ["text(3) = ", ['no value after "="']],
    ["text(3) = 'x", ["a quote is opened and not closed"]],
    ["text(3) nullable", ['unknown word "nullable" … write ? behind the type']],
    ["text(3) uniqe", ['5:18 (entities.task.fields.f) unknown word "uniqe" … did you mean unique?']],
    ["text(3) @persnal", ['unknown word "@persnal" … did you mean @personal?']],
    ["text(3) personal", ["did you mean @personal?"]],
    ["text(3) unique ?", ['"?" stands too late']],
    ["text(3) unique unique-per-tenant", ["the unique is stated twice"]],
    ["text(3) unique-per-tenant", ["f is unique per tenant, and there are no tenants"]],
    ["\"text(3) = 'a' uniqe\"", ['5:25 (entities.task.fields.f) unknown word "uniqe"']],
  ])("%s", (spec, expected) => {
    check(field(spec), expected);
  });

  it("the long form says the same as the short one", () => {
    const short = readBrief(field("integer(1..4)? = 3 unique immutable @internal"), "b").entities[0]?.fields[0];
    const long = readBrief(
      entity(
        "fields:\n  f:\n    type: integer(1..4)\n    optional: true\n    default: 3\n    unique: true\n    immutable: true\n    classification: internal",
      ),
      "b",
    ).entities[0]?.fields[0];
    expect(long).toEqual(short);
  });

  it.each<[string, string[]]>([
    ["{ type: text(3) = x, default: y }", ["default is stated here and in the type"]],
    ["{ type: text(3), values: [a] }", ["values of a text"]],
    ["{ type: text(3), default: abcd }", ["the default has 4 characters"]],
    ["{ type: enum, values: [a, a] }", ["a value that is here twice"]],
    ["{ about: x }", ['the key "type" is missing']],
    ["{ type: text(3), optional: yes }", ["write true"]],
    ["{ type: text(3), unique: sometimes }", ["true, everywhere or per-tenant"]],
  ])("long: %s", (spec, expected) => {
    check(field(spec), expected);
  });
});

describe("names", () => {
  const long = "a".repeat(64);
  it.each<[string, string, string[]]>([
    [
      "camel case",
      entity("fields: { dueOn: date }"),
      ['4:15 (entities.task.fields.dueOn) "dueOn" is no name … write due_on'],
    ],
    [
      "one name twice after folding",
      entity("fields: { user_id: date, userId: date }"),
      ['4:30 (entities.task.fields.userId) "userId" and "user_id" are one name'],
    ],
    [
      "two entities after folding",
      "name: x\nentities:\n  task: { fields: { a: date } }\n  Task: { fields: { a: date } }\n",
      ['4:3 (entities.Task) "Task" and "task" are one name … line 3'],
    ],
    [
      "SQL",
      entity(`fields: { '"; DROP TABLE task; --': date }`),
      ['"\\"; DROP'.slice(0, 1)].map(() => "is no name … lower-case words"),
    ],
    ["SQL as an entity", `name: x\nentities:\n  '"; DROP TABLE x; --': { fields: { a: date } }\n`, ["is no name"]],
    ["letters beyond a to z", entity("fields: { größe: date }"), ['"größe" is no name']],
    ["a digit first", entity("fields: { 2nd: date }"), ['"2nd" is no name']],
    ["too long", entity(`fields: { ${long}: date }`), ["is 64 bytes long … at most 63 bytes"]],
    ["the longest", entity(`fields: { ${"a".repeat(63)}: date }`), []],
    [
      "a reference's column too long",
      `name: x\nentities:\n  t: { belongs_to: { ${"a".repeat(61)}: t? } }`,
      ["its column would be … 64 bytes"],
    ],
    [
      "a junction too long",
      `name: x\nentities:\n  ${"a".repeat(40)}: { many_to_many: { b: ${"c".repeat(30)} }, fields: { a: date } }\n  ${"c".repeat(30)}: { fields: { a: date } }`,
      ["its junction table would be … 71 bytes"],
    ],
    [
      "a history too long",
      `name: x\nentities:\n  ${"a".repeat(60)}: { history: changes, fields: { a: date } }`,
      ["its history's table would be … 68 bytes"],
    ],
    [
      "a field with a reference's column",
      entity("belongs_to: { task: task? }\nfields: { task_id: uuid }"),
      ['"task_id" is the column of the reference "task" … remove task_id'],
    ],
    [
      "a field and a reference",
      entity("belongs_to: { owner: task? }\nfields: { owner: date }"),
      ['"owner" and "owner" are one name'],
    ],
    ["id", entity("fields: { id: uuid }"), ['"id" is the key that dbwright makes']],
    ["id as a key", entity("key: id\nfields: { id: uuid }"), []],
    [
      "deleted_at",
      entity("soft_delete: true\nfields: { deleted_at: instant? }"),
      ['"deleted_at" is made by soft_delete'],
    ],
    [
      "position",
      entity("ordered_within: all\nfields: { position: integer }"),
      ['"position" is made by ordered_within'],
    ],
    ["a system column", entity("fields: { xmin: integer }"), ["PostgreSQL keeps for itself"]],
    [
      "reserved words of SQL",
      "name: x\nentities:\n  order: { fields: { select: date, user: text(3), table: date } }",
      [],
    ],
    ["a word of the language", "name: x\nentities:\n  one: { fields: { a: date } }", ["is a word of the language"]],
    [
      "a system's name",
      "name: My System!\nentities:\n  a: { fields: { a: date } }",
      ['1:7 (name) "My System!" is no name'],
    ],
    [
      "a pattern's name",
      'name: x\nentities:\n  a: { fields: { a: date } }\naccess_patterns:\n  "x`\\ny": { read: a }\n',
      ["cannot name a pattern"],
    ],
  ])("%s", (_name, text, expected) => {
    check(text, expected);
  });
});

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
    ["through a parent", graph("a: { belongs_to: { last: b } }", "b: { is_a: a }"), ["a.last → b (is_a) → a"]],
    ["of parents", graph("a: { is_a: b }", "b: { is_a: a }"), ["a is a b is a a", "b is a a is a b"]],
  ])("a cycle %s", (_name, text, expected) => {
    check(
      text
        .replaceAll(/(\w: \{ is_a: \w) \}/g, "$1, fields: { n_$1: date } }")
        .replaceAll(/n_(\w): \{ is_a: \w/g, "n_$1"),
      expected,
    );
  });
});

describe("entities", () => {
  it.each<[string, string, string[]]>([
    ["an unknown parent", entity("is_a: thng\nfields: { a: date }"), ['unknown name "thng"']],
    [
      "a field of the parent",
      "name: x\nentities:\n  a: { fields: { n: date } }\n  b: { is_a: a, fields: { n: date } }",
      ["n is a field of a already"],
    ],
    [
      "a key beside a parent",
      "name: x\nentities:\n  a: { fields: { n: date } }\n  b: { is_a: a, key: m, fields: { m: date } }",
      ["b shares the key of a"],
    ],
    [
      "an unknown key field",
      entity("key: [cde]\nfields: { code: code(3) }"),
      ['4:11 (entities.task.key[0]) unknown name "cde" … did you mean code?'],
    ],
    ["an optional key", entity("key: code\nfields: { code: code(3)? }"), ["code is part of the key and may be absent"]],
    ["a key of json", entity("key: a\nfields: { a: json }"), ["a json in a key"]],
    [
      "an unknown field in a rule",
      entity("fields: { ends_on: date }\nrules: [ends_no > now()]"),
      ['5:13 (entities.task.rules[0]) task has no field "ends_no" … did you mean ends_on?'],
    ],
    [
      "forgotten quotes",
      entity("fields: { s: 'enum(a, b)' }\nrules: [s = a]"),
      ["put the value in single quotes: 'a'"],
    ],
    [
      "a statement in a rule",
      entity("fields: { a: date }\nrules:\n  - a is null); drop table task; --"),
      ['a ")" closes nothing'],
    ],
    ["a semicolon", entity("fields: { a: date }\nrules:\n  - a is null ; drop table task"), ['a ";" in a condition']],
    ["a remark", entity("fields: { a: date }\nrules:\n  - a is null -- x"), ["a comment in a condition"]],
    ["a subquery", entity("fields: { a: date }\nrules:\n  - a in (select b from c)"), ['"select" in a condition']],
    ["a dollar quote", entity("fields: { a: date }\nrules:\n  - a = $$x$$"), ['a "$" in a condition']],
    ["a quoted name", entity(`fields: { a: date }\nrules:\n  - a = "b"`), ["a quoted identifier in a condition"]],
    ["open brackets", entity("fields: { a: date }\nrules:\n  - (a is null"), ['a "(" is not closed']],
    ["a path in a rule", entity("belongs_to: { up: task? }\nrules:\n  - up.x > 1"), ["a path in a condition"]],
    [
      "an expression with functions and casts",
      entity(
        "fields: { a: instant, b: text(3)?, c: integer }\nrules:\n  - extract(year from a) > 2000 and lower(b) = 'x' and c::numeric(4,1) between 1 and 9 and a > now() - interval '1 day' at time zone 'UTC'",
      ),
      [],
    ],
    ["an unknown unique field", entity("fields: { a: date }\nrules: ['unique (a, bb)']"), ['task has no field "bb"']],
    ["a unique without brackets", entity("fields: { a: date }\nrules: [unique a]"), ['unexpected "a"']],
    [
      "a unique with a bad condition",
      entity("fields: { a: date }\nrules: [unique (a) where b is null]"),
      ['task has no field "b"'],
    ],
    [
      "overlaps of texts",
      entity("fields: { a: text(3), b: text(3) }\nrules: ['no overlap of (a, b)']"),
      ["a is a text: no span", "b is a text"].slice(0, 2),
    ],
    [
      "overlaps of two types",
      entity("fields: { a: date, b: instant }\nrules: ['no overlap of (a, b)']"),
      ["a is a date and b a instant"],
    ],
    [
      "overlaps per nothing known",
      entity("fields: { a: date, b: date }\nrules: ['no overlap of (a, b) per rom']"),
      ['task has no field "rom"'],
    ],
    [
      "long rules",
      entity(
        "fields: { a: date, b: date, c: code(3) }\nrules:\n  - { check: a < b, about: x }\n  - { unique: [a, b], where: a is not null }\n  - { no_overlap: [a, b], per: [c] }",
      ),
      [],
    ],
    [
      "a long rule that says nothing",
      entity("fields: { a: date }\nrules:\n  - { about: x }"),
      ["a rule without check, unique or no_overlap"],
    ],
    ["a dependency", entity("fields: { a: date, b: date, c: date }\ndepends: ['a, b -> c']"), []],
    ["a dependency without an arrow", entity("fields: { a: date, b: date }\ndepends: [a b]"), ['unexpected "b" … ->']],
    ["a dependency on itself", entity("fields: { a: date }\ndepends: [a -> a]"), ["a stands on both sides"]],
    [
      "an unknown field in a dependency",
      entity("fields: { country: country, currency: currency }\ndepends: [country -> curency]"),
      ["did you mean currency?"],
    ],
    ["search in a date", entity("fields: { a: date }\nsearch: a"), ["a is a date: it holds no words"]],
    ["search in nothing", entity("fields: { title: text(3) }\nsearch: [titel]"), ["did you mean title?"]],
    [
      "history of what never changes",
      entity("append_only: true\nhistory: changes\nfields: { a: date }"),
      ["append-only, so nothing changes"],
    ],
    [
      "soft delete of what never changes",
      entity("append_only: true\nsoft_delete: true\nfields: { a: date }"),
      ["append-only, so nothing is deleted"],
    ],
    [
      "set null of what never changes",
      entity("append_only: true\nbelongs_to: { up: task? on delete set null }"),
      ["set null changes its rows"],
    ],
    [
      "order within nothing",
      entity("ordered_within: projct\nbelongs_to: { project: task? }"),
      ["did you mean project?"],
    ],
    ["nothing to anonymise", entity("erase: anonymise\nfields: { a: date }"), ["task has nothing to anonymise"]],
    ["per tenant without tenants", entity("per_tenant: true\nfields: { a: date }"), ["there are no tenants"]],
    [
      "units",
      entity("fields: { a: date }\nvolume: { now: 5 Mio, per_month: -3, row: 600, skew: 120% }"),
      ['unknown unit "Mio" … did you mean M?', '"-3" is negative', '"600" has no unit', "more than the whole"],
    ],
    ["a retention in days", entity("fields: { a: date }\nretention: 90 days"), ["is not in months … write 3 months"]],
    [
      "a retention with an unknown end",
      entity("fields: { a: date }\nretention: 3 years then anonimise"),
      ["5:29 (entities.task.retention) unknown end … did you mean anonymise?"],
    ],
    ["a retention without a unit", entity("fields: { a: date }\nretention: '7'"), ["has no unit"]],
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

describe("access patterns", () => {
  it.each<[string, string[]]>([
    [
      "read: task\nwhere: { project: eq, status: [todo, done], due_on: range, title: prefix, assignee: is-null, id: eq, project.name: eq }\norder: [due_on, created_at desc]\nwith: [project.name]\nfields: [title]\nlimit: 5\nrate: 5/s\np95: 20 ms\nstaleness: 1 h\nacross_tenants: true\nabout: x",
      [],
    ],
    ["raed: task", ['unknown key "raed"', "a pattern without an operation"].toReversed()],
    ["read: task\ninsert: task", ["read and insert in one pattern"]],
    ["read: tsak", ['unknown name "tsak" … did you mean task?']],
    ["read: task\nwhere: { statsu: eq }", ['task has no field or reference "statsu" … did you mean status?']],
    ["read: task\nwhere: { project.nmae: eq }", ['project has no field or reference "nmae" … did you mean name?']],
    ["read: task\nwhere: { title.x: eq }", ["title is a field: nothing can follow it"]],
    ["read: task\nwhere: { project.name.x: eq }", ["is too long"]],
    ["read: task\nwhere: { status: equals }", ['unknown comparison "equals"']],
    ["read: task\nwhere: { status: = tood }", ['"tood" is no value of status … did you mean todo?']],
    ["read: task\nwhere: { status: 'in(todo, dne)' }", ['"dne" is no value of status']],
    ["read: task\nwhere: { status: range }", ["range of a enum"]],
    ["read: task\nwhere: { project: prefix }", ["prefix of a reference"]],
    ["read: task\nwhere: { due_on: contains }", ["contains in a date"]],
    ["read: task\nwhere: { title: is-null }", ["is required, so never null"]],
    ["read: task\norder: due_on dsc", ['unknown direction "dsc" … did you mean desc?']],
    ["read: task\nlimit: 0", ['a limit of "0"']],
    ["read: task\nlimit: many", ['a limit of "many"']],
    ["read: task\nset: [title]", ["set makes no sense in a read"]],
    ["insert: task\norder: title", ["order makes no sense in an insert"]],
    ["update: task\nwhere: { id: eq }", ["an update without set"]],
    ["update: task\nset: [title]", ["an update without where"]],
    ["update: task\nwhere: { id: eq }\nset: [started_at]", ["started_at is immutable"]],
    ["update: event\nwhere: { id: eq }\nset: [at]", ["event is append-only"]],
    ["delete: event\nwhere: { id: eq }", ["event is append-only … retention"]],
    ["search: task", ["task has nothing to search in … search: [title]"]],
    ["aggregate: count of task\nby: [project.name, month]\nwhere: { started_at: range }", []],
    ["aggregate: sum(started_at) of task", []],
    ["aggregate: total of task", ["count of task, or sum(amount) of payment"]],
    ["aggregate: sum of task", ["what to sum"]],
    ["aggregate: sum(durration) of task", ['task has no field "durration"']],
    ["aggregate: sum(a; drop table b) of task", ['a ";" in a condition']],
    ["aggregate: count of tsak", ['no entity is called "tsak"']],
    ["aggregate: count of project\nby: month", ["project has no time to group by month"]],
    ["read: task\nrate: 5", ['"5" has no unit of time']],
    ["read: task\nrate: 5/sec", ['unknown unit of time "sec" … did you mean /s?']],
    ["read: task\nrate: 0/s", ["a rate of nothing"]],
    ["read: task\np95: 20", ['"20" has no unit … 20 ms']],
    ["read: task\np95: 0 ms", ["a p95 of nothing"]],
    ["read: task\np95: -20 ms", ["is negative"]],
  ])("%s", (body, expected) => {
    check(pattern(body), expected);
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
