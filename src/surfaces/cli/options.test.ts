import { Command, Option } from "commander";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../model/action.ts";
import type { Action } from "../../model/action.ts";
import { DbwrightError } from "../../model/error.ts";
import { declareOptions, optionSpecs, readInput } from "./options.ts";

const sample: Action = action({
  name: "sample",
  summary: "Show every kind of option",
  description: "",
  examples: [],
  effect: "pure",
  input: z.object({
    files: z.array(z.string()).min(1).describe("files"),
    outDir: z.string().optional(),
    rowsMax: z.number().int().min(10).default(20),
    to: z.enum(["sql", "json"]).default("sql"),
    start: z.boolean().default(true),
    force: z.boolean().default(false),
    schemas: z.array(z.string()).optional(),
  }),
  positionals: ["files"],
  run: async (input) => input,
  render: () => "",
  exitCode: () => 0,
});

function parse(words: readonly string[]): unknown {
  const specs = optionSpecs(sample);
  const command = new Command("sample").exitOverride().configureOutput({ writeErr: () => {} });
  declareOptions(command, specs, (flags, description) => new Option(flags, description));
  let input: unknown;
  command.action((files: string[], options: Record<string, unknown>) => {
    input = readInput(sample, specs, [files], options);
  });
  command.parse([...words], { from: "user" });
  return input;
}

const defaults = { rowsMax: 20, to: "sql", start: true, force: false };

describe("options of an action", () => {
  test.each<[string, unknown]>([
    ["a.sql", { ...defaults, files: ["a.sql"] }],
    ["a.sql b.sql --out-dir x --rows-max 12", { ...defaults, files: ["a.sql", "b.sql"], outDir: "x", rowsMax: 12 }],
    ["a.sql --to json --no-start --force", { ...defaults, files: ["a.sql"], to: "json", start: false, force: true }],
    ["a.sql --schemas a,b --schemas c", { ...defaults, files: ["a.sql"], schemas: ["a", "b", "c"] }],
  ])("%s", (line, expected) => {
    expect(parse(line.split(" "))).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ["a.sql --rows-max 3", /^--rows-max: 3 is too small\n.*10 or more[\s\S]*sample --help/],
    ["a.sql --rows-max many", /^--rows-max: .*number/],
    ["a.sql --rows-max 12.5", /^--rows-max: 12.5 is no whole number/],
  ])("%s is refused by name", (line, message) => {
    expect(() => parse(line.split(" "))).toThrow(DbwrightError);
    expect(() => parse(line.split(" "))).toThrow(message);
  });
});
