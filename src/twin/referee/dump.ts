import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptParts } from "../../sql/split.ts";
import { run } from "../server/program.ts";
import { findTool } from "../server/tools.ts";
import { respelled } from "./spelling.ts";
import type { TwinDatabase } from "../server.ts";

/** A pg_dump that can read a server of some major. */
export interface DumpTool {
  readonly path: string;
  /** "15.18" */
  readonly version: string;
}

/** What comparing the dumps of two databases gave. */
export type DumpComparison =
  | { readonly compared: true; readonly tool: DumpTool; readonly differences: readonly string[] }
  /** Nothing was looked at; `reason` says why. */
  | { readonly compared: false; readonly reason: string };

/** How dumps are made. */
export interface DumpOptions {
  /** The server's major: an older pg_dump refuses a newer server. */
  readonly major: number;
  /** Directories where pg_dump is looked for first; then where installers put it. */
  readonly searchPath: readonly string[];
  readonly signal: AbortSignal;
}

const MAJOR_MAX = 20;
const TIMEOUT_MS = 300_000;

/** Finds a pg_dump of the server's major or newer; null, with the reason, where there is none. */
export async function findDump(options: DumpOptions): Promise<DumpTool | { readonly reason: string }> {
  const newer = Array.from({ length: MAJOR_MAX - options.major + 1 }, (_, more) => options.major + more);
  const places = [...options.searchPath, ...newer.map((major) => `/usr/lib/postgresql/${major}/bin`)];
  let tooOld: string | null = null;
  for (const place of new Set(places)) {
    const found = await findTool(["pg_dump"], [place], options.signal);
    if (found?.version == null) continue;
    if (Number.parseInt(found.version, 10) >= options.major) return { path: found.path, version: found.version };
    tooOld ??= found.version;
  }
  return {
    reason:
      tooOld === null
        ? `no pg_dump was found; one of PostgreSQL ${options.major} or newer is needed`
        : `pg_dump ${tooOld} refuses a server of PostgreSQL ${options.major}; one of that major or newer is needed`,
  };
}

/** The statements of `pg_dump --schema-only`, made comparable: see {@link comparableStatements}. Throws when pg_dump fails. */
export async function dumpStatements(
  database: TwinDatabase,
  tool: DumpTool,
  options: DumpOptions,
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "dbw-dump-"));
  try {
    const file = join(folder, "schema.sql");
    const target = new URL(database.url("owner"));
    const env = {
      PGHOST: target.searchParams.get("host") ?? target.hostname,
      PGPORT: target.port,
      PGUSER: decodeURIComponent(target.username),
      PGPASSWORD: decodeURIComponent(target.password),
      PGDATABASE: database.name,
      PGSSLMODE: target.searchParams.get("sslmode") ?? "prefer",
    };
    const result = await run(tool.path, ["--schema-only", "--file", file], {
      env,
      signal: options.signal,
      timeout_ms: TIMEOUT_MS,
    });
    if (result.code !== 0)
      throw new Error(`pg_dump failed: ${result.stderr.trim().split("\n").slice(0, 3).join("; ")}`);
    return comparableStatements(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A dump as sorted statements without what tells nothing of the schema: comments, settings, the keys of
 * `\restrict`, the order of statements and of the lines within a CREATE TABLE (columns, inline constraints).
 */
export function comparableStatements(dump: string): readonly string[] {
  const statements: string[] = [];
  for (const part of scriptParts(dump)) {
    if (part.kind !== "statement") continue;
    const text = withSortedOptions(respelled(part.text.replace(/;\s*$/, "").trim()));
    if (/^SET \w+ = |^SELECT pg_catalog\.set_config\('search_path'/.test(text)) continue;
    statements.push(/^CREATE (?:UNLOGGED |FOREIGN )?TABLE /.test(text) ? withSortedLines(text) : withSortedNames(text));
  }
  return statements.toSorted((a, b) => (a < b ? -1 : 1));
}

// Storage parameters, which pg_dump writes in the order in which they were set.
function withSortedOptions(text: string): string {
  return text.replace(
    /(\bWITH \()([\w.]+='?[^',()]*'?(?:, [\w.]+='?[^',()]*'?)+)(?=\))/g,
    (_, head: string, list: string) => {
      return head + list.split(", ").toSorted().join(", ");
    },
  );
}

function withSortedLines(text: string): string {
  const [head = "", ...lines] = text.split("\n");
  return [head, ...lines.map((line) => line.replace(/,$/, "")).toSorted()].join("\n");
}

// Lists that pg_dump writes in the physical order of the columns.
const NAMES =
  /^(ALTER PUBLICATION [^(]* ADD TABLE ONLY [^(]* \(|CREATE STATISTICS [^(]*(?: \([^)]*\))? ON )([\w", ]+)(\)| FROM )/;

function withSortedNames(text: string): string {
  return text.replace(NAMES, (_, head: string, names: string, tail: string) => {
    return head + names.split(", ").toSorted().join(", ") + tail;
  });
}

/** What only one of two lists of statements holds: `- …` the first, `+ …` the second. */
export function statementDifferences(a: readonly string[], b: readonly string[]): readonly string[] {
  const only = (own: readonly string[], other: readonly string[]): string[] => {
    const left = new Map<string, number>();
    for (const text of other) left.set(text, (left.get(text) ?? 0) + 1);
    return own.filter((text) => {
      const count = left.get(text) ?? 0;
      if (count > 0) left.set(text, count - 1);
      return count === 0;
    });
  };
  return [...only(a, b).map((text) => `- ${text}`), ...only(b, a).map((text) => `+ ${text}`)];
}

/** Compares two databases of one server by what pg_dump writes of them. Throws when pg_dump fails. */
export async function dumpDifferences(a: TwinDatabase, b: TwinDatabase, options: DumpOptions): Promise<DumpComparison> {
  const tool = await findDump(options);
  if ("reason" in tool) return { compared: false, reason: tool.reason };
  const [first, second] = [await dumpStatements(a, tool, options), await dumpStatements(b, tool, options)];
  return { compared: true, tool, differences: statementDifferences(first, second) };
}
