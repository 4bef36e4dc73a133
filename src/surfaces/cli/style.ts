import { createColors } from "picocolors";
import type { Style } from "../../model/action.ts";

/** How wide and in which colours to write on a stream. `colour` false gives plain text. */
export function styleFor(stream: { readonly columns?: number }, colour: boolean): Style {
  const colours = createColors(colour);
  return {
    columns: stream.columns ?? 100,
    bold: colours.bold,
    dim: colours.dim,
    red: colours.red,
    green: colours.green,
    yellow: colours.yellow,
    cyan: colours.cyan,
  };
}

/** Whether to colour, by the NO_COLOR and FORCE_COLOR conventions (no-color.org), else only on a terminal. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  flag: boolean | undefined,
): boolean {
  if (flag === false || (env["NO_COLOR"] ?? "") !== "") return false;
  if ((env["FORCE_COLOR"] ?? "0") !== "0") return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
