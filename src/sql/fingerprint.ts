import { createHash } from "node:crypto";
import type { Node } from "libpg-query";
import { loadGrammar } from "./parse.ts";
import { nodesOf } from "./walk.ts";
import type { Verb } from "../model/workload.ts";

/** A statement's form: what is left of it when its constants are taken away. */
export interface StatementForm {
  /**
   * The grammar's fingerprint (pg_query's): statements that differ in constants, or in the length of lists only, share
   * it. It takes tables for the same whose names differ in digits only, which the names behind a `-` tell apart.
   */
  readonly id: string;
  /** With `$n` for constants; numbers that it held already are kept. */
  readonly text: string;
  readonly verb: Verb;
}

/** Longer texts are not parsed: the grammar takes memory many times their size. */
export const STATEMENT_LENGTH_MAX = 1_000_000;

/** The form of one statement, or null where the grammar refuses it, or it holds none or more than one. */
export async function statementForm(sql: string): Promise<StatementForm | null> {
  const formOf = await loadStatementForm();
  return formOf(sql);
}

/** {@link statementForm} for many statements in a row. */
export async function loadStatementForm(): Promise<(sql: string) => StatementForm | null> {
  const grammar = await loadGrammar();
  return (sql) => {
    if (sql.length > STATEMENT_LENGTH_MAX) return null;
    try {
      const statements = grammar.parseSync(sql).stmts ?? [];
      const node = statements[0]?.stmt;
      if (statements.length !== 1 || node === undefined) return null;
      const id = `${grammar.fingerprintSync(sql)}${NUMBERED.test(sql) ? numberedTables(node) : ""}`;
      return { id, text: grammar.normalizeSync(sql), verb: verbOf(node) };
    } catch {
      return null;
    }
  };
}

// A name with two digits or more: those are left out of the fingerprint (pg_query_fingerprint.c, _fingerprintRangeVar).
const NUMBERED = /[\p{L}_$"][^\s"]*\d[^\s"]*\d/u;

function numberedTables(statement: Node): string {
  const names = new Set<string>();
  for (const { node } of nodesOf(statement)) {
    const name = node["relname"];
    if (typeof name === "string" && /\d.*\d/.test(name)) names.add(name);
  }
  const hash = createHash("sha256")
    .update(JSON.stringify([...names]))
    .digest("hex");
  return names.size === 0 ? "" : `-${hash.slice(0, 8)}`;
}

/** What a statement does to rows. A SELECT that changes rows in its WITH clause does that. */
export function verbOf(node: Node): Verb {
  if ("InsertStmt" in node) return "insert";
  if ("UpdateStmt" in node) return "update";
  if ("DeleteStmt" in node) return "delete";
  if ("MergeStmt" in node) return "merge";
  if (!("SelectStmt" in node) || node.SelectStmt.intoClause !== undefined) return "other";
  for (const one of node.SelectStmt.withClause?.ctes ?? []) {
    if (!("CommonTableExpr" in one)) continue;
    const inner = one.CommonTableExpr.ctequery;
    const verb = inner === undefined ? "select" : verbOf(inner);
    if (verb !== "select" && verb !== "other") return verb;
  }
  return "select";
}
