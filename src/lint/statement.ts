import type { Effect } from "../model/plan.ts";
import { afterBlank } from "../sql/lex.ts";
import type { Node } from "../sql/nodes.ts";
import { byteToIndex, parseSql, syntaxErrorAt } from "../sql/parse.ts";
import type { SqlSyntaxError } from "../sql/parse.ts";
import { splitScript } from "../sql/split.ts";
import type { LintScript } from "./script.ts";

/** The body a statement stands in. */
export interface Body {
  /** `do`: it runs with the migration; `function`: it runs when somebody calls it. */
  readonly kind: "do" | "function";
  /** As messages name it: "the body of function public.f", "a DO block". */
  readonly name: string;
}

/** A statement as rules look at it. Indexes are UTF-16 indexes of the script's text. */
export interface LintStatement {
  readonly script: LintScript;
  readonly node: Node;
  /** From its first token, without the semicolon. */
  readonly sql: string;
  /** Of its first token. */
  readonly start: number;
  /** After its last character, before the semicolon. */
  readonly end: number;
  /** Where the blanks and comments before it begin. */
  readonly from: number;
  readonly body: Body | null;
  /** Whether it is the only statement of its script. */
  readonly alone: boolean;
  /** What it does, with all that is known when it runs. Set by the runner. */
  readonly effect: Effect;
  /** The place in the text that a `location` of the tree means; the statement's start where there is none. */
  indexOf(location: number | undefined): number;
}

/** A statement as it was read, before its effect is known. */
export type ReadStatement = Omit<LintStatement, "effect">;

/** A script's statements, or why it has none. */
export type ReadStatements =
  | { readonly ok: true; readonly statements: readonly ReadStatement[] }
  | { readonly ok: false; readonly error: SqlSyntaxError };

/** Parses a script with the server's grammar; commands of psql and rows of COPY are passed over. */
export async function readStatements(script: LintScript): Promise<ReadStatements> {
  let parsed = await parseSql(script.text);
  let text = script.text;
  if (!parsed.ok) {
    const plain = withoutPsql(text);
    if (plain === null) return parsed;
    const again = await parseSql(plain);
    if (!again.ok) return { ok: false, error: syntaxErrorAt(text, again.error.index, again.error.message) };
    parsed = again;
    text = plain;
  }
  const toIndex = byteToIndex(text);
  const statements = parsed.value;
  return {
    ok: true,
    statements: statements.map(({ node, start: place, end }, nth): ReadStatement => {
      const from = statements[nth - 1]?.end ?? 0;
      const start = Math.min(afterBlank(text, place), end);
      const sql = text.slice(start, end).trimEnd();
      const indexOf = (location: number | undefined): number => {
        const index = location === undefined || location < 0 ? start : toIndex(location);
        return index >= start && index < end ? index : start;
      };
      const alone = statements.length === 1;
      return { script, node, sql, start, end: start + sql.length, from, body: null, alone, indexOf };
    }),
  };
}

// The script with blanks for what is no SQL; null where there is nothing of the kind, or it cannot be told.
function withoutPsql(text: string): string | null {
  if (!/^\s*\\|\bstdin\b/im.test(text)) return null;
  let found = false;
  try {
    const parts = splitScript(text).map((part) => {
      if (part.kind !== "meta" && part.kind !== "data") return part.text;
      found = true;
      return part.text.replaceAll(/[^\n\r]/g, " ");
    });
    return found ? parts.join("") : null;
  } catch {
    return null;
  }
}
