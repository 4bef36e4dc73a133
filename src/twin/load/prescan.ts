import type { Node } from "libpg-query";
import { parseSql } from "../../sql/parse.ts";
import { scriptParts } from "../../sql/split.ts";
import { decide } from "./classify.ts";
import type { ExtensionRequest } from "./classify.ts";
import type { ScriptText } from "./report.ts";

/** A request with its place. */
export interface PlacedRequest {
  readonly request: ExtensionRequest;
  readonly file: string;
  readonly line: number;
}

const RELEVANT =
  /^(?:create\s+(?:extension|(?:or\s+replace\s+)?(?:trusted\s+)?(?:procedural\s+)?language)|set\s|select\s+(?:pg_catalog\s*\.\s*)?set_config)/i;

// Most scripts ask for none, and a large one need not be split twice to know it.
const ASKS = /\bcreate\s+(?:extension|(?:or\s+replace\s+)?(?:trusted\s+)?(?:procedural\s+)?language)\b/i;

/**
 * The extensions that scripts ask for, in order. One without a schema lands where the search path points
 * at that place, as it would for psql.
 */
export async function extensionRequests(scripts: readonly ScriptText[]): Promise<readonly PlacedRequest[]> {
  const requests: PlacedRequest[] = [];
  if (!scripts.some(({ text }) => ASKS.test(text))) return requests;
  let path: string | null = null;
  for (const script of scripts) {
    if (!script.continues) path = null;
    for (const part of scriptParts(script.text, script.file)) {
      if (part.kind !== "statement" || !RELEVANT.test(part.text)) continue;
      const parsed = await parseSql(part.text);
      const node = parsed.ok ? parsed.value[0]?.node : undefined;
      if (node === undefined) continue;
      path = pathSet(node) ?? path;
      const decision = decide(node, false);
      if (decision.do !== "extension") continue;
      const { name, schema, cascade } = decision.extension;
      const request = { name, schema: schema ?? (path === "" ? null : path), cascade };
      requests.push({ request, file: script.file, line: part.line + script.line - 1 });
    }
  }
  return requests;
}

// The first schema of a search path that is set here; "" for none of the script's own; null for no setting.
function pathSet(node: Node): string | null {
  let first: string | null = null;
  if ("VariableSetStmt" in node && node.VariableSetStmt.name === "search_path")
    first = constant(node.VariableSetStmt.args?.[0]);
  else if ("SelectStmt" in node) {
    const target = node.SelectStmt.targetList?.[0];
    const call = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
    const args = call !== undefined && "FuncCall" in call ? (call.FuncCall.args ?? []) : [];
    if (constant(args[0]) !== "search_path") return null;
    first = (constant(args[1]) ?? "").split(",")[0]?.trim().replaceAll('"', "") ?? "";
  } else return null;
  return first === null || first === "$user" || first.startsWith("pg_") ? "" : first;
}

function constant(node: Node | undefined): string | null {
  return node !== undefined && "A_Const" in node ? (node.A_Const.sval?.sval ?? null) : null;
}
