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
  /** Whether it is the whole of a sub-select, which is evaluated once. */
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
  for (let at = 0; at < text.length;) {
    const end = text[at] === "'" ? afterQuoted(text, at) : at + 1;
    if (text[at] === "E" && text[at + 1] === "'") plain += "";
    else plain += text[at] === "'" ? "''" : (text[at] ?? "");
    at = end;
  }
  return CONSTANTS.test(plain);
}

/** The calls of an expression in order of place; one inside the arguments of another comes after it. */
export function expressionCalls(expression: string): readonly ExpressionCall[] {
  const calls: ExpressionCall[] = [];
  let at = 0;
  while (at < expression.length) {
    const named = afterPath(expression, at);
    if (named === at) {
      at = Math.max(at + 1, afterQuoted(expression, at));
      continue;
    }
    // An escape string starts with a letter, too.
    const isString = expression[named] === "'";
    if (!isString && expression[named] === "(") {
      const end = afterArguments(expression, named);
      calls.push({
        name: expression.slice(at, named),
        start: at,
        end,
        constant: isConstant(expression.slice(named + 1, end - 1)),
        wrapped: /\bSELECT[\s(]*$/.test(expression.slice(Math.max(0, at - 40), at)),
      });
    }
    at = named;
  }
  return calls;
}
