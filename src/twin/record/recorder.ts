import { fileURLToPath, pathToFileURL } from "node:url";
import type { RecordedStatement, RecordedWay } from "./recorded.ts";
import { withValues } from "./values.ts";

/** What a recorder answers in the place of a server. */
export interface EmptyAnswer {
  readonly command: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number;
  readonly fields: readonly never[];
}

const BEGINS = /^(?:BEGIN|START TRANSACTION)\b/i;
const ENDS = /^COMMIT\b/i;

/** Writes down what one way of one migration sends, and answers everything with no rows. */
export class Recorder {
  readonly #file: string;
  readonly #statements: RecordedStatement[] = [];
  readonly #asked = new Set<number>();
  #line: number;

  /** @param file absolute path of the migration; @param line where its way begins, until it sends something. */
  constructor(file: string, line: number) {
    this.#file = file;
    this.#line = line;
  }

  /** The line of the migration's file that is being run; the last one, when the stack no longer shows it. */
  touch(): number {
    this.#line = lineIn(this.#file) ?? this.#line;
    return this.#line;
  }

  /** Writes a statement down and answers it. */
  query(sql: string, values: readonly unknown[] = [], line: number = this.touch()): EmptyAnswer {
    const text = withValues(sql, values).trim().replace(/;+$/, "");
    const command = /^[a-z]+/i.exec(text.replace(/^(?:\s|--.*\n|\/\*[\s\S]*?\*\/)+/, ""))?.[0]?.toUpperCase() ?? "";
    if (!/^(?:SAVEPOINT|RELEASE)$/.test(command) && text !== "") this.#statements.push({ sql: text, line });
    if (/^(?:SELECT|WITH|TABLE|VALUES|SHOW)$/.test(command) || /\breturning\b/i.test(text)) this.#asked.add(line);
    return { command, rows: [], rowCount: 0, fields: [] };
  }

  /**
   * Runs a way to its end and says what it sent. An error ends it early. `around` tells that the tool's own BEGIN and
   * COMMIT were recorded, too: they are left out where nothing else begins or ends a transaction; transactions without
   * a statement always are.
   */
  async run(way: () => unknown, around: boolean): Promise<RecordedWay> {
    let broken: RecordedWay["broken"] = null;
    try {
      await way();
    } catch (error) {
      broken = { line: lineOfError(error, this.#file) ?? this.#line, why: reasonOf(error) };
    }
    const all = broken === null ? this.#statements : this.#statements.filter(({ sql }) => !/^ROLLBACK\b/i.test(sql));
    const whole = around && all.filter(({ sql }) => BEGINS.test(sql) || ENDS.test(sql)).length <= 2;
    const statements = whole
      ? all.filter(({ sql }) => !BEGINS.test(sql) && !ENDS.test(sql))
      : all.filter(
          ({ sql }, index) =>
            !(BEGINS.test(sql) && ENDS.test(all[index + 1]?.sql ?? "")) &&
            !(ENDS.test(sql) && BEGINS.test(all[index - 1]?.sql ?? "")),
        );
    return { statements, transaction: whole, asked: [...this.#asked], broken };
  }
}

// The innermost frame that stands in the migration itself.
function lineIn(file: string): number | null {
  const before = Error.prepareStackTrace;
  try {
    Error.prepareStackTrace = (_error, sites) => sites;
    const sites = new Error("where").stack as unknown as readonly NodeJS.CallSite[];
    for (const site of sites) {
      const name = site.getFileName();
      if (name != null && (name === file || (name.startsWith("file:") && fileURLToPath(name) === file)))
        return site.getLineNumber();
    }
    return null;
  } finally {
    Error.prepareStackTrace = before;
  }
}

// The frames of an error are text by the time it arrives.
function lineOfError(error: unknown, file: string): number | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const name of [file, pathToFileURL(file).href]) {
    const at = stack.indexOf(`${name}:`);
    const line = at < 0 ? null : /^\d+/.exec(stack.slice(at + name.length + 1))?.[0];
    if (line != null) return Number(line);
  }
  return null;
}

/** An error's words, cut to what belongs into a message. */
export function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  if (code === "ERR_ACCESS_DENIED")
    return "it wants to write a file or to start a process, which it may not where it is only read";
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").slice(0, 300);
}

/** The line on which a way begins: where its name stands first. */
export function lineOfWay(text: string, way: "up" | "down"): number {
  const at = text.search(new RegExp(`\\b${way}\\b`));
  return at < 0 ? 1 : text.slice(0, at).split("\n").length;
}
