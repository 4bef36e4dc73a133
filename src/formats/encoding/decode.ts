import { invalid } from "../../model/error.ts";

/** How a file's bytes become text. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/**
 * The encoding that a file's first bytes tell: by its byte order mark, or, where every other byte is zero as in western
 * text of UTF-16, without one. PowerShell's `>` writes UTF-16. All else is read as UTF-8.
 */
export function encodingOf(head: Uint8Array): TextEncoding {
  const [first, second] = [head[0], head[1]];
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (head.length >= 4 && first !== 0 && second === 0 && head[2] !== 0 && head[3] === 0) return "utf-16le";
  if (head.length >= 4 && first === 0 && second !== 0 && head[2] === 0 && head[3] !== 0) return "utf-16be";
  return "utf-8";
}

/** Whether a file is packed by gzip. */
export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

/**
 * A file's text, without a byte order mark. Bytes that its encoding does not know become U+FFFD. Throws `invalid`
 * (exit 2) for a file that gzip packed.
 */
export function decodeText(bytes: Uint8Array): string {
  if (isGzip(bytes)) throw invalid({ what: "the file is packed by gzip", expected: "text", mend: "gunzip it first" });
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}
