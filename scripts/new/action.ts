import { camelCase, kebabCase, pascalCase, wordsOf } from "./scaffold.ts";
import type { Scaffold } from "./scaffold.ts";

const sourceOf = (name: string): string => {
  const command = wordsOf(name).join(" ");
  const [camel, pascal] = [camelCase(name), pascalCase(name)];
  return `import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext } from "../model/action.ts";

const input = z.object({
  source: z.string().describe("what to look at: a URL, a file or a folder"),
});

/** What \`${command}\` prints with \`--json\`. */
interface ${pascal}Output {
  readonly source: string;
}

async function run${pascal}(options: z.output<typeof input>, context: ActionContext): Promise<${pascal}Output> {
  context.signal.throwIfAborted();
  return { source: options.source };
}

/** What the user gets from \`${command}\`, in a sentence. */
export const ${camel}Action: Action = action({
  name: ${JSON.stringify(command)},
  summary: ${JSON.stringify(`Say in one line what ${command} does`)},
  description: "Say here what it reads, what it decides, and what it leaves behind.",
  examples: [{ command: "${command} schema.sql", what: "what this example does" }],
  effect: "reads",
  input,
  positionals: ["source"],
  run: run${pascal},
  render: (output, style) => style.bold(output.source),
  exitCode: () => 0,
});
`;
};

const testOf = (name: string): string => `import { expect, test } from "vitest";
import type { ActionContext, Style } from "../model/action.ts";
import { silentProgress } from "../model/progress.ts";
import { ${camelCase(name)}Action } from "./${kebabCase(name)}.ts";

const same = (text: string): string => text;
const plain: Style = { columns: 80, bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

const contextWith = (signal: AbortSignal): ActionContext => ({
  cwd: ".",
  cacheDir: ".",
  searchPath: [],
  signal,
  progress: silentProgress,
  stdin: async () => "",
});

test("${wordsOf(name).join(" ")} answers for its source", async () => {
  const input = ${camelCase(name)}Action.input.parse({ source: "schema.sql" });
  const output = await ${camelCase(name)}Action.run(input, contextWith(new AbortController().signal));
  expect(${camelCase(name)}Action.render(output, plain)).toBe("schema.sql");
  expect(${camelCase(name)}Action.exitCode(output)).toBe(0);
});

test("${wordsOf(name).join(" ")} stops when it is told to", async () => {
  const input = ${camelCase(name)}Action.input.parse({ source: "schema.sql" });
  const aborted = AbortSignal.abort(new Error("interrupted"));
  await expect(${camelCase(name)}Action.run(input, contextWith(aborted))).rejects.toThrow("interrupted");
});
`;

/** A user operation: its file and its test. */
export const newAction: Scaffold = {
  argument: "NAME",
  about: "a user operation: command, reference page and later tool",
  files: (name) => [
    { path: `src/actions/${kebabCase(name)}.ts`, text: sourceOf(name) },
    { path: `src/actions/${kebabCase(name)}.test.ts`, text: testOf(name) },
  ],
  next: [
    "state its input, effect and output; keep heavy imports inside run",
    "give examples that a user would type",
    "npm run gen, whenever name, summary, input or examples change",
  ],
};
