import type { Statement } from "../../model/statement.ts";

/** What stands around the statements of a script. */
export interface SqlScriptOptions {
  /** The first line of the comment at the top. */
  readonly title: string;
  /** Its further lines. */
  readonly remarks?: readonly string[];
  /** Statements right after the comment; by default PostgreSQL's, so that functions may use what is made after them. */
  readonly opening?: readonly string[];
}

// Each object made in a transaction holds a lock until its end, and a server has room for
// max_locks_per_transaction (64) times max_connections (100) of them by default.
const TRANSACTION_STATEMENTS_MAX = 2_000;

/**
 * Statements as a script for psql (or any client that sends one statement at a time): runs of statements
 * that may share a transaction stand between BEGIN and COMMIT, the others outside. A script of more than
 * 2,000 statements has no transactions. Nothing but the comment when there are no statements.
 */
export function writeSql(statements: readonly Statement[], options: SqlScriptOptions): string {
  const header = [options.title, ...(options.remarks ?? [])].map((line) =>
    `-- ${line.replaceAll(/[\r\n]+/g, " ")}`.trimEnd(),
  );
  if (statements.length === 0) return `${header.join("\n")}\n`;
  const grouped = statements.length <= TRANSACTION_STATEMENTS_MAX;
  const blocks: string[] = [];
  let open = false;
  for (const { sql, transactional } of statements) {
    if (grouped && transactional !== open) {
      blocks.push(open ? "COMMIT;" : "BEGIN;");
      open = transactional;
    }
    blocks.push(terminated(sql));
  }
  if (open) blocks.push("COMMIT;");
  // Names in the statements are qualified: no search_path is set.
  const opening = options.opening ?? ["SET check_function_bodies = off;"];
  return `${[[...header, ...opening].join("\n"), ...blocks].join("\n\n")}\n`;
}

// A semicolon after a line comment would belong to the comment.
function terminated(sql: string): string {
  const text = sql.trimEnd();
  const lastLine = text.slice(text.lastIndexOf("\n") + 1);
  return lastLine.includes("--") ? `${text}\n;` : `${text};`;
}
