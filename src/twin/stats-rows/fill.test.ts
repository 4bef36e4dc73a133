import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import { maskStatistics } from "../../formats/pack/mask.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import { silentProgress } from "../../model/progress.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinServer } from "../server.ts";
import { SCHEMA_SQL, ROWS_SQL } from "../stats/production.test-data.ts";
import { fillTables } from "../rows/generate.ts";
import { HARD_SQL } from "../rows/rows.test-data.ts";
import { fillFromStatistics } from "./fill.ts";
import type { FilledFromStatistics, FilledTable } from "./fill.ts";
import { allowReplicaRole, referencesAfterwards } from "./references-afterwards.ts";

// Orders follow the clock and the sequence; a few customers order most; lines hang on orders in order.
const SHOP_SQL = `
  CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
  CREATE TABLE customer (id integer PRIMARY KEY, email text NOT NULL UNIQUE, country char(2) NOT NULL, note text,
    CHECK (email LIKE '%@%'));
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer,
    state state NOT NULL, placed_at timestamptz NOT NULL, sent_on date, total numeric(10,2) NOT NULL CHECK (total >= 0),
    token uuid NOT NULL UNIQUE, boss_id bigint REFERENCES orders, CHECK (sent_on >= '2020-01-01'));
  CREATE INDEX ON orders (customer_id);
  CREATE TABLE line (order_id bigint NOT NULL REFERENCES orders, number integer NOT NULL, sku text NOT NULL, tags text[],
    amount integer, PRIMARY KEY (order_id, number));
  CREATE TABLE log (at date NOT NULL, level integer NOT NULL, text text) PARTITION BY RANGE (at);
  CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');
  CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2024-06-01') TO ('2024-09-01');
  CREATE TABLE nobody (id integer PRIMARY KEY);
  CREATE MATERIALIZED VIEW busy AS SELECT customer_id, count(*) AS orders FROM orders GROUP BY 1;
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;`;
const SHOP_ROWS_SQL = `
  SELECT setseed(0.5);
  INSERT INTO customer SELECT n, 'customer' || n || '@example.test', (ARRAY['DE','FR','NL','SE'])[1 + floor(4 * random()^3)],
    CASE WHEN n % 4 = 0 THEN 'note ' || n END FROM generate_series(1, 2000) AS n;
  INSERT INTO orders (customer_id, state, placed_at, sent_on, total, token)
    SELECT CASE WHEN n % 5 = 0 THEN 7 WHEN n % 10 = 1 THEN 42 ELSE 1 + floor(1500 * random()) END,
      (CASE WHEN n % 50 = 0 THEN 'new' WHEN n % 3 = 0 THEN 'paid' ELSE 'sent' END)::state,
      timestamptz '2024-01-01 00:00+00' + n * interval '17 minutes', CASE WHEN n % 3 <> 0 THEN date '2024-01-01' + n / 60 END,
      round((random() * random() * 900)::numeric, 2), md5(n::text)::uuid FROM generate_series(1, 12000) AS n;
  INSERT INTO line SELECT o, l, 'sku-' || lpad((floor(500 * random()^2))::text, 4, '0'),
    CASE WHEN o % 5 > 0 THEN ARRAY['t' || o % 7, 'u' || l] END, 1 + floor(9 * random())
    FROM generate_series(1, 12000) AS o, generate_series(1, 1 + o % 4) AS l;
  INSERT INTO log SELECT date '2024-01-01' + n % 60, n % 4, 'text ' || n FROM generate_series(1, 9000) AS n;
  INSERT INTO log SELECT date '2024-06-01' + n % 90, n % 4, 'text ' || n FROM generate_series(1, 9000) AS n;
  REFRESH MATERIALIZED VIEW busy;
  CREATE TRIGGER refuse BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION refuse();`;

let place: Playground;
let server: TwinServer;

beforeAll(async () => {
  place = playground();
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server?.close();
  place?.remove();
});

interface Both {
  readonly catalog: Catalog;
  readonly source: PlannerStatistics;
  readonly drawn: PlannerStatistics;
  readonly session: Session;
  readonly filled: FilledFromStatistics;
}

async function sourceOf(
  schema: string,
  rows: string,
): Promise<{ readonly catalog: Catalog; readonly statistics: PlannerStatistics }> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  for (const sql of [schema, rows, "VACUUM (ANALYZE)"]) await session.execute(sql);
  const catalog = await introspect(session);
  const statistics = await readPlannerStatistics(session, catalog);
  await session.close();
  return { catalog, statistics };
}

async function drawn(
  { catalog, statistics }: { readonly catalog: Catalog; readonly statistics: PlannerStatistics },
  rowsMax: number,
): Promise<Both> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  for (const { sql } of postgres.create(catalog).filter(({ sql: text }) => !text.startsWith("CREATE SCHEMA public")))
    await session.execute(sql);
  const signal = new AbortController().signal;
  const filled = await fillFromStatistics(database, catalog, statistics, {
    rowsMax,
    seed: 1,
    signal,
    progress: silentProgress,
  });
  return { catalog, source: statistics, drawn: await readPlannerStatistics(session, catalog), session, filled };
}

const column = (statistics: PlannerStatistics, name: string): ColumnDistribution => {
  const [relation, wanted] = name.split(".");
  const found = statistics.columns.filter((one) => one.relation === relation && one.column === wanted);
  return (found.find(({ inherited }) => inherited) ?? found[0]) as ColumnDistribution;
};

const distinctOf = ({ distinct, nullShare }: ColumnDistribution, rows: number): number =>
  Math.min(distinct < 0 ? -distinct * rows : distinct, rows * (1 - nullShare));

// 3 points, or of few rows three standard deviations of a share among so many.
const slack = (share: number, rows: number): number => Math.max(0.03, 3 * Math.sqrt((share * (1 - share)) / rows));

/**
 * Null share and the top common value's share within 3 points, distinct values (among as many rows) within a third, the
 * order on disk within 0.25.
 */
function resembles({ source, drawn: other, filled }: Both, name: string): void {
  const [one, two] = [column(source, name), column(other, name)];
  const table = filled.tables.find(({ table: own }) => own === one.relation) as FilledTable;
  const top = one.common?.values[0];
  const topShare = one.common?.shares[0] ?? 0;
  const shareOfTop = two.common?.shares[two.common.values.indexOf(top ?? "")] ?? 0;
  const distinct = distinctOf(two, table.rows) / Math.max(1, distinctOf(one, table.rows));
  expect({
    name,
    nulls: Math.abs(one.nullShare - two.nullShare) < slack(one.nullShare, table.rows),
    top: topShare < 0.02 || Math.abs(shareOfTop - topShare) < slack(topShare, table.rows),
    distinct: one.nullShare === 1 || (distinct > 0.66 && distinct < 1.5) ? "near" : distinct,
    correlation: Math.abs((one.correlation ?? 0) - (two.correlation ?? 0)) < 0.25,
    sign: Math.abs(one.correlation ?? 0) < 0.3 || Math.sign(one.correlation ?? 0) === Math.sign(two.correlation ?? 0),
  }).toEqual({ name, nulls: true, top: true, distinct: "near", correlation: true, sign: true });
}

const COLUMNS = (
  "customer.id customer.email customer.country customer.note orders.id orders.customer_id orders.state orders.placed_at orders.sent_on " +
  "orders.total orders.token orders.boss_id line.order_id line.number line.sku line.tags line.amount log.at log.level"
).split(" ");

describe("rows drawn from statistics", () => {
  let source: Awaited<ReturnType<typeof sourceOf>>;

  beforeAll(async () => {
    source = await sourceOf(SHOP_SQL, SHOP_ROWS_SQL);
  }, 60_000);

  it("resemble the source's, at full size", async () => {
    const both = await drawn(source, 1_000_000);
    const { filled, session } = both;
    expect(filled.unfilled).toEqual([]);
    expect(filled.scale).toBe(1);
    for (const { table, rows, sourceRows } of filled.tables)
      expect({ table, rows }).toEqual({ table, rows: sourceRows });
    for (const name of COLUMNS) resembles(both, name);
    // A few customers have most orders, and a quarter has none.
    const { rows } = await session.query(
      `SELECT (SELECT count(*) FROM orders WHERE customer_id = 7)::integer AS top,
         (SELECT count(*) FROM customer WHERE NOT EXISTS (SELECT FROM orders WHERE customer_id = customer.id))::integer AS none,
         (SELECT max(n) FROM (SELECT count(*)::integer AS n FROM line GROUP BY order_id) AS of_order) AS lines,
         (SELECT count(*) FROM busy)::integer AS busy`,
    );
    const counts = rows[0] as Record<string, number>;
    expect(counts["top"]).toBeGreaterThan(2_200);
    expect(counts["top"]).toBeLessThan(2_600);
    expect(counts["none"]).toBeGreaterThan(400);
    expect(counts["none"]).toBeLessThan(600);
    expect(counts["lines"]).toBeLessThanOrEqual(4);
    expect(counts["busy"]).toBeGreaterThan(1_350);
    await session.close();
  });

  it("are fewer by one ratio, and resemble it still", async () => {
    const both = await drawn(source, 20_000);
    expect(both.filled.unfilled).toEqual([]);
    expect(both.filled.rows).toBeLessThanOrEqual(20_000);
    expect(both.filled.rows).toBeGreaterThan(19_900);
    expect(both.filled.scale).toBeCloseTo(20_000 / 62_000, 3);
    for (const name of COLUMNS.filter((one) => one !== "orders.customer_id")) resembles(both, name);
    await both.session.close();
  });

  it("are the same for the same seed", async () => {
    const digest = async (): Promise<unknown> => {
      const { session } = await drawn(source, 4_000);
      const { rows } = await session.query(
        "SELECT md5(string_agg(line::text, ',' ORDER BY order_id, number)) FROM line",
      );
      await session.close();
      return rows;
    };
    expect(await digest()).toEqual(await digest());
  });

  it("satisfy constraints where values are masked", async () => {
    const masked = maskStatistics(source.catalog, source.statistics, { key: "0123456789abcdef" });
    const { filled, session } = await drawn({ ...source, statistics: masked }, 10_000);
    expect(filled.rows).toBeGreaterThan(9_900);
    expect(filled.unfilled).toEqual([]);
    await session.close();
  });

  it("leave out what can have no first row, and what cannot do without it", async () => {
    const schema = `CREATE TABLE egg (id integer PRIMARY KEY, hen_id integer NOT NULL);
      CREATE TABLE hen (id integer PRIMARY KEY, egg_id integer NOT NULL REFERENCES egg);
      CREATE TABLE feather (id integer PRIMARY KEY, hen_id integer NOT NULL REFERENCES hen);
      CREATE TABLE fox (id integer PRIMARY KEY, colour text NOT NULL);
      INSERT INTO egg SELECT n, n FROM generate_series(1, 500) AS n;
      INSERT INTO hen SELECT n, n FROM generate_series(1, 500) AS n;
      INSERT INTO feather SELECT n, 1 + n % 500 FROM generate_series(1, 900) AS n;
      INSERT INTO fox SELECT n, (ARRAY['red', 'grey'])[1 + n % 2] FROM generate_series(1, 300) AS n;`;
    const circle = "ALTER TABLE egg ADD FOREIGN KEY (hen_id) REFERENCES hen;";
    const { filled, session } = await drawn(await sourceOf(schema, circle), 10_000);
    expect(filled.unfilled.map(({ table }) => table).toSorted()).toEqual([
      "public.egg",
      "public.feather",
      "public.hen",
    ]);
    const { rows } = await session.query("SELECT colour, count(*)::integer AS foxes FROM fox GROUP BY 1 ORDER BY 1");
    expect(rows.map(({ colour }) => colour)).toEqual(["grey", "red"]);
    expect(filled.rows).toBe(300);
    await session.close();
  });

  it("have what extended statistics say goes together", async () => {
    const schema = `CREATE TABLE home (id integer PRIMARY KEY, city text NOT NULL, country text, kind integer, size integer);
      CREATE STATISTICS home_places (mcv) ON city, country FROM home; CREATE STATISTICS home_kinds (mcv) ON kind, size FROM home`;
    const rows = `SELECT setseed(0.5); INSERT INTO home SELECT n, 'city ' || c, CASE WHEN c % 7 > 0 THEN 'country ' || c % 7 END, k, CASE WHEN k < 5 THEN k * 10 ELSE s END
      FROM (SELECT n, floor(power(random(), 2) * 40)::integer AS c, floor(power(random(), 3) * 600)::integer AS k, floor(random() * 300)::integer AS s FROM generate_series(1, 8000) AS n) AS d`;
    const both = await drawn(await sourceOf(schema, rows), 10_000);
    expect(both.filled.unfilled).toEqual([]);
    const found = await both.session.query(
      `SELECT count(DISTINCT (city, country))::integer AS places, count(DISTINCT city)::integer AS cities,
         (count(*) FILTER (WHERE country IS NULL))::float8 / count(*) AS abroad,
         (count(*) FILTER (WHERE kind < 5 AND size = kind * 10))::float8 / count(*) FILTER (WHERE kind < 5) AS together FROM home`,
    );
    expect(found.rows[0]).toMatchObject({ places: 40, cities: 40 });
    expect(found.rows[0]?.["together"]).toBeGreaterThan(0.9);
    for (const name of ["home.city", "home.country", "home.kind", "home.size"]) resembles(both, name);
    await both.session.close();
  });

  it("refer to rows there are, although that is checked of a whole table at once", async () => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(`CREATE TABLE hen (id integer PRIMARY KEY); INSERT INTO hen VALUES (1);
      CREATE TABLE egg (hen_id integer REFERENCES hen)`);
    expect(await allowReplicaRole(database, session)).toBeNull();
    const load = (id: number) => (): Promise<void> => session.execute(`INSERT INTO egg VALUES (${id})`);
    await referencesAfterwards(session, "public.egg", load(1));
    await expect(referencesAfterwards(session, "public.egg", load(2))).rejects.toMatchObject({ code: "23503" });
    await expect(load(2)()).rejects.toMatchObject({ code: "23503", constraint: "egg_hen_id_fkey" });
    const { rows } = await session.query("SELECT count(*)::integer AS keys FROM pg_constraint WHERE contype = 'f'");
    expect(rows).toEqual([{ keys: 1 }]);
    await session.close();
  });

  it("satisfy keys, checks, references, partitions and rules against overlaps", async () => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(HARD_SQL);
    const catalog = await introspect(session);
    await fillTables(session, {
      catalog,
      hints: { meaning: () => null, volume: () => null, tenancy: null },
      rows: () => 400,
      seed: 1,
      now: new Date("2025-03-01T00:00:00Z"),
      spare: 0,
      signal: new AbortController().signal,
      progress: silentProgress,
    });
    await session.execute("ANALYZE");
    const statistics = await readPlannerStatistics(session, catalog);
    await session.close();
    const both = await drawn({ catalog, statistics }, 10_000);
    expect(both.filled.unfilled).toEqual([]);
    for (const { table, rows, sourceRows } of both.filled.tables)
      expect({ table, rows }).toEqual({ table, rows: sourceRows });
    await both.session.close();
  });

  it("fills tables with types of all kinds", async () => {
    const { filled, session, ...both } = await drawn(await sourceOf(SCHEMA_SQL, ROWS_SQL), 30_000);
    expect(filled.unfilled).toEqual([]);
    for (const name of ["person.status", "person.active", "place.city"]) resembles({ ...both, filled, session }, name);
    for (const name of ["person.tags", "person.words"]) {
      const [one, two] = [column(both.source, name).elements, column(both.drawn, name).elements];
      const found = new Map(two?.values.map((value, at) => [value, two.shares[at] ?? 0]));
      for (const [at, value] of (one?.values ?? []).entries())
        expect(Math.abs((found.get(value) ?? 0) - (one?.shares[at] ?? 0)), `${name} ${value}`).toBeLessThan(0.1);
    }
    await session.close();
  });
});
