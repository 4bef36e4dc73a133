/*
 * Mermaid's ER grammar (packages/mermaid/src/diagrams/er/parser/erDiagram.jison) has no escape of its own
 * inside quotes; what it offers everywhere are entity codes, `#quot;` or `#37;`, decoded when the picture is drawn.
 */

// Words the lexer takes for its own, alone or followed by a blank.
const KEYWORDS = new Set(
  "one many only zero to optionally or more u style class classdef subgraph end direction title erdiagram acctitle accdescr pk fk uk".split(
    " ",
  ),
);

const CODES: Readonly<Record<string, string>> = { '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;" };

/** A text for a place between double quotes. Line ends become blanks; what Mermaid or HTML would read is coded. */
export function mermaidText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll(/["<>&#%\\`;{}*~$]|\p{Cc}/gu, (sign) => CODES[sign] ?? `#${sign.codePointAt(0) ?? 32};`)
    .replaceAll(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, (run) => "#95;".repeat(run.length))
    .replaceAll(/\b(direction) (?=TB|BT|LR|RL)/gi, "$1#32;");
}

// Texts are read as Markdown when drawn: `_x_` would lose its underscores.
const emphasised = (name: string): boolean => /^_.*_$/s.test(name);

/** Whether a name can stand for an entity without quotes. */
export function plainEntity(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !emphasised(name) && !KEYWORDS.has(name.toLowerCase());
}

const WORD = /^[A-Za-z_\u00C0-\uD7FF\uF900-\uFDCF][A-Za-z0-9\-_[\]()\u00C0-\uD7FF\uF900-\uFDCF]*$/;
const KEY_MARK = /^(pk|fk|uk)\b/i;

/** A name or type as one word of an attribute line; `exact` is false when something had to be replaced. */
export function attributeWord(name: string): { readonly word: string; readonly exact: boolean } {
  if (WORD.test(name) && !KEY_MARK.test(name) && !emphasised(name)) return { word: name, exact: true };
  const body = name.replaceAll(/[^A-Za-z0-9_[\]()\u00C0-\uD7FF]+/g, "_").replaceAll(/^_+|_+$/g, "");
  return { word: WORD.test(body) && !KEY_MARK.test(body) ? body : `c_${body}`.replace(/_$/, ""), exact: false };
}
