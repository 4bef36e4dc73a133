import { afterBlank, afterName, afterString } from "../../../sql/lex.ts";

// After the token at `at`: a name, a string, or one character.
function afterToken(text: string, at: number): number {
  if (text[at] === "'") {
    const end = afterString(text, at, text[at - 1] === "E");
    return end < 0 ? text.length : end;
  }
  const end = afterName(text, at);
  return end > at ? end : at + 1;
}

/** The arguments of a routine as its CREATE statement spells them: names, types and defaults, in order. */
export function argumentsOf(definition: string): readonly string[] {
  let at = 0;
  while (at < definition.length && definition[at] !== "(") at = afterToken(definition, at);
  const found: string[] = [];
  let start = at + 1;
  let depth = 0;
  for (at = start; at < definition.length; at = afterToken(definition, at)) {
    const sign = definition[at];
    if (sign === "(" || sign === "[") depth++;
    else if (depth > 0 && (sign === ")" || sign === "]")) depth--;
    else if (depth === 0 && (sign === "," || sign === ")")) {
      const text = definition.slice(start, at).trim();
      if (text !== "") found.push(text);
      if (sign === ")") break;
      start = afterBlank(definition, at + 1);
    }
  }
  return found;
}

const WITH_DEFAULT = / DEFAULT | = /;

const MODE = /^(?:INOUT|OUT|VARIADIC) /;
const modeOf = (argument: string): string => MODE.exec(argument)?.[0] ?? "";

/**
 * Why CREATE OR REPLACE may not turn the arguments of one definition into those of another, or null where it may
 * (ProcedureCreate in the server's pg_proc.c). The types of the inputs are the same, being the routine's identity.
 */
export function argumentObstacle(before: string, after: string): string | null {
  const [old, now] = [argumentsOf(before), argumentsOf(after)];
  if (old.length !== now.length) return "its result would have other columns";
  for (const [index, was] of old.entries()) {
    const is = now[index] ?? "";
    const [bare, wanted] = [was.split(WITH_DEFAULT)[0] ?? "", is.split(WITH_DEFAULT)[0] ?? ""];
    const mode = modeOf(bare);
    if (mode !== modeOf(wanted)) return "its result would have other columns";
    // An argument without a name may be given one, but not where it names a column of the result.
    const named = !mode.includes("OUT") && wanted.endsWith(` ${bare.slice(mode.length)}`);
    if (bare !== wanted && !named) return `argument ${index + 1} is called or typed otherwise`;
    if (WITH_DEFAULT.test(was) && !WITH_DEFAULT.test(is)) return `argument ${index + 1} would lose its default`;
  }
  return null;
}
