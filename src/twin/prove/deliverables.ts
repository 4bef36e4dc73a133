import type { Catalog } from "../../model/catalog.ts";
import type { Design } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import { DbwrightError } from "../../model/error.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { validatePrisma } from "../../formats/prisma/validate.ts";
import { KnexNotInstalled, runKnexMigration } from "../knex-run.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { differences, ownObjects, sameCatalog } from "./compare.ts";
import { notRun, observe } from "./step.ts";
import type { Observation } from "./step.ts";

/** Has Prisma itself validate the schema that was written. */
export function provePrisma(text: string | null): Promise<ProofStep> {
  const claim = { id: "prisma/validate", claim: "The Prisma schema passes Prisma's own validation", decision: null };
  return observe(claim, async () => {
    if (text === null) return notRun("no Prisma schema was written");
    const result = await validatePrisma(text);
    if (result === null) return notRun("Prisma's validator is not installed (npm install @prisma/prisma-schema-wasm)");
    return {
      verdict: result.ok ? "proved" : "refuted",
      standing: "proved",
      observed: result.ok
        ? `Prisma ${result.version} found no error`
        : `Prisma ${result.version}: ${result.errors.slice(0, 5).join("; ")}`,
      figures: { errors: result.errors.length },
      sql: ["-- npx prisma validate --schema prisma/schema.prisma"],
    };
  });
}

/** What running the Knex migration needs. */
export interface KnexTrial {
  readonly server: TwinServer;
  readonly design: Design;
  /** The catalog that the plain SQL gave. */
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}

/** Runs the written Knex migration with Knex, in a database of its own: up, compare, down. */
export function proveKnex(file: string | null, trial: KnexTrial): Promise<readonly ProofStep[]> {
  return inOwnDatabase(trial, async (database) => {
    const up = await observe(
      { id: "knex/up", claim: "The Knex migration runs and gives the same schema as the SQL", decision: null },
      () =>
        unlessFailed(async () =>
          file === null ? notRun("no Knex migration was written") : runUp(file, trial, database),
        ),
    );
    const down = await observe(
      { id: "knex/down", claim: "The Knex migration's down leaves nothing", decision: null },
      () =>
        unlessFailed(async () =>
          file === null || up.verdict === "not-run"
            ? notRun("the migration was not run")
            : runDown(file, trial, database),
        ),
    );
    return [up, down];
  });
}

async function inOwnDatabase<T>(trial: KnexTrial, work: (database: TwinDatabase) => Promise<T>): Promise<T> {
  const database = await trial.server.createDatabase();
  try {
    for (const object of trial.design.catalog.objects)
      if (object.kind === "role") await database.ensureRole(object.name);
    return await work(database);
  } finally {
    await database.drop().catch(() => {});
  }
}

async function read(database: TwinDatabase): Promise<Catalog> {
  const session = await database.connect("owner");
  try {
    return await introspect(session);
  } finally {
    await session.close();
  }
}

async function runUp(file: string, trial: KnexTrial, database: TwinDatabase): Promise<Observation> {
  await runKnexMigration(file, database.url("owner"), "up", trial.signal);
  const catalog = await read(database);
  const same = sameCatalog(catalog, trial.catalog);
  const lines = same ? [] : differences(trial.catalog, catalog);
  return {
    verdict: same ? "proved" : "refuted",
    standing: "proved",
    observed: same
      ? `${ownObjects(catalog).length} objects, equal to those of the SQL in every property`
      : `the schema differs: ${lines.slice(0, 5).join("; ") || "in the text of an expression"}`,
    figures: { objects: ownObjects(catalog).length },
    sql: ["-- npx knex migrate:up"],
  };
}

async function runDown(file: string, trial: KnexTrial, database: TwinDatabase): Promise<Observation> {
  await runKnexMigration(file, database.url("owner"), "down", trial.signal);
  const left = ownObjects(await read(database));
  return {
    verdict: left.length === 0 ? "proved" : "refuted",
    standing: "proved",
    observed: left.length === 0 ? "0 objects left" : `${left.length} objects are left: ${left.slice(0, 5).join(", ")}`,
    figures: { objects: left.length },
    sql: ["-- npx knex migrate:down"],
  };
}

async function unlessFailed(look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof KnexNotInstalled) return notRun(error.message);
    // Exit 2: the migration itself failed, which is what was to be found out.
    if (!(error instanceof DbwrightError) || error.exitCode !== 2) throw error;
    return { verdict: "refuted", standing: "proved", observed: error.problems[0]?.what ?? error.message };
  }
}
