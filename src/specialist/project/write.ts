import { createHash, randomBytes } from "node:crypto";
import { access, constants, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { invalid, unavailable } from "../../model/error.ts";

/** A file that dbwright makes: its path below the output folder, with "/" on every platform. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What became of a file. `kept`: it differs from what dbwright last wrote, so a person edited it (or made
 * it), and it was left alone; its new text was not written.
 */
export type Outcome = "written" | "updated" | "unchanged" | "kept" | "overwritten";

/** One row of the report over written files. */
export interface WrittenFile {
  readonly path: string;
  readonly outcome: Outcome;
}

/** What dbwright remembers of an output folder, in `.dbwright/manifest.json`. */
export interface Manifest {
  readonly format: 1;
  /** The day the design was first made: partitions start there, so that a second run changes nothing. */
  readonly today: string;
  /** `YYYYMMDDHHMMSS` of the first migration. */
  readonly stamp: string;
  /** For each path the hashes of texts that dbwright wrote there; two while a write is under way. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

const manifestShape: z.ZodType<Manifest> = z.object({
  format: z.literal(1),
  today: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  stamp: z.string().regex(/^\d{14}$/),
  files: z.record(z.string(), z.array(z.string())),
});

const MANIFEST = ".dbwright/manifest.json";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Reads the manifest of an output folder, or null where none is. Throws `invalid` when it is damaged. */
export async function readManifest(outDir: string): Promise<Manifest | null> {
  const file = join(outDir, MANIFEST);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return manifestShape.parse(JSON.parse(text));
  } catch (error) {
    throw invalid(
      {
        what: "the manifest is damaged",
        where: file,
        expected: "the file as dbwright wrote it",
        mend: "delete it; files that are already there are then kept, unless you add --overwrite",
      },
      { cause: error },
    );
  }
}

/** Makes the output folder and checks that files can be made in it, before any long work. */
export async function prepareFolder(outDir: string): Promise<void> {
  try {
    await mkdir(outDir, { recursive: true });
    await access(outDir, constants.W_OK);
    // Permission bits do not show a read-only mount or a full disk: only trying does.
    const probe = join(outDir, `.dbwright-${randomBytes(6).toString("hex")}.tmp`);
    await writeFile(probe, "probe");
    await rm(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === "ENOSPC"
        ? "the disk is full"
        : code === "EEXIST" || code === "ENOTDIR"
          ? "the output folder cannot be made: a file is in the way"
          : "the output folder cannot be written to";
    throw unavailable({ what, where: outDir, mend: "name another folder with --out" }, { cause: error });
  }
}

interface PlannedWrite {
  readonly file: ProjectFile;
  readonly outcome: Outcome;
  readonly hash: string;
}

async function planWrite(
  outDir: string,
  file: ProjectFile,
  known: readonly string[],
  overwrite: boolean,
): Promise<PlannedWrite> {
  const hash = hashOf(file.text);
  const present = await readFile(join(outDir, file.path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (present === null) return { file, hash, outcome: "written" };
  const presentHash = hashOf(present);
  if (presentHash === hash) return { file, hash, outcome: "unchanged" };
  if (known.includes(presentHash)) return { file, hash, outcome: "updated" };
  return { file, hash, outcome: overwrite ? "overwritten" : "kept" };
}

/** Writes a file that appears whole or not at all, with the folders above it. Errors name the file. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const staged = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(staged, text, { flag: "wx" });
    await rename(staged, path);
  } catch (error) {
    await rm(staged, { force: true });
    // A full disk is found out while writing to an open file, which has no name for the system.
    if (error instanceof Error && !("path" in error)) Object.assign(error, { path });
    throw error;
  }
}

/**
 * Writes a set of files into a folder. A file that a person edited is kept unless `overwrite`. Each file
 * appears whole or not at all; the manifest admits old and new texts while the write is under way, so a
 * crash in between is never taken for a person's edit.
 */
export async function writeProject(
  outDir: string,
  files: readonly ProjectFile[],
  options: { readonly overwrite: boolean; readonly today: string; readonly stamp: string },
): Promise<readonly WrittenFile[]> {
  const before = await readManifest(outDir);
  const known = before?.files ?? {};
  const plan = await Promise.all(
    files.map((file) => planWrite(outDir, file, known[file.path] ?? [], options.overwrite)),
  );
  const manifest = (hashes: Record<string, readonly string[]>): string =>
    `${JSON.stringify({ format: 1, today: options.today, stamp: options.stamp, files: hashes } satisfies Manifest, null, 2)}\n`;
  const during: Record<string, readonly string[]> = { ...known };
  const after: Record<string, readonly string[]> = { ...known };
  for (const { file, hash, outcome } of plan) {
    if (outcome === "kept") continue;
    during[file.path] = [...new Set([...(known[file.path] ?? []), hash])];
    after[file.path] = [hash];
  }
  await writeAtomically(join(outDir, MANIFEST), manifest(during));
  for (const { file, outcome } of plan) {
    if (outcome !== "kept" && outcome !== "unchanged") await writeAtomically(join(outDir, file.path), file.text);
  }
  await writeAtomically(join(outDir, MANIFEST), manifest(after));
  return plan.map(({ file, outcome }) => ({ path: file.path, outcome }));
}
