import type { Refusal } from "./session.ts";
import { extensionsProviding } from "./extensions.ts";

/** What is known to be missing on the twin, and why. */
export interface Absences {
  /** Extensions asked for and not at hand, with the schema each was to live in. */
  readonly extensions: ReadonlyMap<string, string | null>;
  /** Bare names of objects that were left out, with the reason. */
  readonly names: ReadonlyMap<string, string>;
}

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

/** How to mend a refusal that is the script's own: an extension it uses and never asks for. */
export function hintFor(refusal: Refusal): string | null {
  if (!UNDEFINED.test(refusal.sqlstate)) return refusal.hint;
  const extension = namesMissing(refusal.message).flatMap(extensionsProviding)[0];
  if (extension === undefined) return refusal.hint;
  return `it may come from the extension ${extension}, for which the script has no CREATE EXTENSION`;
}
