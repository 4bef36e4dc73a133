import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { catalogFrom, enumObject, indexObject, tableOf } from "../fixtures.test-data.ts";
import type { TableParts } from "../fixtures.test-data.ts";
import { hostile, projectManagement } from "../samples.test-data.ts";
import { validatePrisma } from "./validate.ts";
import { writePrisma } from "./write.ts";

const wasm = createRequire(import.meta.url)("@prisma/prisma-schema-wasm") as {
  format(schema: string, parameters: string): string;
};

async function expectValid(text: string): Promise<void> {
  const result = await validatePrisma(text);
  expect(result, "the optional dependency is installed for development").not.toBeNull();
  if (result?.ok !== true) expect.fail(`${result?.errors.join("\n")}\n\n${text}`);
}

function formatted(text: string): string {
  const parameters = { textDocument: { uri: "file:/schema.prisma" }, options: { tabSize: 2, insertSpaces: true } };
  const files = JSON.parse(wasm.format(JSON.stringify([["schema.prisma", text]]), JSON.stringify(parameters))) as [
    string,
    string,
  ][];
  return files[0]?.[1] ?? "";
}

// The lines of one model, blanks folded.
function linesOf(text: string, model: string): string[] {
  const from = text.indexOf(`\nmodel ${model} {`);
  return text
    .slice(from, text.indexOf("\n}", from))
    .split("\n")
    .map((line) => line.trim().replaceAll(/\s+/g, " "));
}

describe("a whole schema", () => {
  test.each([
    ["fifteen tables", projectManagement()],
    ["hostile names and texts", hostile()],
    ["nothing", catalogFrom([])],
  ])("%s: Prisma accepts it and its formatter changes nothing", async (_name, catalog: Catalog) => {
    const { text } = writePrisma(catalog);
    await expectValid(text);
    expect(formatted(text)).toBe(text);
  });

  test("any catalog gives a valid, formatted schema", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCatalog, async (catalog) => {
        const { text } = writePrisma(catalog);
        await expectValid(text);
        expect(formatted(text)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe("relations", () => {
  const { text } = writePrisma(projectManagement());

  test.each([
    [
      "Task",
      'assignee Member? @relation("TaskAssignee", fields: [tenantId, assigneeId], references: [tenantId, id], onDelete: NoAction, onUpdate: NoAction)',
    ],
    ["Task", "/// On delete the database does: set null (assignee_id)."],
    [
      "Task",
      'parent Task? @relation("TaskParent", fields: [tenantId, parentId], references: [tenantId, id], onDelete: NoAction, onUpdate: NoAction)',
    ],
    ["Task", 'tasksAsParent Task[] @relation("TaskParent")'],
    ["Member", 'tasksAsAssignee Task[] @relation("TaskAssignee")'],
    ["Member", 'tasksAsReporter Task[] @relation("TaskReporter")'],
    ["Member", "memberProfile MemberProfile?"],
    [
      "MemberProfile",
      "member Member @relation(fields: [tenantId, memberId], references: [tenantId, id], onDelete: Cascade, onUpdate: NoAction)",
    ],
    [
      "MemberProfile",
      "country Country? @relation(fields: [countryCode], references: [code], onDelete: SetNull, onUpdate: NoAction)",
    ],
    ["TeamMember", "@@id([tenantId, teamId, memberId])"],
    [
      "Project",
      "team Team @relation(fields: [tenantId, teamId], references: [tenantId, id], onDelete: Restrict, onUpdate: NoAction)",
    ],
  ])("%s: %s", (model, line) => {
    expect(linesOf(text, model)).toContain(line);
  });

  test("partitions are no models", () => {
    expect(text).not.toContain("2026");
    expect(text).toContain("/// Partitioned by range (started_at); its partitions are no models.");
  });
});

async function check(parts: TableParts, lines: readonly string[], notes: readonly string[] = []): Promise<void> {
  const result = writePrisma(catalogFrom([enumObject("mood", ["so so", "1st"]), tableOf("thing", parts)]));
  await expectValid(result.text);
  expect(linesOf(result.text, "Thing")).toEqual(expect.arrayContaining([...lines]));
  for (const note of notes) expect(result.notes).toContain(note);
}

describe("columns", () => {
  test.each([
    ["bigint not null = nextval('thing_id_seq'::regclass)", "x BigInt @default(autoincrement())"],
    ["integer[]", "x Int[]"],
    ["numeric(12,2) not null = 0.50", "x Decimal @default(0.50) @db.Decimal(12, 2)"],
    ["numeric(2,-3)", 'x Unsupported("numeric(2,-3)")?'],
    ["character varying(40) not null = 'a\"b'::character varying", 'x String @default("a\\"b") @db.VarChar(40)'],
    ["timestamp with time zone = now()", "x DateTime? @default(now()) @db.Timestamptz(6)"],
    ["timestamp(3) without time zone", "x DateTime? @db.Timestamp(3)"],
    ["date = CURRENT_DATE", 'x DateTime? @default(dbgenerated("CURRENT_DATE")) @db.Date'],
    ["date = now()", 'x DateTime? @default(dbgenerated("now()")) @db.Date'],
    ["uuid not null = gen_random_uuid()", 'x String @default(dbgenerated("gen_random_uuid()")) @db.Uuid'],
    ["text[] not null = '{}'::text[]", "x String[] @default([])"],
    ["text[] = ARRAY['a'::text]", "x String[] @default(dbgenerated(\"ARRAY['a'::text]\"))"],
    ["jsonb not null = '{\"a\": 1}'::jsonb", 'x Json @default("{\\"a\\": 1}")'],
    ["public.mood = 'so so'::public.mood", "x Mood? @default(so_so)"],
    ["public.mood = '1st'::public.mood", "x Mood? @default(v_1st)"],
    ["int4range", 'x Unsupported("int4range")?'],
    ["boolean not null = false", "x Boolean @default(false)"],
    ["smallint = '-1'::smallint", "x Int? @default(-1) @db.SmallInt"],
  ])("%s", async (type, line) => {
    await check({ columns: ["id: bigint not null", `x: ${type}`], key: ["id"] }, [line]);
  });

  test("a generated column may be left out by the client and says so", async () => {
    await check(
      {
        columns: ["id: bigint not null", ["x", "text", { generated: { expression: "lower(y)", stored: true } }]],
        key: ["id"],
      },
      ["/// Generated by the database, never written: lower(y)", "x String? @default(dbgenerated())"],
    );
  });

  test("names that meet in one spelling are told apart and mapped", async () => {
    await check(
      { columns: ["id: bigint not null", "user_id: text", "userId: text", "user id: text"], key: ["id"] },
      [
        'userId String? @map("user_id")',
        'userId2 String? @map("userId")',
        'userId3 String? @map("user id")',
      ].toSorted(),
    );
  });
});

describe("what Prisma cannot hold", () => {
  test("a table without a key is ignored, with a note", async () => {
    await check({ columns: ["x: text"] }, ["@@ignore"], ["Thing: no usable key, marked @@ignore"]);
  });

  test.each([
    ["partial", { predicate: "(x IS NOT NULL)" }, ["x"], "it is partial (where (x IS NOT NULL))"],
    ["on an expression", {}, [{ expression: "lower(x)" }], "it is on an expression"],
    ["of an unknown method", { method: "hnsw" }, ["x"], "Prisma does not know the method hnsw"],
    ["without a class Prisma knows", { method: "gin" }, ["x"], "Prisma knows no default operator class of gin for x"],
  ] as const)("an index that is %s", async (_name, more, keys, reason) => {
    await check(
      {
        columns: ["id: bigint not null", "x: text"],
        key: ["id"],
        also: (table) => [indexObject(table, "odd", keys, more)],
      },
      [],
      [`Thing: index odd is left out: ${reason}`],
    );
  });

  test("an operator class is kept", async () => {
    await check(
      {
        columns: ["id: bigint not null", "x: text"],
        key: ["id"],
        also: (table) => [
          indexObject(table, "thing_x_idx", [{ column: "x", opclass: "gin_trgm_ops" }], { method: "gin" }),
        ],
      },
      ['@@index([x(ops: raw("gin_trgm_ops"))], type: Gin)'],
    );
  });

  test("a foreign key between columns of different types", async () => {
    const result = writePrisma(
      catalogFrom([
        tableOf("parent", { columns: ["id: bigint not null"], key: ["id"] }),
        tableOf("child", {
          columns: ["id: bigint not null", "parent_id: integer"],
          key: ["id"],
          foreignKeys: [{ columns: ["parent_id"], to: "parent" }],
        }),
      ]),
    );
    await expectValid(result.text);
    expect(result.notes).toContain(
      "Child: foreign key child_parent_id_fkey is left out: parent_id and the column it refers to differ in type",
    );
  });

  test("another engine is refused", () => {
    expect(() => writePrisma({ ...catalogFrom([]), engine: { name: "sqlite", version: "3.53" } })).toThrow(
      "not written yet",
    );
  });
});

test("several schemas are declared and every model names its own", async () => {
  const { text } = writePrisma(
    catalogFrom([
      tableOf("user", { table: { schema: "core" }, columns: ["id: bigint not null"], key: ["id"] }),
      tableOf("user", { table: { schema: "audit" }, columns: ["id: bigint not null"], key: ["id"] }),
    ]),
  );
  await expectValid(text);
  expect(text).toContain('schemas  = ["audit", "core"]');
  expect(linesOf(text, "CoreUser")).toContain('@@schema("core")');
});

test.each([
  ["string", "StringModel"],
  ["prisma_client", "PrismaClientModel"],
  ["class", "Class"],
  ["1st", "Model1St"],
  ["表", "Model"],
  ["order_line", "OrderLine"],
])("table %s becomes model %s", async (name, model) => {
  const { text } = writePrisma(catalogFrom([tableOf(name, { columns: ["id: bigint not null"], key: ["id"] })]));
  await expectValid(text);
  expect(linesOf(text, model)).toContain(`@@map("${name}")`);
});

test("the validator reports what is wrong, one message each", async () => {
  const result = await validatePrisma(
    'datasource db {\n  provider = "postgresql"\n}\nmodel A {\n  x Foo\n  y Bar\n}\n',
  );
  expect(result?.ok).toBe(false);
  expect(result?.errors).toHaveLength(2);
  expect(result?.errors[0]).toContain("Foo");
  expect(result?.version).toMatch(/^7\.\d+\.\d+$/);
});
