import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";

// Physical order is no difference; what an object needs follows from its other properties.
const LEFT_OUT: ReadonlySet<string> = new Set(["position", "dependsOn"]);

/**
 * What differs between two catalogs, one line each: `- key` only the first has, `+ key` only the second,
 * `key: property a -> b`. `b` is what is wanted. Written apart from the differ, which it judges.
 */
export function catalogDifferences(a: Catalog, b: Catalog): readonly string[] {
  const others = new Map(b.objects.map((object) => [refKey(object), object]));
  const lines: string[] = [];
  for (const object of a.objects) {
    const key = refKey(object);
    const other = others.get(key);
    others.delete(key);
    if (other === undefined) lines.push(`- ${key}`);
    else lines.push(...propertiesThatDiffer(object, other).map((line) => `${key}: ${line}`));
  }
  for (const key of others.keys()) lines.push(`+ ${key}`);
  return lines;
}

function propertiesThatDiffer(a: CatalogObject, b: CatalogObject): string[] {
  const [one, two] = [a, b] as unknown as readonly Readonly<Record<string, unknown>>[];
  const names = new Set([...Object.keys(one ?? {}), ...Object.keys(two ?? {})]);
  return [...names].flatMap((name) => {
    if (LEFT_OUT.has(name)) return [];
    const [x, y] = [JSON.stringify(one?.[name] ?? null), JSON.stringify(two?.[name] ?? null)];
    // That the wanted side never filled a materialised view is no wish to empty it.
    if (name === "populated" && y === "false") return [];
    return x === y ? [] : [`${name} ${x} -> ${y}`];
  });
}
