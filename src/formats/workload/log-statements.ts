import { highestParameter } from "../../sql/parameter-number.ts";
import type { LogEntry } from "./log-entry.ts";

/** One execution as a log tells it. */
export interface LoggedStatement {
  readonly session: string;
  readonly at_ms: number | null;
  readonly sql: string;
  /** Values of `$n`; null where the log does not hold all of them. */
  readonly values: readonly (string | null)[] | null;
  /** Null where the log gives no duration for it. */
  readonly duration_ms: number | null;
  readonly prepared: boolean;
  readonly line: number;
}

const DURATION = /^duration: ([\d.]+) ms(?:  ?([\s\S]*))?$/;
const STATEMENT = /^(statement|execute(?: fetch from)? ([^\n]*?)): ([\s\S]*)$/;
const PLAN = /^plan:\s*([\s\S]*)$/;
/** Statements of sessions that ended without a duration; bounded, as a log may name any number of sessions. */
const OPEN_MAX = 10_000;

/**
 * Executions out of a log's messages: `log_min_duration_statement`, `log_statement` with or without `log_duration`,
 * and `auto_explain` (text or JSON). Parsing and binding of prepared statements are no executions.
 */
export class LogStatements {
  readonly #open = new Map<string, LoggedStatement>();
  readonly #told = new Map<string, string>();

  /** Executions that this message completes. */
  add(entry: LogEntry): readonly LoggedStatement[] {
    if (entry.severity !== "LOG") return [];
    const duration = DURATION.exec(entry.message);
    const rest = duration === null ? entry.message : (duration[2] ?? "");
    const time = duration === null ? null : Number(duration[1]);
    const plan = PLAN.exec(rest);
    const found = plan === null ? statementIn(entry, rest, time) : explained(entry, plan[1] ?? "", time);
    const before = this.#open.get(entry.session);
    if (found === null) {
      // The duration of what was told before.
      if (time === null || rest !== "" || before === undefined) return [];
      this.#open.delete(entry.session);
      return [{ ...before, duration_ms: time }];
    }
    // Each of several statements in one message is explained with the whole text; the duration's line tells of them once.
    if (plan !== null && /;\s*\S/.test(found.sql)) return [];
    return plan === null && time !== null ? this.#timed(found, before) : this.#untimed(found, before, plan !== null);
  }

  // With its duration an execution is complete; what auto_explain told of it before it is known twice.
  #timed(found: LoggedStatement, before: LoggedStatement | undefined): readonly LoggedStatement[] {
    this.#open.delete(found.session);
    const twice = before?.sql.trim() === found.sql.trim();
    if (this.#told.size > OPEN_MAX) this.#told.clear();
    // In the extended protocol auto_explain tells of it after its duration.
    if (twice && before?.duration_ms !== null) this.#told.delete(found.session);
    else this.#told.set(found.session, found.sql.trim());
    return before === undefined || twice ? [found] : [before, found];
  }

  #untimed(found: LoggedStatement, before: LoggedStatement | undefined, plan: boolean): readonly LoggedStatement[] {
    const told = this.#told.get(found.session);
    this.#told.delete(found.session);
    if (plan && told === found.sql.trim()) return [];
    const same = plan && before?.duration_ms === null && before.sql.trim() === found.sql.trim();
    this.#open.set(found.session, same ? { ...found, values: found.values ?? before.values } : found);
    const done = before === undefined || same ? [] : [before];
    return this.#open.size > OPEN_MAX ? [...done, ...this.end()] : done;
  }

  /** What is still open when the log ends. */
  end(): readonly LoggedStatement[] {
    const rest = [...this.#open.values()];
    this.#open.clear();
    return rest;
  }
}

function statementIn(entry: LogEntry, text: string, duration_ms: number | null): LoggedStatement | null {
  const found = STATEMENT.exec(text);
  if (found === null) return null;
  const sql = found[3] ?? "";
  // What has no name is planned anew each time, with its values.
  const prepared = found[2] !== undefined && found[2] !== "<unnamed>";
  const values = valuesIn(entry.detail, sql);
  return { session: entry.session, at_ms: entry.at_ms, sql, values, duration_ms, prepared, line: entry.line };
}

function explained(entry: LogEntry, text: string, duration_ms: number | null): LoggedStatement | null {
  const sql = text.trimStart().startsWith("{") ? jsonQuery(text) : textQuery(text);
  if (sql === null) return null;
  const detail = sql.parameters === null ? null : `parameters: ${sql.parameters}`;
  const values = valuesIn(detail, sql.text);
  const { session, at_ms, line } = entry;
  return { session, at_ms, sql: sql.text, values, duration_ms, prepared: false, line };
}

interface ExplainedQuery {
  readonly text: string;
  readonly parameters: string | null;
}

function jsonQuery(text: string): ExplainedQuery | null {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const query = value["Query Text"];
    const parameters = value["Query Parameters"];
    if (typeof query !== "string") return null;
    return { text: query, parameters: typeof parameters === "string" ? parameters : null };
  } catch {
    return null;
  }
}

// The plan's first line names costs, or what was measured.
function textQuery(text: string): ExplainedQuery | null {
  const body = /^Query Text: ([\s\S]*?)(?:\nQuery Parameters: ([\s\S]*?))?\n[^\n]*\((?:cost|actual)[ =]/.exec(text);
  return body === null ? null : { text: body[1] ?? "", parameters: body[2] ?? null };
}

/** The values in a DETAIL line `parameters: $1 = 'a', $2 = NULL`; those of a statement without parameters are none. */
export function valuesIn(detail: string | null, sql: string): readonly (string | null)[] | null {
  const needed = highestParameter(sql);
  if (needed === 0) return [];
  const list = /^parameters: ([\s\S]*)$/i.exec(detail ?? "")?.[1];
  if (list === undefined) return null;
  const values: (string | null)[] = [];
  for (const match of list.matchAll(/\$(\d+) = (?:(NULL)|'((?:[^']|'')*)'(\.\.\.)?)(?:, |$)/g)) {
    // log_parameter_max_length cut it: it is not the value.
    if (match[4] !== undefined || (match[3] ?? "").endsWith("...")) return null;
    values[Number(match[1]) - 1] = match[2] === undefined ? (match[3] ?? "").replaceAll("''", "'") : null;
  }
  const all = Array.from({ length: needed }, (_, index) => values[index]);
  return all.includes(undefined) ? null : (all as (string | null)[]);
}
