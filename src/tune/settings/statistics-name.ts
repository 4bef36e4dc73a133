import type { CatalogView } from "../../model/catalog-view.ts";

/** PostgreSQL cuts names off behind 63 bytes (NAMEDATALEN less one). */
const NAME_BYTES_MAX = 63;

/** `parts_joined_stat`, cut where it is too long and numbered where it is taken; it is taken then. */
export function statisticsName(
  view: CatalogView,
  schema: string | null,
  parts: readonly string[],
  taken: Set<string>,
): string {
  for (const one of view.of("statistics")) taken.add(JSON.stringify([one.schema, one.name]));
  for (let number = 1; ; number++) {
    const end = number === 1 ? "_stat" : `_stat${number}`;
    const letters = [...parts.join("_")];
    while (Buffer.byteLength(letters.join("")) + end.length > NAME_BYTES_MAX) letters.pop();
    const name = `${letters.join("")}${end}`;
    const key = JSON.stringify([schema, name]);
    if (taken.has(key)) continue;
    taken.add(key);
    return name;
  }
}
