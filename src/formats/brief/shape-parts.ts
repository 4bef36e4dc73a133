import { z } from "zod";
import { CLASSIFICATIONS } from "../../model/brief.ts";

/*
 * The shape of a brief's document: which keys, and what kind of value each takes. What stands inside a
 * short form is judged by its own grammar; the patterns here are for editors only (`meta` reaches the
 * JSON Schema, not the validation). By convention the message of every schema is what was expected;
 * of a mapping, its keys.
 */

/** What an editor shows of a key; anything else is a keyword of JSON Schema. */
export interface Meta {
  readonly description: string;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly minProperties?: number;
  readonly propertyNames?: { readonly pattern: string };
}

const NAME_PATTERN = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$";

// zod wants arrays that may be written to.
function documented({ examples, ...meta }: Meta): {
  [key: string]: unknown;
  description: string;
  examples?: unknown[];
} {
  return examples === undefined ? meta : { ...meta, examples: [...examples] };
}

/** A text. */
export const text = (meta: Meta): z.ZodString => z.string({ error: "a text" }).meta(documented(meta));

/** A number with or without a unit. */
export const quantity = (expected: string, meta: Meta): z.ZodType =>
  z.union([z.string(), z.number()], { error: expected }).meta(documented(meta));

/** true or false. */
export const flag = (meta: Meta): z.ZodBoolean => z.boolean({ error: "true or false" }).meta(documented(meta));

/** One of some words. */
export const words = <const T extends readonly [string, ...string[]]>(
  values: T,
  meta: Meta,
): z.ZodEnum<{ [K in T[number]]: K }> =>
  z.enum(values, { error: `one of ${values.join(", ")}` }).meta(documented(meta));

/** A name of the brief. */
export const name = (meta: Meta): z.ZodString => text({ pattern: NAME_PATTERN, ...meta });

/** A name or a list of names. */
export const names = (meta: Meta): z.ZodType =>
  z
    .union([z.string(), z.array(z.string({ error: "a name" }))], { error: "a name, or a list of names" })
    .meta(documented(meta));

/** A mapping with these keys and no others. */
export function mapping(shape: z.ZodRawShape, meta: Meta): z.ZodObject {
  const keys = Object.keys(shape).join(", ");
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === "unrecognized_keys" ? keys : `a mapping with ${keys}`),
    })
    .meta(documented(meta));
}

/** A mapping whose keys are names of the brief. */
export const record = (value: z.ZodType, expected: string, meta: Meta): z.ZodType =>
  z
    .record(z.string(), value, { error: expected })
    .meta(documented({ propertyNames: { pattern: NAME_PATTERN }, ...meta }));

/** A list. */
export const list = (item: z.ZodType, expected: string, meta: Meta): z.ZodType =>
  z.array(item, { error: expected }).meta(documented(meta));

/** `about`, wherever it stands. */
export const about: z.ZodType = text({
  description: "What it is and why it is kept, in a sentence; becomes a comment in the database.",
});

/** `classification`, wherever it stands. */
export const classification: z.ZodType = words(CLASSIFICATIONS, {
  description: "How careful one must be with the value. Short form on a field: @personal.",
});

/** `retention`, wherever it stands. */
export const retention: z.ZodType = quantity("a period such as 7 years", {
  description:
    "How long a row is kept, in whole months or years, and what happens then: erase (unless stated), anonymise or archive.",
  examples: ["7 years", "10 years then anonymise", "18 months then archive"],
  pattern: "^\\s*\\d[\\d_]*\\s*(months?|years?)(\\s+then\\s+(erase|anonymise|archive))?\\s*$",
});
