import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { QUERIES, ROWS_SQL, SCHEMA_SQL, comparable, planOf, shapeOf } from "./production.test-data.ts";
import { stateIndexes, whileEmpty } from "./state-index.ts";
import { transplant } from "./transplant.ts";
import type { Transplanted } from "./transplant.ts";

// The planner's own arithmetic repeats exactly; what differs is the one thing a twin does not have: the true lowest and
// highest values, where histograms end with those of the sample.
const COST_TOLERANCE = 0.01;

describe("a transplanted database", () => {
  let place: Playground;
  let server: TwinServer;
  let twinDatabase: TwinDatabase;
  let production: Session;
  let twin: Session;
  let twinAdmin: Session;
  let catalog: Catalog;
  let statistics: PlannerStatistics;
  let told: Transplanted;

  const emptyCopy = async (): Promise<TwinDatabase> => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(SCHEMA_SQL);
    await session.close();
    return database;
  };

  const check = async (sql: string): Promise<void> => {
    const [real, stated] = [await planOf(production, sql), await planOf(twin, sql)];
    expect({ sql, shape: shapeOf(stated.root) }).toEqual({ sql, shape: shapeOf(real.root) });
    expect(Math.abs(stated.root.cost.total / real.root.cost.total - 1)).toBeLessThan(COST_TOLERANCE);
  };

  beforeAll(async () => {
    place = playground();
    server = await openServer(requestFor(place.cacheDir));
    const origin = await server.createDatabase();
    production = await origin.connect("owner");
    for (const sql of [SCHEMA_SQL, ROWS_SQL, "VACUUM (ANALYZE)"]) await production.execute(sql);
    await production.execute("SET random_page_cost = 1.7; SET work_mem = '7MB'");
    catalog = await introspect(production);
    statistics = await readPlannerStatistics(production, catalog);
    twinDatabase = await emptyCopy();
    told = await transplant(twinDatabase, server, catalog, statistics);
    twin = await twinDatabase.connect("owner");
    twinAdmin = await twinDatabase.connect("admin");
  }, 120_000);

  afterAll(async () => {
    for (const session of [production, twin, twinAdmin]) await session?.close();
    await server?.close();
    place?.remove();
  });

  it("has no row, and tells what it wrote", async () => {
    expect(told.notes).toEqual([]);
    expect(told.columns).toBe(statistics.columns.length);
    expect(told.extended).toBe(statistics.extended.length);
    expect(statistics.extended.length).toBe(4);
    expect(told.pages).toBeGreaterThan(2000);
  });

  it("reads as production does", async () => {
    const again = await readPlannerStatistics(twin, catalog);
    expect(comparable(again)).toEqual(comparable(statistics));
    expect(again.settings).toEqual(statistics.settings);
  });

  it.each(QUERIES)("plans as production does: %s", async (sql) => {
    await check(sql);
  });

  it("takes new indexes as production does, on tables that it need not read", async () => {
    const indexes = [
      "CREATE INDEX new_weight ON person (weight, born DESC)",
      "CREATE INDEX new_marks ON person USING gin (marks)",
      "CREATE UNIQUE INDEX new_name ON place (name) INCLUDE (city)",
      "CREATE INDEX new_kind ON event (kind)",
    ];
    for (const sql of indexes) await production.execute(sql);
    const sizes = (await readPlannerStatistics(production, catalog)).relations;
    const { dataDir } = server;
    const tables = ["person", "place", "event"].map((name) => ({ schema: "public", name }));
    await whileEmpty(twinAdmin, dataDir ?? "", tables, async () => {
      for (const sql of indexes) await twin.execute(sql);
    });
    const known = new Set(statistics.relations.map(({ name }) => name));
    const added = sizes.filter(({ name, kind }) => !known.has(name) && kind === "index");
    expect(added).toHaveLength(6);
    await stateIndexes(twinAdmin, dataDir ?? "", added);
    expect((await readPlannerStatistics(twin, catalog)).relations).toEqual(sizes);
    for (const sql of [
      "SELECT * FROM person WHERE weight = 37.5 AND born > '1970-01-01'",
      "SELECT * FROM person WHERE marks @> '{3}'",
      "SELECT city FROM place WHERE name = 'x'",
      "SELECT * FROM place JOIN person ON person.place_id = place.id WHERE place.name LIKE 'Place 7%'",
      "SELECT * FROM event WHERE kind = 'kind 2' ORDER BY person_id",
      ...QUERIES,
    ]) {
      await check(sql);
    }
  });

  it("knows the true ends of columns that indexes lead with, however old the histograms are", async () => {
    await production.execute(`DROP INDEX new_weight, new_marks, new_name, new_kind;
      INSERT INTO person SELECT n, n % 10000, 'new', date '2030-01-01' - n % 7, NULL, NULL, NULL, NULL, NULL, NULL,
        md5(n::text)::uuid, true, NULL, NULL FROM generate_series(30001, 34000) AS n;
      INSERT INTO place SELECT n, 'older ' || n, '00000', '~', 'C1', NULL FROM generate_series(-1500, 0) AS n`);
    const queries = [
      "SELECT * FROM person WHERE id > 33000",
      "SELECT * FROM person WHERE id BETWEEN 29000 AND 33500",
      "SELECT * FROM place WHERE id < -100",
      "SELECT * FROM person JOIN place ON place.id = person.id WHERE place.city = 'city, 9'",
    ];
    const ratios = async (extremes: boolean): Promise<number[]> => {
      const later = await readPlannerStatistics(production, catalog, { extremes });
      const database = await emptyCopy();
      expect((await transplant(database, server, catalog, later)).notes).toEqual([]);
      const session = await database.connect("owner");
      const admin = await database.connect("admin");
      // The planner asks the newest index: it must know no less than the older ones.
      const index = "CREATE INDEX newest ON person (id DESC, weight)";
      await whileEmpty(admin, server.dataDir ?? "", [{ schema: "public", name: "person" }], () =>
        session.execute(index),
      );
      await stateIndexes(admin, server.dataDir ?? "", [
        { schema: "public", name: "newest", pages: 90, rows: 34_000, height: 1 },
      ]);
      const found: number[] = [];
      for (const sql of queries)
        found.push((await planOf(session, sql)).root.rows / (await planOf(production, sql)).root.rows);
      await session.close();
      await admin.close();
      return found;
    };
    for (const ratio of await ratios(true)) expect(ratio).toBeCloseTo(1, 2);
    expect(Math.min(...(await ratios(false)))).toBeLessThan(0.1);
  });

  it("pretends to be of several segments, and a new index does not read them", async () => {
    const pages = 400_000;
    const large = (one: RelationSize): RelationSize =>
      one.name === "place" || one.name === "place_pkey"
        ? { ...one, pages, countedPages: pages, rows: 30_000_000, toastPages: 140_000 }
        : one;
    const database = await emptyCopy();
    await transplant(database, server, catalog, { ...statistics, relations: statistics.relations.map(large) });
    const session = await database.connect("owner");
    const admin = await database.connect("admin");
    const sizes = `SELECT pg_relation_size('place') / 8192 AS place, pg_relation_size('place_pkey') / 8192 AS index,
      (SELECT pg_relation_size(reltoastrelid) / 8192 FROM pg_class WHERE oid = 'place'::regclass) AS toast`;
    expect((await session.query(sizes)).rows).toEqual([{ place: "400000", index: "400000", toast: "140000" }]);
    expect((await planOf(session, "SELECT * FROM place")).root.rows).toBe(30_000_000);
    await whileEmpty(admin, server.dataDir ?? "", [{ schema: "public", name: "place" }], async () => {
      await session.execute("SET statement_timeout = '20s'; CREATE INDEX late ON place (code)");
    });
    await stateIndexes(admin, server.dataDir ?? "", [
      { schema: "public", name: "late", pages: 150_000, rows: 30_000_000, height: null },
    ]);
    expect(
      (await planOf(session, "SELECT * FROM place WHERE code = 'c7' ORDER BY id")).root.cost.total,
    ).toBeGreaterThan(1e5);
    expect((await planOf(session, "SELECT max(code) FROM place")).root.children[0]?.children[0]?.index).toBe("late");
    await session.close();
    await admin.close();
  });

  it("names what does not fit, without a value, and takes the rest", async () => {
    const database = await emptyCopy();
    const secret = "hunter2";
    const odd: PlannerStatistics = {
      ...statistics,
      versionNumber: 160_004,
      locale: { encoding: "UTF8", provider: "libc", collate: "de_DE.UTF-8", ctype: "de_DE.UTF-8", locale: null },
      settings: { ...statistics.settings, work_mem: secret, no_such_setting: secret, 'odd"; DROP TABLE place': secret },
      relations: [
        ...statistics.relations.filter(({ name }) => name !== "dog"),
        { ...(statistics.relations[0] as RelationSize), name: "gone; DROP TABLE place" },
      ],
      columns: statistics.columns.flatMap((column) => [
        column.column === "born" ? { ...column, histogram: [secret] } : column,
        ...(column.column === "born" ? [{ ...column, column: "gone" }] : []),
      ]),
      extended: statistics.extended.map((one) => (one.name === "place_all" ? { ...one, distinct: secret } : one)),
    };
    const { notes, columns } = await transplant(database, server, catalog, odd);
    expect(notes.filter((note) => note.includes(secret))).toEqual([]);
    const expected = [
      /runs PostgreSQL 16 and the twin 18/,
      /orders text by libc's de_DE.UTF-8/,
      /table public.dog: nothing is known/,
      /"gone; DROP TABLE place": not on the twin/,
      /column "gone": the twin has no such column/,
      /column "born": the server refused its statistics \(SQLSTATE 22007\)/,
      /statistics public.place_all: its columns could not be told/,
      /setting "work_mem": the twin's server does not take/,
      /setting "no_such_setting": unknown/,
      /setting "odd\\"; DROP TABLE place": unknown/,
    ];
    for (const pattern of expected) expect(notes.filter((note) => pattern.test(note))).toHaveLength(1);
    expect(notes).toHaveLength(expected.length);
    expect(columns).toBe(statistics.columns.length - 1);
  });

  it("refuses a size that no relation can have, and a server whose files are not ours", async () => {
    const database = await emptyCopy();
    const relations = statistics.relations.map((one) => ({ ...one, pages: 2 ** 33 }));
    await expect(transplant(database, server, catalog, { ...statistics, relations })).rejects.toThrow("at most");
    await expect(transplant(database, { ...server, dataDir: null }, catalog, statistics)).rejects.toThrow("--twin");
  });
});
