/*
 * The lexical rules of SQLite's SQL, after its own tokenizer (https://sqlite.org/draft/tokenreq.html). Linear
 * in the length of the text; never fails: what cannot be read is a token of its own.
 */

/** A token of SQLite's SQL. White space and comments are `space`. */
export interface Token {
  readonly kind: "space" | "word" | "quoted" | "string" | "number" | "blob" | "variable" | "operator" | "broken";
  /** As written. */
  readonly text: string;
  /** Offset of its first character. */
  readonly at: number;
}

const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["space", /(?:[ \t\n\f\r]+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))+/y],
  ["blob", /[xX]'[0-9a-fA-F]*'/y],
  ["word", /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y],
  ["string", /'(?:[^']|'')*'/y],
  ["quoted", /"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/y],
  ["number", /0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y],
  ["variable", /\?\d*|[:@#$][A-Za-z0-9_$\u0080-\uffff]+(?:::[A-Za-z0-9_$\u0080-\uffff]+)*/y],
  ["operator", /->>?|\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%&|~<>=(),;.]/y],
];

/** The tokens of a text, in order; together they are the text. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, at };
  }
  return { kind: "broken", text: text.slice(at, at + 1), at };
}

/** Whether a token is this key word, in any case. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.text.length === word.length && token.text.toUpperCase() === word;
}

/** Whether a token is this operator. */
export function isOperator(token: Token | undefined, operator: string): boolean {
  return token?.kind === "operator" && token.text === operator;
}

/** The name that a token stands for; null when it can stand for none. A string may serve as a name in SQLite. */
export function nameOf(token: Token | undefined): string | null {
  if (token === undefined) return null;
  if (token.kind === "word") return token.text;
  if (token.kind !== "quoted" && token.kind !== "string") return null;
  const inner = token.text.slice(1, -1);
  const quote = token.text[0] ?? "";
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}

/**
 * Tokens as text in one spelling: a single space where there was any white space or comment, none at the ends.
 * Two texts that differ in layout and comments alone have the same spelling.
 */
export function spelled(tokens: readonly Token[]): string {
  return tokens
    .map((token) => (token.kind === "space" ? " " : token.text))
    .join("")
    .trim();
}

/** A name in the case by which SQLite compares names: only ASCII letters are folded. */
export function folded(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
