import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../../model/error.ts";
import type { ScriptText } from "../load/report.ts";
import { programFolder } from "./program-folder.ts";
import { recordMigrations } from "./record-migrations.ts";
import { recordingNotes, textOfWay } from "./script-text.ts";

/**
 * What the migration programs in a folder send on their way up, as scripts for the twin; null where the folder holds
 * none. Throws `invalid` (exit 2), naming file and line, when one of them cannot be run to its end without a database.
 */
export async function programScripts(
  dir: string,
  options: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<{ readonly scripts: readonly ScriptText[]; readonly notes: readonly string[] } | null> {
  const programs = await programFolder(dir, false);
  if (programs === null) return null;
  const recorded = await recordMigrations(programs, options);
  const broken = recorded.flatMap(({ file, up }) => (up.broken === null ? [] : [{ file, ...up.broken }]));
  if (broken.length > 0) {
    throw invalid(
      broken.map(({ file, line, why }) => ({
        what: `the migration cannot be run without a database: ${why}`,
        where: `${file}:${line}`,
        expected: "a program that only sends statements",
        mend: "say what the migrations make: --from a database on which they ran, or a dump of its schema",
      })),
    );
  }
  const scripts: ScriptText[] = [];
  const notes = [
    `${programs.files.length} programs of ${programs.format} were run without a database, for what they send`,
  ];
  for (const { file, up } of recorded) {
    notes.push(...recordingNotes(file, up));
    const { text } = textOfWay(up, await readFile(join(dir, file), "utf8"));
    if (text !== "") scripts.push({ file, text, line: 1, continues: false });
  }
  return { scripts, notes };
}
