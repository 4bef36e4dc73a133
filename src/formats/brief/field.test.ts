import { describe, expect, it } from "vitest";
import { check, entity, field } from "./problems.test-data.ts";
import { readBrief } from "./read.ts";

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
    ["decimal(12)", ['unexpected ")" … after the point']],
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
    ["percent = 101", ["out of range … 0..100"]],
    ["currency = eur", ["ISO 4217"]],
    ["email = Info@example.org", ["not shaped like an email"]],
    ["timezone = 'Europe Berlin'", ["IANA time zone"]],
    ["timezone = Europe/Berlin", []],
    ["url = example.org", ["http or https"]],
    ["phone = 030123456", ["international form"]],
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
