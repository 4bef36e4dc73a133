import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Migration } from "../../model/migration.ts";
import type { Proof } from "../../model/proof.ts";

/** What is known of the way back of migrations, as the checklist says it. */
export interface RollbackTest {
  /** `not looked at` is never a pass. */
  readonly verdict: "yes" | "no" | "not looked at";
  readonly seen: string;
}

/** What is said where no proof is on record. */
export const ROLLBACK_UNTESTED: RollbackTest = {
  verdict: "not looked at",
  seen: "rollback not tested: run migrate prove",
};

/** Looks up what is known of the way back, for a key of {@link rollbackKey}. */
export type RollbackLookup = (key: string) => Promise<RollbackTest | null>;

/**
 * What a proof of the way back holds for: just these files, statement by statement with their undoing, on top of just
 * this history. Anything else has another key. Lines, comments and timeouts do not count. SHA-256, as hex.
 */
export function rollbackKey(
  base: readonly { readonly id: string; readonly checksum: string }[],
  pending: readonly Migration[],
): string {
  const before = base.map(({ id, checksum }) => [id, checksum]).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const files = pending.map(({ id, steps, down }) => [
    id,
    down,
    steps.map(({ line: _line, lockTimeout_ms: _lock, statementTimeout_ms: _statement, ...step }) => step),
  ]);
  return createHash("sha256")
    .update(JSON.stringify([before, files]))
    .digest("hex");
}

const OF_WAY_BACK = /^(?:load\/)?undo\//;

/** What a proof says of the way back. */
export function rollbackOf({ steps, twin, at }: Proof): RollbackTest {
  const own = steps.filter(({ id }) => OF_WAY_BACK.test(id));
  const where = `on ${twin.server}, ${at.replace(/\.\d+Z$/, "Z")}`;
  const wrong = own.find(({ verdict }) => verdict === "refuted");
  if (wrong !== undefined) return { verdict: "no", seen: `rollback refuted ${where}: ${wrong.observed}` };
  const [first] = own;
  if (first === undefined)
    return { verdict: "not looked at", seen: `rollback not tested: migrate prove did not get so far ${where}` };
  if (first.verdict !== "proved")
    return { verdict: "not looked at", seen: `rollback not tested ${where}: ${first.observed}` };
  const rows = twin.depth === "rows" ? "with rows" : "on empty tables";
  const load = own.some(({ id, verdict }) => id === "load/undo/apply" && verdict === "proved") ? " and under load" : "";
  return { verdict: "yes", seen: `rollback tested ${where}, ${rows}${load}` };
}

const KEPT_MAX = 500;

/** The outcomes of proofs of the way back, in the user's cache directory. Hold no row and no text of a file. */
export class RollbackRecords {
  readonly #dir: string;

  constructor(cacheDir: string) {
    this.#dir = join(cacheDir, "rollback");
  }

  /** What is on record; null where nothing is, or nothing that can be read. Never throws. */
  readonly read: RollbackLookup = async (key) => {
    try {
      const { verdict, seen } = JSON.parse(await readFile(this.#file(key), "utf8")) as Partial<RollbackTest>;
      const known = verdict === "yes" || verdict === "no" || verdict === "not looked at";
      return known && typeof seen === "string" ? { verdict, seen } : null;
    } catch {
      return null;
    }
  };

  /** Puts an outcome on record, in the place of an earlier one. Throws what the file system raises. */
  async write(key: string, test: RollbackTest): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const half = `${this.#file(key)}.${randomUUID()}`;
    try {
      await writeFile(half, `${JSON.stringify(test)}\n`, { mode: 0o600 });
      await rename(half, this.#file(key));
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
    await this.#prune();
  }

  #file(key: string): string {
    return join(this.#dir, `${key}.json`);
  }

  // The latest are kept; another process may be at it, too.
  async #prune(): Promise<void> {
    const files = await readdir(this.#dir);
    if (files.length <= KEPT_MAX) return;
    const aged = await Promise.all(
      files.map(async (file) => {
        const path = join(this.#dir, file);
        return { path, at_ms: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
      }),
    );
    const old = aged.toSorted((a, b) => b.at_ms - a.at_ms).slice(KEPT_MAX);
    for (const { path } of old) await rm(path, { force: true });
  }
}
