import type { WorkloadPattern } from "../../model/workload.ts";
import { splitScript } from "../../sql/split.ts";
import type { WorkloadCollector } from "./collector.ts";
import { csvEntries } from "./csv-log.ts";
import { jsonEntries } from "./json-log.ts";
import type { LogEntry } from "./log-entry.ts";
import { LogStatements } from "./log-statements.ts";
import type { LoggedStatement } from "./log-statements.ts";
import { SessionWatch } from "./sessions.ts";
import { stderrEntries } from "./stderr-log.ts";

/** How a server log is written (`log_destination`). */
export type LogFormat = "stderr" | "csvlog" | "jsonlog";

/** What a log tells besides its statements. */
export interface LogReading {
  /** From its first message to its last; null where messages have no time. */
  readonly span_s: number | null;
  readonly patterns: readonly WorkloadPattern[];
  /** Executions found. */
  readonly statements: number;
}

/** The format of a log by its first lines; null: it is no log of a PostgreSQL server. */
export function logFormatOf(head: string): LogFormat | null {
  const line = head.split("\n").find((one) => one.trim() !== "") ?? "";
  if (/^\{.*"(?:error_severity|session_id)"/.test(line)) return "jsonlog";
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [A-Z+\-\d:]+,/.test(line)) return "csvlog";
  return /^.{0,300}\b(?:LOG|ERROR|FATAL|STATEMENT|DETAIL|WARNING|HINT|CONTEXT):[ ]{1,2}/m.test(head) ? "stderr" : null;
}

/**
 * Adds the executions of a server log. `file` names it in messages. Linear in the log, with bounded memory. Throws
 * `invalid` for a csvlog or jsonlog with a record that is none.
 */
export async function addLog(
  collector: WorkloadCollector,
  lines: AsyncIterable<string> | Iterable<string>,
  format: LogFormat,
  file: string,
): Promise<LogReading> {
  const found = new LogStatements();
  const watch = new SessionWatch();
  let first_ms: number | null = null;
  let last_ms: number | null = null;
  let statements = 0;
  const take = (all: readonly LoggedStatement[]): void => {
    for (const one of all) statements += add(collector, watch, one, file);
  };
  for await (const entry of entriesOf(lines, format, file)) {
    first_ms ??= entry.at_ms;
    last_ms = entry.at_ms ?? last_ms;
    take(found.add(entry));
  }
  take(found.end());
  const span_s = first_ms === null || last_ms === null ? null : Math.max(0, last_ms - first_ms) / 1_000;
  return { span_s, patterns: watch.patterns(), statements };
}

function entriesOf(
  lines: AsyncIterable<string> | Iterable<string>,
  format: LogFormat,
  file: string,
): AsyncGenerator<LogEntry> {
  if (format === "csvlog") return csvEntries(lines, file);
  return format === "jsonlog" ? jsonEntries(lines, file) : stderrEntries(lines);
}

function add(collector: WorkloadCollector, watch: SessionWatch, logged: LoggedStatement, file: string): number {
  const parts = partsOf(logged.sql);
  // Nobody knows how the time was shared, so that it is split evenly.
  const total_ms = logged.duration_ms === null ? null : logged.duration_ms / Math.max(1, parts.length);
  for (const sql of parts) {
    const id = collector.add({
      sql,
      values: logged.values,
      calls: 1,
      total_ms,
      rows: null,
      prepared: logged.prepared,
      origin: { where: file, line: logged.line },
    });
    // A statement with its constants written in differs by its text.
    const values = logged.values === null ? null : [sql, ...logged.values];
    if (id !== null) watch.add(logged.session, id, values, logged.at_ms);
  }
  return parts.length;
}

// The simple protocol takes several statements in one message.
function partsOf(sql: string): readonly string[] {
  if (!/;\s*\S/.test(sql)) return [sql];
  try {
    const parts = splitScript(sql).flatMap((part) =>
      part.kind === "statement" ? [part.text.replace(/;\s*$/, "")] : [],
    );
    return parts.length === 0
      ? [sql]
      : parts.filter((part) => !/^\s*(?:begin|commit|rollback|end|start)\b/i.test(part));
  } catch {
    return [sql];
  }
}
