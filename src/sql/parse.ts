import type { Node, ParseResult, RawStmt } from "libpg-query";

/**
 * A syntax error as the grammar reports it. `index` is a UTF-16 index into the text that was given;
 * `line` and `column` count from 1.
 */
export interface SqlSyntaxError {
  readonly message: string;
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** What parsing yields: a value, or an error that is data and not an exception. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: SqlSyntaxError };

/** One statement of a script with its place in the text, as UTF-16 indices. */
export interface ParsedStatement {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
}

type Grammar = typeof import("libpg-query");
let grammar: Promise<Grammar> | null = null;

/** The PostgreSQL 18 grammar, loaded at its first use (about 30 ms). */
export function loadGrammar(): Promise<Grammar> {
  grammar ??= import("libpg-query").then(async (library) => {
    await library.loadModule();
    return library;
  });
  return grammar;
}

/** Translates byte offsets in the UTF-8 form of `text`, which the grammar counts in, to UTF-16 indices of `text`. */
export function byteToIndex(text: string): (byte: number) => number {
  // oxlint-disable-next-line no-control-regex -- the range is all of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return (byte) => Math.min(byte, text.length);
  const indices = new Uint32Array(Buffer.byteLength(text) + 1);
  let byte = 0;
  let index = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_00_00 ? 3 : 4;
    indices.fill(index, byte, byte + bytes);
    byte += bytes;
    index += character.length;
  }
  indices[byte] = index;
  return (offset) => indices[Math.min(offset, byte)] ?? index;
}

/** A syntax error at `index` of `text`. */
export function syntaxErrorAt(text: string, index: number, message: string): SqlSyntaxError {
  const before = text.slice(0, index);
  const lastBreak = before.lastIndexOf("\n");
  return { message, index, line: before.split("\n").length, column: index - lastBreak };
}

async function parseRaw(text: string): Promise<Parsed<ParseResult>> {
  // The grammar reads a C string: what follows a NUL would be dropped in silence.
  const nul = text.indexOf("\0");
  if (nul >= 0) return { ok: false, error: syntaxErrorAt(text, nul, "a NUL character is not allowed in SQL") };
  const library = await loadGrammar();
  try {
    return { ok: true, value: library.parseSync(text) };
  } catch (error) {
    if (!(error instanceof library.SqlError)) throw error;
    const index = pointToIndex(text, error.sqlDetails?.cursorPosition ?? 0);
    return { ok: false, error: syntaxErrorAt(text, index, error.message) };
  }
}

// Locations in the tree are bytes, but the place of an error is counted in code points.
function pointToIndex(text: string, points: number): number {
  let index = 0;
  for (let count = 0; count < points && index < text.length; count++)
    index += (text.codePointAt(index) ?? 0) > 0xff_ff ? 2 : 1;
  return index;
}

/** Parses a script. An empty one, or one of comments only, gives no statements. */
export async function parseSql(text: string): Promise<Parsed<readonly ParsedStatement[]>> {
  if (text.trim() === "") return { ok: true, value: [] };
  const parsed = await parseRaw(text);
  if (!parsed.ok) return parsed;
  const toIndex = byteToIndex(text);
  const statements = (parsed.value.stmts ?? []).flatMap((raw: RawStmt): ParsedStatement[] => {
    if (raw.stmt === undefined) return [];
    const start = raw.stmt_location ?? 0;
    const length = raw.stmt_len ?? 0;
    return [
      {
        node: raw.stmt,
        start: toIndex(start),
        end: length === 0 ? text.length : toIndex(start + length),
      },
    ];
  });
  return { ok: true, value: statements };
}

/** Length of what {@link parseExpression} puts before an expression; locations in its AST are shifted by it. */
const PREFIX = "SELECT ";

/** A parsed expression; `indexOf` turns a `location` found in `node` into a UTF-16 index of the expression. */
export interface ParsedExpression {
  readonly node: Node;
  readonly indexOf: (location: number) => number;
}

/**
 * Parses one scalar expression. Text that merely *contains* one (`1) FROM (t`, `a, b`, `a AS b`) is
 * refused, so a parsed expression may be put between parentheses anywhere.
 */
export async function parseExpression(expression: string): Promise<Parsed<ParsedExpression>> {
  // Bare, it must be a whole select list of one; in parentheses, it must not close them itself. The line
  // break ends a trailing line comment.
  const bare = await parseRaw(`${PREFIX}${expression}\n`);
  if (!bare.ok) return { ok: false, error: shifted(expression, bare.error) };
  const wrapped = await parseRaw(`${PREFIX}(${expression}\n)`);
  const node = onlyTarget(bare.value);
  if (!wrapped.ok || node === null || onlyTarget(wrapped.value) === null) {
    return { ok: false, error: syntaxErrorAt(expression, 0, "not a single expression") };
  }
  const toIndex = byteToIndex(expression);
  return { ok: true, value: { node, indexOf: (location) => toIndex(location - PREFIX.length) } };
}

function shifted(expression: string, error: SqlSyntaxError): SqlSyntaxError {
  const index = Math.min(Math.max(0, error.index - PREFIX.length), expression.length);
  return syntaxErrorAt(expression, index, error.message);
}

// The expression of `SELECT expression` when the statement is exactly that, else null.
function onlyTarget(result: ParseResult): Node | null {
  const [raw, ...others] = result.stmts ?? [];
  if (raw?.stmt === undefined || others.length > 0 || raw.stmt_len !== undefined || !("SelectStmt" in raw.stmt))
    return null;
  const { targetList, limitOption, op, ...rest } = raw.stmt.SelectStmt;
  const plain = limitOption === "LIMIT_OPTION_DEFAULT" && op === "SETOP_NONE" && Object.keys(rest).length === 0;
  const [target, ...more] = targetList ?? [];
  if (!plain || target === undefined || more.length > 0 || !("ResTarget" in target)) return null;
  const { name, indirection, val } = target.ResTarget;
  if (name !== undefined || indirection !== undefined || val === undefined) return null;
  const star = "ColumnRef" in val && (val.ColumnRef.fields ?? []).some((field) => "A_Star" in field);
  return star ? null : val;
}
