import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { naturalOrder, UNDOING } from "../../formats/migration/order.ts";

/** The scripts of a folder in the order they run, and those that are left out because they undo others. */
export interface FolderScripts {
  /** Paths relative to the folder. */
  readonly scripts: readonly string[];
  readonly undoing: readonly string[];
  /** Scripts that the tool's own list does not name, where there is one: the tool does not run them. */
  readonly unlisted: readonly string[];
  /** That list in words; null where there is none. */
  readonly list: string | null;
  /** Whether it is Drizzle's folder, which it runs in one transaction. */
  readonly isDrizzle: boolean;
}

// Folders that undo: sqitch and others. Files: see UNDOING.
const UNDOING_FOLDER = /^(?:down|undo|rollbacks?|revert|verify)$/i;
const IGNORED_FOLDER = /^(?:\.|node_modules$)/;

/**
 * Lists the `.sql` files of a folder and the folders below it, in natural order (2 before 10), or in that of the
 * journal that Drizzle keeps in `meta`, or of Sqitch's plan.
 */
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
  const journal = await journalOf(dir);
  const listed = journal ?? (await planOf(dir));
  if (listed === null) return { scripts, undoing, unlisted: [], list: null, isDrizzle: false };
  return {
    scripts: listed.filter((path) => scripts.includes(path)),
    undoing,
    unlisted: scripts.filter((path) => !listed.includes(path)),
    list: journal === null ? "Sqitch's plan" : "Drizzle's journal",
    isDrizzle: journal !== null,
  };
}

/** The file in which Sqitch keeps the order of a project's scripts. */
export const SQITCH_PLAN = "sqitch.plan";

// A line a change: its name, then what it requires, when and by whom it was planned. `%` begins a setting, `@` a tag, `-`
// a change that goes again. A change that is reworked stands twice: its first script bears the tag in between.
async function planOf(dir: string): Promise<readonly string[] | null> {
  const text = await readFile(join(dir, SQITCH_PLAN), "utf8").catch(() => null);
  if (text === null) return null;
  const scripts: string[] = [];
  let tag = "";
  for (const line of text.split("\n")) {
    const [word = ""] = line.trim().split(/\s/);
    if (word.startsWith("@")) tag = word;
    if (word === "" || /^[%#@-]/.test(word)) continue;
    const path = `deploy/${word.replace(/^\+/, "")}.sql`;
    const before = scripts.indexOf(path);
    if (before !== -1) scripts[before] = path.replace(/\.sql$/, `${tag}.sql`);
    scripts.push(path);
  }
  return scripts;
}

async function journalOf(dir: string): Promise<readonly string[] | null> {
  const text = await readFile(join(dir, "meta", "_journal.json"), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const { entries } = JSON.parse(text) as { readonly entries: readonly { readonly tag: string }[] };
    return entries.map(({ tag }) => `${tag}.sql`);
  } catch {
    // Another tool's file: the names tell the order.
    return null;
  }
}
