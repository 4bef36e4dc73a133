/** A name in DBML: bare where the grammar allows it, else in double quotes. */
export function dbmlName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${escaped(name).replaceAll('"', '\\"')}"`;
}

/** A text in single quotes, or in triple quotes where it holds line ends. */
export function dbmlString(text: string): string {
  return `'${escaped(text).replaceAll("'", "\\'")}'`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
}

/** Whether an SQL text can stand between backticks: DBML has no escape for a backtick. */
export function expressible(sql: string): boolean {
  return !sql.includes("`");
}

/** An SQL expression between backticks; a backtick inside becomes U+02CB, so say elsewhere what it was. */
export function dbmlExpression(sql: string): string {
  return `\`${sql.replaceAll("`", "ˋ")}\``;
}

/** A column's default: numbers, booleans and null bare, plain string literals as strings, the rest as expression. */
export function dbmlDefault(sql: string): string {
  if (/^-?\d+(\.\d+)?$/.test(sql)) return sql;
  if (/^(true|false|null)$/i.test(sql)) return sql.toLowerCase();
  const literal = /^'((?:[^'\\]|'')*)'(?:::[\w\s".()[\],]+)?$/.exec(sql)?.[1];
  if (literal !== undefined) return dbmlString(literal.replaceAll("''", "'"));
  return expressible(sql) ? dbmlExpression(sql) : dbmlString(sql);
}
