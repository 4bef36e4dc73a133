import type { Node } from "libpg-query";
import { tokensOf } from "../../sql/split.ts";
import { nodesOf } from "../../sql/walk.ts";

const FIELDS = ["tablespacename", "tableSpace", "tableSpaceName", "indexspace"];

/** A statement without its TABLESPACE clauses: the twin has the default one only. */
export function withoutTablespace(sql: string, node: Node): string {
  const named = new Set<string>();
  for (const { node: inner } of nodesOf(node)) {
    for (const field of FIELDS) {
      const name = inner[field];
      if (typeof name === "string") named.add(name);
    }
  }
  if (named.size === 0) return sql;
  const tokens = [...tokensOf(sql)];
  const word = (position: number): string => {
    const token = tokens[position];
    return token === undefined ? "" : sql.slice(token.start, token.end);
  };
  let rest = "";
  let from = 0;
  for (let position = 0; position < tokens.length; position++) {
    if (word(position).toLowerCase() !== "tablespace" || !named.has(unquoted(word(position + 1)))) continue;
    const using = word(position - 2).toLowerCase() === "using" && word(position - 1).toLowerCase() === "index";
    rest += sql.slice(from, tokens[using ? position - 2 : position]?.start);
    from = tokens[position + 1]?.end ?? sql.length;
  }
  return rest + sql.slice(from);
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}

/** CREATE FUNCTION without LEAKPROOF, which only a superuser may say. */
export function withoutLeakproof(sql: string, node: Node): string {
  if (!("CreateFunctionStmt" in node)) return sql;
  const asks = (node.CreateFunctionStmt.options ?? []).some((option) => {
    const { defname, arg } = "DefElem" in option ? option.DefElem : {};
    return defname === "leakproof" && arg !== undefined && "Boolean" in arg && arg.Boolean.boolval === true;
  });
  if (!asks) return sql;
  let previous = "";
  let depth = 0;
  for (const { start, end } of tokensOf(sql)) {
    const word = sql.slice(start, end).toLowerCase();
    if (word === "(") depth++;
    else if (word === ")") depth--;
    else if (depth === 0 && word === "leakproof" && previous !== "not" && previous !== "function" && previous !== ".")
      return sql.slice(0, start) + sql.slice(end);
    previous = word;
  }
  return sql;
}

/** ALTER TABLE … ENABLE or DISABLE TRIGGER USER for … ALL, which would reach the server's own triggers. */
export function withUserTriggers(sql: string, node: Node): string {
  if (!("AlterTableStmt" in node)) return sql;
  const reaches = (node.AlterTableStmt.cmds ?? []).some(
    (command) => "AlterTableCmd" in command && /^AT_(?:En|Dis)ableTrigAll$/.test(command.AlterTableCmd.subtype ?? ""),
  );
  if (!reaches) return sql;
  let result = "";
  let from = 0;
  let previous = "";
  for (const { start, end } of tokensOf(sql)) {
    const word = sql.slice(start, end).toLowerCase();
    if (word === "all" && previous === "trigger") {
      result += `${sql.slice(from, start)}USER`;
      from = end;
    }
    previous = word;
  }
  return result + sql.slice(from);
}
