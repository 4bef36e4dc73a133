import { ident, literal } from "../../engines/postgres/print.ts";
import { tokensOf } from "../../sql/split.ts";

/**
 * A statement with psql's variables put in: `:name` as it is, `:'name'` as a literal, `:"name"` as an
 * identifier. Those that are not set stay as they are, as psql leaves them.
 */
export function withVariables(sql: string, variables: ReadonlyMap<string, string>): string {
  // Most statements have no colon but that of a cast; large scripts hold many of them.
  if (variables.size === 0 || !/(?<!:):["']?[A-Za-z_]/.test(sql.length > 100_000 ? "" : sql)) return sql;
  let result = "";
  let from = 0;
  let colon = -1;
  for (const { start, end } of tokensOf(sql)) {
    const token = sql.slice(start, end);
    if (colon === start) {
      const name = token.replaceAll(/^["']|["']$/g, "");
      const value = variables.get(name);
      if (value !== undefined) {
        const text = token.startsWith("'") ? literal(value) : token.startsWith('"') ? ident(value) : value;
        result += sql.slice(from, start - 1) + text;
        from = end;
      }
    }
    colon = /(?:^|[^:]):$/.test(token) && sql[start - 1] !== ":" ? end : -1;
  }
  return result + sql.slice(from);
}
