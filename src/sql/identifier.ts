import { invalid } from "../model/error.ts";
import { QUOTED_KEYWORDS } from "./keywords.ts";

/** An identifier, quoted exactly where the server's `quote_ident` quotes it. Throws (exit 2) on a NUL byte. */
export function ident(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !QUOTED_KEYWORDS.has(name)) return name;
  refuseNul(name);
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name`, each part quoted where needed; the name alone when there is no schema. */
export function qualified(schema: string | null, name: string): string {
  return schema === null ? ident(name) : `${ident(schema)}.${ident(name)}`;
}

/** Throws (exit 2) on a NUL character, which the server cannot store. */
export function refuseNul(text: string): void {
  if (text.includes("\0"))
    throw invalid({ what: "a name or text holds a NUL character, which PostgreSQL cannot store", mend: "remove it" });
}
