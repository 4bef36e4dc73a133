import type { Style } from "../../model/action.ts";
import { DbwrightError, EXIT } from "../../model/error.ts";
import { systemErrorText } from "../system-error.ts";
import { Interrupted } from "./environment.ts";

/** What to print for an error, and the exit code it stands for. */
export interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
}

/** An error as one message for a person; the stack only when `debug`. */
export function reportError(error: unknown, style: Style, debug: boolean): ErrorReport {
  if (error instanceof Interrupted) {
    return { text: `${style.yellow("stopped")}: nothing was left half done`, exitCode: error.exitCode };
  }
  const stack = debug && error instanceof Error ? `\n\n${style.dim(error.stack ?? "")}` : "";
  if (error instanceof DbwrightError) {
    return { text: `${style.red("error")}: ${error.message}${stack}`, exitCode: error.exitCode };
  }
  const system = systemErrorText(error);
  if (system !== null) return { text: `${style.red("error")}: ${system}${stack}`, exitCode: EXIT.environment };
  const said = error instanceof Error ? error.message : String(error);
  const text = `${style.red("error")}: this is a defect of dbwright: ${said}\n  to mend it: run again with --debug and report what it prints${stack}`;
  return { text, exitCode: EXIT.environment };
}
