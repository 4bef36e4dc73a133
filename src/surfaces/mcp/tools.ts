import type { Tool, ToolAnnotations } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Action, ActionEntry, Effect } from "../../model/action.ts";

/** A property of a tool's input, as much of JSON Schema as an action's input makes use of. */
export interface ToolProperty {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: ToolProperty;
  readonly default?: unknown;
}

// What a client may think before it asks a person. Only `pure` reaches nothing outside: a source may be the URL
// of a database, and a twin's server may be one that a URL names.
const ANNOTATIONS: Readonly<Record<Effect, ToolAnnotations>> = {
  pure: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  // Files that dbwright wrote before are replaced.
  "writes files": { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  "writes data": { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  destroys: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  network: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
};

// What a person decides, seldom, or needs a terminal for: each tool is read on every turn of a conversation.
const OPERATORS_ACTIONS: ReadonlySet<string> = new Set(["migrate baseline", "migrate pause", "migrate squash", "twin"]);

/** Whether an action is a tool at all: what can remove data is not given to an agent. */
export function isOffered({ name, effect }: Pick<ActionEntry, "name" | "effect">): boolean {
  return effect !== "destroys" && !OPERATORS_ACTIONS.has(name);
}

/** The name of an action's tool: `backup_create` for `backup create`. */
export function toolName(actionName: string): string {
  return actionName.replaceAll(/[ -]/g, "_");
}

/** The input that names the server scratch databases are made on. */
export const TWIN_INPUT = "twin";

// What whoever starts the surface decides, not the agent: a tool that says it only reads must not make databases
// wherever a URL points, nor run the code that a configuration may hold, nor an agent's statement in a live database. `sql` is how a person
// wants a result printed.
const OPERATORS_INPUTS: ReadonlySet<string> = new Set([TWIN_INPUT, "config", "analyze", "sql"]);

// `out`, `html`, `writeBaseline`: where a result goes (`name`: under which name) that a terminal would show. Not for a tool that says it only reads.
const WRITING_INPUT = /^(?:out|html|migration|name|write[A-Z].*)$/;

/** The inputs of an action that its tool takes, in order, by name. */
export function toolProperties(action: Action): Readonly<Record<string, ToolProperty>> {
  const { properties = {} } = z.toJSONSchema(action.input, { io: "input" }) as {
    readonly properties?: Readonly<Record<string, ToolProperty>>;
  };
  const readOnly = ANNOTATIONS[action.effect].readOnlyHint === true;
  const kept = Object.entries(properties).filter(
    ([key]) => !OPERATORS_INPUTS.has(key) && !(readOnly && WRITING_INPUT.test(key)),
  );
  return Object.fromEntries(kept);
}

const DESCRIPTION_CHARS_MAX = 320;

// The summary, and of the description what fits: the whole of it is read on every turn of a conversation.
function descriptionOf({ summary, description }: Action): string {
  const text = `${summary}. ${description.trim().replaceAll(/\s+/g, " ")}`;
  if (text.length <= DESCRIPTION_CHARS_MAX) return text;
  const end = text.lastIndexOf(". ", DESCRIPTION_CHARS_MAX);
  return text.slice(0, Math.max(end, summary.length) + 1);
}

// zod states the range of safe integers, which says nothing; what is on unless said otherwise is described for the
// command line's `--no-…`.
function shown(property: ToolProperty): ToolProperty {
  const entries = Object.entries(property).filter(
    // How the command line takes a list is no agent's concern.
    ([key, value]) => key !== "oneEach" && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER,
  );
  const description = property.default === true ? { description: `false: ${property.description ?? ""}` } : {};
  return { ...Object.fromEntries(entries), ...description };
}

/** An action as `tools/list` shows it. */
export function toolOf(action: Action): Tool {
  const { required = [] } = z.toJSONSchema(action.input, { io: "input" }) as { readonly required?: string[] };
  const properties = Object.entries(toolProperties(action)).map(([key, property]) => [key, shown(property)]);
  return {
    name: toolName(action.name),
    description: descriptionOf(action),
    inputSchema: {
      type: "object",
      properties: Object.fromEntries(properties) as NonNullable<Tool["inputSchema"]["properties"]>,
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    },
    annotations: ANNOTATIONS[action.effect],
  };
}
