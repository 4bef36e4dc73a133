import type { z } from "zod";
import type { Progress } from "./progress.ts";

/** What running an action can do to the world; prompts and MCP annotations follow from it. */
export type Effect = "pure" | "reads" | "writes files" | "writes data" | "destroys" | "network";

/** Whether the user wants a long run to rest for now, in the process that runs it. */
export interface PauseSwitch {
  readonly paused: boolean;
  /** Resolves when that is over, or when the signal is aborted. Never throws. */
  ended(signal: AbortSignal): Promise<void>;
}

/** What an action gets from the surface that runs it. Nothing below a surface reads it from elsewhere. */
export interface ActionContext {
  /** Relative paths are resolved against it. */
  readonly cwd: string;
  /** The user's cache directory for dbwright: templates and servers of the twin live here. */
  readonly cacheDir: string;
  /** Directories searched for server binaries and tools, in order. */
  readonly searchPath: readonly string[];
  /** Aborted on Ctrl-C; an action cleans up and throws `signal.reason`. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /**
   * Begins to listen to the user's wish that a run rest and go on (SIGUSR1 and SIGUSR2), until the action ends.
   * Absent where there is no way to say so.
   */
  readonly pauses?: () => PauseSwitch;
  /**
   * Runs work that has the terminal to itself: a program of the user's, or a wait for the user. Meanwhile Ctrl-C aborts
   * `interrupted` and not the action; other signals still end all. Absent where nobody sits at a terminal.
   */
  readonly foreground?: <T>(work: (interrupted: AbortSignal) => Promise<T>) => Promise<T>;
  /** Standard input as text, read only when asked for. */
  readonly stdin: () => Promise<string>;
  /**
   * Puts a question that is answered by yes or no to the person at the terminal; absent where there is nobody to ask.
   * The question's texts may come from a database: the surface shows them as data. Throws the signal's reason.
   */
  readonly confirm?: (question: string) => Promise<boolean>;
  /**
   * Throws `invalid` for a path or source that the surface gives no access to. An action asks it for what it
   * finds inside a document; its own input was looked at before. Absent: everything is allowed.
   */
  readonly admit?: (text: string, where: string) => Promise<void>;
}

/** One documented use of an action; `tests/surfaces` parses each of them. */
export interface ActionExample {
  /** The words after `dbwright`. */
  readonly command: string;
  readonly what: string;
}

/** How results are shown to a person. */
export interface Style {
  readonly columns: number;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/**
 * One user-facing operation. The command line, the MCP tool, the HTTP route and the reference page are
 * generated from it.
 */
export interface Action<Input extends z.ZodObject = z.ZodObject, Output = unknown> {
  readonly name: string;
  /** One line, starting with a verb. */
  readonly summary: string;
  /** A few paragraphs for `--help` and the reference. */
  readonly description: string;
  readonly examples: readonly ActionExample[];
  readonly effect: Effect;
  /** Each key is an option (`outDir` becomes `--out-dir`); `.describe()` is its help. */
  readonly input: Input;
  /** The input keys given by position, in order; the last may be an array. */
  readonly positionals: readonly string[];
  run(input: z.output<Input>, context: ActionContext): Promise<Output>;
  /** The result for a person. `--json` prints the result itself. */
  render(output: Output, style: Style): string;
  /** Exit code of a finished run: 0; 1 when findings or a refuted proof ask for it; 2 when a part of the input is invalid and the rest was worked on. */
  exitCode(output: Output): 0 | 1 | 2;
}

/** Keeps the types of an action's parts together. */
export function action<Input extends z.ZodObject, Output>(definition: Action<Input, Output>): Action<Input, Output> {
  return definition;
}

/** An action as the registry lists it: enough for an overview, the rest loaded when it is used. */
export interface ActionEntry {
  readonly name: string;
  readonly summary: string;
  readonly effect: Effect;
  readonly load: () => Promise<Action>;
}
