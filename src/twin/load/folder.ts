import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The scripts of a folder in the order they run, and those that are left out because they undo others. */
export interface FolderScripts {
  /** Paths relative to the folder. */
  readonly scripts: readonly string[];
  readonly undoing: readonly string[];
}

// Files: golang-migrate, diesel, db-migrate, dbmate and Flyway (U1__x.sql). Folders: sqitch and others.
const UNDOING = /^(?:down|undo|rollback|revert)\.sql$|[._-](?:down|undo|rollback|revert)\.sql$|^U\d[\d._]*__.*\.sql$/i;
const UNDOING_FOLDER = /^(?:down|undo|rollbacks?|revert|verify)$/i;
const IGNORED_FOLDER = /^(?:\.|node_modules$)/;

/** Lists the `.sql` files of a folder and the folders below it, in natural order (2 before 10). */
export async function folderScripts(dir: string): Promise<FolderScripts> {
  const scripts: string[] = [];
  const undoing: string[] = [];
  const visit = async (at: string, undo: boolean): Promise<void> => {
    const entries = await readdir(join(dir, at), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => naturalOrder(a.name, b.name))) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory() && !IGNORED_FOLDER.test(entry.name))
        await visit(path, undo || UNDOING_FOLDER.test(entry.name));
      else if (entry.isFile() && /\.sql$/i.test(entry.name))
        (undo || UNDOING.test(entry.name) ? undoing : scripts).push(path);
    }
  };
  await visit("", false);
  return { scripts, undoing };
}

/**
 * Order of names in which runs of digits count as numbers, however long. Flyway's versions (V1__a, V1.1__b)
 * are compared part by part, and its repeatable scripts (R__x) come last.
 */
export function naturalOrder(left: string, right: string): number {
  const versions = [left, right].map(flywayVersion);
  const [a, b] = versions;
  if (a != null && b != null) {
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      const order = compareNumbers(a[index] ?? "0", b[index] ?? "0");
      if (order !== 0) return order;
    }
  }
  const repeatable = Number(left.startsWith("R__")) - Number(right.startsWith("R__"));
  if (repeatable !== 0) return repeatable;
  const leftParts = left.match(/\d+|\D+/g) ?? [];
  const rightParts = right.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(leftParts.length, rightParts.length); index++) {
    const x = leftParts[index] ?? "";
    const y = rightParts[index] ?? "";
    const order = /^\d/.test(x) && /^\d/.test(y) ? compareNumbers(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return leftParts.length - rightParts.length || compareText(left, right);
}

function flywayVersion(name: string): string[] | null {
  const version = /^[VB](\d+(?:[._]\d+)*)__/.exec(name)?.[1];
  return version === undefined ? null : version.split(/[._]/);
}

function compareNumbers(left: string, right: string): number {
  const x = left.replace(/^0+(?=\d)/, "");
  const y = right.replace(/^0+(?=\d)/, "");
  return x.length - y.length || compareText(x, y);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
