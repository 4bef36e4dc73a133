import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { silentProgress } from "../../model/progress.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinServer } from "../server.ts";
import { fillTables } from "./generate.ts";
import type { GeneratedTable, RowHints } from "./generate.ts";
import { HARD_SQL } from "./rows.test-data.ts";

let place: Playground;
let server: TwinServer;

beforeAll(async () => {
  place = playground();
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server.close();
  place.remove();
});

const NOW = new Date("2025-03-01T00:00:00Z");
const NO_HINTS: RowHints = { meaning: () => null, volume: () => null, tenancy: null };

interface Filled {
  readonly session: Session;
  readonly tables: readonly GeneratedTable[];
}

/** Runs the SQL in a database of its own, fills it, and hands it over. */
async function filled<T>(
  sql: string,
  work: (filled: Filled) => Promise<T>,
  options: { readonly rows?: number; readonly seed?: number; readonly hints?: RowHints } = {},
): Promise<T> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  try {
    await session.execute(sql);
    const tables = await fillTables(session, {
      catalog: await introspect(session),
      hints: options.hints ?? NO_HINTS,
      rows: () => options.rows ?? 1000,
      seed: options.seed ?? 1,
      now: NOW,
      spare: 5,
      signal: new AbortController().signal,
      progress: silentProgress,
    });
    return await work({ session, tables });
  } finally {
    await session.close();
    await database.drop();
  }
}

const one = async (session: Session, sql: string): Promise<number> =>
  Number((await session.query<{ n: string }>(`SELECT (${sql}) AS n`)).rows[0]?.n);

describe("a schema with every kind of constraint", () => {
  it("is filled as asked; what its own values limit is said", async () => {
    await filled(HARD_SQL, async ({ session, tables }) => {
      for (const table of tables) {
        const counted = await one(session, `SELECT count(*) FROM s.${table.table}`);
        expect({ table: table.table, rows: counted }).toEqual({ table: table.table, rows: table.rows });
        if (table.note === null) expect(counted).toBe(table.asked);
      }
      const short = tables.filter((table) => table.rows < table.asked).map((table) => table.table);
      // 26 × 26 codes; one book per item of that kind.
      expect(short).toEqual(expect.arrayContaining(["country", "book"]));
      expect(short.length).toBe(2);
      expect(tables.find((table) => table.table === "country")?.note).toContain("are used");
      expect(await one(session, "SELECT count(*) FROM s.country")).toBeGreaterThan(300);
    });
  });

  it("fills what is optional and cyclic, and leaves the server's own columns to it", async () => {
    await filled(HARD_SQL, async ({ session }) => {
      expect(await one(session, "SELECT count(*) FROM s.person WHERE favourite_id IS NOT NULL")).toBeGreaterThan(100);
      expect(await one(session, "SELECT count(*) FROM s.person WHERE boss_id IS NOT NULL")).toBeGreaterThan(100);
      expect(await one(session, "SELECT count(*) FROM s.person WHERE full_text IS NULL")).toBe(0);
      expect(await one(session, "SELECT count(*) FROM s.reading_old")).toBeGreaterThan(100);
      expect(await one(session, "SELECT count(*) FROM s.booking WHERE to_at IS NULL")).toBeGreaterThan(0);
      // The sequences stand behind the rows.
      const next = "SELECT nextval(pg_get_serial_sequence('s.remark', 'id')) > (SELECT max(id) FROM s.remark)";
      expect((await session.query<{ n: boolean }>(`SELECT (${next}) AS n`)).rows[0]?.n).toBe(true);
    });
  });

  it("is the same for the same seed, and another for another", async () => {
    const digest = (seed: number): Promise<string> =>
      filled(
        HARD_SQL,
        async ({ session }) =>
          String(
            (
              await session.query<{ d: string }>(
                "SELECT md5(string_agg(i::text, ',' ORDER BY i::text)) || md5((SELECT string_agg(b::text, ',' ORDER BY b::text) FROM s.booking AS b)) AS d FROM s.item AS i",
              )
            ).rows[0]?.d,
          ),
        { seed, rows: 300 },
      );
    expect(await digest(5)).toBe(await digest(5));
    expect(await digest(6)).not.toBe(await digest(5));
  });
});

describe("a check that can fail instead of answering", () => {
  it("costs the rows it fails on, not the table", async () => {
    await filled(
      "CREATE TABLE t (n integer NOT NULL CHECK (n BETWEEN -2 AND 2), m integer NOT NULL, CHECK (m / n < 1000000000))",
      async ({ session, tables }) => {
        expect(tables[0]?.rows).toBe(500);
        expect(await one(session, "SELECT count(*) FROM t WHERE n = 0")).toBe(0);
      },
      { rows: 500 },
    );
  });

  it("is named with the server's reason where no row passes", async () => {
    const sql = String.raw`CREATE TABLE t (n integer NOT NULL, CONSTRAINT never CHECK (n / 0 > 5 AND n::text <> '\'))`;
    await expect(filled(sql, () => Promise.resolve())).rejects.toThrow(/constraint never: 0 of .*division by zero/);
  });
});

describe("what stands on partitions alone", () => {
  const TABLE = `CREATE TABLE x (id integer PRIMARY KEY); CREATE TABLE y (a integer, b integer, PRIMARY KEY (a, b));
    CREATE TABLE t (k integer NOT NULL, n integer, x_id integer, a integer, b integer) PARTITION BY RANGE (k);
    CREATE TABLE "p 1" PARTITION OF t FOR VALUES FROM (0) TO (100);
    CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (100) TO (1000) PARTITION BY HASH (n);
    CREATE TABLE p2a PARTITION OF p2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE p2b PARTITION OF p2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);`;

  const FK = "ADD FOREIGN KEY (x_id) REFERENCES x";
  it.each([
    ["a reference", `ALTER TABLE "p 1" ${FK}, ALTER x_id SET NOT NULL`],
    ["the same reference", `ALTER TABLE "p 1" ${FK}; ALTER TABLE p2a ${FK}; ALTER TABLE p2b ${FK}`],
    ["a reference of several columns", "ALTER TABLE p2 ADD FOREIGN KEY (a, b) REFERENCES y (a, b)"],
    ["NOT NULL", 'ALTER TABLE "p 1" ALTER n SET NOT NULL; ALTER TABLE p2a ALTER x_id SET NOT NULL'],
    [
      "keys",
      'ALTER TABLE "p 1" ADD UNIQUE (n); CREATE UNIQUE INDEX ON p2b (abs(n)); ALTER TABLE p2a ADD PRIMARY KEY (b)',
    ],
    ["a check of all", 'ALTER TABLE p2 ADD CHECK (a > 7000); ALTER TABLE "p 1" ADD CHECK (a > 7000)'],
    ["checks that exclude each other", "ALTER TABLE p2a ADD CHECK (b > 50); ALTER TABLE p2b ADD CHECK (b < 50)"],
    ["a check of the bound", 'ALTER TABLE "p 1" ADD CONSTRAINT "of \'1" CHECK (k IS NOT NULL AND k >= 0 AND k < 100)'],
  ])("%s is kept to by the rows", async (_, sql) => {
    await filled(
      `${TABLE} ${sql}`,
      async ({ session, tables }) => {
        expect(tables.map(({ table, rows }) => ({ table, rows }))).toContainEqual({ table: "t", rows: 60 });
        for (const part of ['"p 1"', "p2a", "p2b"])
          expect(await one(session, `SELECT count(*) FROM ${part}`)).toBeGreaterThan(0);
      },
      { rows: 60 },
    );
  });
});

describe("tenants and skew", () => {
  const SQL = `
    CREATE TABLE tenant (id uuid PRIMARY KEY);
    CREATE TABLE parent (tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
    CREATE TABLE child (tenant_id uuid NOT NULL, parent_id uuid NOT NULL, id uuid PRIMARY KEY,
      FOREIGN KEY (tenant_id, parent_id) REFERENCES parent (tenant_id, id));`;
  const hints: RowHints = {
    ...NO_HINTS,
    tenancy: { table: { schema: "public", table: "tenant" }, column: "tenant_id" },
    volume: (schema, table) => ({
      schema: schema ?? "",
      table,
      now_rows: 1000,
      per_month_rows: 10,
      horizon_rows: 1000,
      row_bytes: 100,
      largest_tenant_share: table === "tenant" ? null : 0.3,
      skew: 0.4,
      standing: "stated",
    }),
  };

  it("gives the largest tenant its stated share in every table", async () => {
    await filled(
      SQL,
      async ({ session }) => {
        for (const table of ["parent", "child"]) {
          const largest = await one(
            session,
            `SELECT count(*) FROM ${table} GROUP BY tenant_id ORDER BY 1 DESC LIMIT 1`,
          );
          expect(largest / 4000).toBeGreaterThan(0.25);
          expect(largest / 4000).toBeLessThan(0.4);
        }
      },
      { hints, rows: 4000 },
    );
  });
});

describe("what cannot be filled", () => {
  it.each([
    [
      "a contradiction",
      "CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, CONSTRAINT never CHECK (a * b < 0 AND a + b > 100000000 AND a < b AND b < a))",
      /never/,
    ],
    [
      "a required cycle",
      "CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL); CREATE TABLE b (id integer PRIMARY KEY REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
      /require one another/,
    ],
    ["a required column of an unknown type", "CREATE TABLE t (p pg_lsn NOT NULL)", /pg_lsn/],
  ])("%s is named", async (_, sql, message) => {
    await expect(filled(sql, () => Promise.resolve())).rejects.toThrow(message);
  });
});

describe("any small schema", () => {
  const TYPES = [
    "text",
    "integer",
    "smallint",
    "numeric(6,2)",
    "boolean",
    "date",
    "timestamptz",
    "uuid",
    "jsonb",
    "interval",
    "inet",
    "text[]",
    "varchar(12)",
    "bytea",
    "real",
    "time",
  ];
  const column = fc.record({ type: fc.constantFrom(...TYPES), required: fc.boolean(), unique: fc.boolean() });
  const table = fc.record({
    columns: fc.array(column, { minLength: 1, maxLength: 5 }),
    parents: fc.array(fc.nat(3), { maxLength: 2 }),
    tenant: fc.boolean(),
  });

  it("loads, whatever its types, keys and references", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: 4 }), fc.nat(1000), async (tables, seed) => {
        const sql = tables.map(({ columns, parents }, at) => {
          const own = columns.map(({ type, required, unique }, c) => {
            const single = unique && !["boolean", "jsonb", "text[]", "smallint"].includes(type) ? " UNIQUE" : "";
            return `"C ${c}" ${type}${required ? " NOT NULL" : ""}${single}`;
          });
          const references = parents
            .filter((parent) => parent < at)
            .map((parent, r) => `r${r} bigint ${r === 0 ? "NOT NULL" : ""} REFERENCES "t ${parent}"`);
          return `CREATE TABLE "t ${at}" (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, ${[...own, ...references].join(", ")});`;
        });
        await filled(
          sql.join("\n"),
          ({ tables: done }) => {
            for (const { rows, asked, note } of done) expect(rows === asked || note !== null).toBe(true);
            return Promise.resolve();
          },
          { rows: 200, seed },
        );
      }),
      { numRuns: 8 },
    );
  });
});
