import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import type { ConditionPlace } from "./conditions.ts";
import { functionName } from "./tree.ts";

/**
 * Functions that give a value, or NULL, for every argument of their types; and aggregates, which are computed after the
 * conditions in any case.
 */
const TOTAL = new Set(
  `lower upper length char_length octet_length btrim ltrim rtrim left right coalesce count min max bool_and bool_or every
  strpos position starts_with reverse sum avg array_agg string_agg row_number rank dense_rank lag lead first_value last_value`.split(
    /\s+/,
  ),
);

const OPERATORS = new Set(["=", "<>", "<", ">", "<=", ">="]);

const SAFE_KINDS = new Set([
  "AEXPR_OP",
  "AEXPR_IN",
  "AEXPR_DISTINCT",
  "AEXPR_NOT_DISTINCT",
  "AEXPR_BETWEEN",
  "AEXPR_NOT_BETWEEN",
]);

/**
 * Whether computing what stands at or below a node can raise no error whatever the rows, so that the order in which
 * conditions are checked does not show. Comparisons, tests for NULL, EXISTS and a few functions; what is not known may
 * fail, arithmetic (overflow), casts, patterns and scalar subqueries (two rows) among it.
 */
export function cannotFail(root: unknown, place: ConditionPlace): boolean {
  for (const { type, node } of nodesOf([root] as unknown as Node)) {
    if (type === "A_Expr" && !isTotal(node, place)) return false;
    if (type === "FuncCall") {
      const name = functionName(node);
      if (name === null || !TOTAL.has(name) || !place.isBuiltIn(name)) return false;
    }
    if (type === "SubLink" && node["subLinkType"] !== "EXISTS_SUBLINK" && node["subLinkType"] !== "ANY_SUBLINK")
      return false;
    if (FAILING.has(type)) return false;
  }
  return true;
}

const FAILING = new Set([
  "TypeCast",
  "A_Indirection",
  "SQLValueFunction",
  "RangeFunction",
  "RangeTableFunc",
  "RangeTableSample",
  "XmlExpr",
  "JsonFuncExpr",
  "JsonTable",
  "MinMaxExpr",
  "A_ArrayExpr",
]);

function isTotal(node: Readonly<Record<string, unknown>>, place: ConditionPlace): boolean {
  const kind = node["kind"] as string;
  if (!SAFE_KINDS.has(kind)) return false;
  if (kind !== "AEXPR_OP") return true;
  const [name, ...more] = (node["name"] ?? []) as readonly Node[];
  const operator = name !== undefined && "String" in name && more.length === 0 ? (name.String.sval ?? "") : "";
  return OPERATORS.has(operator) && place.isBuiltIn(operator) && node["lexpr"] !== undefined;
}
