import type { CatalogObject, FunctionObject } from "../model/catalog.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Comparison } from "./compare.ts";

/** How many arguments calls of a routine may have. */
interface Arity {
  readonly least: number;
  readonly most: number;
}

// The server prints the arguments, which say what may be left out, in the first line.
function arityOf({ signature, definition }: FunctionObject): Arity {
  const [head = ""] = definition.split("\n", 1);
  const most = signature === "" ? 0 : signature.split(",").length;
  return {
    least: Math.max(0, most - head.split(/ DEFAULT /).length + 1),
    most: head.includes("VARIADIC ") ? Number.POSITIVE_INFINITY : most,
  };
}

function isAmbiguous(one: FunctionObject, other: FunctionObject): boolean {
  const [a, b] = [arityOf(one), arityOf(other)];
  if (a.least === a.most && b.least === b.most) return false;
  return a.least <= b.most && b.least <= a.most;
}

const nameOf = ({ schema, name }: CatalogObject): string => JSON.stringify([schema, name]);

/**
 * Functions that go while one of the same name comes which the same call could mean, as arguments may be left out: the
 * server refuses such calls while both are there. By the key of the one that goes, those that come.
 */
export function replacedOverloads({ gone, come }: Comparison): ReadonlyMap<RefKey, readonly RefKey[]> {
  const byName = new Map<string, FunctionObject[]>();
  for (const object of come.values()) {
    if (object.kind !== "function") continue;
    const known = byName.get(nameOf(object));
    if (known === undefined) byName.set(nameOf(object), [object]);
    else known.push(object);
  }
  const replaced = new Map<RefKey, readonly RefKey[]>();
  if (byName.size === 0) return replaced;
  for (const [key, object] of gone) {
    if (object.kind !== "function") continue;
    const others = (byName.get(nameOf(object)) ?? []).filter((other) => isAmbiguous(object, other));
    if (others.length > 0) replaced.set(key, others.map(refKey));
  }
  return replaced;
}
