import type { RecordedWay } from "./recorded.ts";

/** What a program sent, as one SQL text. */
export interface WayText {
  readonly text: string;
  /** For each line of the text the line of the program that it comes from. */
  readonly lines: readonly number[];
}

// A comment of the program that sets findings aside, by whatever tool's mark.
const IGNORE = /^\s*\/\/\s*((?:dbwright-ignore|squawk-ignore|eugene:\s*ignore|atlas:nolint)\b.*)$/;

/**
 * Puts the statements of a way under each other. Each stands on the line of the program that sent it, as far as those
 * before leave room; comments above that line which set findings of lint aside come along as comments of SQL.
 */
export function textOfWay(way: RecordedWay, source: string): WayText {
  const program = source.split("\n");
  const text: string[] = [];
  const lines: number[] = [];
  const put = (part: string, line: number): void => {
    for (const one of part.split("\n")) {
      text.push(one);
      lines.push(line);
    }
  };
  for (const { sql, line } of way.statements) {
    const ignores = ignoresAbove(program, line);
    while (text.length + ignores.length + 1 < line) put("", text.length + 1);
    for (const ignore of ignores) put(`-- ${ignore}`, line);
    const last = sql.slice(sql.lastIndexOf("\n") + 1);
    put(last.includes("--") ? `${sql}\n;` : `${sql};`, line);
  }
  return { text: text.join("\n"), lines };
}

function ignoresAbove(program: readonly string[], line: number): readonly string[] {
  const found: string[] = [];
  for (let at = line - 2; at >= 0 && /^\s*\/\//.test(program[at] ?? ""); at--) {
    const ignore = IGNORE.exec(program[at] ?? "")?.[1];
    if (ignore !== undefined) found.unshift(ignore.trim());
  }
  return found;
}

/** What a reader should know of ways that were run without a database, one line for each file that has something. */
export function recordingNotes(file: string, way: RecordedWay): readonly string[] {
  const notes: string[] = [];
  if (way.asked.length > 0)
    notes.push(`${file}:${way.asked.join(",")}: asks for rows, and was answered with none: what hangs on them is not seen`);
  if (way.broken !== null)
    notes.push(`${file}:${way.broken.line}: was not run any further, and what follows was not seen: ${way.broken.why}`);
  return notes;
}
