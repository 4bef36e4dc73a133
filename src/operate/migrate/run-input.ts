import { resolve } from "node:path";
import { z } from "zod";
import { readDuration_ms } from "../../formats/migration/directives.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Phase } from "../../model/plan.ts";
import { parseSource } from "../../twin/load/address.ts";
import { readMigrationFolder } from "./folder.ts";
import { RUN_DEFAULT } from "./run-context.ts";
import type { RunOptions } from "./run-context.ts";

/** The inputs that name a database and a folder of migrations, for every `migrate` action. */
export const PLACE_INPUT: { readonly database: z.ZodString; readonly dir: z.ZodDefault<z.ZodString> } = {
  database: z
    .string()
    .describe("the database, as postgres://USER@HOST:PORT/DATABASE; the password in it, in PGPASSWORD or ~/.pgpass"),
  dir: z.string().default("migrations").describe("the folder of .sql migrations"),
};

/** The inputs of those that build migrations on a twin. */
export const TWIN_INPUT: { readonly engine: z.ZodOptional<z.ZodString>; readonly twin: z.ZodOptional<z.ZodString> } = {
  engine: z.string().optional().describe("what the twin runs, e.g. postgres@16 (default: the database's own version)"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
};

/** @see RUN_INPUT */
interface RunInput {
  readonly phase: z.ZodOptional<z.ZodEnum<{ expand: "expand"; migrate: "migrate"; contract: "contract" }>>;
  readonly allow: z.ZodOptional<z.ZodArray<z.ZodString>>;
  readonly lockTimeout: z.ZodDefault<z.ZodString>;
  readonly retries: z.ZodDefault<z.ZodInt>;
  readonly batchTarget: z.ZodDefault<z.ZodString>;
  readonly maxLag: z.ZodDefault<z.ZodString>;
  readonly maxLoad: z.ZodOptional<z.ZodInt>;
}

/** The inputs that say how statements are run. */
export const RUN_INPUT: RunInput = {
  phase: z
    .enum(["expand", "migrate", "contract"])
    .optional()
    .describe("stop when this phase is over: expand before new application code, migrate while both run"),
  allow: z
    .array(z.string())
    .optional()
    .describe('destroy this, by name: "drop column public.task.title", step:3, or step:ID:3'),
  lockTimeout: z
    .string()
    .default("75ms")
    .describe("longest wait for a lock on a table, behind which all others wait, for steps that state none"),
  retries: z
    .int()
    .min(0)
    .max(1000)
    .default(RUN_DEFAULT.retry.retries)
    .describe("how often a step is tried again after a lock timeout, a deadlock or a concurrent change"),
  batchTarget: z.string().default("50ms").describe("how long one batch of a backfill should take"),
  maxLag: z.string().default("10s").describe("a backfill holds back while a standby lags further behind"),
  maxLoad: z.int().min(0).optional().describe("a backfill holds back while more other sessions are at work"),
};

/** What an action read of {@link RUN_INPUT}. */
export interface RunGiven {
  readonly lockTimeout: string;
  readonly retries: number;
  readonly batchTarget?: string;
  readonly maxLag?: string;
  readonly maxLoad?: number | undefined;
}

/** The options of a run from an action's input. Throws `invalid` (exit 2) for a wrong duration. */
export function runOptions(given: RunGiven, untilPhase: Phase | null): RunOptions {
  return {
    untilPhase,
    retry: { ...RUN_DEFAULT.retry, retries: given.retries },
    lockTimeout_ms: readDuration_ms(given.lockTimeout, "--lock-timeout"),
    batchTarget_ms: readDuration_ms(given.batchTarget ?? "50ms", "--batch-target"),
    limits: { lagMax_ms: readDuration_ms(given.maxLag ?? "10s", "--max-lag"), loadMax: given.maxLoad ?? null },
  };
}

/** The URL of the database. Throws `invalid` (exit 2), without repeating a password in it, for anything else. */
export function databaseUrl(text: string): string {
  if (/^postgres(?:ql)?:\/\//i.test(text)) {
    const address = parseSource(text);
    if (address.kind === "live") return address.url;
  }
  throw invalid({
    what: "this is no URL of a PostgreSQL database",
    where: "DATABASE",
    expected: "postgres://USER@HOST:PORT/DATABASE, with the password in it or in PGPASSWORD",
  });
}

/** The migrations of the folder that an action's input names. */
export async function migrationsOf(input: { readonly dir: string }, cwd: string): Promise<readonly Migration[]> {
  return await readMigrationFolder(resolve(cwd, input.dir), input.dir);
}
