import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as migrateDrizzle } from "drizzle-orm/node-postgres/migrator";
import { runner as migrateNodePg } from "node-pg-migrate";
import pg from "pg";
import { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderScripts } from "../twin/load/folder.ts";
import { splitScript } from "../sql/split.ts";
import { planBetween } from "../twin/make-plan/between.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor, ROOT, contextIn } from "../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../twin/server.ts";
import { migrateNewAction } from "./migrate-new.ts";

const place = playground();
let server: TwinServer;
let twin: string;
beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  const database = await server.createDatabase();
  // As a user would write it, who sets no search path.
  const url = new URL(database.url("admin"));
  url.searchParams.delete("options");
  twin = url.href;
  symlinkSync(join(ROOT, "node_modules"), join(place.temporary, "node_modules"), "junction");
});
afterAll(async () => {
  await server.close();
  place.remove();
});

interface Output {
  readonly format: string | null;
  readonly ids: readonly string[];
  readonly files: readonly string[];
  readonly irreversible: readonly { readonly what: string; readonly why: string }[];
  readonly proof: { readonly verdict: string } | null;
}

async function migrateNew(options: Readonly<Record<string, unknown>>): Promise<Output & { notes: readonly string[] }> {
  const context = contextIn(place);
  const input = migrateNewAction.input.parse({ name: "add title", twin, rows: 3, ...options });
  const output = (await migrateNewAction.run(input, context)) as Output;
  return { ...output, notes: context.progress.notes };
}

// A folder of files below the playground; its path.
function folder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(place.temporary, "migrations-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const ONE = "CREATE TABLE public.task (id bigint PRIMARY KEY, name text NOT NULL)";
const TWO = String.raw`CREATE TABLE public.task (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  "we""ird ${"`t`"} ${"${x}"} {y} ?" text DEFAULT 'it''s ${"`$`"} ? \? {z} ${"${q}"} :name'
);
CREATE INDEX "task ${"`name`"}?" ON public.task (name) WHERE name <> '?{x}\';
CREATE TABLE public."new{x}" (id bigint PRIMARY KEY, j jsonb CHECK (j ? 'a'));
CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT '${"${x}`"}\?'::text $$;
`;

// What stands between a database and a schema: nothing, when they are equal.
async function difference(database: TwinDatabase, schema: string): Promise<readonly string[]> {
  const session = await database.connect("owner");
  try {
    for (const table of ["knex_migrations", "knex_migrations_lock", "pgmigrations", "migrations", "typeorm_metadata"])
      await session.execute(`DROP TABLE IF EXISTS public.${table}`);
    await session.execute("DROP SCHEMA IF EXISTS drizzle CASCADE");
  } finally {
    await session.close();
  }
  const { plan } = await planBetween(
    { from: database.url("owner"), to: schema, direct: true, twin, schemas: ["public"], prove: false, rows: 0 },
    contextIn(place),
  );
  return plan.steps.map(({ sql }) => sql);
}

function schemaFile(name: string, sql: string): string {
  const path = join(place.temporary, name);
  writeFileSync(path, sql);
  return path;
}

/** Another tool: how its first migration is written, and its own migrator. */
interface Tool {
  readonly format: string;
  readonly first: Readonly<Record<string, string>>;
  readonly up: (dir: string, url: string) => Promise<void>;
  /** Takes back what came after the first; null where the tool knows no way down. */
  readonly down: ((dir: string, url: string, count: number) => Promise<void>) | null;
}

const load = createRequire(import.meta.url);

const QUIET = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} };

async function knexOn(dir: string, url: string, run: (knex: import("knex").Knex) => Promise<unknown>): Promise<void> {
  const { default: knex } = await import("knex");
  const client = knex({ client: "pg", connection: url, migrations: { directory: dir, extension: "js" }, log: QUIET });
  try {
    await run(client);
  } finally {
    await client.destroy();
  }
}

async function typeormOn(dir: string, url: string, run: (source: DataSource) => Promise<unknown>): Promise<void> {
  const migrations = readdirSync(dir).map((file) => load(join(dir, file)) as new () => never);
  const source = new DataSource({ type: "postgres", url, migrations, installExtensions: false });
  await source.initialize();
  try {
    await run(source);
  } finally {
    await source.destroy();
  }
}

const nodePg = (dir: string, url: string, direction: "up" | "down", count: number): Promise<unknown> =>
  migrateNodePg({ databaseUrl: url, dir, direction, count, migrationsTable: "pgmigrations", log: () => {} });

const KNEX: Tool = {
  format: "knex",
  first: {
    "20240101000000_one.js": `exports.up = (knex) => knex.schema.createTable("task", (t) => {
  t.bigInteger("id").primary();
  t.text("name").notNullable();
});
exports.down = (knex) => knex.schema.dropTable("task");
`,
  },
  up: (dir, url) => knexOn(dir, url, (knex) => knex.migrate.latest()),
  down: (dir, url, count) =>
    knexOn(dir, url, async (knex) => {
      for (let done = 0; done < count; done++) await knex.migrate.down();
    }),
};

const TOOLS: readonly Tool[] = [
  KNEX,
  {
    format: "node-pg-migrate",
    first: {
      "1700000000000_one.cjs": `exports.up = (pgm) => {
  pgm.createTable("task", { id: { type: "bigint", primaryKey: true }, name: { type: "text", notNull: true } });
};
`,
    },
    up: async (dir, url) => void (await nodePg(dir, url, "up", Infinity)),
    down: async (dir, url, count) => void (await nodePg(dir, url, "down", count)),
  },
  {
    format: "typeorm",
    first: {
      "1700000000000-One.js": `module.exports = class One1700000000000 {
  async up(queryRunner) {
    await queryRunner.query(\`${ONE}\`);
  }
  async down(queryRunner) {
    await queryRunner.query("DROP TABLE public.task");
  }
};
`,
    },
    up: (dir, url) => typeormOn(dir, url, (source) => source.runMigrations()),
    down: (dir, url, count) =>
      typeormOn(dir, url, async (source) => {
        for (let done = 0; done < count; done++) await source.undoLastMigration();
      }),
  },
  {
    format: "drizzle",
    first: {
      "0000_one.sql": `${ONE};\n`,
      "meta/_journal.json": JSON.stringify({
        version: "7",
        dialect: "postgresql",
        entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_one", breakpoints: true }],
      }),
      "meta/0000_snapshot.json": JSON.stringify({ id: "a", prevId: "b", version: "7", dialect: "postgresql" }),
    },
    up: async (dir, url) => {
      const pool = new pg.Pool({ connectionString: url });
      try {
        await migrateDrizzle(drizzle(pool), { migrationsFolder: dir });
      } finally {
        await pool.end();
      }
    },
    down: null,
  },
  {
    // Its engine is a download: what it does with a file, one query of the whole text, is done here.
    format: "prisma",
    first: { "migration_lock.toml": 'provider = "postgresql"\n', "20240101000000_one/migration.sql": `${ONE};\n` },
    up: async (dir, url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        for (const file of (await folderScripts(dir)).scripts)
          await client.query(readFileSync(join(dir, file), "utf8"));
      } finally {
        await client.end();
      }
    },
    down: async (dir, url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        for (const file of (await folderScripts(dir)).undoing.toReversed())
          for (const { text } of splitScript(readFileSync(join(dir, file), "utf8"))) await client.query(text);
      } finally {
        await client.end();
      }
    },
  },
];

describe.each(TOOLS)("$format", ({ format, first, up, down }) => {
  test("what is written is run by the tool itself, up to the wanted schema and down again", async () => {
    const dir = folder(first);
    const made = await migrateNew({ to: schemaFile("two.sql", TWO), dir });
    expect(made.format).toBe(format);
    expect(made.proof?.verdict).toBe("proved");
    expect(made.files.every((file) => existsSync(join(dir, file)))).toBe(true);
    const database = await server.createDatabase();
    await up(dir, database.url("owner"));
    expect(await difference(await server.createDatabase(database), schemaFile("two.sql", TWO))).toEqual([]);
    // Read from the folder, what was written makes the same.
    expect((await migrateNew({ to: schemaFile("two.sql", TWO), dir, prove: false })).files).toEqual([]);
    if (down !== null) {
      await down(dir, database.url("owner"), made.ids.length);
      expect(await difference(database, schemaFile("one.sql", `${ONE};`))).toEqual([]);
    }
  });

  test("what cannot be taken back fails on its way down, with the reason", async () => {
    const dir = folder(first);
    const to = `CREATE TYPE public.mood AS ENUM ('bad', 'so ''so''', 'good');
CREATE TABLE public.task (id bigint PRIMARY KEY, name text NOT NULL, mood public.mood);`;
    const made = await migrateNew({
      from: schemaFile("mood.sql", to.replace(`, 'so ''so'''`, "")),
      to: schemaFile("moods.sql", to),
      dir,
      prove: false,
    });
    expect(made.irreversible.map(({ what }) => what)).toEqual([expect.stringContaining("ADD VALUE")]);
    const text = made.files.map((file) => readFileSync(join(dir, file), "utf8")).join("\n");
    expect(text).toContain("'so ''so'''");
    if (down === null) return;
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute("CREATE TYPE public.mood AS ENUM ('bad', 'good')");
    await session.close();
    await up(dir, database.url("owner"));
    await expect(down(dir, database.url("owner"), 1)).rejects.toThrow(made.irreversible[0]?.why ?? "no reason");
  });
});

describe("the folder", () => {
  const SCHEMA = `${ONE};`;
  const FORMATS = ["sql", ...TOOLS.map(({ format }) => format)];

  test.each(FORMATS)("that is not there yet is made, for %s", async (format) => {
    const dir = join(folder({}), "deep", "migrations");
    const made = await migrateNew({ to: schemaFile("one.sql", SCHEMA), dir, format, prove: false });
    expect(made.format).toBe(format);
    expect(made.files.map((file) => existsSync(join(dir, file)))).toEqual(made.files.map(() => true));
    expect((await migrateNew({ to: schemaFile("one.sql", SCHEMA), dir, prove: false })).files).toEqual([]);
  });

  test("whose stamps are ahead of the clock goes on behind them", async () => {
    const ahead = new Date(Date.now() + 3_600_000);
    const stamp = ahead.toISOString().replaceAll(/\D/g, "").slice(0, 14);
    const folders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      sql: { [`${stamp}_a.sql`]: "SELECT 1;" },
      knex: { [`${stamp}_a.js`]: "exports.up = (knex) => knex.raw('SELECT 1');" },
      prisma: { [`${stamp}_a/migration.sql`]: "SELECT 1;" },
      "node-pg-migrate": { [`${ahead.getTime()}_a.cjs`]: "exports.up = (pgm) => { pgm.sql('SELECT 1'); };" },
      typeorm: {
        [`${ahead.getTime()}-A.js`]: `module.exports = class A${ahead.getTime()} { async up(queryRunner) { await queryRunner.query("SELECT 1"); } };`,
      },
    };
    for (const [format, files] of Object.entries(folders)) {
      const dir = folder(files);
      const from = schemaFile("none.sql", "SELECT 1;");
      const made = await migrateNew({ from, to: schemaFile("one.sql", SCHEMA), dir, prove: false });
      expect([made.format, ...made.ids.map((id) => id > (Object.keys(files)[0] ?? ""))]).toEqual([format, true]);
    }
  });

  test("is as it was when a file cannot be written", async () => {
    const drizzleFolder = TOOLS.find(({ format }) => format === "drizzle")?.first ?? {};
    for (const obstacle of ["meta/_journal.json.dbwright-new/x", "meta/0001_snapshot.json/x"]) {
      const dir = folder({ ...drizzleFolder, [obstacle]: "" });
      const before = everything(dir);
      await expect(migrateNew({ to: schemaFile("two.sql", TWO), dir, prove: false })).rejects.toMatchObject({
        exitCode: 3,
      });
      expect(everything(dir)).toEqual(before);
    }
    const file = folder({ migrations: "a file" });
    await expect(
      migrateNew({ to: schemaFile("one.sql", SCHEMA), dir: join(file, "migrations", "x"), prove: false }),
    ).rejects.toMatchObject({ exitCode: 3 });
  });

  test("with two branches is refused, and says how to go on", async () => {
    const forks: readonly Readonly<Record<string, string>>[] = [
      {
        "20260101000000_a.up.sql": `${ONE};`,
        "20260102000000_b.up.sql": "-- dbwright:after 20260101000000_a\nSELECT 2;",
        "20260103000000_c.up.sql": "-- dbwright:after 20260101000000_a\nSELECT 3;",
      },
      {
        "0000_a.sql": "SELECT 1;",
        "0000_b.sql": "SELECT 2;",
        "meta/_journal.json": JSON.stringify({ entries: [{ tag: "0000_a" }, { tag: "0000_b" }] }),
      },
    ];
    for (const files of forks) {
      const dir = folder(files);
      await expect(migrateNew({ to: schemaFile("two.sql", TWO), dir })).rejects.toThrow(
        /two branches[\s\S]*Two branches/,
      );
      expect(everything(dir)).toHaveLength(Object.keys(files).length);
    }
  });

  test("whose programs need rows is refused, naming the line", async () => {
    const dir = folder({
      "20240101000000_a.js": `exports.up = async (knex) => {
  const [first] = await knex("settings").select("value");
  await knex.raw("CREATE TABLE " + first.value + " ()");
};`,
    });
    await expect(migrateNew({ to: schemaFile("one.sql", SCHEMA), dir })).rejects.toThrow(
      /20240101000000_a\.js:[23]: the migration cannot be run without a database[\s\S]*--from/,
    );
  });
});

// The files of a folder with their texts.
const everything = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(
      (entry) => `${join(entry.parentPath, entry.name)}\n${readFileSync(join(entry.parentPath, entry.name), "utf8")}`,
    )
    .toSorted();
