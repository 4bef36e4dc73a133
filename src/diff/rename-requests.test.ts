import { expect, test } from "vitest";
import { catalogFrom, columnObject, tableObject } from "../formats/fixtures.test-data.ts";
import { postgres } from "../engines/postgres/dialect.ts";
import { compare } from "./compare.ts";
import { likelyRenames, likeness } from "./likely-renames.ts";
import { renameRequests, renamesIn } from "./rename-requests.ts";

const task = tableObject("task");
const odd = tableObject('Odd "t=a.ble"');
const from = catalogFrom([
  [task, columnObject(task, 1, "id", "bigint"), columnObject(task, 2, "title", "text")],
  [odd, columnObject(odd, 1, "a.b", "text")],
]);
const job = tableObject("job");
const to = catalogFrom([
  [task, columnObject(task, 1, "id", "bigint"), columnObject(task, 2, "name", "text")],
  [job, columnObject(job, 1, "a.b", "text"), columnObject(job, 2, "c", "text")],
]);

const said = (text: string): unknown => {
  const [change] = renameRequests([{ text, where: "--rename" }], from, to);
  return change?.type === "rename"
    ? [change.before.kind, change.before.name, change.to.schema, change.to.table, change.to.name]
    : null;
};

test.for([
  ["public.task.title=name", ["column", "title", "public", "task", "name"]],
  ["task.title = name", ["column", "title", "public", "task", "name"]],
  ["TASK.Title=public.task.name", ["column", "title", "public", "task", "name"]],
  ['"Odd ""t=a.ble"""=job', ["table", 'Odd "t=a.ble"', "public", null, "job"]],
] as const)("%s", ([text, expected]) => {
  expect(said(text)).toEqual(expected);
});

test.for([
  ["task.title", /is no rename/],
  ["=name", /is no rename/],
  ['"task=name', /is no rename/],
  ["task.nothing=name", /FROM has no/],
  ["task.title=id", /FROM has both/],
  ["task.title=nowhere", /TO has no column/],
] as const)("%s is refused", ([text, message]) => {
  expect(() => said(text)).toThrow(message);
});

test("comments in a file state renames, with their line", () => {
  const text =
    "create table t ();\n  -- dbwright:rename public.task.title=name\n-- dbwright: rename a=b\r\n-- dbwright:step 1";
  expect(renamesIn(text, "new.sql")).toEqual([
    { text: "public.task.title=name", where: "new.sql:2" },
    { text: "a=b", where: "new.sql:3" },
  ]);
});

test("what looks like a rename is offered with what to say", () => {
  expect(likelyRenames(compare(from, to), postgres)).toMatchObject([
    { flag: "public.task.title=name", kind: "column", why: "same type, same position" },
  ]);
});

test("names are alike by the letter pairs they share", () => {
  expect(likeness("created", "created")).toBe(1);
  expect(likeness("created", "created_at")).toBeGreaterThan(0.7);
  expect(likeness("title", "owner_id")).toBe(0);
});
