/** One message of a PostgreSQL server log, whatever format it was written in. */
export interface LogEntry {
  /** What tells sessions apart: a process number or a session id; "" where the log does not say. */
  readonly session: string;
  /** Milliseconds since 1970 (UTC as far as the log says); null where the line has no time. */
  readonly at_ms: number | null;
  /** `LOG`, `ERROR`, `DETAIL` …, in English. */
  readonly severity: string;
  readonly message: string;
  readonly detail: string | null;
  /** Line of the file where it begins, from 1. */
  readonly line: number;
}
