import type { Style } from "../../model/action.ts";
import { DbwrightError, EXIT } from "../../model/error.ts";
import { Interrupted } from "./environment.ts";

/** What to print for an error, and the exit code it stands for. */
export interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  EMFILE: "too many files are open",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
};

/** An error as one message for a person; the stack only when `debug`. */
export function reportError(error: unknown, style: Style, debug: boolean): ErrorReport {
  if (error instanceof Interrupted) {
    return { text: `${style.yellow("stopped")}: nothing was left half done`, exitCode: error.exitCode };
  }
  const stack = debug && error instanceof Error ? `\n\n${style.dim(error.stack ?? "")}` : "";
  if (error instanceof DbwrightError) {
    return { text: `${style.red("error")}: ${error.message}${stack}`, exitCode: error.exitCode };
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  const system = code === undefined ? undefined : SYSTEM[code];
  if (system !== undefined) {
    const where = path === undefined ? "" : `${path}: `;
    return { text: `${style.red("error")}: ${where}${system}${stack}`, exitCode: EXIT.environment };
  }
  const said = message ?? String(error);
  const text = `${style.red("error")}: this is a defect of dbwright: ${said}\n  to mend it: run again with --debug and report what it prints${stack}`;
  return { text, exitCode: EXIT.environment };
}
