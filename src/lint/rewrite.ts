import { afterName } from "../sql/lex.ts";
import { tokensOf } from "../sql/split.ts";

/** The text of an ALTER TABLE taken apart: what stands before its first subcommand, and the subcommands. */
export interface AlterTableText {
  readonly head: string;
  readonly commands: readonly string[];
}

/** Takes the text of an ALTER TABLE apart; null where it is none, or is not written plainly. */
export function alterTableText(sql: string): AlterTableText | null {
  const tokens = [...tokensOf(sql)];
  const word = (index: number): string => {
    const token = tokens[index];
    return token === undefined ? "" : sql.slice(token.start, token.end).toLowerCase();
  };
  if (word(0) !== "alter" || (word(1) !== "table" && !(word(1) === "foreign" && word(2) === "table"))) return null;
  let next = word(1) === "table" ? 2 : 3;
  if (word(next) === "if") next += 2;
  if (word(next) === "only") next += 1;
  let at = tokens[next]?.start ?? sql.length;
  let end = afterName(sql, at);
  while (sql[end] === ".") {
    at = end + 1;
    end = afterName(sql, at);
  }
  if (end === at) return null;
  const rest = sql.slice(end).replace(/^\s*\*/, "");
  const from = sql.length - rest.length;
  const commands = splitAtCommas(rest);
  return { head: sql.slice(0, from).trimEnd(), commands };
}

/** A text cut at the commas that stand outside of brackets, strings, names and comments. */
export function splitAtCommas(text: string): readonly string[] {
  const cuts: number[] = [];
  let depth = 0;
  for (const { start, end } of tokensOf(text)) {
    const first = text[start] ?? "";
    if (first === "'" || first === '"' || first === "$") continue;
    for (let at = start; at < end; at++) {
      const character = text[at];
      if (character === "(" || character === "[") depth++;
      else if (character === ")" || character === "]") depth--;
      else if (character === "," && depth === 0) cuts.push(at);
    }
  }
  return [...cuts, text.length].map((cut, index) =>
    text.slice(index === 0 ? 0 : (cuts[index - 1] ?? 0) + 1, cut).trim(),
  );
}

/** An ALTER TABLE with one subcommand put in place of another, or left out; null where nothing is left of it. */
export function withCommand(sql: string, index: number, replacement: string | null): string | null {
  const parts = alterTableText(sql);
  if (parts === null || parts.commands[index] === undefined) return null;
  const commands = parts.commands.flatMap((command, at) =>
    at !== index ? [command] : replacement === null ? [] : [replacement],
  );
  return commands.length === 0 ? null : `${parts.head} ${commands.join(", ")}`;
}

/** A word in the case that the statement is written in. */
export function inCaseOf(sql: string, words: string): string {
  return /^[a-z]/.test(sql) ? words.toLowerCase() : words;
}

/** A statement with words put in after a leading pattern; null where the pattern does not lead it. */
export function insertedAfter(sql: string, lead: RegExp, words: string): string | null {
  const match = lead.exec(sql);
  if (match === null || match.index !== 0) return null;
  return `${match[0]} ${inCaseOf(sql, words)}${sql.slice(match[0].length)}`;
}
