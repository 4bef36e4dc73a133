import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as migrateDrizzle } from "drizzle-orm/node-postgres/migrator";
import { runner as migrateNodePg } from "node-pg-migrate";
import pg from "pg";
import { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderScripts } from "../twin/load/folder.ts";
import type { ActionContext } from "../model/action.ts";
import { planBetween } from "../twin/make-plan/between.ts";
import { openServer } from "../twin/server/open.ts";
import { listening, playground, requestFor, ROOT } from "../twin/server/testing.test-data.ts";
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

const contextOf = (): ActionContext & { readonly progress: ReturnType<typeof listening> } => ({
  cwd: place.temporary,
  cacheDir: place.cacheDir,
  searchPath: (process.env["PATH"] ?? "").split(delimiter),
  signal: new AbortController().signal,
  progress: listening(),
  stdin: async () => "",
});

async function migrateNew(options: Readonly<Record<string, unknown>>): Promise<Output & { notes: readonly string[] }> {
  const context = contextOf();
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
    contextOf(),
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

async function knexOn(dir: string, url: string, run: (knex: import("knex").Knex) => Promise<unknown>): Promise<void> {
  const { default: knex } = await import("knex");
  const client = knex({ client: "pg", connection: url, migrations: { directory: dir, extension: "js" } });
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
    up: (dir, url) => typeormOn(dir, url, (source) => source.runMigrations({ transaction: "each" })),
    down: (dir, url, count) =>
      typeormOn(dir, url, async (source) => {
        for (let done = 0; done < count; done++) await source.undoLastMigration({ transaction: "each" });
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
        for (const file of (await folderScripts(dir)).scripts) await client.query(readFileSync(join(dir, file), "utf8"));
      } finally {
        await client.end();
      }
    },
    down: async (dir, url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        for (const file of (await folderScripts(dir)).undoing.toReversed())
          for (const sql of readFileSync(join(dir, file), "utf8").split(/;\n/)) await client.query(sql);
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
    expect(await difference(await copyOf(database), schemaFile("two.sql", TWO))).toEqual([]);
    if (down !== null) {
      await down(dir, database.url("owner"), made.ids.length);
      expect(await difference(database, schemaFile("one.sql", `${ONE};`))).toEqual([]);
    }
  });

  test("what it wrote is read from the folder: there is nothing more to change", async () => {
    const dir = folder(first);
    await migrateNew({ to: schemaFile("two.sql", TWO), dir, prove: false });
    const again = await migrateNew({ to: schemaFile("two.sql", TWO), dir, prove: false });
    expect(again.files).toEqual([]);
  });
});

async function copyOf(database: TwinDatabase): Promise<TwinDatabase> {
  return await server.createDatabase(database);
}
