import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../engines/postgres/driver.ts";
import type { ActionContext } from "../model/action.ts";
import type { PlannerStatistics } from "../model/planner-statistics.ts";
import { readPack } from "../formats/pack/read.ts";
import { contextIn, playground, requestFor } from "../twin/server/testing.test-data.ts";
import { openServer } from "../twin/server/open.ts";
import type { TwinDatabase, TwinServer } from "../twin/server.ts";
import { PLAIN } from "./testing.test-data.ts";
import { twinAction } from "./twin.ts";
import { twinPackAction } from "./twin-pack.ts";

const PSQL = "/usr/lib/postgresql/15/bin";

const place = playground();
let server: TwinServer;
let production: TwinDatabase;
let owner: Session;

// Values that would be known again: names, addresses, hostile ones.
const NAMES = ["Anna Example", 'Berta "B" {x}', "Cäsar, it's", "Dora\\Emil\nline", "🙂🙂 smile", "NULL NULL"];

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  production = await server.createDatabase();
  owner = await production.connect("owner");
  await owner.query(
    `CREATE TABLE "Person ""P""" (id bigint GENERATED ALWAYS AS IDENTITY (START 700000) PRIMARY KEY,
      name text COLLATE "C", phone bigint, born date, tags text[], more jsonb)`,
  );
  await owner.execute(`CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES "Person ""P""", at timestamptz NOT NULL, note text)`);
  await owner.execute("CREATE INDEX visit_person ON visit (person_id)");
  await owner.query(
    `INSERT INTO "Person ""P""" (name, phone, born, tags, more)
      SELECT ($1::text[])[1 + i % 6], 4315550000 + i * 7, '1970-03-12'::date + i, ARRAY['tag ' || ($1::text[])[1 + i % 6]], '{"a": 1}'
      FROM generate_series(1, 3000) i`,
    [NAMES],
  );
  await owner.execute(`INSERT INTO visit (person_id, at, note)
    SELECT 700000 + (i * i) % 3000, now() - i * interval '1 hour', 'saw ' || i % 9 FROM generate_series(1, 20000) i`);
  await owner.execute("ANALYZE");
});

afterAll(async () => {
  await owner.close();
  await server.close();
  place.remove();
});

const path = (name: string): string => join(place.temporary, name);

async function pack(source: string, file: string, options: Readonly<Record<string, unknown>> = {}) {
  const context = contextIn(place);
  const output = await twinPackAction.run(twinPackAction.input.parse({ source, file, ...options }), context);
  return { output, said: context.progress.notes, shown: twinPackAction.render(output, PLAIN) };
}

const valuesIn = ({ columns }: PlannerStatistics): readonly string[] =>
  columns.flatMap(({ common, histogram, elements }) => [
    ...(common?.values ?? []),
    ...(histogram ?? []),
    ...(elements?.values ?? []),
  ]);

describe("twin pack", () => {
  test("holds schema, sizes and distributions, and no value of a row", async () => {
    const { output, shown } = await pack(production.url("owner"), "shop.json");
    expect(output).toMatchObject({ masked: true, relations: 5, bytes: readFileSync(path("shop.json")).length });
    expect(shown).toMatch(/^shop\.json: .* kB, .*\nvalues are masked\nnot in it:\n {2}common values .* jsonb/);
    const text = readFileSync(path("shop.json"), "utf8");
    for (const name of NAMES) expect(text).not.toContain(JSON.stringify(name).slice(1, -1));
    expect(text).not.toMatch(/Anna|Berta|smile|431555\d{4}|tag A/);
    const { catalog, statistics } = readPack(text, "shop.json");
    expect(catalog.objects.some(({ name }) => name === 'Person "P"')).toBe(true);
    const { rows } = await owner.query<{ value: string }>(
      `select unnest(histogram_bounds::text::text[]) as value from pg_stats where tablename in ('visit', 'Person "P"')
       union select unnest(most_common_vals::text::text[]) from pg_stats where tablename in ('visit', 'Person "P"')`,
    );
    const real = new Set(rows.map(({ value }) => value).filter((value) => value.length > 5));
    expect(real.size).toBeGreaterThan(200);
    expect(valuesIn(statistics).filter((value) => real.has(value))).toEqual([]);
    const names = statistics.columns.find(({ column }) => column === "name")?.common?.values ?? [];
    const lengths = (of: readonly string[]): number[] => of.map((name) => [...name].length).toSorted((a, b) => a - b);
    expect(lengths(names)).toEqual(lengths(NAMES));
  });

  test("with values, when asked for, and with a warning", async () => {
    const { output, said } = await pack(production.url("owner"), "values.json.gz", { withValues: true });
    expect(output).toMatchObject({ masked: false });
    expect(said).toContainEqual(expect.stringMatching(/values\.json\.gz holds values of rows/));
    const { statistics } = readPack(gunzipSync(readFileSync(path("values.json.gz"))).toString(), "values.json.gz");
    expect(valuesIn(statistics)).toEqual(expect.arrayContaining(NAMES));
    // And masked later, from the file.
    await pack("values.json.gz", "masked.json");
    const masked = readPack(readFileSync(path("masked.json"), "utf8"), "masked.json").statistics;
    expect(masked.masked).toBe(true);
    expect(valuesIn(masked).filter((value) => NAMES.includes(value))).toEqual([]);
    expect(masked.relations).toEqual(statistics.relations);
  });

  test("a source without statistics, and files that are none", async () => {
    writeFileSync(path("schema.sql"), "create table t (a int);");
    await expect(pack("schema.sql", "x.json")).rejects.toThrow("no planner statistics");
    expect(existsSync(path("x.json"))).toBe(false);
    writeFileSync(path("broken.json.gz"), "no gzip");
    await expect(pack("broken.json.gz", "x.json")).rejects.toThrow("no whole gzip file");
    writeFileSync(path("broken.json"), '{"format":"dbwright.pack","version":1,"catalog":3}');
    await expect(pack("broken.json", "x.json")).rejects.toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
    await expect(pack(production.url("owner"), "no/such/x.json")).rejects.toThrow("make the folder first");
  });
});

describe("twin", () => {
  const open = async (source: string, options: object = {}, parts: Partial<ActionContext> = {}) => {
    const context = { ...contextIn(place), ...parts };
    const output = await twinAction.run(twinAction.input.parse({ source, ...options }), context);
    return { output, said: contextNotes(context) };
  };
  const contextNotes = (context: Pick<ActionContext, "progress">): readonly string[] =>
    (context.progress as ReturnType<typeof contextIn>["progress"]).notes;

  test("is built and told of where nobody sits at a terminal", async () => {
    const { output } = await open("values.json.gz");
    expect(output).toMatchObject({ depth: "stats", relations: 5, masked: false, notes: [] });
    expect(twinAction.render(output, PLAIN)).toMatch(/^the twin is gone: .*PostgreSQL 18/);
    const schema = await open("schema.sql");
    expect(schema.output).toMatchObject({ depth: "schema", masked: null });
  });

  test.skipIf(!existsSync(join(PSQL, "psql")))(
    "plans as production does, by a connection without a password",
    async () => {
      const query = `SELECT * FROM visit JOIN "Person ""P""" p ON p.id = person_id WHERE at > now() - interval '9 days' AND name = 'Anna Example'`;
      const { rows } = await owner.query<{ "QUERY PLAN": string }>(`EXPLAIN (COSTS OFF) ${query}`);
      const real = rows.map((row) => row["QUERY PLAN"]).join("\n");
      let seen = "";
      const progress = contextIn(place).progress;
      await open(
        production.url("owner"),
        {},
        {
          progress,
          foreground: async (work) => {
            const said = progress.notes.find((note) => note.startsWith("connect to it with"));
            const url = /'(.*)'/.exec(said ?? "")?.[1] ?? "";
            expect(new URL(url).password).toBe("");
            const got = spawnSync(join(PSQL, "psql"), ["-XAtc", `EXPLAIN (COSTS OFF) ${query}`, url], {
              encoding: "utf8",
            });
            seen = got.stdout.trim() + got.stderr;
            return await work(AbortSignal.abort());
          },
        },
      );
      expect(seen).toBe(real);
      expect(readdirSync(place.temporary).filter((name) => name.startsWith("dbwright-twin"))).toEqual([]);
    },
  );

  test("what the server refuses is left out and named", async () => {
    const { catalog, statistics } = readPack(readFileSync(path("shop.json"), "utf8"), "shop.json");
    const extension = {
      kind: "extension" as const,
      schema: "public",
      table: null,
      name: "no_such_thing",
      signature: "",
      comment: null,
      dependsOn: [],
      version: "1",
    };
    const { writePack } = await import("../formats/pack/write.ts");
    const objects = [...catalog.objects, extension];
    writeFileSync(path("more.json"), writePack({ catalog: { ...catalog, objects }, statistics }));
    const { output } = await open("more.json");
    expect(output).toMatchObject({
      relations: 5,
      notes: expect.arrayContaining([expect.stringMatching(/left out: .*no_such_thing/)]) as unknown,
    });
  });

  test("holds rows drawn from statistics when they are asked for", async () => {
    const { output } = await open("shop.json", { rows: true, rowsMax: 2300 });
    expect(output).toMatchObject({ depth: "rows", masked: true, bytes: 0, unfilled: [] });
    expect((output as { drawn: unknown }).drawn).toEqual({ rows: 2300, scale: 0.1 });
    expect(twinAction.render(output, PLAIN)).toMatch(/2,300 rows in 2 tables, 1 for 10\.0 of the source's, .*masked/);
    await expect(open("schema.sql", { rows: true })).rejects.toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
  });

  test("SQLite has no twin of this kind", async () => {
    writeFileSync(path("lite.sql"), "create table t (a int);");
    await expect(open("lite.sql", { engine: "sqlite" })).rejects.toThrow(/twin of sqlite/);
  });
});
