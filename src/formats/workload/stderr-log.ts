import type { LogEntry } from "./log-entry.ts";

// Prefixes end in a blank, a bracket, or (as hosts set it: `%t:%r:%u@%d:[%p]:`) in another sign.
const SEVERITY =
  /(?:^|[\s\]:;,|>)])((?:LOG|DETAIL|STATEMENT|CONTEXT|HINT|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]|QUERY|LOCATION)):[ ]{1,2}/;
const TIME = /(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?)(?:\s+([A-Z]{3,5}|[+-]\d\d(?::?\d\d)?))?/;
/** A message of one entry is cut here: what is longer is no statement that is planned. */
const MESSAGE_LENGTH_MAX = 2_000_000;

type Lines = AsyncIterable<string> | Iterable<string>;

interface Open {
  readonly session: string;
  readonly at_ms: number | null;
  readonly severity: string;
  readonly line: number;
  readonly parts: string[];
  length: number;
}

/**
 * The messages of a log in the `stderr` format with any `log_line_prefix` that has a process number (`[%p]`, which
 * is the default). A message of several lines goes on in lines that begin with a tab. `DETAIL` lines are joined to
 * the message before them of the same session. Messages are English (`lc_messages = C` or `en_…`).
 */
export async function* stderrEntries(lines: Lines): AsyncGenerator<LogEntry> {
  let waiting: LogEntry | null = null;
  for await (const entry of messages(lines)) {
    if (entry.severity === "STATEMENT" || entry.severity === "CONTEXT" || entry.severity === "HINT") continue;
    if (entry.severity === "DETAIL" && waiting?.session === entry.session) {
      yield Object.assign(waiting, { detail: entry.message });
      waiting = null;
      continue;
    }
    if (waiting !== null) yield waiting;
    waiting = entry;
  }
  if (waiting !== null) yield waiting;
}

async function* messages(lines: Lines): AsyncGenerator<LogEntry> {
  let open: Open | null = null;
  let number = 0;
  for await (const line of lines) {
    number++;
    const severity = line.startsWith("\t") ? null : SEVERITY.exec(line.slice(0, 400));
    if (severity === null) {
      // Without a tab it is a line of another program's, or of a message that was written without one.
      if (open !== null && open.length < MESSAGE_LENGTH_MAX) {
        open.parts.push(line.replace(/^\t/, ""));
        open.length += line.length;
      }
      continue;
    }
    if (open !== null) yield closed(open);
    const prefix = line.slice(0, severity.index);
    const text = line.slice(severity.index + severity[0].length);
    open = {
      session: sessionIn(prefix),
      at_ms: timeIn(prefix),
      severity: severity[1] ?? "",
      line: number,
      parts: [text],
      length: text.length,
    };
  }
  if (open !== null) yield closed(open);
}

function closed({ session, at_ms, severity, line, parts }: Open): LogEntry {
  return { session, at_ms, severity, line, message: parts.join("\n").trimEnd(), detail: null };
}

function sessionIn(prefix: string): string {
  const rest = prefix.replace(TIME, " ");
  // A session id (%c), then a process number in brackets, then any number.
  return (
    /\b[0-9a-f]{6,}\.[0-9a-f]+\b/.exec(rest)?.[0] ??
    /\[(\d+)(?:-\d+)?\]/.exec(rest)?.[1] ??
    /\b(?:pid=)?(\d{2,})\b/.exec(rest)?.[1] ??
    ""
  );
}

function timeIn(prefix: string): number | null {
  const found = TIME.exec(prefix);
  if (found === null) return null;
  // Names of zones are ambiguous; only differences of times are used, and those are right whatever the zone.
  const zone = /^[+-]/.test(found[2] ?? "") ? (found[2] ?? "") : "Z";
  const at = Date.parse(`${(found[1] ?? "").replace(" ", "T")}${zone.length === 3 ? `${zone}:00` : zone}`);
  return Number.isNaN(at) ? null : at;
}
