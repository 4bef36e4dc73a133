import type { CatalogView } from "../model/catalog-view.ts";
import type { Dialect } from "../model/statement.ts";

/** Names for objects that a fix creates: short enough for the engine and used by nothing in their schema. */
export function freeNames(view: CatalogView, dialect: Dialect): (schema: string | null, stem: string) => string {
  const taken = new Set<string>();
  const keyOf = (schema: string | null, name: string): string => JSON.stringify([schema, name]);
  // Tables, indexes, sequences and views share one name space in each schema.
  for (const kind of ["table", "index", "sequence", "view", "composite"] as const)
    for (const object of view.of(kind)) taken.add(keyOf(object.schema, object.name));
  return (schema, stem) => {
    for (let number = 0; ; number += 1) {
      const ending = number === 0 ? "" : `_${number}`;
      const name = shortened(stem, dialect.identifierBytesMax - ending.length) + ending;
      if (taken.has(keyOf(schema, name))) continue;
      taken.add(keyOf(schema, name));
      return name;
    }
  };
}

const BYTES = new TextEncoder();

// The end of a name says what it is, so that the middle goes.
function shortened(stem: string, bytesMax: number): string {
  if (BYTES.encode(stem).length <= bytesMax) return stem;
  const ending = /_[a-z]+$/.exec(stem)?.[0] ?? "";
  let head = Array.from(stem.slice(0, stem.length - ending.length));
  while (BYTES.encode(head.join("") + ending).length > bytesMax) head = head.slice(0, -1);
  return head.join("") + ending;
}
