import { invalid } from "../model/error.ts";
import {
  afterBlank,
  afterBlockComment,
  afterDollarString,
  afterLineComment,
  afterQuotedName,
  afterString,
  afterWord,
} from "./lex.ts";

/**
 * A piece of a script for psql. `blank`: white space, comments and empty statements; `statement`: from its
 * first token to its semicolon; `meta`: a backslash command of psql, one line; `data`: what follows
 * COPY … FROM stdin, the end mark `\.` included. `line` counts from 1 and is where the piece starts.
 */
export interface ScriptPart {
  readonly kind: "blank" | "statement" | "meta" | "data";
  readonly text: string;
  readonly line: number;
}

// Whatever cannot start a token that matters here.
const PLAIN = /[^'"$/\-;()\\A-Za-z_\u0080-\uffff]+/y;
const ESCAPES_SETTING =
  /^set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|\bto\b)\s*'?(on|off|true|false|yes|no|1|0|default)\b/i;
const COPY_META = /^\\copy\s.*\bfrom\s+(?:stdin|pstdin)\b/i;

/** The pieces of a script in order. Their texts, joined, are the script. Throws what {@link scriptParts} throws. */
export function splitScript(text: string, file?: string): ScriptPart[] {
  return [...scriptParts(text, file)];
}

/**
 * The pieces of a script, one at a time, by the rules of psql's own scanner (`psqlscan.l`): semicolons in
 * parentheses and in BEGIN ATOMIC bodies do not end a statement. Linear in the text, which it does not
 * copy. Throws `invalid` (exit 2), naming the line, for a NUL character and for a string, a quoted name, a
 * comment or COPY data that does not end.
 */
export function* scriptParts(text: string, file?: string): Generator<ScriptPart> {
  const where = (line: number): string => (file === undefined ? `line ${line}` : `${file}:${line}`);
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const line = 1 + lineBreaks(text, 0, nul);
    throw invalid({
      what: "the script has a NUL character",
      where: where(line),
      expected: "a text file in UTF-8 (pg_dump writes one with --format=plain)",
    });
  }
  let at = 0;
  let line = 1;
  let escapes = false;
  let dataNext = false;
  while (at < text.length) {
    let part: ScriptPart;
    if (dataNext) {
      const end = afterData(text, at);
      if (end < 0) {
        throw invalid({
          what: "the data of a COPY … FROM stdin does not end",
          where: where(line),
          expected: "a line with \\. after the last row; the file may be cut off",
        });
      }
      part = { kind: "data", text: text.slice(at, end), line };
      dataNext = false;
    } else {
      const blank = afterBlanks(text, at);
      const end = blank > at ? blank : text[at] === "\\" ? afterLine(text, at) : afterStatement(text, at, escapes);
      if (typeof end === "object") {
        throw invalid({
          what: `${end.open} is not closed`,
          where: where(line + lineBreaks(text, at, end.index)),
          expected: `${end.close} before the end of the file; the file may be cut off`,
        });
      }
      const kind = blank > at ? "blank" : text[at] === "\\" ? "meta" : "statement";
      part = { kind, text: text.slice(at, end), line };
      if (kind === "statement") {
        escapes = escapesAfter(part.text, escapes);
        dataNext = isCopyIn(part.text);
      } else if (kind === "meta") dataNext = COPY_META.test(part.text);
    }
    yield part;
    at += part.text.length;
    line += lineBreaks(part.text, 0, part.text.length);
  }
}

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

// After blanks, empty statements and byte order marks (files joined with `cat` have one in the middle).
function afterBlanks(text: string, index: number): number {
  let at = index;
  for (;;) {
    const before = at;
    at = afterBlank(text, at);
    while (text[at] === ";" || text[at] === "\ufeff") at++;
    if (at === before) return at;
  }
}

function afterLine(text: string, index: number): number {
  const end = text.indexOf("\n", index);
  return end < 0 ? text.length : end + 1;
}

// After the end mark of COPY data, which starts on the line after the statement. -1 when there is none.
function afterData(text: string, index: number): number {
  let at = index;
  do {
    at = text.indexOf("\n\\.", at);
    if (at < 0) return -1;
    at += 3;
    if (text[at] === "\r") at++;
  } while (at < text.length && text[at] !== "\n");
  return Math.min(at + 1, text.length);
}

function escapesAfter(statement: string, before: boolean): boolean {
  const setting = ESCAPES_SETTING.exec(statement)?.[1]?.toLowerCase();
  if (setting === undefined) return /^reset\s+(?:all|standard_conforming_strings)\b/i.test(statement) ? false : before;
  return ["off", "false", "no", "0"].includes(setting);
}

/** True for `COPY … FROM stdin`: its rows follow in the script. */
export function isCopyIn(statement: string): boolean {
  if (!/^copy\b/i.test(statement)) return false;
  let depth = 0;
  let previous = "";
  for (const { start, end } of tokensOf(statement)) {
    const token = statement.slice(start, end).toLowerCase();
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (depth === 0 && previous === "from" && token === "stdin") return true;
    previous = token;
  }
  return false;
}

/** The tokens of one statement, comments and blanks left out, as UTF-16 indices; stops where one does not end. */
export function* tokensOf(statement: string): Generator<{ readonly start: number; readonly end: number }> {
  let at = 0;
  while ((at = afterBlank(statement, at)) < statement.length) {
    const end = afterToken(statement, at, false);
    if (typeof end === "object") return;
    yield { start: at, end };
    at = end;
  }
}

interface Unclosed {
  readonly index: number;
  readonly open: string;
  readonly close: string;
}

// After the token (or run of uninteresting characters) at `index`, which is no blank.
function afterToken(text: string, index: number, escapes: boolean): number | Unclosed {
  const character = text[index] ?? "";
  const closed = (end: number, open: string, close: string): number | Unclosed =>
    end < 0 ? { index, open, close } : end;
  if (character === "'") return closed(afterString(text, index, escapes), "a string", "a '");
  if (character === '"') return closed(afterQuotedName(text, index), "a quoted name", 'a "');
  if (character === "$") {
    const end = afterDollarString(text, index);
    const tag = text.slice(index, text.indexOf("$", index + 1) + 1);
    return end === index ? index + 1 : closed(end, `the string that ${tag} opens`, `a ${tag}`);
  }
  if (text.startsWith("--", index)) return afterLineComment(text, index);
  if (text.startsWith("/*", index)) return closed(afterBlockComment(text, index), "a comment", "a */");
  const word = afterWord(text, index);
  if (word > index) {
    const literal = word === index + 1 && (character === "e" || character === "E") && text[word] === "'";
    return literal ? closed(afterString(text, word, true), "a string", "a '") : word;
  }
  PLAIN.lastIndex = index;
  return PLAIN.test(text) ? PLAIN.lastIndex : index + 1;
}

// Words and characters that matter only inside a routine's body.
const DULL = /(?:[^'"$/\-;()\\A-Za-z_\u0080-\uffff]+|[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)+/y;
const ESCAPE_PREFIX = /(?<![A-Za-z0-9_$\u0080-\uffff])[eE]$/;

// After as many dull tokens as there are at `index`; stops before the prefix of an escape string.
function afterDull(text: string, index: number): number {
  DULL.lastIndex = index;
  if (!DULL.test(text)) return index;
  const end = DULL.lastIndex;
  return text[end] === "'" && ESCAPE_PREFIX.test(text.slice(Math.max(index, end - 2), end)) ? end - 1 : end;
}

// The first words of CREATE FUNCTION and CREATE PROCEDURE, whose body may be BEGIN ATOMIC … END.
const ROUTINE = /^create (?:or replace )?(?:function|procedure)(?: |$)/;

// After the semicolon that ends the statement at `index`, or before a backslash, or at the end of the text.
function afterStatement(text: string, index: number, escapes: boolean): number | Unclosed {
  let at = index;
  let parentheses = 0;
  let bodies = 0;
  let head = "";
  let words = 0;
  let previous = "";
  while (at < text.length) {
    if (words >= 4 && !ROUTINE.test(head)) at = afterDull(text, at);
    const next = afterToken(text, at, escapes);
    if (typeof next === "object") return next;
    const first = text[at] ?? "";
    if (first === ";" && parentheses === 0 && bodies === 0) return next;
    // A backslash starts a command for psql wherever it stands outside quotes.
    if (first === "\\") return at;
    if (first === "(") parentheses++;
    else if (first === ")") parentheses = Math.max(0, parentheses - 1);
    if (isLetter(first)) {
      const word = next - at <= 10 ? text.slice(at, next).toLowerCase() : "";
      if (words++ < 4) head += head === "" ? word : ` ${word}`;
      const label = previous === "as" || text[at - 1] === ".";
      if (bodies > 0 && !label) bodies += word === "case" ? 1 : word === "end" ? -1 : 0;
      else if (word === "atomic" && previous === "begin" && parentheses === 0 && ROUTINE.test(head)) bodies = 1;
      previous = word;
    } else if (!isBlank(text, at, next)) previous = "";
    at = next;
  }
  return text.length;
}

function isBlank(text: string, start: number, end: number): boolean {
  return text.startsWith("--", start) || text.startsWith("/*", start) || afterBlank(text, start) === end;
}

function isLetter(character: string): boolean {
  return /[A-Za-z_\u0080-\uffff]/.test(character);
}
