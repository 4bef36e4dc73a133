import { invalid } from "../model/error.ts";
import type { ActionContext } from "../model/action.ts";
import type { TwinRequest } from "./server.ts";

/** The majors of PostgreSQL that a twin can run. */
export const MAJORS: readonly number[] = [15, 16, 17, 18];
/** The major used where nothing asks for another. */
export const MAJOR_DEFAULT = 18;

/** Reads `postgres@16` (or `postgres`); throws `invalid` naming what is accepted. `where` is the option or field. */
export function parseEngine(text: string, where: string): number {
  const match = /^(?:postgres|postgresql)(?:@(\d+))?$/i.exec(text.trim());
  const major = match === null ? Number.NaN : match[1] === undefined ? MAJOR_DEFAULT : Number(match[1]);
  if (MAJORS.includes(major)) return major;
  throw invalid({
    what: `${JSON.stringify(text)} is no engine that a twin can run`,
    where,
    expected: MAJORS.map((known) => `postgres@${known}`).join(", "),
  });
}

/** What SQL files are run on: a PostgreSQL server of some major, or SQLite. */
export type SqlEngine = { readonly name: "postgres"; readonly major: number } | { readonly name: "sqlite" };

/**
 * Reads `postgres@16`, `postgres` or `sqlite`; absent is PostgreSQL's default major. Throws `invalid` naming what is
 * accepted. `where` is the option or field.
 */
export function parseSqlEngine(text: string | undefined, where: string): SqlEngine {
  if (text === undefined) return { name: "postgres", major: MAJOR_DEFAULT };
  if (/^sqlite3?$/i.test(text.trim())) return { name: "sqlite" };
  if (/^(?:postgres|postgresql)(?:@|$)/i.test(text.trim()))
    return { name: "postgres", major: parseEngine(text, where) };
  throw invalid({
    what: `${JSON.stringify(text)} is no engine that SQL files can be run on`,
    where,
    expected: [...MAJORS.map((known) => `postgres@${known}`), "sqlite"].join(", "),
  });
}

/** The request for a twin's server from an action's input and context. */
export function twinRequest(
  major: number,
  url: string | undefined,
  context: Pick<ActionContext, "cacheDir" | "searchPath" | "signal" | "progress">,
): TwinRequest {
  if (url !== undefined && !/^postgres(?:ql)?:\/\//.test(url)) {
    throw invalid({
      what: "the twin's server is not a PostgreSQL URL",
      where: "--twin",
      expected: "postgres://user@host:port/database",
    });
  }
  return {
    major,
    url: url ?? null,
    cacheDir: context.cacheDir,
    searchPath: context.searchPath,
    signal: context.signal,
    progress: context.progress,
  };
}
