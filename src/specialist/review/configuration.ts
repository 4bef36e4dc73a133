import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { z } from "zod";
import { nearest } from "../../formats/brief/nearest.ts";
import { DbwrightError, invalid, unavailable } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { CONFIGURATION_SHAPE } from "./configuration-shape.ts";
import type { Configuration } from "./configuration-shape.ts";

/** A configuration that was read. */
export interface FoundConfiguration {
  readonly settings: Configuration;
  /** The file as a person may be told it, or null where there is none and the defaults hold. */
  readonly file: string | null;
}

const EXTENSIONS = ["ts", "js", "mjs", "json", "yaml", "yml"] as const;
const NAMES: readonly string[] = EXTENSIONS.map((extension) => `dbwright.config.${extension}`);

/**
 * Reads the file that is named, or the nearest `dbwright.config.*` in `cwd` or a folder above it. A
 * configuration in TypeScript or JavaScript is run. Throws `invalid` (exit 2), naming file, field and what was
 * expected, for one that is not there or says what cannot be.
 */
export async function readConfiguration(
  cwd: string,
  named: string | undefined,
  ruleIds: readonly string[],
): Promise<FoundConfiguration> {
  const path = await findConfiguration(cwd, named);
  if (path === null) return { settings: {}, file: null };
  const file = named ?? (relative(cwd, path) || basename(path));
  const settings = shaped(await valueOf(path, file), file);
  const problems = unknownRules(settings, file, ruleIds);
  if (problems.length > 0) throw invalid(problems);
  return { settings, file };
}

/** Where the configuration lies that is named, or else the nearest; null where there is none. Throws `invalid` for several. */
export async function findConfiguration(cwd: string, named: string | undefined): Promise<string | null> {
  return named === undefined ? await findUpward(cwd) : resolve(cwd, named);
}

async function findUpward(cwd: string): Promise<string | null> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    // A folder above that may not be read holds no configuration of ours.
    const entries = await readdir(folder).catch((): string[] => []);
    const found = NAMES.filter((name) => entries.includes(name));
    if (found.length > 1) {
      throw invalid({
        what: `there are ${found.length} configurations: ${found.join(", ")}`,
        where: folder,
        expected: "one",
        mend: "remove all but one, or name one with --config",
      });
    }
    if (found[0] !== undefined) return join(folder, found[0]);
    if (dirname(folder) === folder) return null;
  }
}

async function valueOf(path: string, file: string): Promise<unknown> {
  const extension = extname(path).slice(1);
  if (extension === "ts" || extension === "js" || extension === "mjs") {
    await textOf(path, file);
    return await moduleOf(path, file);
  }
  const text = await textOf(path, file);
  if (extension === "json") {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw invalid({ what: `it is no JSON: ${(error as Error).message}`, where: file }, { cause: error });
    }
  }
  if (extension !== "yaml" && extension !== "yml") {
    throw invalid({
      what: "a configuration of this kind is not read",
      where: file,
      expected: EXTENSIONS.map((one) => `.${one}`).join(", "),
    });
  }
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined)
    throw invalid({
      what: `it is no YAML: ${error.message.split("\n")[0]}`,
      where: `${file}:${error.linePos?.[0].line ?? 1}`,
    });
  return (document.toJS() as unknown) ?? {};
}

async function textOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR")
      throw unavailable({ what: `the configuration cannot be read (${code})`, where: file }, { cause: error });
    const siblings = await readdir(dirname(path)).catch((): string[] => []);
    const near = nearest(basename(path), siblings);
    throw invalid(
      {
        what: "there is no such configuration",
        where: file,
        expected: NAMES.join(", "),
        ...(near === null ? {} : { mend: `did you mean ${join(dirname(file), near)}?` }),
      },
      { cause: error },
    );
  }
}

async function moduleOf(path: string, file: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  try {
    const jiti = createJiti(path, { fsCache: false, moduleCache: false });
    return await jiti.import(path, { default: true });
  } catch (error) {
    if (error instanceof DbwrightError) throw error;
    const said = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw invalid({ what: `it cannot be run: ${said}`, where: file, expected: "a default export" }, { cause: error });
  }
}

function shaped(value: unknown, file: string): Configuration {
  const { data, error } = CONFIGURATION_SHAPE.safeParse(value);
  if (error === undefined) return data;
  throw invalid(error.issues.flatMap((issue) => problemsOf(issue, value, file)));
}

// The keys that a mapping may have, by how deep it lies.
const KEYS = {
  top: Object.keys(CONFIGURATION_SHAPE.shape),
  rule: ["severity", "ignore"],
  exception: ["object", "reason"],
} as const;

function problemsOf(issue: z.core.$ZodIssue, value: unknown, file: string): Problem[] {
  const where = (path: readonly PropertyKey[]): string =>
    path.length === 0 ? file : `${file}: ${path.map(String).join(".")}`;
  if (issue.code === "unrecognized_keys") {
    const known = KEYS[issue.path.length === 0 ? "top" : issue.path.length === 2 ? "rule" : "exception"];
    return issue.keys.map((key) => ({
      what: `unknown key ${JSON.stringify(key)}`,
      where: where([...issue.path, key]),
      expected: `one of ${known.join(", ")}`,
      ...mendOf(key, known),
    }));
  }
  const given = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  if (issue.code === "invalid_union") {
    // A mapping was meant as one: what is wrong is inside it.
    const inside = issue.errors.find(
      (option) =>
        typeof given === "object" && option.some((one) => one.path.length > 0 || one.code === "unrecognized_keys"),
    );
    if (inside !== undefined) {
      return inside.flatMap((one) => problemsOf({ ...one, path: [...issue.path, ...one.path] }, value, file));
    }
    const words = ["off", "error", "warning", "info"];
    return [
      {
        what: `${shown(given)} is no setting of a rule`,
        where: where(issue.path),
        expected: issue.message,
        ...mendOf(given, words),
      },
    ];
  }
  if (issue.code === "invalid_value") {
    const words = issue.values.map(String);
    return [
      {
        what: `${shown(given)} is not one of the words`,
        where: where(issue.path),
        expected: words.join(", "),
        ...mendOf(given, words),
      },
    ];
  }
  return [
    {
      what: given === undefined ? "it is missing" : `${shown(given)} does not fit`,
      where: where(issue.path),
      expected: issue.message,
    },
  ];
}

function mendOf(word: unknown, candidates: readonly string[]): { mend?: string } {
  const near = typeof word === "string" ? nearest(word, candidates) : null;
  return near === null ? {} : { mend: `did you mean ${near}?` };
}

// What was written, as far as it helps to find it.
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null
    ? "nothing"
    : Array.isArray(value)
      ? "a list"
      : `a ${typeof value === "object" ? "mapping" : typeof value}`;
}

function unknownRules(settings: Configuration, file: string, ruleIds: readonly string[]): Problem[] {
  return Object.keys(settings.rules ?? {})
    .filter((id) => !ruleIds.includes(id))
    .map((id) => ({
      what: `there is no rule ${JSON.stringify(id)}`,
      where: `${file}: rules.${id}`,
      expected: "the id of a rule; docs/rules lists them",
      ...mendOf(id, ruleIds),
    }));
}
