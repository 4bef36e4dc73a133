import type { Action, ActionContext } from "../model/action.ts";

/** What the command line needs to know of anything that can be started there: its name, help and input. */
export type Declared = Pick<Action, "name" | "summary" | "description" | "examples" | "input" | "positionals">;

/** A way to offer the actions that is started from the command line and lives until its client leaves. */
export interface Surface extends Declared {
  /** Resolves when the client has left or `context.signal` was aborted, and nothing is left running. */
  serve(input: Record<string, unknown>, context: ActionContext): Promise<void>;
}

/** A surface as the overview lists it; the rest is loaded when it is started. */
export interface SurfaceEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Surface>;
}
