import { expect, test } from "vitest";
import type { CatalogObject, ColumnObject, ConstraintObject, GrantObject } from "../../model/catalog.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { ref } from "../../model/ref.ts";
import { plainTable } from "../../model/table.test-data.ts";
import { breakingChanges } from "./breaking.ts";

const at = { schema: "public", table: "task" };
const base = { comment: null, dependsOn: [] };

const column: ColumnObject = {
  ...ref("column", "title", at),
  ...base,
  kind: "column",
  table: "task",
  position: 1,
  type: "text",
  notNull: false,
  default: null,
  identity: null,
  generated: null,
  collation: null,
  storage: null,
  compression: null,
  statisticsTarget: null,
  inherited: false,
};
const foreignKey: ConstraintObject = {
  ...ref("constraint", "task_owner_fkey", at),
  ...base,
  kind: "constraint",
  table: "task",
  type: "foreign key",
  definition: "",
  columns: ["owner"],
  references: { schema: "public", table: "person", columns: ["id"], onUpdate: "no action", onDelete: "no action" },
  expression: null,
  validated: false,
  deferrable: false,
  initiallyDeferred: false,
  inherited: false,
};
const index: CatalogObject = {
  ...ref("index", "task_title", at),
  ...base,
  kind: "index",
  table: "task",
  method: "btree",
  unique: false,
  nullsNotDistinct: false,
  keys: [],
  include: [],
  predicate: null,
  options: {},
  valid: true,
  constraint: null,
  partitionOf: null,
  definition: "",
};
const table = plainTable("public", "task");
const grant: GrantObject = {
  ...ref("grant", "task", { schema: "public", signature: "table to app" }),
  ...base,
  kind: "grant",
  on: "table",
  arguments: null,
  grantee: "app",
  privileges: ["INSERT", "SELECT"],
};

// What breaks, as `object: who`; nothing where the list is empty.
test.each<[string, Change, readonly string[]]>([
  ["a dropped column", { type: "drop", object: column }, ["column public.task.title: readers and writers"]],
  ["a dropped table", { type: "drop", object: table }, ["table public.task: readers and writers"]],
  ["a dropped index", { type: "drop", object: index }, []],
  [
    "a dropped unique index",
    { type: "drop", object: { ...index, unique: true } as CatalogObject },
    ["index public.task.task_title: writers"],
  ],
  ["a dropped foreign key", { type: "drop", object: foreignKey }, []],
  ["a dropped grant", { type: "drop", object: grant }, ["grant public.task(table to app): readers and writers"]],
  ["another type", alter(column, { type: "integer" }), ["column public.task.title: readers and writers"]],
  ["not null", alter(column, { notNull: true }), ["column public.task.title: writers"]],
  [
    "nullable",
    alter<ColumnObject>({ ...column, notNull: true }, { notNull: false }),
    ["column public.task.title: readers"],
  ],
  ["a new default", alter(column, { default: "now()" }), []],
  [
    "a lost default",
    alter<ColumnObject>({ ...column, default: "now()" }, { default: null }),
    ["column public.task.title: writers"],
  ],
  ["another comment", alter(column, { comment: "what to do" }), []],
  [
    "a renamed column",
    { type: "rename", before: column, to: { ...column, name: "name" } },
    ["column public.task.title: readers and writers"],
  ],
  ["a renamed index", { type: "rename", before: index, to: { ...index, name: "other" } }, []],
  ["a new table", { type: "create", object: table }, []],
  ["a new index", { type: "create", object: index }, []],
  ["a new nullable column", { type: "create", object: column }, []],
  [
    "a new column that must be given",
    { type: "create", object: { ...column, notNull: true } },
    ["column public.task.title: writers"],
  ],
  ["a new foreign key", { type: "create", object: foreignKey }, ["constraint public.task.task_owner_fkey: writers"]],
  ["a validated foreign key", alter(foreignKey, { validated: true }), []],
  [
    "a foreign key that cascades",
    alter(foreignKey, { references: { ...foreignKey.references!, onDelete: "cascade" } }),
    ["constraint public.task.task_owner_fkey: writers"],
  ],
  [
    "row security",
    alter(table, { rowSecurity: { enabled: true, forced: false } }),
    ["table public.task: readers and writers"],
  ],
  [
    "a lost privilege",
    alter(grant, { privileges: ["SELECT"] }),
    ["grant public.task(table to app): readers and writers"],
  ],
])("%s", (_, change, expected) => {
  expect(breakingChanges([change, change]).map(({ object, breaks }) => `${object}: ${breaks}`)).toEqual(expected);
});
