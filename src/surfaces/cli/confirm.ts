import { createInterface } from "node:readline/promises";

/** Where questions are asked and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks a person who sits at a terminal; undefined where either side is none. Anything but "y" or "yes", the end of input
 * included, is a no. Ctrl-C is handed to the process, which ends the command as at any other time.
 */
export function confirmer(
  { input, output }: Terminal,
  signal: AbortSignal,
  interrupt: () => void,
): ((question: string) => Promise<boolean>) | undefined {
  if (input.isTTY !== true || output.isTTY !== true) return undefined;
  return async (question) => {
    signal.throwIfAborted();
    const lines = createInterface({ input, output, terminal: true });
    lines.on("SIGINT", interrupt);
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    try {
      // Names of objects are somebody else's: none of their control characters reaches the terminal.
      const shown = question.replaceAll(/\p{Cc}/gu, " ");
      const answer = await Promise.race([lines.question(`${shown} [y/N] `, { signal }), closed]);
      return /^\s*y(?:es)?\s*$/i.test(answer);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      lines.close();
    }
  };
}
