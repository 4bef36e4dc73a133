import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { catalogFrom, indexObject, tableOf } from "../fixtures.test-data.ts";
import type { TableParts } from "../fixtures.test-data.ts";
import { hostile, projectManagement } from "../samples.test-data.ts";
import { mermaidText } from "./quote.ts";
import type { MermaidOptions } from "./write.ts";
import { writeMermaid } from "./write.ts";

/*
 * The lines of the grammar that the writer uses, as strict as Mermaid's lexer (erDiagram.jison, 11.x): a quoted
 * text without the signs the lexer stops at, attribute words of its class. The writer's output on some
 * hundred drawn catalogs was also parsed and drawn by Mermaid 11.17 in a browser.
 */
const QUOTED = String.raw`"[^"%\\\n\r<>]+"`;
const ID = String.raw`[A-Za-z_]\w*`;
const WORD = String.raw`[A-Za-z_\u00C0-\uFFFF][\w\-[\]()\u00C0-\uFFFF]*`;
const LINES = [
  /^erDiagram$/,
  /^ {2}%% [^\n{}]*$/,
  new RegExp(`^ {2}${ID}(\\[${QUOTED}\\])?( \\{)?$`),
  new RegExp(`^ {4}${WORD} ${WORD}( (PK|FK|UK)(, (PK|FK|UK))*)?( ${QUOTED})?$`),
  /^ {2}\}$/,
  new RegExp(`^ {2}${ID} (\\|\\||\\|o)--(o\\||o\\{) ${ID} : ${QUOTED}$`),
  /^$/,
];
const KEY_MARK = new RegExp(`^ {4}(${WORD} )?(pk|fk|uk)\\b`, "i");

function expectGrammar(text: string): void {
  for (const line of text.split("\n")) {
    if (!LINES.some((form) => form.test(line))) expect.fail(`not in the grammar: ${line}`);
    expect(line).not.toMatch(KEY_MARK);
  }
}

describe("every line is one Mermaid reads", () => {
  test.each([
    ["fifteen tables", projectManagement()],
    ["hostile names and texts", hostile()],
    ["nothing", catalogFrom([])],
  ])("%s", (_name, catalog) => {
    expectGrammar(writeMermaid(catalog));
  });

  test("any catalog, at any level of detail", () => {
    const options = fc.constantFrom<MermaidOptions>(
      {},
      { columns: "keys" },
      { columns: "names" },
      { columnsMax: 2, hubLines: true },
    );
    fc.assert(
      fc.property(arbitraryCatalog, options, (catalog, chosen) => {
        const text = writeMermaid(catalog, chosen);
        expectGrammar(text);
        const tables = catalog.objects.filter((object) => object.kind === "table").length;
        expect(text.split("\n").filter((line) => /^ {2}\w+(\[".*"\])?( \{)?$/.test(line))).toHaveLength(tables);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['say "x" & <b>', "say #quot;x#quot; #amp; #lt;b#gt;"],
    ["50% \\ #quot; `x`", "50#37; #92; #35;quot#59; #96;x#96;"],
    ["_x_ a_b __c", "#95;x#95; a_b #95;#95;c"],
    ["two\nlines", "two lines"],
    ["direction LR", "direction#32;LR"],
  ])("text %j becomes %j", (text, expected) => {
    expect(mermaidText(text)).toBe(expected);
  });
});

describe("cardinality follows from nulls and keys", () => {
  const line = (parts: Partial<TableParts>, more: Partial<TableParts> = {}): string | undefined => {
    const catalog = catalogFrom([
      tableOf("parent", {
        columns: ["id: bigint not null", "b: bigint not null"],
        key: ["id"],
        uniques: [["id", "b"]],
      }),
      tableOf("child", {
        columns: ["id: bigint not null"],
        key: ["id"],
        foreignKeys: [{ columns: ["parent_id"], to: "parent" }],
        ...parts,
        ...more,
      }),
    ]);
    return writeMermaid(catalog)
      .split("\n")
      .find((text) => text.includes("--"))
      ?.trim();
  };

  test.each<[string, Partial<TableParts>, string]>([
    ["required, many", { columns: ["id: bigint not null", "parent_id: bigint not null"] }, "||--o{"],
    ["optional, many", { columns: ["id: bigint not null", "parent_id: bigint"] }, "|o--o{"],
    [
      "required, at most one",
      { columns: ["id: bigint not null", "parent_id: bigint not null"], uniques: [["parent_id"]] },
      "||--o|",
    ],
    [
      "optional, at most one",
      { columns: ["id: bigint not null", "parent_id: bigint"], uniques: [["parent_id"]] },
      "|o--o|",
    ],
    ["the key itself", { columns: ["parent_id: bigint"], key: ["parent_id"] }, "||--o|"],
    ["part of a composite key", { columns: ["parent_id: bigint", "n: bigint"], key: ["parent_id", "n"] }, "||--o{"],
    [
      "one nullable column of two",
      {
        columns: ["id: bigint not null", "parent_id: bigint not null", "b: bigint"],
        foreignKeys: [{ columns: ["parent_id", "b"], to: "parent", key: ["id", "b"] }],
      },
      "|o--o{",
    ],
    [
      "a row that shares its parent's key",
      { columns: ["id: bigint not null"], foreignKeys: [{ columns: ["id"], to: "parent" }] },
      "||--o|",
    ],
    [
      "a unique index",
      {
        columns: ["id: bigint not null", "parent_id: bigint not null"],
        also: (table) => [indexObject(table, "u", ["parent_id"], { unique: true })],
      },
      "||--o|",
    ],
    [
      "a partial unique index makes nothing unique",
      {
        columns: ["id: bigint not null", "parent_id: bigint not null"],
        also: (table) => [indexObject(table, "u", ["parent_id"], { unique: true, predicate: "x" })],
      },
      "||--o{",
    ],
  ])("%s", (_name, parts, sign) => {
    expect(line(parts)).toMatch(new RegExp(`^parent ${sign.replaceAll(/[|{]/g, "\\$&")} child : "`));
  });
});

test("a shared key is called so", () => {
  const key = { columns: ["id: bigint not null"], key: ["id"] };
  const catalog = catalogFrom([
    tableOf("product", key),
    tableOf("book", { ...key, foreignKeys: [{ columns: ["id"], to: "product" }] }),
  ]);
  expect(writeMermaid(catalog)).toContain('product ||--o| book : "same key"');
});

describe("fifteen tables of many tenants", () => {
  const text = writeMermaid(projectManagement());
  const has = (line: string): void => expect(text.split("\n").map((of) => of.trim())).toContain(line);

  test("only tables without another parent keep their line to the tenant", () => {
    has('tenant ||--o{ team : "tenant"');
    has('tenant |o--o{ audit_event : "tenant"');
    expect(text).not.toMatch(/tenant \S+ task /);
    has('uuid tenant_id FK "→ tenant"');
    has("%% 10 lines to tenant by tenant_id are left out");
  });

  test("all lines on request", () => {
    expect(writeMermaid(projectManagement(), { hubLines: true })).toMatch(/^ {2}tenant \|\|--o\{ task : "tenant"$/m);
  });

  test("lines are named by what tells them apart", () => {
    has('member |o--o{ task : "assignee"');
    has('member ||--o{ task : "reporter"');
    has('task |o--o{ task : "parent"');
    has('member ||--o| member_profile : "member"');
  });

  test("partitions are counted, not drawn", () => {
    has('time_entry["time_entry (1 partition)"] {');
    expect(text).not.toContain("2026");
  });

  test("types are short, keys are marked", () => {
    has("varchar(200) title");
    has("timestamptz started_at PK");
    has("varchar(60) slug UK");
  });
});

// A chain, so that there is no hub.
function many(count: number): Catalog {
  return catalogFrom(
    Array.from({ length: count }, (_, index) =>
      tableOf(`table_with_a_longer_name_${index}`, {
        columns: ["id: bigint not null", "previous_id: bigint", "x: text", "y: text"],
        key: ["id"],
        foreignKeys: index === 0 ? [] : [{ columns: ["previous_id"], to: `table_with_a_longer_name_${index - 1}` }],
      }),
    ),
  );
}

test.each([
  [25, true, true, false],
  [26, false, true, false],
  [400, false, false, false],
  [900, false, false, true],
])("%i tables: other columns %s, keys %s, a word on the size %s", (count, columns, keys, large) => {
  const text = writeMermaid(many(count));
  expect(text.includes("text x")).toBe(columns);
  expect(text.includes("bigint id PK")).toBe(keys);
  expect(text.includes("maxTextSize")).toBe(large);
  expectGrammar(text);
});
