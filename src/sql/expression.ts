import type { Node } from "libpg-query";
import { afterBlank, afterName } from "./lex.ts";
import { parseExpression } from "./parse.ts";
import { nodesOf } from "./walk.ts";
import { invalid } from "../model/error.ts";

/** A reference to a column in an expression; `text.slice(start, end)` is how it was written. */
export interface ColumnReference {
  /** The names as the server reads them (folded, unquoted), e.g. `["task", "title"]`; `*` for a star. */
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

/**
 * The column references of a scalar expression in order of place, those inside sub-queries included, as
 * UTF-16 indices. Throws `invalid` (exit 2) when the text is not one expression.
 */
export async function columnReferences(expression: string): Promise<readonly ColumnReference[]> {
  const parsed = await parseExpression(expression);
  if (!parsed.ok) {
    const { message, line, column } = parsed.error;
    throw invalid({
      what: `${message} in the expression ${JSON.stringify(expression)}`,
      where: `line ${line}, column ${column} of it`,
      expected: "one SQL expression, e.g. starts_at < ends_at",
    });
  }
  const references: ColumnReference[] = [];
  for (const { type, node } of nodesOf(parsed.value.node)) {
    if (type !== "ColumnRef") continue;
    const { fields = [], location } = node as { fields?: Node[]; location?: number };
    const start = parsed.value.indexOf(location ?? 0);
    const end = afterPath(expression, start, fields.length);
    references.push({
      path: fields.map((field) => ("String" in field ? (field.String.sval ?? "") : "*")),
      start,
      end,
    });
  }
  return references.toSorted((a, b) => a.start - b.start);
}

// n names with a dot between each two, and blanks around the dots; the last may be a star.
function afterPath(text: string, start: number, names: number): number {
  let at = afterName(text, start);
  for (let done = 1; done < names; done++) {
    const dot = afterBlank(text, at);
    const next = afterBlank(text, dot + 1);
    at = text[next] === "*" ? next + 1 : afterName(text, next);
  }
  return at;
}
