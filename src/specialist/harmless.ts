/**
 * A value with every text in it made safe to show: names and constants of a database may hold what moves a terminal's
 * cursor or turns the direction of writing. Such signs are written as escapes; ends of lines and tabs, too, where they
 * would break a table's rows (`broken`).
 */
export function harmless<T>(value: T, lines: "broken" | "kept"): T {
  if (typeof value === "string")
    return value.replace(CONTROLS, (sign) =>
      lines === "kept" && (sign === "\n" || sign === "\t") ? sign : (ESCAPES[sign] ?? codeOf(sign)),
    ) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => harmless(one, lines)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, harmless(one as unknown, lines)])) as T;
}

// Besides control characters those that turn the direction of writing.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const codeOf = (sign: string): string => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
