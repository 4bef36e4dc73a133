import type { Node } from "libpg-query";
import type { Refusal } from "./session.ts";
import { extensionsProviding } from "./extensions.ts";

/** What is known to be missing on the twin, and why. */
export interface Absences {
  /** Extensions asked for and not at hand, with the schema each was to live in. */
  readonly extensions: ReadonlyMap<string, string | null>;
  /** Bare names of objects that were left out, with the reason. */
  readonly names: ReadonlyMap<string, string>;
}

// Tables in which migration tools keep their own books: each makes its own before it runs anything.
const BOOKKEEPING =
  /^(?:__diesel_schema_migrations|schema_migrations|schema_version|ar_internal_metadata|flyway_schema_history|_prisma_migrations|goose_db_version|gorp_migrations|knex_migrations(?:_lock)?|alembic_version|databasechangelog(?:lock)?|_sqlx_migrations|pgmigrations|__efmigrationshistory|django_migrations)$/i;

// Undefined table, column, function, object, schema; wrong object type; a missing default operator class is 42704 too.
const UNDEFINED = /^(?:42P01|42703|42883|42704|3F000|42809|42P02)$/;

/** The bare names that a message says are missing, the most telling first. */
export function namesMissing(message: string): string[] {
  const names: string[] = [];
  // In quotes: relation "public.task", type "geometry", operator class "x" … access method "y".
  for (const match of message.matchAll(/"((?:[^"]|"")+)"/g)) names.push(...parts(match[1] ?? ""));
  // Without: function public.f(text, public.geometry), operator public.geometry && …, column t.geom.
  const bare =
    /\b(?:function|procedure|aggregate|operator does not exist:|column|type|routine) (.+?)(?: does not exist|$)/.exec(
      message,
    )?.[1];
  for (const word of bare?.matchAll(/[\p{L}_][\p{L}\p{N}_$.]*/gu) ?? []) names.push(...parts(word[0]));
  return [...new Set(names)];
}

// `public.task` names a schema and an object; either may be what is missing.
function parts(name: string): string[] {
  const split = name.split(".");
  return split.length === 1 ? split : [...split.slice(-1), ...split.slice(0, -1)];
}

/** Why a refused statement is no fault of the script: in words, or null when nothing excuses it. */
export function excuseFor(refusal: Refusal, absent: Absences): string | null {
  // 42501: insufficient privilege. The script's role owns the database and is no superuser.
  if (refusal.sqlstate === "42501") return `it needs rights that a file is not given (${refusal.message})`;
  if (!UNDEFINED.test(refusal.sqlstate)) return null;
  const names = namesMissing(refusal.message);
  for (const name of names) {
    const extension = extensionsProviding(name).find((one) => absent.extensions.has(one));
    if (extension !== undefined) return needs(extension);
    if (refusal.sqlstate === "42P01" && BOOKKEEPING.test(name))
      return `the migration tool makes ${name} itself, not this script`;
    const reason = absent.names.get(name);
    if (reason !== undefined)
      return reason.startsWith("it needs") ? reason : `it needs ${name}, which was left out: ${reason}`;
  }
  // "data type integer has no default operator class for access method "gist"": what btree_gist is for.
  const method = /no default operator class for access method "(gist|gin)"/.exec(refusal.message)?.[1];
  if (method !== undefined && absent.extensions.has(`btree_${method}`)) return needs(`btree_${method}`);
  for (const [extension, schema] of absent.extensions) {
    if (names.includes(extension) || (schema !== null && schema !== "public" && names.includes(schema)))
      return needs(extension);
  }
  return null;
}

function needs(extension: string): string {
  return `it needs the extension ${extension}, which is not at hand`;
}

// Data exceptions, violated constraints, and PL/pgSQL's own: no data found, too many rows, a failed assertion.
const ON_ROWS = /^(?:22|23|21000|P0002|P0003|P0004)/;

/** Whether code of a script (DO, CALL, SELECT) failed on rows that were left out, as far as the SQLSTATE tells. */
export function lacksRows(refusal: Refusal, node: Node | null): boolean {
  return (
    node !== null && ("DoStmt" in node || "CallStmt" in node || "SelectStmt" in node) && ON_ROWS.test(refusal.sqlstate)
  );
}

/** How to mend a refusal that is the script's own, where that can be told. */
export function hintFor(refusal: Refusal, sql: string, node: Node | null): string | null {
  // The statement was parsed with PostgreSQL 18's grammar, and the twin's server is older.
  if (refusal.sqlstate === "42601" && node !== null)
    return "a later PostgreSQL may accept it: choose one with --engine";
  if (refusal.sqlstate === "42601" && /at or near ":"/.test(refusal.message)) {
    const name = /^:["']?(\w+)/.exec(sql.slice(refusal.index ?? 0))?.[1] ?? "";
    return `it uses the variable ${name} of psql, which the script does not set (psql -v ${name}=…)`;
  }
  if (!UNDEFINED.test(refusal.sqlstate)) return refusal.hint;
  const extension = namesMissing(refusal.message).flatMap(extensionsProviding)[0];
  if (extension === undefined) return refusal.hint;
  return `it may come from the extension ${extension}, for which the script has no CREATE EXTENSION`;
}
