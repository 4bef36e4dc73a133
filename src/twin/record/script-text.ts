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
    text.push(part);
    lines.push(line);
  };
  for (const { sql, line } of way.statements) {
    const ignores = ignoresAbove(program, line);
    while (text.length + ignores.length + 1 < line) put("", text.length + 1);
    for (const ignore of ignores) put(`-- ${ignore}`, line);
    const parts = sql.split("\n");
    const places = placesOf(parts, program, line);
    for (const [index, part] of parts.entries()) put(part, places[index] ?? line);
    if (parts.at(-1)?.includes("--") === true) put(";", line);
    else text.push(`${text.pop() ?? ""};`);
  }
  return { text: text.join("\n"), lines };
}

const LINES_TO_TEXT_MAX = 3;

// SQL that stands in the program as it was sent, in a template literal or a file of SQL: each line has its own place.
function placesOf(parts: readonly string[], program: readonly string[], line: number): readonly number[] {
  const holds = (at: number, part: string | undefined): boolean =>
    part !== undefined && (program[at - 1] ?? "").includes(part.trim());
  let start = line;
  while (start < line + LINES_TO_TEXT_MAX && !holds(start, parts[0])) start++;
  if (!holds(start, parts[0])) return parts.map(() => line);
  let at = start;
  return parts.map((part, index) => (index > 0 && holds(at + 1, part) ? ++at : at));
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
    notes.push(
      `${file}:${way.asked.join(",")}: asks for rows, and was answered with none: what hangs on them is not seen`,
    );
  if (way.broken !== null)
    notes.push(`${file}:${way.broken.line}: was not run any further, and what follows was not seen: ${way.broken.why}`);
  return notes;
}
