import { isOperator, isWord, nameOf } from "./lex.ts";
import type { Token } from "./lex.ts";

/** A text that is not the statement it should be. The reader names the object and goes on. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}

/** Reads tokens from left to right; white space is passed over. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The next token, or undefined at the end. */
  peek(ahead = 0): Token | undefined {
    let left = ahead;
    for (let at = this.#at; at < this.#tokens.length; at++) {
      if (this.#tokens[at]?.kind === "space") continue;
      if (left-- === 0) return this.#tokens[at];
    }
    return undefined;
  }

  next(): Token | undefined {
    while (this.#tokens[this.#at]?.kind === "space") this.#at++;
    return this.#tokens[this.#at++];
  }

  /** Takes these key words when they come next. */
  word(...words: readonly string[]): boolean {
    if (!words.every((word, ahead) => isWord(this.peek(ahead), word))) return false;
    for (const _ of words) this.next();
    return true;
  }

  operator(operator: string): boolean {
    if (!isOperator(this.peek(), operator)) return false;
    this.next();
    return true;
  }

  expect(operator: string): void {
    if (!this.operator(operator)) throw new NotUnderstood(`${operator} expected at ${this.#where()}`);
  }

  /** A name, unquoted. */
  name(): string {
    const name = nameOf(this.peek());
    if (name === null) throw new NotUnderstood(`a name expected at ${this.#where()}`);
    this.next();
    return name;
  }

  /** What stands between the parenthesis that comes next and its partner. */
  parenthesised(): readonly Token[] {
    this.expect("(");
    const from = this.#at;
    let depth = 1;
    for (let token = this.next(); token !== undefined; token = this.next()) {
      if (isOperator(token, "(")) depth++;
      else if (isOperator(token, ")") && --depth === 0) return this.#tokens.slice(from, this.#at - 1);
    }
    throw new NotUnderstood("a parenthesis is not closed");
  }

  /** Everything from here on. */
  rest(): readonly Token[] {
    const from = this.#at;
    this.#at = this.#tokens.length;
    return this.#tokens.slice(from);
  }

  #where(): string {
    return `offset ${this.peek()?.at ?? "the end"}`;
  }
}

/** Tokens cut at the commas that stand outside parentheses. */
export function byCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isOperator(token, "(")) depth++;
    else if (isOperator(token, ")")) depth--;
    if (depth === 0 && isOperator(token, ",")) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
