import { parse } from "csv-parse";
import { invalid } from "../../model/error.ts";
import type { LogEntry } from "./log-entry.ts";

// Columns by their place, the manual's "Using CSV-Format Log Output".
const TIME = 0;
const SESSION = 5;
const SEVERITY = 11;
const MESSAGE = 13;
const DETAIL = 14;
const COLUMNS_MIN = 23;

/** The messages of a `csvlog`. Throws `invalid` for text that is not one. */
export async function* csvEntries(
  lines: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<LogEntry> {
  const parser = parse({
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: 20_000_000,
    info: true,
  });
  const fed = feed(parser, lines);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (record.length < COLUMNS_MIN) {
        throw invalid({
          what: `a record of ${record.length} fields is no record of a csvlog`,
          where: `${file}:${info.lines}`,
          expected: `at least ${COLUMNS_MIN} fields, as log_destination = csvlog writes`,
        });
      }
      const at = Date.parse((record[TIME] ?? "").replace(/ (?:[A-Z]{3,5})$/, "Z").replace(" ", "T"));
      yield {
        session: record[SESSION] ?? "",
        at_ms: Number.isNaN(at) ? null : at,
        severity: record[SEVERITY] ?? "",
        message: record[MESSAGE] ?? "",
        detail: record[DETAIL] === "" ? null : (record[DETAIL] ?? null),
        line: info.lines,
      };
    }
    await fed;
  } finally {
    parser.destroy();
    await fed.catch(() => {});
  }
}

async function feed(parser: ReturnType<typeof parse>, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  try {
    for await (const line of lines) {
      if (parser.destroyed) return;
      if (!parser.write(`${line}\n`))
        await new Promise((resolve) => parser.once("drain", resolve).once("close", resolve));
    }
    parser.end();
  } catch (error) {
    parser.destroy(error as Error);
  }
}
