/*
 * The server prints one expression in two ways, depending on whether it was typed or printed and read again:
 *   (ARRAY['a'::character varying, 'b'::character varying])::text[]
 *   ARRAY[('a'::character varying)::text, ('b'::character varying)::text]
 * An IN list over a varchar column comes out the first way when it is first made, and the second way ever after (from a
 * dump, too). Both mean the same; the first is respelled as the second.
 */

const CAST_ARRAY = /\(ARRAY\[((?:'(?:[^']|'')*'::[a-z ]+(?:, )?)+)\]\)::([a-z ]+)\[\]/g;
const ITEM = /'(?:[^']|'')*'::[a-z ]+/g;

/** A printed definition in the spelling that survives being read again. */
export function respelled(text: string): string {
  if (!text.includes("(ARRAY[")) return text;
  return text.replaceAll(CAST_ARRAY, (_, items: string, type: string) => {
    const cast = (items.match(ITEM) ?? []).map((item) => `(${item})::${type}`);
    return `ARRAY[${cast.join(", ")}]`;
  });
}
