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
