import type { Node } from "../../sql/nodes.ts";

interface Figured {
  readonly name: string;
  /** A cast's type gives way to a name that comes from what is cast. */
  readonly strength: 1 | 2;
}

/** The name that the server gives a column that has none, or null where that is not known here. */
export function outputName(value: Node | undefined): string | null {
  if (value === undefined) return null;
  const figured = figure(value);
  return figured === undefined ? null : (figured?.name ?? "?column?");
}

const strong = (name: string): Figured => ({ name, strength: 2 });
const lastOf = (parts: readonly Node[] | undefined): string | null => {
  const last = parts?.findLast((part) => "String" in part);
  return last !== undefined && "String" in last ? (last.String.sval ?? "") : null;
};

// Null: the server has no name for it either. Undefined: a form that is not looked at here.
function figure(node: Node): Figured | null | undefined {
  if ("ColumnRef" in node) return named(lastOf(node.ColumnRef.fields));
  if ("FuncCall" in node) return named(lastOf(node.FuncCall.funcname));
  if ("CollateClause" in node) return node.CollateClause.arg === undefined ? null : figure(node.CollateClause.arg);
  if ("TypeCast" in node) return ofCast(node.TypeCast.arg, lastOf(node.TypeCast.typeName?.names));
  if ("CaseExpr" in node) {
    const { defresult } = node.CaseExpr;
    const inner = defresult === undefined ? null : figure(defresult);
    return inner === undefined || inner?.strength === 2 ? inner : { name: "case", strength: 1 };
  }
  if ("SubLink" in node) return ofSubquery(node.SubLink.subLinkType, node.SubLink.subselect);
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : null;
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("A_ArrayExpr" in node) return strong("array");
  if ("RowExpr" in node) return strong("row");
  if ("GroupingFunc" in node) return strong("grouping");
  const nameless = ["A_Const", "ParamRef", "BoolExpr", "NullTest", "BooleanTest"].some((type) => type in node);
  return nameless ? null : undefined;
}

const named = (name: string | null): Figured | null => (name === null ? null : strong(name));

function ofCast(arg: Node | undefined, type: string | null): Figured | null | undefined {
  const inner = arg === undefined ? null : figure(arg);
  if (inner === undefined || inner?.strength === 2) return inner;
  return type === null ? inner : { name: type, strength: 1 };
}

function ofSubquery(type: string | undefined, query: Node | undefined): Figured | null | undefined {
  if (type === "EXISTS_SUBLINK") return strong("exists");
  if (type === "ARRAY_SUBLINK") return strong("array");
  if (type !== "EXPR_SUBLINK") return null;
  if (query === undefined || !("SelectStmt" in query)) return undefined;
  const first = query.SelectStmt.targetList?.[0];
  if (first === undefined || !("ResTarget" in first)) return undefined;
  if (first.ResTarget.name !== undefined) return strong(first.ResTarget.name);
  const name = outputName(first.ResTarget.val);
  return name === null ? undefined : strong(name);
}
