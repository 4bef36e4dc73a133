/*
 * Names in a Prisma schema: ASCII letters, digits and underscores, starting with a letter. Models and enums
 * share one namespace, fields and relation fields of a model another.
 */

/*
 * Type names that Prisma's validator refuses or its generated client takes. The validator also refuses the words
 * of JavaScript (psl: reserved_model_names.rs), but only in lower case, which no type name here has.
 */
const RESERVED = new Set(
  "PrismaClient Prisma String Int BigInt Float Decimal Boolean DateTime Json Bytes Unsupported".split(" "),
);

/** Splits a name into words: at signs, and where lower case meets upper case. Accents are taken off first. */
export function wordsOf(name: string): readonly string[] {
  const ascii = name.normalize("NFKD").replaceAll(/\p{M}/gu, "");
  return ascii.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();

/** `task_label` to `TaskLabel`; `fallback` for names without a letter or digit of ASCII. */
export function pascal(name: string, fallback = "Model"): string {
  const joined = wordsOf(name).map(capital).join("");
  return /^[A-Za-z]/.test(joined) ? joined : `${fallback}${joined}`;
}

/** A type name by {@link pascal} that Prisma lets one use: `StringModel` for a table `string`. */
export function typeName(name: string, kind: "Model" | "Enum"): string {
  const plain = pascal(name, kind);
  return RESERVED.has(plain) ? `${plain}${kind}` : plain;
}

/** `task_label` to `taskLabel`; `fallback` for names without a letter or digit of ASCII. */
export function camel(name: string, fallback = "field"): string {
  const joined = pascal(name, capital(fallback));
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** An enum value keeps its own spelling where that is an identifier. */
export function enumValueName(value: string): string {
  if (/^[A-Za-z]\w*$/.test(value)) return value;
  const word = value
    .normalize("NFKD")
    .replaceAll(/\W+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[A-Za-z]/.test(word) ? word : `v_${word}`;
}

/** English enough for the name of a collection; a name that ends in s is taken for a plural. */
export function plural(name: string): string {
  if (/(ss|us|x|ch|sh)$/i.test(name)) return `${name}es`;
  if (/s$/i.test(name)) return name;
  if (/[^aeiou]y$/i.test(name)) return `${name.slice(0, -1)}ies`;
  return `${name}s`;
}

/**
 * Hands out names of one namespace: the first candidate that is free, else the last one with a number.
 * Names that differ in case only count as taken, since the client's property for a model does not tell them apart.
 */
export function allocator(): (...candidates: readonly string[]) => string {
  const taken = new Set<string>();
  const free = (name: string): boolean => !taken.has(name.toLowerCase());
  return (...candidates) => {
    const last = candidates.at(-1) ?? "x";
    let name = candidates.find(free);
    for (let count = 2; name === undefined; count++) {
      if (free(`${last}${count}`)) name = `${last}${count}`;
    }
    taken.add(name.toLowerCase());
    return name;
  };
}

/** A string of the Prisma schema language. */
export function prismaString(text: string): string {
  return JSON.stringify(text).replaceAll("\\b", "\\u0008").replaceAll("\\f", "\\u000c");
}

/** Documentation lines (`///`): one per line of the text. */
export function documentation(text: string): readonly string[] {
  return text.split(/\r\n|[\r\n\u2028\u2029\v\f]/).map((line) => `/// ${line.replaceAll(/\p{Cc}+/gu, " ")}`.trimEnd());
}
