import { byCommas, Cursor, NotUnderstood } from "./cursor.ts";
import { isOperator, isWord, nameOf, spelled, tokensOf } from "./lex.ts";
import type { Token } from "./lex.ts";

/** One key of a CREATE INDEX as it is written, without COLLATE and direction. */
export interface ParsedIndexKey {
  readonly text: string;
  readonly collation: string | null;
}

/** A CREATE INDEX as it is written. */
export interface ParsedIndex {
  readonly keys: readonly ParsedIndexKey[];
  readonly predicate: string | null;
}

/** Reads the CREATE INDEX text that SQLite keeps. Throws {@link NotUnderstood}. */
export function parseIndex(sql: string): ParsedIndex {
  const cursor = new Cursor(tokensOf(sql));
  if (!cursor.word("CREATE")) throw new NotUnderstood("no CREATE INDEX");
  cursor.word("UNIQUE");
  if (!cursor.word("INDEX")) throw new NotUnderstood("no CREATE INDEX");
  cursor.word("IF", "NOT", "EXISTS");
  cursor.name();
  if (cursor.operator(".")) cursor.name();
  if (!cursor.word("ON")) throw new NotUnderstood("an index on nothing");
  cursor.name();
  const keys = byCommas(cursor.parenthesised()).map(keyOf);
  const predicate = cursor.word("WHERE") ? spelled(cursor.rest()) : null;
  return { keys, predicate };
}

function keyOf(tokens: readonly Token[]): ParsedIndexKey {
  let words = tokens.filter((token) => token.kind !== "space");
  const last = words.at(-1);
  if (isWord(last, "ASC") || isWord(last, "DESC")) words = words.slice(0, -1);
  // COLLATE at the end orders the key, whatever stands before it.
  const collated = isWord(words.at(-2), "COLLATE");
  const collation = collated ? nameOf(words.at(-1)) : null;
  if (collated) words = words.slice(0, -2);
  const end = words.at(-1);
  const upTo = end === undefined ? 0 : tokens.indexOf(end) + 1;
  return { text: spelled(tokens.slice(0, upTo)), collation };
}

/** A CREATE VIEW or CREATE TRIGGER as it is written, cut where its own part begins. */
export interface ParsedView {
  /** The column names in parentheses after the name; null when there are none. */
  readonly columns: readonly string[] | null;
  /** The query, without comments before and after it and without semicolon. */
  readonly query: string;
  readonly tokens: readonly Token[];
}

/** Reads the CREATE VIEW text that SQLite keeps. Throws {@link NotUnderstood}. */
export function parseView(sql: string): ParsedView {
  const cursor = new Cursor(tokensOf(sql));
  if (!cursor.word("CREATE")) throw new NotUnderstood("no CREATE VIEW");
  if (!cursor.word("TEMP")) cursor.word("TEMPORARY");
  if (!cursor.word("VIEW")) throw new NotUnderstood("no CREATE VIEW");
  cursor.word("IF", "NOT", "EXISTS");
  cursor.name();
  if (cursor.operator(".")) cursor.name();
  const columns = isOperator(cursor.peek(), "(")
    ? byCommas(cursor.parenthesised()).map((part) => new Cursor(part).name())
    : null;
  if (!cursor.word("AS")) throw new NotUnderstood("a view of nothing");
  const tokens = trimmed(cursor.rest());
  return { columns, query: tokens.map((token) => token.text).join(""), tokens };
}

/** A stored statement without what stands before and after it: white space, comments, a semicolon. */
export function trimmed(tokens: readonly Token[]): readonly Token[] {
  const meant = (token: Token): boolean => token.kind !== "space" && !isOperator(token, ";");
  const first = tokens.findIndex(meant);
  return first < 0 ? [] : tokens.slice(first, tokens.findLastIndex(meant) + 1);
}

/** Lower-case names that a text mentions, quoted or not: what a view or trigger may read. */
export function namesIn(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const token of tokens) {
    const name = nameOf(token);
    if (name !== null) names.add(name.toLowerCase());
  }
  return names;
}
