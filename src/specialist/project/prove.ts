import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Design } from "../../model/design.ts";
import { invalid } from "../../model/error.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { proveDesign } from "../../twin/prove/prove-design.ts";
import { schemaCases } from "../../twin/prove/test-cases.ts";
import { openServer } from "../../twin/server/open.ts";
import { scratchFolder } from "../../twin/server/scratch-folder.ts";
import type { TwinRequest, TwinServer } from "../../twin/server.ts";
import { deliverables, PATHS } from "./deliverables.ts";
import { schemaTests, TEST_FILE } from "./schema-tests.ts";
import { writeAtomically } from "./write.ts";
import type { ProjectFile } from "./write.ts";

/** What making and proving a project's files needs. */
export interface ProofOptions {
  readonly request: TwinRequest;
  readonly rowsMax: number;
  readonly seed: number;
  /** The day the design was made for, `YYYY-MM-DD`. */
  readonly today: string;
  /** `YYYYMMDDHHMMSS` of the first migration. */
  readonly stamp: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The files of a design and the proof of them. */
export interface ProvedFiles {
  readonly files: readonly ProjectFile[];
  readonly proof: Proof;
  /** Seconds spent making the files, and proving. */
  readonly seconds: { readonly implement: number; readonly verify: number };
}

/**
 * Makes the files of a design and proves the design together with them: the migration and the tests that
 * run are, byte for byte, those that will be written. Nothing is left behind, whatever happens.
 */
export async function implementAndProve(design: Design, dialect: Dialect, options: ProofOptions): Promise<ProvedFiles> {
  const startedAt_ms = performance.now();
  const server = await openServer(options.request);
  await refuseOlder(server, design);
  let scratch: string | null = null;
  try {
    scratch = await scratchFolder("design");
    const files = await makeFiles(design, dialect, server, options);
    for (const { path, text } of files) await writeAtomically(join(scratch, path), text);
    const implementedAt_ms = performance.now();
    const has = (path: string): boolean => files.some((file) => file.path === path);
    const proof = await proveDesign(design, {
      server,
      dialect,
      rowsMax: options.rowsMax,
      seed: options.seed,
      signal: options.signal,
      progress: options.progress,
      prismaText: files.find((file) => file.path === PATHS.prisma)?.text ?? null,
      knexFile: join(scratch, PATHS.knex(options.stamp)),
      testFile: has(TEST_FILE) ? { file: join(scratch, TEST_FILE), folder: scratch } : null,
    });
    return { files, proof, seconds: secondsOf(startedAt_ms, implementedAt_ms) };
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
    await server.close();
  }
}

// A design for a later major uses what an earlier one lacks (uuidv7 comes with 18).
async function refuseOlder(server: TwinServer, design: Design): Promise<void> {
  const { major } = design.brief.engine;
  if (server.major >= major) return;
  await server.close();
  throw invalid({
    what: `the design is for PostgreSQL ${major}, and the server to prove it on is ${server.version}`,
    where: server.description,
    expected: `PostgreSQL ${major} or later`,
    mend: `add --engine postgres@${server.major} to design for that server, or name another with --twin`,
  });
}

const seconds = (ms: number): number => Math.round(ms / 10) / 100;

function secondsOf(startedAt_ms: number, implementedAt_ms: number): ProvedFiles["seconds"] {
  return { implement: seconds(implementedAt_ms - startedAt_ms), verify: seconds(performance.now() - implementedAt_ms) };
}

async function makeFiles(
  design: Design,
  dialect: Dialect,
  server: TwinServer,
  options: ProofOptions,
): Promise<readonly ProjectFile[]> {
  const task = options.progress.start("implement: write migration, models, tests");
  const { seed, today, signal } = options;
  try {
    const cases = await schemaCases(design, { server, dialect, seed, today, signal });
    const files = [...deliverables(design, dialect, options.stamp), ...(cases === null ? [] : schemaTests(cases))];
    task.done(`${files.length} files`);
    return files;
  } catch (error) {
    task.failed();
    throw error;
  }
}
