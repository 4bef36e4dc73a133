/*
 * Escapes for GitHub-flavoured Markdown (https://github.github.com/gfm/). Every text that comes from a
 * database passes through one of these.
 */

// HTML's own signs, Markdown's, and those with which hosts make mentions, links, mathematics and headings.
const SIGNS = /[\\`*_[\]<>#|~$&@:]/g;

const asReference = (sign: string): string => `&#${sign.codePointAt(0) ?? 32};`;

/**
 * Text as it is, on one line, for running text and table cells. Signs with a meaning become character
 * references, which no Markdown rule looks into; line ends become `<br>`.
 */
export function plain(text: string): string {
  return text
    .trim()
    .replaceAll(SIGNS, (sign, at: number, whole: string) => (harmless(sign, at, whole) ? sign : asReference(sign)))
    .replaceAll(/^(?:[-+=]|\d+[.)](?=\s|$))/g, (mark) => `${mark.slice(0, -1)}${asReference(mark.slice(-1))}`)
    .replaceAll(/\r\n|\r|\n/g, "<br>")
    .replaceAll(/\p{Cc}+/gu, " ");
}

// An underscore between letters starts no emphasis, and a colon matters only before a double slash.
function harmless(sign: string, at: number, whole: string): boolean {
  if (sign === ":") return whole.slice(at, at + 3) !== "://";
  if (sign !== "_") return false;
  return /[\p{L}\p{N}]/u.test(whole[at - 1] ?? "") && /[\p{L}\p{N}]/u.test(whole[at + 1] ?? "");
}

/** Code on one line, safe in a table cell. A code span cannot hold an escaped pipe everywhere, an element can. */
export function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line === "") return "";
  if (!/[`|]/.test(line)) return `\`${line.replaceAll(/\p{Cc}+/gu, " ")}\``;
  return `<code>${line.replaceAll(/[\\`*_[\]<>#|~$&@:]/g, asReference).replaceAll(/\p{Cc}+/gu, " ")}</code>`;
}

/** A block of code, with a fence longer than any run of backticks inside. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replaceAll(/\r\n?/g, "\n")}\n${fence}`;
}

/**
 * A table; cells are Markdown already. Columns that are empty throughout are left out; those whose head is
 * in `right` are aligned to the right.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const used = head.map((_, index) => index === 0 || rows.some((row) => (row[index] ?? "") !== ""));
  const line = (cells: readonly string[]): string => `| ${cells.filter((_, index) => used[index]).join(" | ")} |`;
  return [line(head), line(head.map((title) => (right.includes(title) ? "---:" : "---"))), ...rows.map(line)].join(
    "\n",
  );
}

/** Gives every title of a document an anchor of its own, `base`, `base-2` …, of `[a-z0-9-]` only. */
export function anchors(): (title: string) => string {
  const taken = new Set<string>();
  return (title) => {
    const base =
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || "object";
    let anchor = base;
    for (let count = 2; taken.has(anchor); count++) anchor = `${base}-${count}`;
    taken.add(anchor);
    return anchor;
  };
}
