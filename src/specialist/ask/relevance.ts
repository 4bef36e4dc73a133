/** Text of one thing that can be found, with how much a hit in it counts. */
export interface Field {
  readonly text: string;
  readonly weight: number;
}

// Words of a question that name nothing in a schema.
const EMPTY = new Set(
  `a about all an and any are as at be by can could do does for from get give has have how i in into is it its list me
  my need new of on or our please schema show table tables tell that the their them there these they this to us use
  want was we what when where which who why with column columns database add change design review fix make`.match(
    /\S+/g,
  ),
);

/** The words of a text: at anything that is no letter or digit, and at `camelCase`; folded, plural forms as singular. */
export function wordsOf(text: string): readonly string[] {
  const parts =
    text
      .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return parts.map(singular);
}

// Enough to let `orders` find `order` and `categories` find `category`; both sides are folded alike.
function singular(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** What is sought: the words of a question without those that name nothing. */
export function termsOf(query: string): readonly string[] {
  return [...new Set(wordsOf(query))].filter((word) => word.length > 1 && !EMPTY.has(word));
}

// A word that only begins with the term, as `invoicing` with `invoic`; a shorter beginning fits too much.
const PREFIX_LETTERS_MIN = 3;
const PREFIX_WEIGHT = 0.5;

/**
 * How well each document answers the terms, 0 where none occurs. A term counts by its best hit (whole word 1, beginning
 * of a word a half, times the field's weight) and by its rarity: ln(1 + N / n) for n of N documents, the inverse
 * document frequency of Spärck Jones (1972).
 */
export function scores(terms: readonly string[], documents: readonly (readonly Field[])[]): readonly number[] {
  const folded = documents.map((fields) =>
    fields.map(({ text, weight }) => ({ words: new Set(wordsOf(text)), weight })),
  );
  const total = documents.map(() => 0);
  for (const term of terms) {
    const hits = folded.map((fields) => Math.max(0, ...fields.map(({ words, weight }) => weight * hit(term, words))));
    const found = hits.filter((value) => value > 0).length;
    const rarity = Math.log(1 + documents.length / Math.max(1, found));
    hits.forEach((value, index) => (total[index] = (total[index] ?? 0) + value * rarity));
  }
  return total;
}

function hit(term: string, words: ReadonlySet<string>): number {
  if (words.has(term)) return 1;
  if (term.length < PREFIX_LETTERS_MIN) return 0;
  for (const word of words) if (word.startsWith(term)) return PREFIX_WEIGHT;
  return 0;
}
