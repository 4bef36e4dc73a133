import { splitScript, tokensOf } from "../../sql/split.ts";
import type { ScriptPart } from "../../sql/split.ts";
import { DbwrightError } from "../../model/error.ts";
import type { WorkloadCollector } from "./collector.ts";
import { numberedPlaceholders } from "./placeholders.ts";

const WEIGHT = /--[ \t]*(?:dbwright:)?weight[ \t]*[:=]?[ \t]*(\d+(?:\.\d+)?)[ \t]*$/gim;

/**
 * Adds the statements of an SQL file. Each counts once, or as often as a comment before it says (`-- weight: 10`), times
 * `weight`. Placeholders (`$1`, `:name`, `?`) are values to be drawn. What the grammar refuses is named with its
 * line, and the rest used.
 */
export function addSqlFile(collector: WorkloadCollector, text: string, file: string, weight = 1): void {
  let own = 1;
  for (const part of partsOf(collector, text, file).flatMap(closedParts)) {
    if (part.kind === "blank") own = weightIn(part.text) ?? own;
    else if (part.kind === "meta") collector.leaveOut(`command of psql at ${file}:${part.line}`, "not SQL");
    else if (part.kind === "statement") {
      addStatement(collector, part.text, { where: file, line: part.line }, weight * (weightIn(part.text) ?? own));
      own = 1;
    }
  }
}

/** Adds one statement, with its placeholders numbered where it has any. Answers its id. */
export function addStatement(
  collector: WorkloadCollector,
  sql: string,
  origin: { readonly where: string; readonly line: number | null },
  calls: number,
): string | null {
  const numbered = numberedPlaceholders(sql);
  const bare = numbered?.sql ?? sql;
  const open = /\$\d/.test(bare);
  return collector.add({
    sql: bare.replace(/;\s*$/, ""),
    values: open ? null : [],
    calls,
    total_ms: null,
    rows: null,
    prepared: false,
    origin,
  });
}

function weightIn(text: string): number | null {
  const found = [...text.matchAll(WEIGHT)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

// A parenthesis that is not closed takes in what follows up to the end: it ends with its own line's semicolon instead.
function closedParts(part: ScriptPart): readonly ScriptPart[] {
  const end = part.kind === "statement" ? endOfUnclosed(part.text) : null;
  if (end === null) return [part];
  const [first, rest] = [part.text.slice(0, end), part.text.slice(end)];
  const line = part.line + first.split("\n").length - 1;
  const others = splitScript(rest).map((one) => ({ ...one, line: one.line + line - 1 }));
  return [{ ...part, text: first }, ...others.flatMap(closedParts)];
}

// After the first semicolon inside parentheses that are never closed; null where all are.
function endOfUnclosed(text: string): number | null {
  let depth = 0;
  let first: number | null = null;
  for (const { start, end } of tokensOf(text)) {
    const token = text.slice(start, end);
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (token === ";" && depth > 0) first ??= end;
  }
  return depth > 0 ? first : null;
}

// A string that does not end hides what follows: everything before it is used.
function partsOf(collector: WorkloadCollector, text: string, file: string): readonly ScriptPart[] {
  try {
    return splitScript(text, file);
  } catch (error) {
    const line = error instanceof DbwrightError ? Number(/:(\d+)/.exec(error.message)?.[1] ?? 0) : 0;
    if (!(error instanceof DbwrightError) || line <= 0) throw error;
    collector.leaveOut(`${file} from line ${line} on`, error.problems[0]?.what ?? "it cannot be read");
    const before = text
      .split("\n")
      .slice(0, line - 1)
      .join("\n");
    return before.trim() === "" ? [] : partsOf(collector, before, file);
  }
}
