import { z } from "zod";
import type { FoundAction } from "../../scripts/gen/actions.ts";
import type { ActionEntry } from "../../src/model/action.ts";
import type { Violation } from "./violation.ts";

interface Breach {
  readonly rule: string;
  readonly what: string;
  readonly why: string;
  readonly mend: string;
}

/** Every action is in the registry, is documented, and shows how it is used. */
export function checkActions(found: readonly FoundAction[], entries: readonly ActionEntry[]): Violation[] {
  return found.flatMap((one) =>
    [...registered(one, entries), ...exampled(one), ...described(one)].map((breach) => ({
      path: `src/actions/${one.file}`,
      line: 1,
      ...breach,
    })),
  );
}

function registered({ action }: FoundAction, entries: readonly ActionEntry[]): Breach[] {
  const entry = entries.find((candidate) => candidate.name === action.name);
  if (entry?.summary === action.summary && entry.effect === action.effect) return [];
  return [
    {
      rule: "actions-registered",
      what: `${action.name} is not in the registry as it is now`,
      why: "no surface offers what the registry does not list",
      mend: "npm run gen",
    },
  ];
}

function exampled({ action }: FoundAction): Breach[] {
  const crooked = action.examples.filter(({ command }) => !`${command} `.startsWith(`${action.name} `));
  if (action.examples.length > 0 && crooked.length === 0) return [];
  const what =
    action.examples.length === 0
      ? `${action.name} has no example`
      : `the example "${crooked[0]?.command}" does not begin with "${action.name}"`;
  return [
    {
      rule: "actions-have-examples",
      what,
      why: "the examples are the help, the reference and the first tests of a surface",
      mend: "give the words after `dbwright`, and what they do",
    },
  ];
}

function described({ action }: FoundAction): Breach[] {
  const { properties = {} } = z.toJSONSchema(action.input, { io: "input" }) as {
    properties?: Record<string, { description?: string }>;
  };
  const bare = Object.keys(properties).filter((key) => (properties[key]?.description ?? "") === "");
  const lost = action.positionals.filter((key) => !(key in properties));
  const why = "command line, MCP tool and reference are made from the input alone";
  return [
    ...bare.map((key) => ({
      rule: "inputs-described",
      what: `the input \`${key}\` of ${action.name} has no description`,
      why,
      mend: `add .describe("…") to \`${key}\``,
    })),
    ...lost.map((key) => ({
      rule: "inputs-described",
      what: `the positional \`${key}\` of ${action.name} is not one of its inputs`,
      why,
      mend: `add \`${key}\` to the input, or take it from the positionals`,
    })),
  ];
}
