import { invalid } from "../../model/error.ts";
import type { Statement } from "../../model/statement.ts";
import { QUOTED_KEYWORDS } from "./keywords.ts";
import { folded } from "./lex.ts";

/** The schema of everything in the file itself; `temp` and attached files have others. */
export const MAIN = "main";

/** An identifier, quoted where the grammar needs it. Throws (exit 2) on a NUL character. */
export function ident(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !QUOTED_KEYWORDS.has(folded(name))) return name;
  refuseNul(name);
  return `"${name.replaceAll('"', '""')}"`;
}

/** A name with its schema; the file's own schema goes without saying, as SQLite stores no other in a file. */
export function qualified(schema: string | null, name: string): string {
  return schema === null || schema === MAIN ? ident(name) : `${ident(schema)}.${ident(name)}`;
}

/** Names, quoted where needed, with commas between them. */
export function identList(names: readonly string[]): string {
  return names.map(ident).join(", ");
}

/** A string literal. Throws (exit 2) on a NUL character, at which SQLite ends a statement. */
export function literal(text: string): string {
  refuseNul(text);
  return `'${text.replaceAll("'", "''")}'`;
}

function refuseNul(text: string): void {
  if (text.includes("\0"))
    throw invalid({ what: "a name or text holds a NUL character, which SQLite's SQL cannot say", mend: "remove it" });
}

/** A statement that may run inside a transaction. */
export function statement(sql: string): Statement {
  return { sql, transactional: true };
}

/**
 * A declared type. Words of a plain type stand as they are; anything else is quoted, which SQLite takes for the
 * same type.
 */
export function typeName(type: string): string {
  const words = /^([A-Za-z_]\w*(?: [A-Za-z_]\w*)*)(?:\([+-]?[\d.]+(?:,[+-]?[\d.]+)?\))?$/.exec(type)?.[1];
  const plain = words?.split(" ").every((word) => !QUOTED_KEYWORDS.has(folded(word))) ?? false;
  return plain ? type : ident(type);
}
