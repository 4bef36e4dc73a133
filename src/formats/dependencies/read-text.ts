import type { StatedDependencies } from "../../model/dependency.ts";
import { invalid } from "../../model/error.ts";
import { checked, shown } from "./check.ts";
import type { Draft, PlacedName } from "./check.ts";

interface Token {
  readonly kind: "name" | "arrow" | "comma" | "end" | "open" | "close";
  readonly text: string;
  readonly where: string;
}

const EXPECTED = "A B -> C; C -> D, with the attributes before if you like: R(A, B, C, D)";
// A # starts a comment only where a name could start: S# is a name that textbooks use.
const TOKEN =
  /[^\S\n]+|#[^\n]*|(?<end>[;\n])|(?<arrow>->|→)|(?<comma>,)|(?<open>\()|(?<close>\)(?:[^\S\n]*:)?)|"(?<quoted>(?:[^"]|"")*)"|(?<bare>(?:(?!->|→)[^\s,;()"])+)/y;

/**
 * Reads dependencies as text: `A B -> C; C -> D`, one per line or with semicolons between, names with blanks in double
 * quotes, comments after `#`. A line without an arrow (`R(A, B, C)` or `A B C`) lists the attributes; without one, they
 * are those that the dependencies name. Throws `invalid` (exit 2) with line and column.
 */
export function readTextDependencies(text: string, file: string): StatedDependencies {
  let listed: { readonly names: readonly PlacedName[]; readonly where: string } | null = null;
  const dependencies: Draft["dependencies"][number][] = [];
  for (const statement of statementsOf(tokensOf(text, file))) {
    const where = statement[0]?.where ?? file;
    if (statement.some(({ kind }) => kind === "arrow")) {
      dependencies.push(dependencyOf(statement, where));
    } else if (listed === null) listed = { names: listOf(statement), where };
    else {
      throw invalid({
        what: "the attributes are listed a second time, or an arrow is missing",
        where,
        expected: EXPECTED,
      });
    }
  }
  const named = dependencies.flatMap(({ from, to }) => [...from, ...to]);
  // Each name once, at its first place.
  const known = new Set<string>();
  const once = named.filter(({ name }) => !known.has(name) && known.add(name));
  return checked({ attributes: listed?.names ?? once, dependencies, target: null, where: listed?.where ?? file });
}

function* tokensOf(text: string, file: string): Generator<Token> {
  let [line, column] = [1, 1];
  for (let at = 0; at < text.length;) {
    const where = `${file}:${line}:${column}`;
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) {
      throw invalid({
        what: "a name in double quotes has no end",
        where,
        expected: 'a closing "; a quote inside is doubled',
      });
    }
    at = TOKEN.lastIndex;
    const [token] = found;
    const breaks = token.split("\n").length - 1;
    line += breaks;
    column = (breaks === 0 ? column : 1) + Array.from(token.slice(token.lastIndexOf("\n") + 1)).length;
    const { quoted, bare, ...signs } = found.groups ?? {};
    if (quoted !== undefined) yield { kind: "name", text: quoted.replaceAll('""', '"'), where };
    else if (bare !== undefined) yield { kind: "name", text: bare, where };
    for (const kind of ["end", "arrow", "comma", "open", "close"] as const) {
      const sign = signs[kind];
      if (sign !== undefined) yield { kind, text: sign, where };
      // R(A, B): A -> B; the colon ends the list of attributes.
      if (kind === "close" && sign?.endsWith(":") === true) yield { kind: "end", text: ";", where };
    }
  }
}

// A line's end inside parentheses ends nothing.
function* statementsOf(tokens: Iterable<Token>): Generator<readonly Token[]> {
  let statement: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === "open") depth++;
    if (token.kind === "close") depth--;
    if (token.kind !== "end") statement.push(token);
    else if (depth <= 0 || token.text === ";") {
      if (statement.length > 0) yield statement;
      statement = [];
      depth = 0;
    }
  }
  if (statement.length > 0) yield statement;
}

function dependencyOf(statement: readonly Token[], where: string): Draft["dependencies"][number] {
  const [first, second] = statement.filter(({ kind }) => kind === "arrow");
  if (second !== undefined) {
    throw invalid({
      what: "there is a second arrow",
      where: second.where,
      expected: EXPECTED,
      mend: "put a semicolon or a line's end between dependencies",
    });
  }
  const at = statement.findIndex((token) => token === first);
  return { from: namesOf(statement.slice(0, at)), to: namesOf(statement.slice(at + 1)), where };
}

function listOf(statement: readonly Token[]): readonly PlacedName[] {
  const [name, open] = statement;
  const last = statement.at(-1);
  const start = open?.kind === "open" && name?.kind === "name" ? 2 : name?.kind === "open" ? 1 : 0;
  if (start === 0) return namesOf(statement);
  if (last?.kind === "close") return namesOf(statement.slice(start, -1));
  throw invalid({ what: "a parenthesis is not closed", where: last?.where ?? "", expected: EXPECTED });
}

function namesOf(tokens: readonly Token[]): readonly PlacedName[] {
  return tokens.flatMap(({ kind, text, where }): PlacedName[] => {
    if (kind === "comma") return [];
    if (kind === "name") return [{ name: text, where }];
    throw invalid({ what: `unexpected ${shown(text)}`, where, expected: EXPECTED });
  });
}
