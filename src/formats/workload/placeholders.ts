import { afterBlockComment, afterDollarString, afterLineComment, afterQuotedName, afterString } from "../../sql/lex.ts";

/** A statement whose named or anonymous placeholders were numbered, with their names in order of number. */
export interface Numbered {
  readonly sql: string;
  /** Of `:name`; null of a `?`. */
  readonly names: readonly (string | null)[];
}

/**
 * Turns `:name` (psql, pgbench, many libraries) and `?` (JDBC, ODBC) into `$1`, `$2` …; a name that comes again keeps
 * its number. Strings, quoted names, comments and `::` casts stay as they are. Null where there is none, or where
 * the statement has numbered parameters already.
 */
export function numberedPlaceholders(sql: string): Numbered | null {
  const names: (string | null)[] = [];
  let out = "";
  let from = 0;
  for (let at = 0; at < sql.length;) {
    const past = afterOpaque(sql, at);
    if (past > at) {
      at = past;
      continue;
    }
    if (/^\$\d/.test(sql.slice(at, at + 2))) return null;
    const found = placeholderAt(sql, at);
    if (found === null) {
      at += sql.startsWith("::", at) ? 2 : 1;
      continue;
    }
    const known = found.name === null ? -1 : names.indexOf(found.name);
    if (known < 0) names.push(found.name);
    out += `${sql.slice(from, at)}$${known < 0 ? names.length : known + 1}`;
    at = found.end;
    from = at;
  }
  return names.length === 0 ? null : { sql: out + sql.slice(from), names };
}

function placeholderAt(sql: string, at: number): { readonly name: string | null; readonly end: number } | null {
  if (sql[at] === "?") return /[|&?]/.test(sql[at + 1] ?? "") ? null : { name: null, end: at + 1 };
  if (sql[at] !== ":" || sql.startsWith("::", at) || sql[at - 1] === ":") return null;
  // psql's :'name' and :"name" too.
  const match = /^:(?:'([A-Za-z_]\w*)'|([A-Za-z_]\w*))/.exec(sql.slice(at, at + 70));
  return match === null ? null : { name: match[1] ?? match[2] ?? "", end: at + match[0].length };
}

// After a string, a quoted name or a comment that begins here; the place itself where none does.
function afterOpaque(sql: string, at: number): number {
  const end = opaqueEnd(sql, at);
  return end < 0 ? sql.length : end;
}

function opaqueEnd(sql: string, at: number): number {
  const first = sql[at];
  if (first === "'") return afterString(sql, at, /[eE]$/.test(sql.slice(Math.max(0, at - 1), at)));
  if (first === '"') return afterQuotedName(sql, at);
  if (first === "$") return afterDollarString(sql, at);
  if (sql.startsWith("--", at)) return afterLineComment(sql, at);
  if (sql.startsWith("/*", at)) return afterBlockComment(sql, at);
  return at;
}
