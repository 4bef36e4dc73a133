import type { Statement } from "../../model/statement.ts";
import { ident, refuseNul } from "../../sql/identifier.ts";

export { ident, qualified } from "../../sql/identifier.ts";

/** Names, quoted where needed, with commas between them. */
export function identList(names: readonly string[]): string {
  return names.map(ident).join(", ");
}

/**
 * A string literal. Text with a backslash takes the E'' form, whose meaning does not hang on
 * `standard_conforming_strings`. Throws (exit 2) on a NUL byte, which the server cannot store.
 */
export function literal(text: string): string {
  refuseNul(text);
  const quoted = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** Text between dollar quotes, with a tag that the text does not hold. */
export function dollarQuoted(text: string): string {
  refuseNul(text);
  let tag = "$$";
  for (let number = 0; text.includes(tag) || text.endsWith("$"); number++) {
    tag = `$body${number === 0 ? "" : number}$`;
    if (!text.includes(tag)) break;
  }
  return `${tag}${text}${tag}`;
}

/** A statement that may run inside a transaction. */
export function statement(sql: string): Statement {
  return { sql, transactional: true };
}

/** `COMMENT ON target IS …`, or nothing when there is no comment. */
export function commentOn(target: string, comment: string | null): Statement[] {
  return comment === null ? [] : [statement(`COMMENT ON ${target} IS ${literal(comment)}`)];
}

/** A remark in the script that runs as nothing at all, whatever its text holds. */
export function remark(text: string): Statement {
  return statement(`/* ${text.replaceAll("*/", "* /").replaceAll("/*", "/ *").replaceAll("\0", "")} */`);
}

/** Storage parameters as `(fillfactor=70, toast.autovacuum_enabled=off)`. */
export function optionList(options: Readonly<Record<string, string>>): string {
  const entries = Object.entries(options).map(([key, value]) => {
    const name = key.split(".").map(ident).join(".");
    return `${name}=${/^(?:\d+(?:\.\d+)?|true|false|on|off)$/.test(value) ? value : literal(value)}`;
  });
  return `(${entries.join(", ")})`;
}

/** ` WITH (…)`, or "" when there are no options. */
export function withOptions(options: Readonly<Record<string, string>>): string {
  return Object.keys(options).length === 0 ? "" : ` WITH ${optionList(options)}`;
}

/** `COMMENT ON target IS …` that also takes a comment away. */
export function setComment(target: string, comment: string | null): Statement {
  return statement(`COMMENT ON ${target} IS ${comment === null ? "NULL" : literal(comment)}`);
}

/** The statements that turn storage parameters into others; `target` is e.g. `ALTER INDEX name`. */
export function changeOptions(
  target: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Statement[] {
  const set = Object.fromEntries(Object.entries(after).filter(([key, value]) => before[key] !== value));
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  const names = gone.map((key) => key.split(".").map(ident).join("."));
  return [
    ...(Object.keys(set).length === 0 ? [] : [statement(`${target} SET ${optionList(set)}`)]),
    ...(names.length === 0 ? [] : [statement(`${target} RESET (${names.join(", ")})`)]),
  ];
}
