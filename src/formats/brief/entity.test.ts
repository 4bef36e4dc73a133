import { describe, it } from "vitest";
import { check, entity } from "./problems.test-data.ts";

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
    ["a wait", entity("fields: { a: date }\nrules:\n  - pg_sleep(9) is null"), ["pg_sleep() in a condition"]],
    ["a chance", entity("fields: { a: date }\nrules:\n  - a is null or Random() > 0.5"), ["Random() in a condition"]],
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
      ["a is a text: no span", "b is a text"],
    ],
    [
      "overlaps of two types",
      entity("fields: { a: date, b: instant }\nrules: ['no overlap of (a, b)']"),
      ["a is a date and b an instant"],
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
    ["a retention of blanks", entity(`fields: { a: date }\nretention: '${" ".repeat(9000)}x'`), ["is no amount"]],
    ["a long text", entity(`fields: { a: date }\nabout: ${"x".repeat(10_001)}`), ["a text of 10001 characters"]],
    ["a retention without a unit", entity("fields: { a: date }\nretention: '7'"), ["has no unit"]],
  ])("%s", (_name, text, expected) => {
    check(text, expected);
  });
});
