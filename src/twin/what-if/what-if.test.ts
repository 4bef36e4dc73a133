import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspect } from "../../engines/postgres/introspect.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog, IndexObject } from "../../model/catalog.ts";
import type { Execution } from "../../model/workload.ts";
import type { WhatIfOutcome, WhatIfPlan } from "../../tune/what-if.ts";
import type { TwinDatabase } from "../server.ts";
import { openWhatIf } from "./what-if.ts";
import type { TwinWhatIf } from "./what-if.ts";

const SQL = `
  CREATE TABLE person (id integer PRIMARY KEY, email text NOT NULL, city text NOT NULL);
  CREATE TABLE "or""der" (id bigint PRIMARY KEY, person_id integer NOT NULL REFERENCES person, placed timestamptz NOT NULL,
    state text NOT NULL, total numeric(12,2) NOT NULL, note text, tags text[] NOT NULL);
  CREATE TABLE event (id bigint, at date NOT NULL, kind integer) PARTITION BY RANGE (at);
  CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
  CREATE TABLE event_2 PARTITION OF event DEFAULT;
  CREATE VIEW open_order AS SELECT id, person_id, placed FROM "or""der" WHERE state = 'open';
  INSERT INTO person SELECT n, 'someone' || n || '@example.org', 'city ' || n % 100 FROM generate_series(1, 20000) AS n;
  INSERT INTO "or""der" SELECT n, 1 + (n * 7919) % 20000, timestamptz '2026-01-01' + n * interval '1 minute',
    CASE WHEN n % 50 = 0 THEN 'open' ELSE 'done' END, n % 1000, CASE WHEN n % 3 = 0 THEN repeat('x', n % 40) END,
    ARRAY['t' || n % 20, 'u' || n % 7] FROM generate_series(1, 200000) AS n;
  INSERT INTO event SELECT n, date '2026-01-01' + n % 365, n / 365 % 10 FROM generate_series(1, 20000) AS n;
  CREATE TABLE stock (shop integer, item integer, PRIMARY KEY (shop, item));
  INSERT INTO stock SELECT n % 50, (n * 13 + n / 50) % 1000 FROM generate_series(1, 2000) AS n ON CONFLICT DO NOTHING;
  CREATE TABLE sale (id integer, shop integer, item integer, kind integer, sort text,
    FOREIGN KEY (shop, item) REFERENCES stock);
  INSERT INTO sale SELECT n, shop, item, n * 31 % 700, 'sort ' || n * 31 % 700 FROM generate_series(1, 30000) AS n
    JOIN (SELECT *, row_number() OVER () AS at FROM stock) AS s ON s.at = 1 + n * 7919 % 2000;
  CREATE STATISTICS sale_kinds (ndistinct) ON kind, sort FROM sale;
  CREATE INDEX order_state ON "or""der" (state);
  CREATE FUNCTION tries(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN EXECUTE $1; RETURN 'ran as ' || current_user; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $$;
  CREATE FUNCTION slow() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(30); RETURN 1; END $$;`;

const ORDER = '"or""der"';

function wanted(name: string, table: string, keys: string, rest = ""): IndexObject {
  const named = table === ORDER ? 'or"der' : table;
  const method = /USING (\w+)/.exec(rest)?.[1] ?? "btree";
  const where = /WHERE (.*)$/.exec(rest)?.[1] ?? null;
  return {
    kind: "index",
    schema: "public",
    table: named,
    name,
    signature: "",
    method,
    unique: false,
    nullsNotDistinct: false,
    keys: keys
      .split(", ")
      .map((column) => ({ column, expression: null, opclass: null, collation: null, order: "asc", nulls: "last" })),
    include: /INCLUDE \((.*?)\)/.exec(rest)?.[1]?.split(", ") ?? [],
    predicate: where,
    options: {},
    valid: true,
    constraint: null,
    partitionOf: null,
    definition: `CREATE INDEX ${name} ON public.${table} ${/USING \w+/.exec(rest)?.[0] ?? ""} (${keys}) ${rest.replace(/USING \w+/, "")}`,
    comment: null,
    dependsOn: [],
  };
}

const asked = (sql: string, ...values: string[]): Execution => ({ sql, values });
const id = (name: string): string => `public.${name}`;

describe.each([18])("indexes that are only thought of, on PostgreSQL %i", (major) => {
  let place: Place;
  let owner: Session;
  let database: TwinDatabase;
  let real: Session;
  let catalog: Catalog;
  let whatIf: TwinWhatIf;

  beforeAll(async () => {
    place = await openPlace(major);
    database = await place.server.createDatabase();
    const loading = await database.connect("owner");
    await loading.execute(SQL);
    await loading.execute("VACUUM (ANALYZE)");
    catalog = await introspect(loading);
    await loading.close();
    // The same statistics, so that costs can be compared.
    real = await (await place.server.createDatabase(database)).connect("owner");
    owner = await database.connect("owner");
    whatIf = await openWhatIf(database, place.server, catalog, { timeout_ms: 500 });
  });
  afterAll(async () => {
    for (const session of [real, owner]) await session.close();
    await whatIf.close();
    await place.close();
  });

  const make = async (...indexes: IndexObject[]): Promise<void> => {
    for (const outcome of await whatIf.make(indexes)) expect(outcome).toMatchObject({ ok: true });
  };
  const plan = async (execution: Execution, ...seen: string[]): Promise<WhatIfPlan> => {
    const [outcome] = await whatIf.plans([execution], new Set(seen.map(id)));
    if (outcome?.ok !== true) throw new Error(outcome?.why ?? "no outcome");
    return outcome.value;
  };

  it("knows what is there", () => {
    expect(whatIf.existing.map((tried) => tried.id).toSorted()).toEqual(
      ["public.order_state", 'public."or""der_pkey"', "public.person_pkey", "public.stock_pkey"].toSorted(),
    );
    for (const tried of whatIf.existing)
      expect(tried).toMatchObject({ existing: true, bytes: expect.any(Number) as number });
  });

  it("many statements asked for together get what each gets alone, whatever is among them", async () => {
    const executions: Execution[] = [
      { sql: "SELECT count(*) FROM person -- the end is a comment", values: [] },
      { sql: "SELECT * FROM nowhere", values: [] },
      { sql: "SELECT * FROM person WHERE id = $1", values: ["3"] },
      { sql: "SELECT email FROM person WHERE city = 'city 7';", values: [] },
      { sql: "SELECT 1; SELECT 2", values: [] },
      { sql: "SELECT id FROM person WHERE id > 19990", values: [] },
    ];
    const seen = new Set(whatIf.existing.map((tried) => tried.id));
    const costs = (outcomes: readonly WhatIfOutcome[]): unknown[] =>
      outcomes.map((outcome) => (outcome.ok ? outcome.value.cost : outcome.reason));
    // The first time each is asked for by itself.
    const alone = costs(await whatIf.plans(executions, seen));
    expect(alone.map((one) => typeof one)).toEqual(["number", "string", "number", "number", "string", "number"]);
    await make(wanted("together", "person", "city, id"), wanted("together_2", "person", "email"));
    for (const shown of [[], ["together"], ["together_2"]]) {
      const configuration = new Set([...seen, ...shown.map(id)]);
      const together = costs(await whatIf.plans(executions, configuration));
      expect(together.filter((_, at) => at === 1 || at === 4)).toEqual(["refused", "refused"]);
      if (shown.length === 0) expect(together).toEqual(alone);
      else if (shown[0] === "together") expect(together[3]).toBeLessThan(alone[3] as number);
    }
    await whatIf.forget([id("together"), id("together_2")]);
  });

  it.each([
    ["a_person", ORDER, "person_id", ""],
    ["a_placed", ORDER, "placed", ""],
    ["a_state_placed", ORDER, "state, placed", ""],
    ["a_total", ORDER, "total", ""],
    ["a_note", ORDER, "note", ""],
    ["a_email", "person", "email", ""],
    ["a_city", "person", "city", ""],
    ["a_covering", ORDER, "person_id", "INCLUDE (placed, total)"],
    ["a_partial", ORDER, "placed", "WHERE (state = 'open'::text)"],
    ["a_hash", "person", "email", "USING hash"],
    ["a_brin", ORDER, "placed", "USING brin"],
    ["a_filter", ORDER, "id int8_bloom_ops", "USING brin"],
    ["a_tags", ORDER, "tags", "USING gin"],
    ["a_repeated", ORDER, "state", "USING hash"],
    ["a_event", "event", "kind, at", ""],
    ["a_stock", "sale", "item, shop", ""],
    ["a_kinds", "sale", "sort, kind", ""],
    ["a_numbered", "sale", "kind, id", ""],
    ["a_lower", "person", "lower(email)", ""],
    ["a_month", ORDER, "date_trunc('month'::text, placed, 'UTC'::text)", ""],
  ])("%s has the size of one that was built, and leaves its table as it was", async (name, table, keys, rest) => {
    const before = await tableState();
    const [outcome] = await whatIf.make([wanted(name, table, keys, rest)]);
    expect(await tableState()).toEqual(before);
    await real.execute(wanted(name, table, keys, rest).definition);
    const { rows } = await real.query<{ bytes: string }>(
      `WITH RECURSIVE t AS (SELECT to_regclass($1)::oid AS oid UNION ALL SELECT inhrelid FROM t JOIN pg_inherits ON inhparent = oid)
       SELECT sum(pg_relation_size(oid)) AS bytes FROM t`,
      [id(name)],
    );
    const built = Number(rows[0]?.bytes);
    const bytes = outcome?.ok === true ? outcome.tried.bytes : 0;
    // Two pages of a small one are more than a tenth.
    expect(Math.abs(bytes - built)).toBeLessThanOrEqual(Math.max(built * 0.15, 3 * 8192));
    await real.execute(`DROP INDEX ${name}`);
  });

  const tableState = async (): Promise<unknown> =>
    (
      await owner.query(
        "SELECT relname, relfilenode::text, relpages, reltuples::text, relallvisible FROM pg_class WHERE relkind IN ('r', 'p') AND oid > 16384 ORDER BY 1",
      )
    ).rows;

  it.each([
    ['SELECT * FROM "or""der" WHERE person_id = $1', ["17"], "a_person"],
    ['SELECT * FROM "or""der" ORDER BY placed DESC LIMIT 10', [], "a_placed"],
    ['SELECT sum(total) FROM "or""der" WHERE person_id = 3', [], "a_covering"],
    ["SELECT * FROM open_order WHERE placed > '2026-05-01'", [], "a_partial"],
    [
      'SELECT p.city FROM person p JOIN "or""der" o ON o.person_id = p.id WHERE p.email = $1',
      ["someone7@example.org"],
      "a_hash, a_person",
    ],
    ["SELECT * FROM event WHERE kind = 3 AND at = '2026-02-01'", [], "a_event"],
    ['DELETE FROM "or""der" WHERE person_id = $1', ["17"], "a_person"],
  ])("%s %j is planned as if %s had been built", async (sql, values, indexes) => {
    const seen = indexes.split(", ");
    const thought = await plan({ sql, values }, ...seen, "order_state");
    expect(thought.uses).toEqual(expect.arrayContaining(seen.map(id)));
    const without = await plan({ sql, values }, "order_state");
    expect(without.cost).toBeGreaterThan(thought.cost);
    expect(without.uses.filter((used) => seen.map(id).includes(used))).toEqual([]);
    const definitions = seen.map((name) => whatIfDefinition(name));
    for (const definition of definitions) await real.execute(definition);
    const { rows } = await real.query<{ "QUERY PLAN": [{ Plan: { "Total Cost": number } }] }>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
      values,
    );
    const built = rows[0]?.["QUERY PLAN"][0].Plan["Total Cost"] ?? 0;
    expect(Math.abs(thought.cost - built)).toBeLessThanOrEqual(built * 0.02 + 0.02);
    for (const name of seen) await real.execute(`DROP INDEX ${name}`);
  });

  const DEFINED: Readonly<Record<string, Parameters<typeof wanted>>> = {
    a_person: ["a_person", ORDER, "person_id"],
    a_placed: ["a_placed", ORDER, "placed"],
    a_covering: ["a_covering", ORDER, "person_id", "INCLUDE (placed, total)"],
    a_partial: ["a_partial", ORDER, "placed", "WHERE (state = 'open'::text)"],
    a_hash: ["a_hash", "person", "email", "USING hash"],
    a_event: ["a_event", "event", "kind, at"],
  };
  const whatIfDefinition = (name: string): string => {
    const parts = DEFINED[name];
    if (parts === undefined) throw new Error(name);
    return wanted(...parts).definition;
  };

  it.each([
    ["person", "lower(city)", "lower(city) = 'city 5'", 200],
    ["person", "(id % 10)", "id % 10 = 3", 2_000],
    ["person", "((id % 10) + length(city))", "id % 10 + length(city) = 12", 2_000],
    ["person", "split_part(email, '@'::text, 2)", "split_part(email, '@', 2) = 'example.org'", 20_000],
    [ORDER, "((placed AT TIME ZONE 'UTC'::text)::date)", "(placed AT TIME ZONE 'UTC')::date = '2026-02-01'", 1_440],
    [ORDER, "((placed AT TIME ZONE 'UTC'::text)::date)", "(placed AT TIME ZONE 'UTC')::date > '2026-05-01'", 25_930],
    [ORDER, "tries(('CREATE TABLE left_behind_'::text || id) || '()'::text)", "state = 'open'", 4_000],
  ])(
    "rows of %s by an index on %s are estimated as with statistics: %s",
    async (table, expression, condition, rows) => {
      await make(wanted("by_expression", table, expression));
      const { plan: planned } = await plan(asked(`SELECT * FROM ${table} WHERE ${condition}`), "by_expression");
      expect(planned.root.rows / rows).toBeGreaterThan(0.7);
      expect(planned.root.rows / rows).toBeLessThan(1.4);
      await whatIf.forget([id("by_expression")]);
      expect((await owner.query("SELECT FROM pg_class WHERE relname LIKE 'left_behind%'")).rows).toEqual([]);
    },
  );

  it("remembers plans by the indexes that matter", async () => {
    const query = asked("SELECT * FROM person WHERE city = $1", "city 5");
    await plan(query, "a_city", "a_person");
    const { planned } = whatIf.counts;
    // Of another table; and one that the cheapest plan did not read.
    await plan(query, "a_city");
    await plan(query, "a_city", "a_placed", "order_state");
    expect(whatIf.counts.planned).toBe(planned);
    await plan(query);
    expect(whatIf.counts.planned).toBe(planned + 1);
  });

  it("plans statements that the application prepares without values", async () => {
    const generic = await plan(
      { sql: 'SELECT * FROM "or""der" WHERE person_id = $1 AND total > $2', values: [] },
      "a_person",
    );
    expect(generic.uses).toEqual([id("a_person")]);
    await plan({ sql: "SELECT $1::int, $2::text", values: [] });
  });

  it("drops what is to be forgotten, and takes its name again", async () => {
    await whatIf.forget([id("a_hash"), id("order_state")]);
    expect((await owner.query("SELECT FROM pg_class WHERE relname = 'a_hash'")).rows).toEqual([]);
    expect(whatIf.existing.map((tried) => tried.id)).toContain("public.order_state");
    await make(wanted("a_hash", "person", "email", "USING hash"));
  });

  it.each([
    ["CREATE INDEX x ON public.person (nothing)", /nothing/],
    ["CREATE INDEX x ON public.person (city); DROP TABLE person", /not one CREATE INDEX/],
    ["DROP TABLE person", /not one CREATE INDEX/],
    ["CREATE INDEX other_name ON public.person (city)", /another index/],
  ])("a definition is refused: %s", async (definition, why) => {
    const [outcome] = await whatIf.make([{ ...wanted("x", "person", "city"), definition }]);
    expect(outcome).toMatchObject({ ok: false, why: expect.stringMatching(why) as string });
  });

  it.each([
    ["SELECT 1; DROP TABLE person", "refused", /more than one/],
    ["DROP TABLE person", "refused", /only SELECT/],
    ["SELECT * INTO copy FROM person", "refused", /makes a table/],
    ["SELECT * FROM person WHERE nothing = 1", "refused", /nothing/],
    ["SELEC 1", "refused", /syntax/],
    ["", "refused", /no statement/],
    ["SELECT * FROM person WHERE id = slow()", "cut-off", /timeout/],
  ])("a statement is not planned: %j", async (sql, reason, why) => {
    const [outcome] = await whatIf.plans([asked(sql)], new Set());
    expect(outcome).toMatchObject({ ok: false, reason, why: expect.stringMatching(why) as string });
  });

  it("functions that run while planning are no superuser's and leave nothing behind", async () => {
    const tries = async (sql: string): Promise<string> =>
      JSON.stringify(
        (await plan({ sql: "SELECT * FROM person WHERE email = tries($1)", values: [sql] })).plan.root.details,
      );
    expect(await tries("CREATE TABLE left_behind ()")).toMatch(/not allowed in a non-volatile function/);
    expect(await tries("SELECT lo_create(0)")).toMatch(/read-only transaction/);
    expect(await tries("SET SESSION AUTHORIZATION pg_monitor")).toMatch(/permission denied|not allowed/);
    expect(await tries("SELECT set_config('search_path', 'nowhere', false)")).toMatch(/ran as/);
    expect((await plan(asked("SELECT * FROM person"))).cost).toBeGreaterThan(0);
    const none = await owner.query("SELECT FROM pg_class WHERE relname IN ('left_behind', 'copy')");
    expect(none.rows).toEqual([]);
  });
});
