import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { describe, expect, test } from "vitest";
import { ACTIONS } from "../../src/actions/registry.ts";
import { declareOptions, optionSpecs, readInput } from "../../src/surfaces/cli/options.ts";

/*
 * Every documented example is what the command line takes: the words are parsed as it parses them, and the
 * input is judged by the action. Nothing is run.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));

// The words as a shell gives them; what stands behind a pipe or a redirection is the shell's own affair.
function shellWords(command: string): string[] {
  const [own = ""] = command.split(/ (?:>|\||<) /);
  return [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const actions = await Promise.all(ACTIONS.map((entry) => entry.load()));

describe.each(actions.map((action) => [action.name, action] as const))("dbwright %s", (_name, action) => {
  test.each(action.examples.map(({ command }) => command))("%s", (line) => {
    const specs = optionSpecs(action);
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    for (const flag of ["--json", "--quiet", "--no-color", "--debug"]) command.option(flag);
    declareOptions(command, specs, (flags, description) => new Option(flags, description));
    const positionalCount = specs.filter((spec) => spec.position !== null).length;
    let input: Record<string, unknown> | null = null;
    command.action((...given: unknown[]) => {
      const options = given[positionalCount] as Readonly<Record<string, unknown>>;
      input = readInput(action, specs, given.slice(0, positionalCount), options);
    });
    command.parse(shellWords(line).slice(action.name.split(" ").length), { from: "user" });
    expect(input).not.toBeNull();
  });

  test("examples that come with the package are there", () => {
    const named = action.examples.flatMap(({ command }) =>
      shellWords(command).filter((word) => word.startsWith("examples/")),
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

test("an example with an option that is not there would be seen", () => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  expect(() => command.parse(["--nonsense"], { from: "user" })).toThrow("unknown option '--nonsense'");
  expect(shellWords(`inspect 'a b' --to sql > x.sql`)).toEqual(["inspect", "a b", "--to", "sql"]);
});
