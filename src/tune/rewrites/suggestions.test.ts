import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { parseSql } from "../../sql/parse.ts";
import type { RewriteContext } from "./rewrite.ts";
import { suggestionsFor } from "./suggestions.ts";
import { wishes } from "./wishes.ts";

let place: Place;
let session: Session;
let context: RewriteContext;

beforeAll(async () => {
  place = await openPlace();
  session = place.first;
  await session.execute(`
    CREATE TABLE task (id bigint PRIMARY KEY, rank int NOT NULL, due timestamptz, "Odd; --" text, body text, data jsonb);
    CREATE INDEX ON task (upper(body));
    CREATE TABLE mark (task_id bigint, at timestamptz, label varchar(9), weight numeric(6,2));`);
  const relation = {
    schema: "public",
    kind: "table",
    table: null,
    pages: 9,
    countedPages: 9,
    allVisiblePages: 0,
  } as const;
  context = {
    view: viewOf(await introspect(session)),
    statistics: {
      columns: [],
      relations: [{ ...relation, name: "task", rows: 5_000_000, toastPages: 0, height: null }],
    },
    major: 18,
    searchPath: ["public"],
  };
});

afterAll(() => place.close());

const flat = (text: string | null): string | null =>
  text?.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(" )", ")") ?? null;

async function check(text: string, calls: number): Promise<readonly string[]> {
  const verb = /^insert/i.test(text) ? "insert" : "select";
  const found = await suggestionsFor({ id: "1", text, calls, rows: null, verb }, context);
  for (const { after, argument, whyNotTried } of found) {
    expect([argument, whyNotTried].every((one) => one.length > 20)).toBe(true);
    // What is suggested has to be a statement of this schema.
    if (after !== null) await session.execute(`PREPARE suggested AS ${after}; DEALLOCATE suggested`);
  }
  return found.map(({ rule, after }) => `${rule}: ${flat(after)}`);
}

test.each<[string, readonly string[]]>([
  [
    "SELECT id FROM task WHERE rank > $1 ORDER BY id LIMIT 10 OFFSET $2",
    ["keyset-pagination: SELECT id FROM task WHERE rank > $1 AND id > $2 ORDER BY id LIMIT 10"],
  ],
  [
    "SELECT id FROM task ORDER BY rank DESC, id DESC LIMIT $1 OFFSET 20",
    ["keyset-pagination: SELECT id FROM task WHERE (rank, id) < ($2, $3) ORDER BY rank DESC, id DESC LIMIT $1"],
  ],
  [
    "SELECT id AS number FROM task ORDER BY rank DESC, number LIMIT 5 OFFSET 20",
    [
      "keyset-pagination: SELECT id AS number FROM task WHERE rank < $1 OR (rank = $1 AND id > $2) ORDER BY rank DESC, number LIMIT 5",
    ],
  ],
  // Ties, or NULLs: no row has its place.
  ["SELECT id FROM task ORDER BY rank LIMIT 10 OFFSET 20", ["keyset-pagination: null"]],
  ["SELECT id FROM task ORDER BY due, id LIMIT 10 OFFSET 20", ["keyset-pagination: null"]],
  ["SELECT id FROM task ORDER BY id LIMIT 10 OFFSET 0", []],
  ["SELECT id FROM task ORDER BY id LIMIT 10", []],
  [
    "SELECT count(*) FROM task",
    ["count-estimate: SELECT reltuples::bigint AS count FROM pg_catalog.pg_class WHERE oid = 'public.task'::regclass"],
  ],
  ["SELECT count(*) FROM mark", []],
  ["SELECT count(*) FROM task WHERE rank > 1", []],
  [
    "SELECT id FROM task ORDER BY random() LIMIT 50",
    ["random-sample: SELECT id FROM task TABLESAMPLE bernoulli (0.01) ORDER BY random() LIMIT 50"],
  ],
  ["SELECT id FROM task WHERE rank = 1 ORDER BY random() LIMIT 50", ["random-sample: null"]],
  [
    "SELECT * FROM task WHERE id = $1",
    [`column-list: SELECT id, rank, due, "Odd; --", body, data FROM task WHERE id = $1`],
  ],
  ["SELECT * FROM mark", []],
  [
    "INSERT INTO mark (task_id, at, label) VALUES ($1, $2, $3)",
    [
      "batch-insert: INSERT INTO mark (task_id, at, label) SELECT * FROM unnest(CAST($1 AS int8[]), CAST($2 AS timestamptz[]), CAST($3 AS varchar[]))",
    ],
  ],
  ["INSERT INTO mark (task_id, at) VALUES ($1, now())", ["batch-insert: null"]],
  ["INSERT INTO mark (task_id) SELECT id FROM task", []],
])("%s", async (text, expected) => {
  const found = await check(text, 50_000);
  const casts = (one: string): string => one.replaceAll(/(\$\d)::(\w+\[\])/g, "CAST($1 AS $2)");
  expect(found.map(casts)).toEqual(expected);
});

test("an INSERT that seldom runs is left alone, and so is text that is no statement", async () => {
  expect(await check("INSERT INTO mark (task_id) VALUES ($1)", 10)).toEqual([]);
  expect(await check("SELECT FROM WHERE", 10)).toEqual([]);
});

async function wished(condition: string): Promise<readonly string[]> {
  const parsed = await parseSql(`SELECT id FROM task WHERE ${condition}`);
  const node = parsed.ok ? parsed.value[0]?.node : undefined;
  if (node === undefined) throw new Error(`does not parse: ${condition}`);
  const found = wishes(node, context);
  for (const { sql, needs } of found) if (needs === null) await session.execute(`BEGIN; ${sql}; ROLLBACK`);
  return found.map(({ sql, needs }) => (needs === null ? sql : `${needs}: ${sql}`));
}

test.each<[string, readonly string[]]>([
  ["lower(body) = 'a'", ["CREATE INDEX ON public.task (lower(body))"]],
  ["'a' = lower(\"Odd; --\") OR rank = 1", ['CREATE INDEX ON public.task (lower("Odd; --"))']],
  ["lower(body) LIKE 'ab%'", ["CREATE INDEX ON public.task (lower(body) text_pattern_ops)"]],
  ["upper(body) = 'A'", []],
  ["lower(body) > 'a'", []],
  ["body LIKE '%abc%'", ["pg_trgm: CREATE INDEX ON public.task USING gin (body gin_trgm_ops)"]],
  ["body ILIKE 'abc%'", ["pg_trgm: CREATE INDEX ON public.task USING gin (body gin_trgm_ops)"]],
  ["body LIKE '%' || $1 || '%'", ["pg_trgm: CREATE INDEX ON public.task USING gin (body gin_trgm_ops)"]],
  ["body ~ 'abc'", ["pg_trgm: CREATE INDEX ON public.task USING gin (body gin_trgm_ops)"]],
  ["body LIKE 'abc%'", []],
  ["body LIKE '%ab%'", []],
  ["body NOT LIKE '%abc%'", []],
  ["data ->> 'it''s' = 'x'", ["CREATE INDEX ON public.task ((data ->> 'it''s'))"]],
  ["data ->> 'a' > 'x'", []],
])("%s wishes for", async (condition, expected) => {
  expect(await wished(condition)).toEqual(expected);
});
