import { createHash } from "node:crypto";

/** Claims names in one namespace: the first to ask gets the name, later ones get it with a number. */
export interface Namespace {
  /** The wanted name, shortened to fit and made unique. */
  claim(wanted: string): string;
  has(name: string): boolean;
}

const byteLength = (text: string): number => Buffer.byteLength(text, "utf8");

// Cuts whole characters off the end until the text fits.
function cut(text: string, bytesMax: number): string {
  let kept = text;
  while (byteLength(kept) > bytesMax) kept = [...kept].slice(0, -1).join("");
  return kept;
}

/**
 * A name of at most `bytesMax` bytes: itself where it fits, else its beginning and eight hex digits of its
 * SHA-256, so that two long names with one beginning stay apart and a name never depends on others.
 */
export function shorten(name: string, bytesMax: number): string {
  if (byteLength(name) <= bytesMax) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${cut(name, bytesMax - hash.length - 1)}_${hash}`;
}

/** An empty namespace whose names are at most `bytesMax` bytes long. */
export function namespace(bytesMax: number): Namespace {
  const taken = new Set<string>();
  return {
    has: (name) => taken.has(name),
    claim: (wanted) => {
      let name = shorten(wanted, bytesMax);
      for (let number = 2; taken.has(name); number++) name = shorten(`${wanted}_${number}`, bytesMax);
      taken.add(name);
      return name;
    },
  };
}

/** Any text as a snake_case identifier: `Project management` becomes `project_management`. */
export function snakeCase(text: string): string {
  const name = text
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, "_")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^\p{L}/u.test(name) ? name : `app${name === "" ? "" : `_${name}`}`;
}

// PostgreSQL keeps names that begin with pg_ for itself, and these for its own or everybody's use.
const RESERVED_SCHEMAS = new Set(["public", "information_schema"]);

/** The schema (and the stem of the roles) of a system with that name. */
export function schemaName(systemName: string, bytesMax: number): string {
  const name = snakeCase(systemName);
  const own = RESERVED_SCHEMAS.has(name) || name.startsWith("pg_") ? `app_${name}` : name;
  // Roles add a suffix of up to ten bytes.
  return shorten(own, bytesMax - 10);
}

/** A collection's name for one member: `members` becomes `member`, `categories` becomes `category`. */
export function singular(name: string): string {
  if (name.endsWith("ies") && name.length > 4) return `${name.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(name)) return name.slice(0, -2);
  return name.endsWith("s") && !name.endsWith("ss") ? name.slice(0, -1) : name;
}
