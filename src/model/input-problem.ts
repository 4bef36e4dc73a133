import type { Problem } from "./error.ts";

/** What a value is called that a caller forgot or mistook. */
const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/**
 * A validation issue of an action's input in words of our own, the same on every surface: what is wrong, and what was
 * expected. `issue` is zod's; `given` is the value that it is about, undefined where there is none. Whatever is not
 * known here keeps the library's message.
 */
export function inputProblem(
  issue: Readonly<Record<string, unknown>>,
  given: unknown,
): Pick<Problem, "what" | "expected"> {
  const { code, expected, message, minimum, maximum, values } = issue;
  if (code === "invalid_value" && Array.isArray(values)) {
    const choices = values.map(String).join(", ");
    return {
      what: given === undefined ? "it is missing" : `${shown(given)} is not known here`,
      expected: `one of ${choices}`,
    };
  }
  if (code === "invalid_type") {
    const kind = KINDS[String(expected)];
    if (given === undefined) return { what: "it is missing", ...(kind === undefined ? {} : { expected: kind }) };
    if (expected === "number" || expected === "int")
      return {
        what: Number.isNaN(given) ? "it is no number" : `${shown(given)} is no whole number`,
        expected: "a whole number",
      };
    if (kind !== undefined) return { what: `it is not ${kind}`, expected: kind };
  }
  if (code === "too_small" && typeof given === "number")
    return { what: `${given} is too small`, expected: `${String(minimum)} or more` };
  if (code === "too_big" && typeof given === "number")
    return { what: `${given} is too large`, expected: `${String(maximum)} or less` };
  return { what: String(message) };
}

/** What the issue is about within the input; undefined where the path leads nowhere. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    input,
  );
}

const TEXT_MAX = 60;

// What looks like a URL may hold a password.
function shown(given: unknown): string {
  if (typeof given === "string" && given.includes("://")) return "what was given";
  const text = JSON.stringify(given) ?? String(given);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
