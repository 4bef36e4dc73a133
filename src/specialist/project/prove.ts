import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Design } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { proveDesign } from "../../twin/prove/prove-design.ts";
import { openServer } from "../../twin/server/open.ts";
import type { TwinRequest } from "../../twin/server.ts";
import { PATHS } from "./deliverables.ts";
import type { ProjectFile } from "./write.ts";

/** What proving a project's files needs. */
export interface ProofOptions {
  readonly request: TwinRequest;
  readonly rowsMax: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Proves a design together with the files made from it: the Knex migration that runs is, byte for byte,
 * the one that will be written. Nothing is left behind, whatever happens.
 */
export async function proveDeliverables(
  design: Design,
  dialect: Dialect,
  files: readonly ProjectFile[],
  stamp: string,
  options: ProofOptions,
): Promise<Proof> {
  const textOf = (path: string): string | null => files.find((file) => file.path === path)?.text ?? null;
  const opening = options.progress.start("verify: start the twin's server");
  const server = await openServer(options.request).catch((error: unknown) => {
    opening.failed();
    throw error;
  });
  opening.done(server.description);
  const scratch = await mkdtemp(join(tmpdir(), "dbwright-knex-"));
  try {
    const knexText = textOf(PATHS.knex(stamp));
    const knexFile = knexText === null ? null : join(scratch, basename(PATHS.knex(stamp)));
    if (knexFile !== null && knexText !== null) await writeFile(knexFile, knexText);
    return await proveDesign(design, {
      server,
      dialect,
      rowsMax: options.rowsMax,
      seed: options.seed,
      signal: options.signal,
      progress: options.progress,
      prismaText: textOf(PATHS.prisma),
      knexFile,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await server.close();
  }
}
