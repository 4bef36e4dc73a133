import { afterName, afterQuotedName, afterString } from "../sql/lex.ts";

/** A function call in an expression as the server prints it. */
export interface ExpressionCall {
  /** The function as it was printed, e.g. `current_setting` or `auth.uid`. */
  readonly name: string;
  readonly start: number;
  /** After the closing parenthesis. */
  readonly end: number;
  /** Whether the arguments are literals only, so that the call means the same for every row. */
  readonly constant: boolean;
  /** Whether it stands in a sub-select that reads no table, which is evaluated once. */
  readonly wrapped: boolean;
}

// After a string or a quoted name that starts at `at`; `at` when neither does.
function afterQuoted(text: string, at: number): number {
  let end = at;
  if (text[at] === "'") end = afterString(text, at, text[at - 1] === "E");
  else if (text[at] === '"') end = afterQuotedName(text, at);
  return end < 0 ? text.length : end;
}

// After `name` or `schema.name` that starts at `at`.
function afterPath(text: string, at: number): number {
  let end = afterName(text, at);
  while (end > at && text[end] === ".") {
    const next = afterName(text, end + 1);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

function afterArguments(text: string, at: number): number {
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const quoted = afterQuoted(text, index);
    if (quoted > index) {
      index = quoted;
      continue;
    }
    if (text[index] === "(") depth++;
    else if (text[index] === ")" && --depth === 0) return index + 1;
    index++;
  }
  return text.length;
}

// Literals with casts between commas: 'app.tenant'::text, true.
const CONSTANTS = /^(?:[\s,]|''|-?\d+(?:\.\d+)?|true|false|NULL|::"?[a-z][\w. "]*(?:\([\d, ]+\))?(?:\[\])?)*$/;

function isConstant(text: string): boolean {
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const end = Math.max(at + 1, afterQuoted(text, at));
    // An escape string is a literal like any other; a quoted name is not.
    plain = text[at] === "'" ? `${plain.replace(/\bE$/, "")}''` : plain + text.slice(at, end);
    at = end;
  }
  return CONSTANTS.test(plain);
}

/** What a pair of parentheses holds: a sub-select or not, and whether it reads a table. */
interface Group {
  readonly outer: Group | null;
  select: boolean;
  from: boolean;
}

// A sub-select of constants is planned as a value that is computed once; one over a table runs row by row.
function isComputedOnce(group: Group): boolean {
  for (let at: Group | null = group; at !== null; at = at.outer) if (at.select) return !at.from;
  return false;
}

/** The calls of an expression in order of place; one inside the arguments of another comes after it. */
export function expressionCalls(expression: string): readonly ExpressionCall[] {
  const calls: (Omit<ExpressionCall, "wrapped"> & { readonly group: Group })[] = [];
  let group: Group = { outer: null, select: false, from: false };
  let at = 0;
  while (at < expression.length) {
    const named = afterPath(expression, at);
    if (named === at) {
      if (expression[at] === "(") group = { outer: group, select: false, from: false };
      else if (expression[at] === ")") group = group.outer ?? group;
      at = Math.max(at + 1, afterQuoted(expression, at));
      continue;
    }
    const name = expression.slice(at, named);
    // The server prints keywords in capitals, and names that have any in quotes.
    if (name === "SELECT") group.select = true;
    else if (name === "FROM") group.from = true;
    else if (expression[named] === "(") {
      const end = afterArguments(expression, named);
      calls.push({ name, start: at, end, constant: isConstant(expression.slice(named + 1, end - 1)), group });
    }
    at = named;
  }
  return calls.map(({ group: around, ...call }) => ({ ...call, wrapped: isComputedOnce(around) }));
}
