import { TEMPORARY_PREFIX } from "../../sql/temporary-name.ts";
import type { StrategyContext } from "../strategy.ts";

// FNV-1a, 32 bits (Fowler, Noll, Vo): names need to differ, not to be secret.
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function cutTo(text: string, bytesMax: number): string {
  let cut = "";
  let bytes = 0;
  for (const character of text) {
    bytes += new TextEncoder().encode(character).length;
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}

/**
 * The name of something that lives only while a change is under way: `dbwright_<what>_<fingerprint>_<tail>`, within the
 * engine's length, the same for the same parts, so that a plan made twice cleans up after itself. `parts` are the
 * names that tell it from its like (schema, table, column), whatever they hold.
 */
export function temporaryName(context: StrategyContext, what: string, ...parts: readonly (string | null)[]): string {
  const head = `${TEMPORARY_PREFIX}${what}_${fingerprint(JSON.stringify(parts))}`;
  const tail = (parts.at(-1) ?? "").replaceAll(/[^\p{L}\p{N}_]/gu, "_");
  return cutTo(tail === "" ? head : `${head}_${tail}`, context.dialect.identifierBytesMax);
}
