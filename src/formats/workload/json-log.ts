import { invalid } from "../../model/error.ts";
import type { LogEntry } from "./log-entry.ts";

/** The messages of a `jsonlog` (PostgreSQL 15 and newer): one object a line. Throws `invalid` for text that is not one. */
export async function* jsonEntries(
  lines: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<LogEntry> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const entry = objectIn(line);
    if (entry === null) {
      throw invalid({
        what: "the line is no JSON object",
        where: `${file}:${number}`,
        expected: "one object a line, as log_destination = jsonlog writes",
      });
    }
    const text = (key: string): string | null => {
      const value = entry[key];
      return typeof value === "string" ? value : typeof value === "number" ? String(value) : null;
    };
    const at = Date.parse((text("timestamp") ?? "").replace(/ (?:[A-Z]{3,5})$/, "Z").replace(" ", "T"));
    yield {
      session: text("session_id") ?? text("pid") ?? "",
      at_ms: Number.isNaN(at) ? null : at,
      severity: text("error_severity") ?? "",
      message: text("message") ?? "",
      detail: text("detail"),
      line: number,
    };
  }
}

function objectIn(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
