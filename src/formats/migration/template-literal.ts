/** A JavaScript template literal that holds the text as it is. */
export function templateLiteral(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("`", "\\`")
    .replaceAll("${", "\\${")
    // A bare carriage return would be read as a line feed.
    .replaceAll("\r", "\\r")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replaceAll("\uFEFF", "\\uFEFF");
  return `\`${escaped}\``;
}
