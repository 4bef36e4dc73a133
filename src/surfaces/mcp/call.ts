import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Action, ActionContext, Style } from "../../model/action.ts";
import { DbwrightError, invalid, problemText } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { inputProblem, valueAt } from "../../model/input-problem.ts";
import { systemErrorText } from "../system-error.ts";
import type { Admit } from "./paths.ts";
import { toolName, toolProperties, TWIN_INPUT } from "./tools.ts";
import type { ToolProperty } from "./tools.ts";

const asItIs = (text: string): string => text;
const PLAIN: Style = {
  columns: 100,
  bold: asItIs,
  dim: asItIs,
  red: asItIs,
  green: asItIs,
  yellow: asItIs,
  cyan: asItIs,
};

// About two thousand tokens: what a model reads in any case. The whole is in the structured content.
const TEXT_CHARS_MAX = 8_000;

/** What whoever started the surface decided for all calls. */
export interface CallPolicy {
  /** Judges every path in the arguments; null where everything is allowed. */
  readonly admit: Admit | null;
  /** The server for scratch databases, or null for dbwright's own. */
  readonly twin: string | null;
}

/**
 * Runs an action as a tool call: judges the arguments as the action's input, and gives the result as a value and as
 * text. What goes wrong is a tool error with the text of its problems, never a stack; it does not throw.
 */
export async function callTool(
  action: Action,
  given: Readonly<Record<string, unknown>>,
  context: ActionContext,
  { admit, twin }: CallPolicy,
): Promise<CallToolResult> {
  try {
    const input = readArguments(action, given, twin);
    if (admit !== null) await admitPaths(action, input, admit);
    const output = await action.run(input, admit === null ? context : { ...context, admit });
    return {
      content: [{ type: "text", text: shortened(action.render(output, PLAIN)) }],
      structuredContent: structured(output),
    };
  } catch (error) {
    return { content: [{ type: "text", text: errorText(error) }], isError: true };
  }
}

function readArguments(
  action: Action,
  given: Readonly<Record<string, unknown>>,
  twin: string | null,
): Record<string, unknown> {
  const known = toolProperties(action);
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(known, key));
  const parsed = action.input.safeParse(
    twin !== null && Object.hasOwn(action.input.shape, TWIN_INPUT) ? { ...given, [TWIN_INPUT]: twin } : given,
  );
  const problems: Problem[] = unknown.map((key) => ({
    what: "there is no such argument",
    where: key,
    expected: Object.keys(known).length === 0 ? "no arguments" : `of ${Object.keys(known).join(", ")}`,
  }));
  for (const issue of parsed.error?.issues ?? []) {
    const { path } = issue;
    const where = path.length === 0 ? {} : { where: path.join(".") };
    problems.push({ ...inputProblem({ ...issue }, valueAt(given, path)), ...where });
  }
  if (parsed.success && problems.length === 0) return parsed.data;
  throw invalid(problems.map((problem) => ({ ...problem, where: [toolName(action.name), problem.where].join(" ") })));
}

// Everything that is not one of a few words may name a file.
async function admitPaths(action: Action, input: Readonly<Record<string, unknown>>, admit: Admit): Promise<void> {
  for (const [key, property] of Object.entries(toolProperties(action))) {
    if (isChoice(property)) continue;
    const value = input[key];
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const text of texts) if (typeof text === "string") await admit(text, key);
  }
}

function isChoice({ enum: choices, items }: ToolProperty): boolean {
  return (choices ?? items?.enum) !== undefined;
}

// Structured content is an object; anything else is put into one. An output that says how it is written as JSON is
// asked, as `--json` asks it; the rest is left to whoever sends it, since outputs may be megabytes.
function structured(output: unknown): Record<string, unknown> {
  const { toJSON } = (output ?? {}) as { readonly toJSON?: () => unknown };
  const value = typeof toJSON === "function" ? toJSON.call(output) : output;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : { result: value ?? null };
}

function shortened(text: string): string {
  if (text.length <= TEXT_CHARS_MAX) return text;
  const end = text.lastIndexOf("\n", TEXT_CHARS_MAX);
  const kept = text.slice(0, end > 0 ? end : TEXT_CHARS_MAX);
  return `${kept}\n… ${text.length - kept.length} more characters; the whole result is in the structured content`;
}

/** What went wrong, for a model: what, where, what was expected and how to mend it. No stack, no password. */
export function errorText(error: unknown): string {
  if (error instanceof DbwrightError)
    return error.problems.map((problem) => problemText(asArguments(problem))).join("\n\n");
  const said =
    systemErrorText(error) ?? `this is a defect of dbwright: ${error instanceof Error ? error.message : String(error)}`;
  return said.replaceAll(/(:\/\/[^/\s:@]*):[^/\s@]*@/g, "$1:***@");
}

// Problems name options as the command line does; here `--rows-max` is the argument `rowsMax`.
function asArguments(problem: Problem): Problem {
  const renamed = Object.entries(problem).map(([part, text]: [string, string]): [string, string] => [
    part,
    text.replaceAll(/(?<![\w-])--([a-z]+(?:-[a-z]+)*)/g, (whole, flag: string) =>
      SERVER_OPTIONS.has(flag) ? whole : flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ),
  ]);
  return { what: problem.what, ...Object.fromEntries(renamed) };
}

const SERVER_OPTIONS = new Set(["root", "allow-outside", "twin"]);
