import type { Node } from "../../sql/nodes.ts";
import { parseExpression } from "../../sql/parse.ts";
import type { Dialect } from "../../model/statement.ts";
import { constantText, expressionText, namesOf } from "../candidates/expression-text.ts";

/** One comparison of a plan's condition: all of a list must hold. */
export interface Comparison {
  /** The column compared; null where an expression over columns is. */
  readonly column: string | null;
  /** The expression as the server prints it, without the relation's name; null for a plain column. */
  readonly expression: string | null;
  readonly operator: string;
  /** The constant on the other side; null where it is none (a parameter, another column). */
  readonly constant: string | null;
}

// `(status)::text` compares the column all the same.
function bare(node: Node | undefined): Node | undefined {
  return node !== undefined && "TypeCast" in node ? bare(node.TypeCast.arg) : node;
}

function compared(node: Node | undefined, dialect: Dialect): Pick<Comparison, "column" | "expression"> | null {
  const inner = bare(node);
  if (inner !== undefined && "ColumnRef" in inner) {
    const path = namesOf(inner.ColumnRef.fields);
    return path === null ? null : { column: path.at(-1) ?? null, expression: null };
  }
  const text = expressionText(node, dialect, (path) => dialect.ident(path.at(-1) ?? ""));
  return text === null || constantText(node) !== null ? null : { column: null, expression: text };
}

/** The comparisons of a condition as a plan prints it that must all hold. What cannot be read is left out. */
export async function comparisonsOf(condition: string, dialect: Dialect): Promise<readonly Comparison[]> {
  const parsed = await parseExpression(condition);
  if (!parsed.ok) return [];
  const found: Comparison[] = [];
  const pending: Node[] = [parsed.value.node];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if ("BoolExpr" in node) {
      if (node.BoolExpr.boolop === "AND_EXPR") pending.push(...(node.BoolExpr.args ?? []).toReversed());
      continue;
    }
    if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") continue;
    const { lexpr, rexpr, name } = node.A_Expr;
    const operator = namesOf(name)?.at(-1);
    const side = compared(lexpr, dialect);
    if (operator === undefined || side === null) continue;
    found.push({ ...side, operator, constant: constantText(rexpr) });
  }
  return found;
}
