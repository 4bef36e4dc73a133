import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import type { Catalog } from "../../model/catalog.ts";
import { distribution } from "../../model/planner-statistics.test-data.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { candidatesFor } from "./candidates.ts";
import type { Candidate } from "./candidates.ts";

const SQL = `
  CREATE EXTENSION pg_trgm;
  CREATE TABLE person (id integer PRIMARY KEY, email text NOT NULL, city character varying(40), born date, active boolean NOT NULL, data jsonb, "Odd; --" text);
  CREATE TABLE task (id bigint PRIMARY KEY, person_id integer NOT NULL REFERENCES person, state text NOT NULL, due timestamptz,
    rank integer NOT NULL, tags text[], body text, words tsvector, during tstzrange, closed_at timestamptz);
  CREATE TABLE note (task_id bigint NOT NULL, person_id integer NOT NULL, text text, PRIMARY KEY (task_id, person_id));
  CREATE INDEX task_rank ON task (rank, due);
  CREATE VIEW open_task AS SELECT t.id AS task, t.person_id AS who, t.due FROM task AS t WHERE t.state = 'open';
  CREATE MATERIALIZED VIEW cities AS SELECT city, count(*) AS people FROM person GROUP BY city;
  CREATE SCHEMA other;
  CREATE TABLE other.task (id integer PRIMARY KEY, kind integer);`;

const column = (relation: string, name: string, parts: Partial<ColumnDistribution>): ColumnDistribution =>
  distribution({ relation, column: name, ...parts });

const STATISTICS: PlannerStatistics = {
  readAt: "2026-01-01T00:00:00Z",
  versionNumber: 180_004,
  masked: false,
  settings: {},
  relations: ["person", "task", "note", "cities"].map((name) => ({
    schema: "public",
    name,
    kind: "table",
    table: null,
    pages: 100_000,
    countedPages: 100_000,
    rows: 5_000_000,
    allVisiblePages: 0,
    toastPages: 0,
    height: null,
  })),
  columns: [
    column("task", "state", { distinct: 3, common: { values: ["done", "open"], shares: [0.94, 0.05] } }),
    column("task", "person_id", { distinct: 100_000 }),
    column("task", "due", { correlation: 0.99 }),
    column("task", "closed_at", { nullShare: 0.1 }),
    column("person", "email", { width_bytes: 60 }),
    column("task", "body", { width_bytes: 900 }),
  ],
  extended: [],
  unseen: [],
};

const query = (id: string, sql: string): WorkloadQuery => ({
  id,
  text: sql,
  verb: "select",
  calls: 1,
  total_ms: null,
  rows: null,
  executions: [{ sql, values: [] }],
  prepared: false,
  origins: [],
});

describe("candidates", () => {
  let place: Place;
  let catalog: Catalog;
  beforeAll(async () => {
    place = await openPlace();
    await place.first.execute(SQL);
    catalog = await introspect(place.first);
  });
  afterAll(async () => {
    await place.close();
  });

  const candidates = async (...sqls: string[]): Promise<readonly Candidate[]> => {
    const queries = sqls.map((sql, at) => query(String(at), sql));
    const found = await candidatesFor(queries, catalog, {
      dialect: postgres,
      searchPath: ["public"],
      statistics: STATISTICS,
    });
    expect(found.unread).toEqual([]);
    return found.candidates;
  };
  // As the definition without its name: `person (city) INCLUDE (id)`.
  const shortOf = ({ index }: Candidate): string =>
    index.definition.replace(/^CREATE INDEX \S+ ON public\.(\S+) USING (\w+) /, (_, table: string, method: string) =>
      method === "btree" ? `${table} ` : `${table} ${method} `,
    );

  it.each<[string, readonly string[], readonly string[]]>([
    ["SELECT * FROM person WHERE city = $1", ["person (city)"], []],
    [
      "SELECT * FROM person AS p WHERE p.city = 'x' AND p.born > '2000-01-01'",
      ["person (city, born)", "person (city)"],
      ["person (born, city)"],
    ],
    [
      "SELECT id FROM person WHERE born BETWEEN $1 AND $2 AND city IN ('a', 'b')",
      ["person (city, born)", "person (city, born) INCLUDE (id)"],
      [],
    ],
    [
      "SELECT * FROM task WHERE state = $1 AND person_id = $2",
      ["task (person_id, state)"],
      ["task (state, person_id)"],
    ],
    [
      "SELECT t.id FROM person p JOIN task t ON t.person_id = p.id WHERE p.email = $1",
      ["task (person_id)", "task (person_id) INCLUDE (id)", "person hash (email)"],
      ["person (id)"],
    ],
    [
      "SELECT * FROM task JOIN note ON note.task_id = task.id AND note.person_id = task.person_id",
      ["task (id, person_id)", "task (person_id, id)", "note (person_id, task_id)"],
      ["note (task_id, person_id)", "note (task_id)"],
    ],
    [
      "SELECT n.text FROM note n NATURAL JOIN (SELECT id AS task_id FROM task WHERE rank = 3) x",
      ["note (task_id) INCLUDE (text)"],
      [],
    ],
    [
      "SELECT * FROM task WHERE person_id = $1 ORDER BY due DESC, id LIMIT 10",
      ["task (person_id, due DESC, id)", "task (due DESC, id)"],
      [],
    ],
    ["SELECT * FROM task ORDER BY rank LIMIT 5", [], ["task (rank)"]],
    [
      "SELECT * FROM task ORDER BY rank DESC, due DESC NULLS LAST LIMIT 5",
      ["task (rank DESC, due DESC NULLS LAST)"],
      [],
    ],
    [
      "SELECT * FROM task ORDER BY rank DESC NULLS LAST, due DESC NULLS LAST LIMIT 5",
      ["task (rank DESC NULLS LAST, due DESC NULLS LAST)"],
      [],
    ],
    ["SELECT person_id, count(*) FROM task GROUP BY 1", ["task (person_id)"], []],
    ["SELECT max(due) FROM task WHERE person_id = $1", ["task (person_id, due)"], []],
    [
      "SELECT * FROM task WHERE state = 'open' AND due < now()",
      ["task (due) WHERE (state = 'open')", "task brin (due)"],
      [],
    ],
    [
      "SELECT * FROM task WHERE state = 'done' AND due < now()",
      ["task (state, due)"],
      ["task (due) WHERE (state = 'done')"],
    ],
    [
      "SELECT * FROM task WHERE closed_at IS NULL AND person_id = $1",
      ["task (person_id) WHERE (closed_at IS NULL)"],
      [],
    ],
    ["SELECT * FROM person WHERE NOT active AND city = $1", ["person (city) WHERE (NOT active)"], []],
    ["SELECT * FROM person WHERE lower(email) = $1", ["person ((lower(email)))"], []],
    ["SELECT * FROM person WHERE city LIKE 'Ber%'", ["person (city text_pattern_ops)"], []],
    [
      "SELECT * FROM person WHERE city ILIKE '%ber%'",
      ["person gin (city public.gin_trgm_ops)", "person gist (city public.gist_trgm_ops)"],
      ["person (city text_pattern_ops)"],
    ],
    ["SELECT * FROM person WHERE data @> '{}'", ["person gin (data jsonb_path_ops)", "person gin (data)"], []],
    ["SELECT * FROM person WHERE data ->> 'a' = $1", ["person (((data ->> 'a')))"], []],
    ["SELECT * FROM task WHERE tags && ARRAY['a']", ["task gin (tags)"], []],
    ["SELECT * FROM task WHERE words @@ to_tsquery('english', 'a')", ["task gin (words)"], []],
    [
      "SELECT * FROM task WHERE to_tsvector('english', body) @@ to_tsquery('english', 'a')",
      ["task gin ((to_tsvector('english', body)))"],
      [],
    ],
    ["SELECT * FROM task WHERE during && tstzrange(now(), now())", ["task gist (during)"], []],
    ["SELECT * FROM open_task WHERE who = $1", ["task (person_id) WHERE (state = ('open')::text)"], []],
    [
      "WITH late AS (SELECT person_id AS who, due FROM task) SELECT * FROM late WHERE who = 3",
      ["task (person_id)"],
      [],
    ],
    [
      "SELECT * FROM person p WHERE EXISTS (SELECT FROM task t WHERE t.person_id = p.id AND t.state = $1)",
      ["task (person_id, state)", "task (person_id)"],
      [],
    ],
    [
      "SELECT * FROM person WHERE id IN (SELECT person_id FROM task WHERE state = $1)",
      ["task (person_id)", "task (state, person_id)"],
      [],
    ],
    ["SELECT * FROM task WHERE person_id = 1 OR rank = 2", ["task (person_id)"], []],
    ["SELECT * FROM cities WHERE city = $1", ["cities (city)"], []],
    ["UPDATE task SET rank = 1 WHERE person_id = $1", ["task (person_id)"], []],
    ["DELETE FROM note USING task WHERE note.task_id = task.id AND task.state = $1", ["task (state)"], []],
    ['SELECT * FROM person WHERE "Odd; --" = $1', ['person ("Odd; --")'], []],
    [
      "SELECT row_number() OVER (PARTITION BY person_id ORDER BY due DESC) FROM task",
      ["task (person_id, due DESC)"],
      [],
    ],
    ["SELECT * FROM other.task", [], []],
    ["SELECT * FROM nowhere WHERE a = 1", [], []],
    ["SELECT * FROM person WHERE id = person.id", [], ["person (id)"]],
    ["SELECT 1", [], []],
  ])("%s", async (sql, wanted, unwanted) => {
    const found = await candidates(sql);
    const short = found.map(shortOf);
    expect(short).toEqual(expect.arrayContaining([...wanted]));
    for (const one of unwanted) expect(short).not.toContain(one);
    expect(new Set(short).size).toBe(short.length);
    expect(new Set(found.map(({ index }) => index.name)).size).toBe(found.length);
    for (const { reason } of found) expect(reason).not.toBe("");
    // The server takes each as it stands.
    for (const { index } of found) {
      await place.first.execute(index.definition);
      await place.first.execute(`DROP INDEX public."${index.name.replaceAll('"', '""')}"`);
    }
  });

  it("one index of several queries is one candidate", async () => {
    const found = await candidates(
      "SELECT id FROM person WHERE city = 'a'",
      "SELECT born FROM person p WHERE city = 'b'",
    );
    const city = found.find((one) => shortOf(one) === "person (city)");
    expect(city?.queries).toEqual(["0", "1"]);
  });

  const counted = (calls: number, ...sqls: string[]): WorkloadQuery => ({
    ...query(sqls[0] ?? "", sqls[0] ?? ""),
    calls,
    executions: sqls.map((sql) => ({ sql, values: [] })),
  });
  const email = (value: string): string => `SELECT * FROM person WHERE email = '${value}' AND city = 'x'`;
  it.each<[string, readonly WorkloadQuery[], boolean]>([
    ["a constant of one execution is no predicate", [counted(1, email("it''s x"))], false],
    ["… however often it is said to run", [counted(500, email("a"))], false],
    ["… nor one of few calls", [counted(9, email("a"), email("a").replace("'x'", "'y'"))], false],
    [
      "one that many calls have while others vary is",
      [counted(10, email("a"), email("a").replace("'x'", "'y'"))],
      true,
    ],
    ["… and not where calls differ in it", [counted(50, email("a"), email("b"))], false],
    ["one of several queries is", [counted(1, email("a")), counted(1, `${email("a")} AND id > 3`)], true],
  ])("%s", async (_, queries, offered) => {
    const options = { dialect: postgres, searchPath: ["public"], statistics: STATISTICS };
    const short = (await candidatesFor(queries, catalog, options)).candidates.map(shortOf);
    expect(short.some((one) => /WHERE \(email = /.test(one))).toBe(offered);
    expect(short).toContain("person (email)");
  });

  it("a value that was bound is no constant, though a plan prints it", async () => {
    const sql = "SELECT * FROM task WHERE state = $1";
    const { rows } = await place.first.query<{ "QUERY PLAN": unknown }>(
      `EXPLAIN (FORMAT JSON, VERBOSE) ${sql.replace("$1", "'open'")}`,
    );
    const plans = new Map([["a", readQueryPlan(rows[0]?.["QUERY PLAN"])]]);
    const options = { dialect: postgres, searchPath: ["public"], statistics: STATISTICS, plans };
    const bound: WorkloadQuery = { ...query("a", sql), executions: [{ sql, values: ["open"] }] };
    const short = (await candidatesFor([bound], catalog, options)).candidates.map(shortOf);
    expect(short).toContain("task (state)");
    expect(short.filter((one) => one.includes("WHERE"))).toEqual([]);
  });

  it("what a plan reads of a partition is asked of the whole table", async () => {
    await place.first.execute(`CREATE TABLE log (at date NOT NULL, who int) PARTITION BY RANGE (at);
      CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`);
    const sql = "SELECT * FROM log WHERE who = 3 AND at = '2025-02-02'";
    const { rows } = await place.first.query<{ "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON, VERBOSE) ${sql}`);
    const plans = new Map([["a", readQueryPlan(rows[0]?.["QUERY PLAN"])]]);
    const options = { dialect: postgres, searchPath: ["public"], statistics: null, plans };
    const found = await candidatesFor([query("a", sql)], await introspect(place.first), options);
    expect(new Set(found.candidates.map(({ index }) => index.table))).toEqual(new Set(["log"]));
    await place.first.execute("DROP TABLE log");
  });

  it("columns that several queries want included stand in one index, too", async () => {
    const found = await candidates(
      "SELECT born FROM person WHERE city = 'a'",
      "SELECT active FROM person WHERE city = $1",
    );
    const merged = found.find((one) => shortOf(one) === "person (city) INCLUDE (active, born)");
    expect(merged?.queries).toEqual(["0", "1"]);
    const short = found.map(shortOf);
    expect(short).toEqual(expect.arrayContaining(["person (city) INCLUDE (born)", "person (city) INCLUDE (active)"]));
  });

  it("what a plan filters and sorts behind a function is thought of, too", async () => {
    await place.first.execute(
      `CREATE FUNCTION tasks_of(integer) RETURNS SETOF task LANGUAGE sql STABLE AS 'SELECT * FROM task WHERE person_id = $1 AND NOT EXISTS (SELECT FROM note WHERE text = body)'`,
    );
    const sql = "SELECT * FROM tasks_of(3) WHERE state = 'open' ORDER BY due DESC, id";
    const { rows } = await place.first.query<{ "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON, VERBOSE) ${sql}`);
    const plans = new Map([["a", readQueryPlan(rows[0]?.["QUERY PLAN"])]]);
    const options = { dialect: postgres, searchPath: ["public"], statistics: STATISTICS };
    expect((await candidatesFor([query("a", sql)], catalog, options)).candidates).toEqual([]);
    const found = (await candidatesFor([query("a", sql)], catalog, { ...options, plans })).candidates.map(shortOf);
    expect(found).toEqual(expect.arrayContaining(["task (person_id, state)", "task (due DESC, id)", "note (text)"]));
    await place.first.execute("DROP FUNCTION tasks_of");
  });

  it("a statement that cannot be read is named, and the others are read", async () => {
    const found = await candidatesFor(
      [query("a", "SELEC"), query("b", "SELECT * FROM person WHERE city = 'x'")],
      catalog,
      {
        dialect: postgres,
        searchPath: ["public"],
        statistics: null,
      },
    );
    expect(found.unread).toMatchObject([{ query: "a" }]);
    expect(found.candidates.map(shortOf)).toContain("person (city)");
  });

  it("deep statements end", async () => {
    const deep = `SELECT * FROM person WHERE id = ${"(".repeat(500)}1${")".repeat(500)} AND lower(${"lower(".repeat(200)}email${")".repeat(200)}) = 'a'`;
    expect(await candidates(deep)).toBeDefined();
    const nested = `${"SELECT * FROM (".repeat(80)}SELECT city FROM person WHERE city = 'x'${") AS s".repeat(80)}`;
    expect(await candidates(nested)).toBeDefined();
  });
});
