import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";
import { readPlannerStatistics } from "./planner-statistics.ts";
import { openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

// Values that a reader of arrays could trip over, each common in the column.
const HOSTILE = [
  "it's",
  'a "b"',
  "{x,y}",
  "a,b",
  "back\\slash",
  "line\nfeed",
  "🙂🙂",
  "NULL",
  "",
  " blank ",
  "\\N",
  "$1; --",
];

const SCHEMA = `
  CREATE TYPE mood AS ENUM ('sad', 'glad');
  CREATE DOMAIN label AS text;
  CREATE TABLE "Odd ""T"", {x}" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "a ""col""" text, v label, m mood, tags text[], grid integer[], span int4range, doc tsvector, big text,
    at timestamptz, gone integer);
  ALTER TABLE "Odd ""T"", {x}" DROP COLUMN gone, ALTER COLUMN big SET STORAGE EXTERNAL;
  CREATE INDEX "ix ""e""" ON "Odd ""T"", {x}" (lower("a ""col"""));
  CREATE INDEX ix_gin ON "Odd ""T"", {x}" USING gin (tags);
  CREATE INDEX ix_brin ON "Odd ""T"", {x}" USING brin (id);
  CREATE INDEX ix_hash ON "Odd ""T"", {x}" USING hash (v);
  CREATE STATISTICS "st ""1""" ON v, m FROM "Odd ""T"", {x}";
  CREATE STATISTICS st_e ON (lower(v)), m FROM "Odd ""T"", {x}";
  CREATE TABLE reading (at date NOT NULL, v integer) PARTITION BY RANGE (at);
  CREATE INDEX reading_v ON reading (v);
  CREATE TABLE reading_a PARTITION OF reading FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
  CREATE TABLE reading_b PARTITION OF reading FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');
  CREATE TABLE secured (v text); ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
  CREATE TABLE partly (open text, closed text, shut text);
  CREATE TABLE closed (v text);
  CREATE TABLE never (v text);
  CREATE TABLE parted_never (v integer) PARTITION BY LIST (v);`;

const quoted = HOSTILE.map(
  (value) => `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`,
);
const ROWS = `
  INSERT INTO "Odd ""T"", {x}" ("a ""col""", v, m, tags, grid, span, doc, big, at)
    SELECT CASE WHEN i % 4 > 0 THEN (ARRAY[${quoted.join(",")}])[1 + (i / 4) % ${HOSTILE.length}] END,
      'w' || i % 7, CASE WHEN i % 3 = 0 THEN 'sad' ELSE 'glad' END::mood,
      ARRAY['t' || i % 5, 'a,b"{'], ARRAY[[i % 2, 2], [3, NULL]], int4range(i % 100, i % 100 + 10),
      to_tsvector('simple', 'word' || i % 3), repeat(md5(i::text), 100), '2030-01-01'::timestamptz + i * interval '1 hour'
    FROM generate_series(1, 3000) i;
  INSERT INTO reading SELECT '2030-06-01'::date + 365 * (i % 2), i % 10 FROM generate_series(1, 300) i;
  INSERT INTO secured SELECT 's' || i % 3 FROM generate_series(1, 100) i;
  INSERT INTO partly SELECT 'o' || i % 3, 'c' || i % 3, 's' FROM generate_series(1, 100) i;
  INSERT INTO closed SELECT 'c' || i % 3 FROM generate_series(1, 100) i;
  INSERT INTO never SELECT 'n';
  CREATE MATERIALIZED VIEW mv AS SELECT v, count(*) FROM "Odd ""T"", {x}" GROUP BY v;
  CREATE INDEX mv_v ON mv (v);
  ANALYZE "Odd ""T"", {x}", reading, reading_a, reading_b, secured, partly, closed, mv;
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
  REVOKE ALL ON closed FROM reader;
  REVOKE ALL ON partly FROM reader;
  GRANT SELECT (open) ON partly TO reader;`;

const ODD = 'Odd "T", {x}';

describe.each([18, 15])("PostgreSQL %i", (major) => {
  let place: Place;
  let owner: Session;
  let admin: Session;
  let catalog: Catalog;

  beforeAll(async () => {
    place = await openPlace(major);
    owner = place.first;
    admin = place.admin.first;
    await owner.execute(SCHEMA);
    await owner.execute(ROWS);
    await admin.execute("vacuum");
    catalog = await introspect(owner);
  });

  afterAll(async () => {
    await place.close();
  });

  const asReader = async (): Promise<PlannerStatistics> => {
    await owner.execute("SET ROLE reader");
    try {
      return await readPlannerStatistics(owner, catalog);
    } finally {
      await owner.execute("RESET ROLE");
    }
  };
  const column = (read: PlannerStatistics, relation: string, name: string, inherited = false): ColumnDistribution => {
    const found = read.columns.find(
      (each) => each.relation === relation && each.column === name && each.inherited === inherited,
    );
    if (found === undefined) throw new Error(`no statistics of ${relation}.${name}`);
    return found;
  };

  test("sizes of all kinds of relations", async () => {
    const { relations, versionNumber, masked } = await readPlannerStatistics(owner, catalog);
    expect([Math.floor(versionNumber / 10_000), masked]).toEqual([major, false]);
    const { rows: real } = await admin.query<{
      name: string;
      pages: number;
      toast: number;
      rows: number;
      visible: number;
    }>(
      `select relname as name, case when relkind in ('p', 'I') then 0 else pg_relation_size(oid) / 8192 end::integer as pages,
        case when reltoastrelid = 0 then 0 else pg_relation_size(reltoastrelid) / 8192 end::integer as toast,
        reltuples as rows, relallvisible as visible
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'm', 'i', 'I') order by relname`,
    );
    const got = relations.map((each) => ({
      name: each.name,
      pages: each.pages,
      toast: each.toastPages,
      rows: each.rows,
      visible: each.allVisiblePages,
    }));
    expect(got.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      real.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    const kinds = Object.fromEntries(relations.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({
      [ODD]: "table",
      reading: "partitioned table",
      reading_v: "partitioned index",
      mv: "materialised view",
      mv_v: "index",
      ix_gin: "index",
    });
    const odd = relations.find(({ name }) => name === ODD);
    expect(odd).toMatchObject({ rows: 3000, table: null, height: null });
    expect(odd?.toastPages).toBeGreaterThan(0);
    expect(relations.find(({ name }) => name === 'ix "e"')).toMatchObject({ table: ODD });
  });

  test("distributions of columns, values intact", async () => {
    const read = await readPlannerStatistics(owner, catalog);
    const hostile = column(read, ODD, 'a "col"');
    expect(hostile.type).toBe("text");
    expect([...(hostile.common?.values ?? [])].toSorted()).toEqual(HOSTILE.toSorted());
    expect(hostile.common?.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.75, 4);
    expect(hostile.nullShare).toBeCloseTo(0.25);
    expect(column(read, ODD, "v")).toMatchObject({ type: "public.label", distinct: 7 });
    expect(column(read, ODD, "id").histogram?.slice(0, 2)).toEqual(["1", "30"]);
    expect(column(read, ODD, "at").histogram?.[0]).toBe("2030-01-01 01:00:00+00");
    expect(column(read, ODD, "tags").elements?.values).toContain('a,b"{');
    expect(column(read, ODD, "tags").elements?.nulls).toBe(0);
    expect(column(read, ODD, "doc").elements).toMatchObject({ nulls: null });
    expect(column(read, ODD, "grid").common?.values).toContain("{{1,2},{3,NULL}}");
    // An index's expression, where its owner reads; a whole partitioned table beside its parts.
    expect(column(read, 'ix "e"', "lower").common?.values).toContain('a "b"');
    expect(column(read, "reading", "v", true).distinct).toBe(10);
    expect(column(read, "reading_a", "v").inherited).toBe(false);
  });

  test("ranges, where the server shows them", async () => {
    const span = column(await readPlannerStatistics(owner, catalog), ODD, "span");
    const { columns, unseen } = await readPlannerStatistics(admin, catalog);
    const seen = columns.find((each) => each.column === "span");
    expect(seen?.rangeBounds?.[0]).toBe("[0,10)");
    expect(seen?.rangeLengths?.[0]).toBe(10);
    expect(seen?.rangeEmptyShare).toBe(0);
    expect(unseen.filter(({ what }) => /range/.test(what))).toEqual([]);
    if (major >= 17) expect(span).toEqual(seen);
    else expect([span.rangeBounds, span.rangeEmptyShare]).toEqual([null, null]);
  });

  test("extended statistics", async () => {
    const { extended } = await readPlannerStatistics(owner, catalog);
    const st = extended.find(({ name }) => name === 'st "1"');
    expect(st).toMatchObject({
      table: ODD,
      columns: ["v", "m"],
      types: ["public.label", "public.mood"],
      inherited: false,
    });
    expect(st?.distinct).toContain("14");
    expect(st?.common?.values).toContainEqual(["w1", "sad"]);
    expect(st?.common?.values.length).toBe(st?.common?.shares.length);
    const expression = extended.find(({ name }) => name === "st_e");
    expect(expression?.types).toEqual(["public.mood", null]);
    expect(expression?.common?.values).toContainEqual(["glad", "w2"]);
    expect(expression?.expressions?.[0]).toMatchObject({ column: "lower((v)::text)", distinct: 7 });
  });

  test("a role that may read some tables is told what it does not see", async () => {
    const { columns, unseen, relations, extended } = await asReader();
    expect(new Set(columns.map(({ relation }) => relation))).toEqual(
      new Set([ODD, "reading", "reading_a", "reading_b", "partly", "mv"]),
    );
    expect(columns.filter(({ relation }) => relation === "partly").map((each) => each.column)).toEqual(["open"]);
    // Sizes are for everybody.
    expect(relations.find(({ name }) => name === "closed")).toMatchObject({ rows: 100, pages: 1 });
    expect(extended).toEqual([]);
    const why = Object.fromEntries(unseen.map((each) => [each.what, each.why]));
    expect(why["columns of public.closed"]).toMatch(/no privilege/);
    expect(why["columns of public.secured"]).toMatch(/row security/);
    expect(why["columns of public.never"]).toBe("never analysed");
    expect(why["columns of public.parted_never"]).toMatch(/as a whole/);
    expect(why["columns closed, shut of public.partly"]).toMatch(/no privilege/);
    expect(why['expressions of index public."ix ""e"""']).toMatch(/owner/);
    expect(why['statistics public."st ""1"""']).toMatch(/owner/);
    if (major < 17) expect(why["bounds and lengths of 1 range columns"]).toMatch(/PostgreSQL 17/);
  });

  test("settings as they hold in the session, and whose were not read", async () => {
    await admin.execute("alter role reader set work_mem = '77MB'; alter role reader set application_name = 'x'");
    await owner.execute("SET random_page_cost = 1.25; SET jit = on");
    try {
      const { settings, unseen, locale } = await readPlannerStatistics(owner, catalog);
      expect(settings).toMatchObject({ random_page_cost: "1.25", jit: "on", enable_hashjoin: "on" });
      expect(Object.keys(settings)).toEqual(
        expect.arrayContaining([
          "work_mem",
          "hash_mem_multiplier",
          "effective_cache_size",
          "shared_buffers",
          "geqo",
          "max_parallel_workers_per_gather",
          "default_statistics_target",
          "from_collapse_limit",
          "plan_cache_mode",
        ]),
      );
      expect(settings["jit_provider"]).toBeUndefined();
      expect(unseen).toContainEqual(expect.objectContaining({ what: "work_mem as role reader has them" }));
      expect(locale).toMatchObject({ encoding: "UTF8" });
    } finally {
      await owner.execute("RESET random_page_cost; RESET jit");
      await admin.execute("alter role reader reset all");
    }
  });

  test("a table under ALTER is not waited for", async () => {
    await admin.execute("begin; lock table public.closed in access exclusive mode");
    try {
      const { relations, unseen } = await readPlannerStatistics(owner, catalog);
      expect(relations.find(({ name }) => name === "closed")?.pages).toBe(1);
      expect(unseen.filter(({ what }) => /sizes/.test(what))).toEqual([]);
    } finally {
      await admin.execute("rollback");
    }
  });

  test("heights of B-trees, for a superuser with pageinspect", async () => {
    const has = await admin.query("select from pg_available_extensions where name = 'pageinspect'");
    if (has.rows.length === 0) return;
    await admin.execute("create extension pageinspect schema public");
    try {
      const { relations } = await readPlannerStatistics(admin, catalog);
      const height = (name: string): number | null | undefined => relations.find((each) => each.name === name)?.height;
      expect([height(`${ODD}_pkey`), height("mv_v"), height("ix_gin"), height(ODD)]).toEqual([1, 0, null, null]);
      const others = await readPlannerStatistics(owner, catalog);
      expect(others.relations.every((each) => each.height === null)).toBe(true);
    } finally {
      await admin.execute("drop extension pageinspect");
    }
  });

  test("a signal that has come ends the reading, and no transaction is left open", async () => {
    const signal = AbortSignal.abort(new Error("stopped by the user"));
    await expect(readPlannerStatistics(owner, catalog, { signal })).rejects.toThrow("stopped by the user");
    await readPlannerStatistics(owner, catalog);
    const { rows } = await owner.query<{ path: string }>("select current_setting('search_path') as path");
    expect(rows[0]?.path).not.toBe("");
  });
});
