import { isWord } from "../../engines/sqlite/lex.ts";
import type { ScriptStatement } from "../../engines/sqlite/split.ts";
import type { Ignored } from "../load/report.ts";

/** What is done with a statement of a script for SQLite. */
export type Treatment =
  | { readonly do: "run" }
  | { readonly do: "ignore"; readonly as: Ignored }
  | { readonly do: "skip"; readonly why: string }
  | { readonly do: "refuse"; readonly why: string };

const RUN: Treatment = { do: "run" };

// Settings that decide how DDL is understood; all others concern the file or the session.
const PRAGMAS_RUN = new Set(["foreign_keys", "legacy_alter_table", "defer_foreign_keys", "encoding"]);

/** Decides by the first words. What slips through is refused by the authorizer of the process that runs it. */
export function treatmentOf(statement: ScriptStatement, rows: boolean): Treatment {
  if (statement.isCommand) return { do: "skip", why: "it is a command of the sqlite3 shell" };
  const words = statement.tokens.filter((token) => token.kind !== "space");
  const [first, second] = words;
  const is = (...some: readonly string[]): boolean => some.some((word) => isWord(first, word));
  if (is("ATTACH", "DETACH")) return { do: "refuse", why: "it opens another file" };
  if (is("VACUUM")) {
    if (words.some((token) => isWord(token, "INTO"))) return { do: "refuse", why: "it writes another file" };
    return { do: "ignore", as: "maintenance" };
  }
  if (is("ANALYZE", "REINDEX")) return { do: "ignore", as: "maintenance" };
  if (is("PRAGMA")) {
    const name = (words[2]?.text === "." ? words[3] : second)?.text.toLowerCase() ?? "";
    if (name === "writable_schema") return { do: "skip", why: "it writes to the schema table past SQLite's checks" };
    return PRAGMAS_RUN.has(name) ? RUN : { do: "ignore", as: "session settings" };
  }
  if (is("SELECT", "VALUES", "EXPLAIN")) return { do: "ignore", as: "rows" };
  if (is("INSERT", "REPLACE", "UPDATE", "DELETE", "WITH")) {
    const system = words.some((token) => /^["'`[]?sqlite_/i.test(token.text));
    return rows && !system ? RUN : { do: "ignore", as: "rows" };
  }
  return RUN;
}
