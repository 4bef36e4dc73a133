import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActionContext } from "../model/action.ts";
import type { DatabaseResponse } from "../specialist/ask/answer.ts";
import { playground, remains, ROOT, contextIn } from "../twin/server/testing.test-data.ts";
import { askAction } from "./ask.ts";

const place = playground();
afterAll(() => place.remove());

const SHOP = `
create table customer (id bigint generated always as identity primary key, name text not null);
create table purchase (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customer on delete cascade,
  placed_at timestamp not null
);
comment on table purchase is 'An order of a customer';
create table audit_trail (line json);
`;

beforeAll(() => {
  writeFileSync(join(place.temporary, "shop.sql"), SHOP);
  copyFileSync(join(ROOT, "examples/blog.yaml"), join(place.temporary, "blog.yaml"));
});

const textOf = (payload: object): string =>
  JSON.stringify({ requesting_agent: "backend", request_type: "get_database_context", payload });

async function ask(request: string, parts: Partial<ActionContext> = {}): Promise<DatabaseResponse> {
  const context = contextIn(place, parts);
  const output = await askAction.run(askAction.input.parse({ request }), context);
  const shown = JSON.parse(askAction.render(output, {} as never)) as { database_response: DatabaseResponse };
  expect(Object.keys(shown)).toEqual(["database_response"]);
  return shown.database_response;
}

describe("ask", () => {
  test("a review answers for what the query names, with tried changes and what they break", async () => {
    const request = textOf({ query: "orders", operation: "review", source: "shop.sql" });
    const answer = await ask("-", { stdin: async () => request });
    expect(answer.current_schema?.tables).toEqual([
      {
        name: "public.purchase",
        comment: "An order of a customer",
        columns: [
          { name: "id", type: "bigint", default: "identity" },
          { name: "customer_id", type: "bigint" },
          { name: "placed_at", type: "timestamp without time zone" },
        ],
        primary_key: ["id"],
        references: [{ columns: ["customer_id"], table: "public.customer", to: ["id"], on_delete: "cascade" }],
      },
    ]);
    const rules = answer.recommended_changes.map(({ rule }) => rule);
    expect(rules).toContain("foreign-key-needs-index");
    expect(rules).not.toContain("no-primary-key");
    const indexed = answer.recommended_changes.find(({ rule }) => rule === "foreign-key-needs-index");
    expect(indexed).toMatchObject({ standing: "proved", safety: "safe", severity: "warning" });
    expect(indexed?.sql.join()).toContain("purchase");
    expect(answer.migration_required).toBe(true);
    expect(answer.breaking_changes).toContainEqual(
      expect.objectContaining({ object: "column public.purchase.placed_at", breaks: "readers and writers" }),
    );
    expect(answer.breaking_changes.map(({ object }) => object).join()).not.toContain("index");
    expect(answer.notes.join("\n")).toMatch(/findings about other objects were left out: error \d+, warning [1-9]/);
  });

  test("a query that names nothing shows the whole, and says so", async () => {
    const answer = await ask(textOf({ query: "zebra crossing", operation: "review", source: "shop.sql" }));
    expect(answer.current_schema).toMatchObject({ matched: false, tables_total: 3 });
    expect(answer.current_schema?.tables.map(({ name }) => name)).toEqual([
      "public.audit_trail",
      "public.customer",
      "public.purchase",
    ]);
    expect(answer.recommended_changes.map(({ rule }) => rule)).toContain("no-primary-key");
    expect(answer.notes[0]).toMatch(/no table answers the query/);
  });

  test("a design is proved, and comes with its statements and decisions", async () => {
    const answer = await ask(textOf({ query: "posts", operation: "design", brief: "blog.yaml" }));
    const [change] = answer.recommended_changes;
    expect(change).toMatchObject({ standing: "proved", severity: null });
    expect(change?.sql.join("\n")).toContain("CREATE TABLE");
    expect(change?.decisions?.length).toBeGreaterThan(10);
    expect(answer).toMatchObject({ current_schema: null, migration_required: true, breaking_changes: [] });
  });

  test("without a brief nothing is designed, and that is said", async () => {
    const answer = await ask(textOf({ query: "customers", operation: "design", source: "shop.sql" }));
    expect(answer.current_schema?.tables[0]?.name).toBe("public.customer");
    expect(answer).toMatchObject({ recommended_changes: [], migration_required: false });
    expect(answer.notes).toEqual(["nothing was designed: the request has no brief"]);
  });

  test.each<[string, string, RegExp]>([
    ["a request that is not there", "nothing.json", /nothing\.json: there is no such file/],
    [
      "a source that is not there",
      textOf({ query: "x", operation: "review", source: "shp.sql" }),
      /did you mean shop\.sql/,
    ],
    [
      "a brief that is not there",
      textOf({ query: "x", operation: "design", brief: "b.yaml" }),
      /b\.yaml: there is no such file/,
    ],
    ["a brief that says nothing", textOf({ query: "x", operation: "design", brief: {} }), /payload\.brief/],
  ])("%s is refused", async (_, request, expected) => {
    await expect(ask(request)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(expected) as string,
    });
  });

  test("sources and briefs inside a request are looked at by the surface's own rule", async () => {
    const seen: string[] = [];
    const admit = async (text: string, where: string): Promise<void> => {
      seen.push(`${where} ${text}`);
      throw new Error("not admitted");
    };
    for (const payload of [
      { query: "x", operation: "review", source: "shop.sql" },
      { query: "x", operation: "design", brief: "blog.yaml" },
    ]) {
      await expect(ask(textOf(payload), { admit })).rejects.toThrow("not admitted");
    }
    expect(seen).toEqual(["the request: payload.source shop.sql", "the request: payload.brief blog.yaml"]);
  });

  test("nothing is left running", () => {
    expect(remains(place)).toEqual([]);
  });
});
