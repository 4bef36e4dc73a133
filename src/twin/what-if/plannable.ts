import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";

/** Statements that EXPLAIN plans without doing anything. EXECUTE, DECLARE and CREATE TABLE AS are none of ours. */
const PLANNED: ReadonlySet<string> = new Set(["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/** Whether a text may be put behind EXPLAIN: it is one statement that reads or writes rows, so nothing after it runs. */
export type Plannable =
  | { readonly ok: true; /** The highest `$n` in it; 0 without. */ readonly parameters: number }
  | { readonly ok: false; readonly why: string };

const no = (why: string): Plannable => ({ ok: false, why });

/** @see Plannable */
export async function plannable(sql: string): Promise<Plannable> {
  const parsed = await parseSql(sql);
  if (!parsed.ok) return no(`${parsed.error.message} (line ${parsed.error.line}, column ${parsed.error.column})`);
  const [only, ...more] = parsed.value;
  if (only === undefined) return no("there is no statement in it");
  if (more.length > 0) return no("it is more than one statement");
  const [kind = ""] = Object.keys(only.node);
  if (!PLANNED.has(kind)) return no("only SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES can be planned");
  let parameters = 0;
  for (const { type, node } of nodesOf(only.node)) {
    if (type === "intoClause") return no("SELECT INTO makes a table");
    if (type === "ParamRef") parameters = Math.max(parameters, Number(node["number"] ?? 0));
  }
  return { ok: true, parameters };
}
