import type { Random } from "../../src/twin/rows/random.ts";
import { OBJECT_PARTS } from "./random-objects.ts";
import type { RandomPart } from "./random-part.ts";
import type { DrawPart } from "./random-relations.ts";
import type { RandomSchema } from "./random-schema.ts";
import { TABLE_PARTS } from "./random-tables.ts";

const PARTS: Readonly<Record<string, DrawPart>> = { ...TABLE_PARTS, ...OBJECT_PARTS };

// Those that tables' columns may have as types, and the schema that others are put into.
const TYPE_KINDS = ["far", "composite", "span", "overType", "collation"] as const;

const EMPTY: RandomSchema = {
  enums: [],
  domains: [],
  sequences: [],
  functions: [],
  routines: [],
  tables: [],
  views: [],
  parts: [],
};

/** A part, of any kind but where one is asked for. */
export function drawPart(random: Random, schema: RandomSchema, kind?: string, name?: string): RandomPart {
  const own = kind ?? random.pick(Object.keys(PARTS));
  const called = name ?? `${own.toLowerCase()}_${random.int(2)}`;
  const others = schema.parts.filter((part) => part.name !== called);
  const drawn = PARTS[own]?.(random, called, { ...schema, parts: others });
  if (drawn === undefined) throw new Error(`no part ${own}`);
  return { kind: own, name: called, ...drawn };
}

/** Up to `most` parts: types, or the rest, which may name what the schema and they themselves hold. */
export function drawParts(
  random: Random,
  which: "type" | "rest",
  most: number,
  schema: RandomSchema | null,
): readonly RandomPart[] {
  const kinds =
    which === "type" ? TYPE_KINDS : Object.keys(PARTS).filter((kind) => !TYPE_KINDS.some((one) => one === kind));
  const parts = new Map<string, RandomPart>();
  const count = random.int(most + 1);
  for (let number = 0; number < count; number += 1) {
    const base = schema ?? EMPTY;
    const part = drawPart(random, { ...base, parts: [...base.parts, ...parts.values()] }, random.pick(kinds));
    if (!parts.has(part.name)) parts.set(part.name, part);
  }
  return [...parts.values()];
}
