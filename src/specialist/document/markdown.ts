/** Text that Markdown and HTML take literally, on one line. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|#]/g, (sign) => `\\${sign}`);
}

/** Inline code. The fence is longer than any run of backticks inside (CommonMark 6.1). */
export function code(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, " ");
  const longest = Math.max(0, ...[...oneLine.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const pad = oneLine.startsWith("`") || oneLine.endsWith("`") ? " " : "";
  return `${fence}${pad}${oneLine}${pad}${fence}`;
}

/** A fenced block. */
export function block(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n+$/, "")}\n${fence}`;
}

/** A table; cells are Markdown already, bars in them are escaped here. Columns named in `right` align right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  // A bar that `plain` escaped already stays as it is.
  const cell = (text: string): string => text.replaceAll(/(?<!\\)\|/g, "\\|").replaceAll("\n", "<br>");
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [
    line(heads),
    `|${heads.map((head) => (right.includes(head) ? "---:" : "---")).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

/** Parts with a blank line between them; empty ones fall away. */
export function paragraphs(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part): part is string => typeof part === "string" && part !== "").join("\n\n");
}

/** A bullet list. */
export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
