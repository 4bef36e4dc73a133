import { describe, it } from "vitest";
import { check, entity } from "./problems.test-data.ts";

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
    ["SQL", entity(`fields: { '"; DROP TABLE task; --': date }`), ["is no name … lower-case words"]],
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
    ["a point's columns too long", entity(`fields: { ${"a".repeat(54)}: point }`), ["at most 53 bytes"]],
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
