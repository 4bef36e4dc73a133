/** One item of an array in PostgreSQL's text form: a value's own text, null for NULL, or an array of one dimension less. */
export type ArrayItem = string | null | readonly ArrayItem[];

/** The characters between the items of an array of any type but `box`, which has semicolons. */
const DELIMITER = ",";

/**
 * Takes an array apart that a server printed (manual, section 8.15.6): `{a,"b,c",NULL}`, nested braces for further
 * dimensions, bounds in front (`[0:1]={…}`) or not. Throws an `Error` for text that is none; the message holds no
 * part of it.
 */
export function readArray(text: string): readonly ArrayItem[] {
  const start = text.startsWith("[") ? text.indexOf("={") + 1 : 0;
  const reader = { text, at: start };
  const items = readBraces(reader);
  if (reader.at !== text.length) throw malformed(reader.at);
  return items;
}

/** An array of one dimension: a text, or null, for each item. Throws as {@link readArray} does, and for nested items. */
export function readFlatArray(text: string): readonly (string | null)[] {
  return readArray(text).map((item) => {
    if (item === null || typeof item === "string") return item;
    throw new Error("this array has several dimensions; one was expected");
  });
}

interface Reader {
  readonly text: string;
  at: number;
}

const malformed = (at: number): Error => new Error(`this is no array as PostgreSQL prints it (character ${at + 1})`);

function readBraces(reader: Reader): ArrayItem[] {
  const { text } = reader;
  if (text[reader.at] !== "{") throw malformed(reader.at);
  reader.at++;
  const items: ArrayItem[] = [];
  if (text[reader.at] === "}") {
    reader.at++;
    return items;
  }
  for (;;) {
    items.push(readItem(reader));
    const next = text[reader.at++];
    if (next === "}") return items;
    if (next !== DELIMITER) throw malformed(reader.at - 1);
  }
}

function readItem(reader: Reader): ArrayItem {
  const first = reader.text[reader.at];
  if (first === "{") return readBraces(reader);
  if (first === '"') return readQuoted(reader);
  const end = /[,}]/g;
  end.lastIndex = reader.at;
  const found = end.exec(reader.text);
  if (found === null || found.index === reader.at) throw malformed(reader.at);
  const bare = reader.text.slice(reader.at, found.index);
  reader.at = found.index;
  return bare === "NULL" ? null : bare.replaceAll(/\\(.)/gs, "$1");
}

function readQuoted(reader: Reader): string {
  const quoted = /"([^"\\]*(?:\\.[^"\\]*)*)"/gsy;
  quoted.lastIndex = reader.at;
  const found = quoted.exec(reader.text);
  if (found === null) throw malformed(reader.at);
  reader.at = quoted.lastIndex;
  const inner = found[1] ?? "";
  return inner.includes("\\") ? inner.replaceAll(/\\(.)/gs, "$1") : inner;
}

/** Prints an array so that a server reads the same items. */
export function writeArray(items: readonly ArrayItem[]): string {
  return `{${items.map(writeItem).join(DELIMITER)}}`;
}

function writeItem(item: ArrayItem): string {
  if (item === null) return "NULL";
  if (typeof item !== "string") return writeArray(item);
  // What a server leaves bare: no delimiters, quotes, blanks, and not the word for nothing.
  if (item !== "" && !/[{},"\\\s]/.test(item) && item.toUpperCase() !== "NULL") return item;
  return `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** A range in PostgreSQL's text form. A bound that is null is open. */
export interface RangeText {
  readonly lower: string | null;
  readonly upper: string | null;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
}

/** Takes a range apart that a server printed (manual, section 8.17.5); null for `empty`. Throws an `Error` for others. */
export function readRange(text: string): RangeText | null {
  if (text === "empty") return null;
  const part = String.raw`("(?:[^"\\]|\\.|"")*"|[^",()[\]\\]*)`;
  const found = new RegExp(`^([[(])${part},${part}([\\])])$`, "s").exec(text);
  if (found === null) throw new Error("this is no range as PostgreSQL prints it");
  const bound = (bare: string): string | null => {
    if (bare === "") return null;
    return bare.startsWith('"')
      ? bare.slice(1, -1).replaceAll(/\\(.)|""/gs, (_, escaped?: string) => escaped ?? '"')
      : bare;
  };
  return {
    lower: bound(found[2] ?? ""),
    upper: bound(found[3] ?? ""),
    lowerInclusive: found[1] === "[",
    upperInclusive: found[4] === "]",
  };
}

/** Prints a range so that a server reads the same bounds. */
export function writeRange(range: RangeText | null): string {
  if (range === null) return "empty";
  const bound = (text: string | null): string =>
    text === null ? "" : /^[^",()[\]\\\s]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return `${range.lowerInclusive ? "[" : "("}${bound(range.lower)},${bound(range.upper)}${range.upperInclusive ? "]" : ")"}`;
}
