/*
 * The recording process: runs a folder's migration programs against a recorder and writes what they sent, as JSON, to
 * its fourth file. It is a process of its own so that a program that prints, hangs or exits harms nobody; it is
 * started without environment and, by Node's permissions, without the right to write files or start processes.
 */
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { recordKnex } from "./knex.ts";
import type { KnexFunction } from "./knex.ts";
import { forbidSockets } from "./no-sockets.ts";
import { recordNodePgMigrate } from "./node-pg-migrate.ts";
import type { BuilderClass } from "./node-pg-migrate.ts";
import { loadPrograms } from "./program-files.ts";
import type { UnloadedProgram } from "./program-files.ts";
import type { RecordedScript, RecordTask } from "./recorded.ts";
import { reasonOf } from "./recorder.ts";
import { recordTypeOrm } from "./typeorm.ts";
import type { TypeOrmModule } from "./typeorm.ts";

const ANSWER = 3;

interface ToolModule {
  readonly default?: unknown;
  readonly MigrationBuilder?: BuilderClass;
}

async function moduleOf(path: string): Promise<ToolModule> {
  return (await import(pathToFileURL(path).href)) as ToolModule;
}

// Older versions keep the class in a file of its own.
const BUILDER_FILES = ["migrationBuilder.js", "migration-builder.js", "../migrationBuilder.js"];

async function builderOf(tool: string | null): Promise<BuilderClass | null> {
  if (tool === null) return null;
  const { MigrationBuilder } = await moduleOf(tool);
  if (MigrationBuilder !== undefined) return MigrationBuilder;
  for (const file of BUILDER_FILES) {
    try {
      const found = createRequire(tool)(join(dirname(tool), file)) as ToolModule;
      return found.MigrationBuilder ?? (found.default as BuilderClass | undefined) ?? null;
    } catch {
      // Another version's place.
    }
  }
  return null;
}

async function record(task: RecordTask): Promise<readonly RecordedScript[]> {
  const { loaded, unloaded } = await loadPrograms(task);
  const { tool, down } = task;
  const scripts = await (async () => {
    if (task.format === "node-pg-migrate") return await recordNodePgMigrate(await builderOf(tool), loaded, down);
    const module = tool === null ? null : await moduleOf(tool);
    if (task.format === "typeorm")
      return await recordTypeOrm((module?.default ?? module) as TypeOrmModule | null, loaded, down);
    return await recordKnex(module?.default as KnexFunction, loaded, down);
  })();
  return [...scripts, ...unloaded.map(unloadedScript)];
}

function unloadedScript({ file, error }: UnloadedProgram): RecordedScript {
  const why = `it does not load: ${reasonOf(error)}`;
  return { file, up: { statements: [], transaction: true, asked: [], broken: { line: 1, why } }, down: null };
}

// Frames of libraries lie above those of the migration.
Error.stackTraceLimit = 200;
const task = JSON.parse(readFileSync(0, "utf8")) as RecordTask;
forbidSockets();
const answer = await record(task);
// A pipe takes as much as it has room for.
const bytes = Buffer.from(JSON.stringify(answer));
for (let at = 0; at < bytes.length;) {
  try {
    at += writeSync(ANSWER, bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
}
process.exit(0);
