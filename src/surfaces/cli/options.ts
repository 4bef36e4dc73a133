import type { Command, Option } from "commander";
import { z } from "zod";
import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { inputProblem, valueAt } from "../../model/input-problem.ts";
import type { Declared } from "../surface.ts";

/** What the command line needs to know of one input key. */
export interface OptionSpec {
  readonly key: string;
  /** `out-dir` for `outDir`. */
  readonly flag: string;
  readonly type: "string" | "number" | "boolean" | "list";
  /** Whether items of a list are given one by one, and not separated by commas. */
  readonly oneEach: boolean;
  readonly description: string;
  readonly choices: readonly string[] | null;
  readonly default: unknown;
  readonly required: boolean;
  /** The position among the positionals, or null for an option. */
  readonly position: number | null;
}

interface JsonProperty {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly items?: JsonProperty;
  /** Of a list (zod's `.meta`): each is given by an option of its own, as a comma may be part of it. */
  readonly oneEach?: boolean;
}

/** The option specs of an action or surface, positionals first, in the order of its input. */
export function optionSpecs(action: Pick<Declared, "input" | "positionals">): readonly OptionSpec[] {
  const schema = z.toJSONSchema(action.input, { io: "input" }) as {
    readonly properties?: Readonly<Record<string, JsonProperty>>;
    readonly required?: readonly string[];
  };
  const required = new Set(schema.required);
  const specs = Object.entries(schema.properties ?? {}).map(([key, property]): OptionSpec => {
    const position = action.positionals.indexOf(key);
    const choices = property.enum ?? property.items?.enum;
    return {
      key,
      flag: key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      type: typeOf(property),
      oneEach: property.oneEach === true,
      description: property.description ?? "",
      choices: choices === undefined ? null : choices.map(String),
      default: property.default,
      required: required.has(key),
      position: position === -1 ? null : position,
    };
  });
  return specs.toSorted((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || 0);
}

function typeOf(property: JsonProperty): OptionSpec["type"] {
  if (property.type === "array") return "list";
  if (property.type === "boolean") return "boolean";
  return property.type === "number" || property.type === "integer" ? "number" : "string";
}

/** Declares an action's arguments and options on a command. `newOption` is commander's own constructor. */
export function declareOptions(
  command: Command,
  specs: readonly OptionSpec[],
  newOption: (flags: string, description: string) => Option,
): void {
  for (const spec of specs) {
    if (spec.position !== null) {
      const name = spec.type === "list" ? `${spec.flag}...` : spec.flag;
      command.argument(spec.required ? `<${name}>` : `[${name}]`, spec.description);
      continue;
    }
    const negated = spec.type === "boolean" && spec.default === true;
    const value =
      spec.type === "boolean"
        ? ""
        : spec.type === "list"
          ? ` <${spec.flag}${spec.oneEach ? "" : ",…"}>`
          : ` <${spec.flag}>`;
    const option = newOption(`--${negated ? "no-" : ""}${spec.flag}${value}`, spec.description);
    if (spec.choices !== null) option.choices([...spec.choices]);
    if (spec.type === "list")
      option.argParser((text: string, before: string[] | undefined) => [
        ...(before ?? []),
        ...(spec.oneEach ? [text] : text.split(",")),
      ]);
    if (spec.default !== undefined && !negated) option.default(undefined, JSON.stringify(spec.default));
    command.addOption(option);
  }
}

/** The action's input from what the command line gave; throws `invalid` with one problem per wrong option. */
export function readInput(
  action: Pick<Declared, "name" | "input">,
  specs: readonly OptionSpec[],
  positionals: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  for (const spec of specs) {
    const given = spec.position === null ? options[spec.key] : positionals[spec.position];
    if (given === undefined || (Array.isArray(given) && given.length === 0 && !spec.required)) continue;
    raw[spec.key] = spec.type === "number" && typeof given === "string" ? Number(given) : given;
  }
  const parsed = action.input.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue): Problem => {
    const spec = specs.find((candidate) => candidate.key === issue.path[0]);
    const where = spec === undefined ? undefined : spec.position === null ? `--${spec.flag}` : `<${spec.flag}>`;
    return {
      ...inputProblem({ ...issue }, valueAt(raw, issue.path)),
      ...(where === undefined ? {} : { where }),
      mend: `see dbwright ${action.name} --help`,
    };
  });
  throw invalid(problems);
}
