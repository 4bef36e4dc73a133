import { connect } from "../../engines/postgres/driver.ts";
import { readStatistics } from "../../engines/postgres/statistics.ts";
import type { ActionContext } from "../../model/action.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { lookupOf } from "../../sql/effect/catalog-lookup.ts";
import { NOTHING_KNOWN, relationText } from "../../sql/effect/known-schema.ts";
import type { SchemaLookup } from "../../sql/effect/known-schema.ts";
import { dialectOf } from "../../twin/dialect.ts";
import { LazyServer } from "../../twin/lazy-server.ts";
import type { TwinDatabase } from "../../twin/server.ts";
import { readSource } from "../../twin/source.ts";
import { traceStatements } from "./trace.ts";
import type { Traceable, TracedStatement } from "./trace.ts";

/** What stands around the files: the schema they meet, its sizes, and a place to try them. */
export interface Surroundings {
  readonly lookup: SchemaLookup;
  readonly rows: (relation: string) => number | null;
  readonly major: number | undefined;
  readonly notes: readonly string[];
  trace(statements: readonly Traceable[]): Promise<readonly TracedStatement[]>;
  close(): Promise<void>;
}

/** Reads `--source`, and opens the twin when something is run on it. */
export async function openSurroundings(
  request: {
    readonly source?: string | undefined;
    readonly engine?: string | undefined;
    readonly twin?: string | undefined;
  },
  context: ActionContext,
): Promise<Surroundings> {
  const twin = new LazyServer(request, context);
  const notes: string[] = [];
  try {
    const read = request.source === undefined ? null : await readFrom(request.source, twin, context);
    const catalog = read?.catalog ?? null;
    for (const note of read?.notes ?? []) notes.push(note);
    const sizes =
      read?.kind === "live" ? await sizesOf(request.source ?? "", read.catalog, context) : new Map<string, number>();
    const major = Number.parseInt(catalog?.engine.version ?? "", 10);
    return {
      lookup: catalog === null ? NOTHING_KNOWN : lookupOf(viewOf(catalog)),
      rows: (relation) => sizes.get(relation) ?? null,
      major: Number.isFinite(major) ? major : undefined,
      notes,
      trace: async (statements) => {
        const database = read?.database ?? (await schemaDatabase(catalog, twin));
        return await traceStatements(database, statements, context.signal);
      },
      close: () => twin.close(),
    };
  } catch (error) {
    await twin.close();
    throw error;
  }
}

async function readFrom(source: string, twin: LazyServer, { cwd, signal, progress }: ActionContext) {
  return await readSource(source, { server: () => twin.open(null), cwd, signal, progress, engine: twin.engine });
}

async function sizesOf(url: string, catalog: Catalog, { signal }: ActionContext): Promise<Map<string, number>> {
  const session = await connect({ url, signal });
  try {
    const { tables } = await readStatistics(session, catalog, { signal });
    return new Map(
      tables.flatMap(({ schema, table, rows }) =>
        rows === null ? [] : [[relationText(schema, table), rows] as const],
      ),
    );
  } finally {
    await session.close();
  }
}

async function schemaDatabase(catalog: Catalog | null, twin: LazyServer): Promise<TwinDatabase> {
  const server = await twin.open(catalog);
  const database = await server.createDatabase();
  if (catalog === null) return database;
  const dialect = await dialectOf(catalog);
  for (const role of catalog.objects) if (role.kind === "role") await database.ensureRole(role.name);
  const session = await database.connect("owner");
  try {
    for (const { sql } of dialect.create(catalog)) await session.execute(sql);
    return database;
  } finally {
    await session.close();
  }
}
