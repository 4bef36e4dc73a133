import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { Catalog, Unmodelled } from "../model/catalog.ts";
import { saveOutput } from "../specialist/project/save-output.ts";
import { LazyServer } from "../twin/lazy-server.ts";

const input = z.object({
  source: z
    .string()
    .describe(
      "a postgres:// URL, sqlite:PATH or a .db file, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH",
    ),
  to: z.enum(["sql", "json", "mermaid", "dbml", "markdown"]).default("sql").describe("the format to write"),
  out: z.string().optional().describe("the file to write to (default: standard output)"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  engine: z
    .string()
    .optional()
    .describe("what SQL files are written for and run on, e.g. postgres@16 or sqlite (default: postgres@18)"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to run SQL files on, by URL; databases are made and dropped there"),
  lenient: z.boolean().default(false).describe("take what loads when the server refuses statements of a SQL file"),
  rows: z.boolean().default(false).describe("also run INSERT and COPY of a SQL file, to see that its rows load"),
});

/** How much of each kind a catalog holds. */
interface CatalogSummary {
  readonly engine: string;
  readonly objects: number;
  /** Objects by kind, e.g. `{ table: 12, column: 80 }`. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** What `inspect` prints with `--json`. */
interface InspectOutput {
  readonly source: "live" | "sql" | "json";
  readonly to: z.output<typeof input>["to"];
  /** The file it was written to, or null. */
  readonly out: string | null;
  readonly text: string;
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** What the source holds and the catalog does not. */
  readonly unmodelled: readonly Unmodelled[];
  readonly catalogSummary: CatalogSummary;
}

async function runInspect(options: z.output<typeof input>, context: ActionContext): Promise<InspectOutput> {
  const { readSource } = await import("../twin/source.ts");
  const twin = new LazyServer(options, context);
  try {
    const { catalog, notes, kind } = await readSource(options.source, {
      server: () => twin.open(null),
      cwd: context.cwd,
      signal: context.signal,
      progress: context.progress,
      rows: options.rows,
      lenient: options.lenient,
      engine: twin.engine,
      ...(options.schemas === undefined ? {} : { schemas: options.schemas }),
    });
    const remarks = [...notes, ...unmodelledNotes(catalog.unmodelled)];
    for (const remark of remarks) context.progress.note(remark);
    const text = await written(catalog, options.to);
    if (options.out !== undefined) await saveOutput(resolve(context.cwd, options.out), options.out, text);
    return {
      source: kind,
      to: options.to,
      out: options.out ?? null,
      text,
      notes,
      unmodelled: catalog.unmodelled,
      catalogSummary: summaryOf(catalog),
    };
  } finally {
    await twin.close();
  }
}

async function written(catalog: Catalog, to: InspectOutput["to"]): Promise<string> {
  switch (to) {
    case "json":
      return (await import("../formats/json/write.ts")).writeJson(catalog);
    case "mermaid":
      return (await import("../formats/mermaid/write.ts")).writeMermaid(catalog);
    case "dbml":
      return (await import("../formats/dbml/write.ts")).writeDbml(catalog);
    case "markdown":
      return (await import("../formats/markdown/write.ts")).writeMarkdown(catalog);
    case "sql": {
      const { dialectOf } = await import("../twin/dialect.ts");
      const { writeSql } = await import("../formats/sql/write.ts");
      const { name, version } = catalog.engine;
      const shown = ENGINES[name];
      return writeSql((await dialectOf(catalog)).create(catalog), {
        title: `Schema for an empty ${shown} database, read from ${shown} ${version} by dbwright`,
        remarks: unmodelledNotes(catalog.unmodelled),
        ...(name === "sqlite" ? { opening: [] } : {}),
      });
    }
  }
}

const ENGINES: Readonly<Record<Catalog["engine"]["name"], string>> = {
  postgres: "PostgreSQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
  sqlite: "SQLite",
};

const NAMED_MAX = 10;

// One line for each kind that the catalog does not hold.
function unmodelledNotes(unmodelled: readonly Unmodelled[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const { kind, name } of unmodelled) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  return [...kinds].map(([kind, names]) => {
    const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
    return `not in the output: ${kind} ${names.slice(0, NAMED_MAX).join(", ")}${more}`;
  });
}

function summaryOf(catalog: Catalog): CatalogSummary {
  const kinds: Record<string, number> = {};
  for (const { kind } of catalog.objects) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { engine: `${catalog.engine.name} ${catalog.engine.version}`, objects: catalog.objects.length, kinds };
}

function render(output: InspectOutput, style: Style): string {
  if (output.out === null) return output.text.replace(/\n$/, "");
  const { objects, kinds } = output.catalogSummary;
  return `${style.bold(output.out)}: ${kinds["table"] ?? 0} tables, ${objects} objects in all`;
}

/** From any source to any format. */
export const inspectAction: Action = action({
  name: "inspect",
  summary: "Read a schema from any source and write it in any format",
  description: `Reads a live database (never written to), a SQL file, a folder of migrations in the natural order of their
names, a saved catalog, or any of these files as a git commit holds it, and writes its schema.

A SQL file is run on a scratch server, as a role without special rights, and read back: whatever PostgreSQL accepts
is understood, psql's dumps included. Rows are left out unless asked for. What concerns the server (roles'
attributes, databases, tablespaces), reads files or connects elsewhere is left out and listed, and so is what needs an extension
that is not at hand. Any other statement that the server refuses is an error, unless --lenient.

An SQLite database is opened for reading alone, without a trace beside it; its virtual tables are named and left out.
With --engine sqlite, SQL files are run in a scratch SQLite file, where no statement may open another file.`,
  examples: [
    { command: "inspect schema.sql --to markdown --out schema.md", what: "a data dictionary" },
    { command: "inspect postgres://app@localhost/shop --to mermaid", what: "an ER diagram of a live database" },
    { command: "inspect migrations --to json", what: "what a folder of migrations amounts to" },
    { command: "inspect sqlite:data/app.db", what: "an SQLite database as SQL" },
    { command: "inspect git:main:db/schema.sql --schemas app,audit", what: "two schemas as a commit has them" },
  ],
  effect: "reads",
  input,
  positionals: ["source"],
  run: runInspect,
  render,
  exitCode: () => 0,
});
