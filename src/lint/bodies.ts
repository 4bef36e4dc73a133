import type { Node } from "../sql/nodes.ts";
import { loadGrammar, parseSql } from "../sql/parse.ts";
import { namePath } from "../sql/effect/scene.ts";
import { relationText } from "../sql/effect/known-schema.ts";
import { nodesOf } from "../sql/walk.ts";
import type { VisitedNode } from "../sql/walk.ts";
import type { Body, ReadStatement } from "./statement.ts";

/** What stands in a PL/pgSQL body: the SQL it runs, and where it runs text that nobody can read beforehand. */
export interface BodyContents {
  readonly statements: readonly ReadStatement[];
  /** Indexes in the script of EXECUTEs whose text is put together while it runs. */
  readonly dynamic: readonly number[];
}

const NOTHING: BodyContents = { statements: [], dynamic: [] };

interface Piece {
  readonly query: string;
  readonly line: number;
  readonly dynamic: boolean;
}

/** The statements in the body of a DO or CREATE FUNCTION statement. A body that does not parse has none. */
export async function bodyOf(statement: ReadStatement): Promise<BodyContents> {
  const found = source(statement.node);
  if (found === null) return NOTHING;
  const { body, text, language } = found;
  const at = statement.script.text.indexOf(text, statement.start);
  // A body in single quotes has its own quotes doubled, and lies nowhere in the file as it is.
  const offset = at < 0 || at >= statement.end ? null : at;
  const pieces =
    language === "sql"
      ? [{ query: text, line: 1, dynamic: false }]
      : language === "plpgsql"
        ? await piecesOf(statement.sql)
        : [];
  const statements: ReadStatement[] = [];
  const dynamic: number[] = [];
  let last = offset ?? 0;
  for (const { query, line, dynamic: isDynamic } of pieces) {
    const start = offset === null ? statement.start : place(statement.script.text, text, offset, query, line, last);
    if (offset !== null) last = start;
    const sql = isDynamic ? literalOf(query) : query;
    if (sql === null) {
      dynamic.push(start);
      continue;
    }
    const parsed = await parseSql(sql);
    // What the grammar refuses is found when the body is first run; it is no migration's statement.
    for (const one of parsed.ok ? parsed.value : []) {
      const own = sql.slice(one.start, one.end).trim();
      const lead = sql.slice(one.start, one.end).length - sql.slice(one.start, one.end).trimStart().length;
      const begin = isDynamic || offset === null ? start : start + one.start + lead;
      statements.push({
        script: statement.script,
        node: one.node,
        sql: own,
        start: begin,
        end: begin + own.length,
        from: statement.from,
        body,
        alone: false,
        indexOf: () => begin,
      });
    }
  }
  return { statements, dynamic };
}

function source(node: Node): { readonly body: Body; readonly text: string; readonly language: string } | null {
  const isDo = "DoStmt" in node;
  const options = isDo ? node.DoStmt.args : "CreateFunctionStmt" in node ? node.CreateFunctionStmt.options : undefined;
  let text: string | null = null;
  let language = isDo ? "plpgsql" : "sql";
  for (const option of options ?? []) {
    const { defname, arg } = "DefElem" in option ? option.DefElem : { defname: "", arg: undefined };
    if (defname === "language" && arg !== undefined && "String" in arg)
      language = (arg.String.sval ?? "").toLowerCase();
    if (defname !== "as" || arg === undefined) continue;
    if ("String" in arg) text = arg.String.sval ?? "";
    const [first] = "List" in arg ? (arg.List.items ?? []) : [];
    if (first !== undefined && "String" in first) text = first.String.sval ?? "";
  }
  if (text === null) return null;
  const path = "CreateFunctionStmt" in node ? namePath(node.CreateFunctionStmt.funcname) : [];
  const name = path.length > 1 ? relationText(path[0] ?? "", path[1] ?? "") : (path[0] ?? "");
  const body: Body = isDo ? { kind: "do", name: "a DO block" } : { kind: "function", name: `the body of ${name}` };
  return { body, text, language };
}

async function piecesOf(sql: string): Promise<readonly Piece[]> {
  const grammar = await loadGrammar();
  const pieces: Piece[] = [];
  let tree: unknown;
  try {
    tree = grammar.parsePlPgSQLSync(sql);
  } catch {
    return [];
  }
  for (const { type, node } of nodesOf(tree as Node)) {
    const piece = pieceOf(type, node);
    if (piece !== null) pieces.push(piece);
  }
  return pieces;
}

function pieceOf(type: string, node: VisitedNode["node"]): Piece | null {
  const fields = node as { lineno?: number; sqlstmt?: Expression; query?: Expression };
  if (type === "PLpgSQL_stmt_execsql") {
    return { query: fields.sqlstmt?.PLpgSQL_expr?.query ?? "", line: fields.lineno ?? 1, dynamic: false };
  }
  if (type === "PLpgSQL_stmt_dynexecute") {
    return { query: fields.query?.PLpgSQL_expr?.query ?? "", line: fields.lineno ?? 1, dynamic: true };
  }
  return null;
}

interface Expression {
  readonly PLpgSQL_expr?: { readonly query?: string };
}

// The text of an EXECUTE that is one literal, else null.
function literalOf(expression: string): string | null {
  const quoted = /^\s*'((?:[^']|'')*)'\s*$/.exec(expression)?.[1];
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  return /^\s*\$(\w*)\$([\s\S]*)\$\1\$\s*$/.exec(expression)?.[2] ?? null;
}

// The grammar tells the line a piece begins in; its text is looked for from there.
function place(script: string, body: string, offset: number, query: string, line: number, last: number): number {
  let at = 0;
  for (let count = 1; count < line; count++) {
    const next = body.indexOf("\n", at);
    if (next < 0) break;
    at = next + 1;
  }
  const from = Math.max(offset + at, last);
  const found = script.indexOf(query, from);
  return found < 0 || found > offset + body.length ? from : found;
}
