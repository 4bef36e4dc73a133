const BEGINS = /^\s*(?:\/\*|--|\(*\s*(?:select|with|insert|update|delete|merge|values|table)\b)/i;

/** Whether a text that may be a file's name or a statement is to be read as a statement: it begins as one, and has a blank. */
export function looksLikeSql(text: string): boolean {
  return BEGINS.test(text) && /\s/.test(text.trim());
}
