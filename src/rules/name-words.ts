/** A name's words in lower case: `unitPrice`, `unit_price` and `UNIT-PRICE` are all `unit`, `price`. */
export function nameWords(name: string): readonly string[] {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** The name as people write it without quotes: words in lower case with underscores between them. */
export function snakeCase(name: string): string {
  return nameWords(name).join("_");
}

/** Last words that are plural by themselves: what bears such a name holds several. */
export const NAMES_OF_LISTS: ReadonlySet<string> = new Set(
  "categories emails hobbies interests keywords labels permissions recipients roles scopes skills tags topics".split(
    " ",
  ),
);
