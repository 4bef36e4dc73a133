import type { Pack } from "./pack.ts";

/**
 * Writes a pack as the JSON document that `readPack` reads. One object, relation or column stands on each line, so
 * that two packs can be compared by any tool that compares lines.
 */
export function writePack({ catalog, statistics }: Pack): string {
  const { objects, ...schema } = catalog;
  const { relations, columns, extended, ...rest } = statistics;
  return [
    `{"format":"dbwright.pack","version":1,`,
    `"catalog":{"format":"dbwright.catalog","version":1,${members(schema)},${list("objects", objects)}},`,
    `"statistics":{${members(rest)},`,
    `${list("relations", relations)},${list("columns", columns)},${list("extended", extended)}}}`,
    "",
  ].join("\n");
}

const members = (object: object): string => JSON.stringify(object).slice(1, -1);

function list(name: string, items: readonly unknown[]): string {
  const lines = items.map((item) => `\n${JSON.stringify(item)}`).join(",");
  return `${JSON.stringify(name)}:[${lines}${items.length === 0 ? "" : "\n"}]`;
}
