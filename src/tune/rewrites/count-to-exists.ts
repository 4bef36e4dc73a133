import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { neverNull, resolve } from "./resolve.ts";
import type { Query, Resolution } from "./meaning.ts";
import { isAggregate, isOrdered, isPlain, isSelfContained } from "./query.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import {
  allOf,
  exists,
  functionName,
  isNull,
  lacks,
  not,
  operatorOf,
  select,
  substitute,
  without,
  wrapped,
} from "./tree.ts";

interface Tested {
  readonly query: SelectStmt;
  /** Whether the comparison asks for some row, or for none. */
  readonly some: boolean;
}

const FLIPPED: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>" };
const SOME = new Set(["> 0", ">= 1", "<> 0"]);
const NONE = new Set(["= 0", "< 1", "<= 0"]);

/** `(SELECT count(*) …) > 0` and its like, to `EXISTS (…)`. */
export const countToExists: Rewrite = rewrite({
  id: "count-to-exists",
  title: "A count that is compared with nothing, to EXISTS",
  why: "The server counts every row before it compares, where the first row would already decide; and only an EXISTS can be joined as a semi-join.",
  examples: [
    {
      schema,
      before: "SELECT id FROM orders o WHERE (SELECT count(*) FROM item i WHERE i.order_id = o.id) > 0",
      after: "SELECT id FROM orders o WHERE EXISTS (SELECT FROM item i WHERE i.order_id = o.id)",
    },
    {
      schema,
      before: "SELECT id, 1 > (SELECT count(i.sku) FROM item i WHERE i.order_id = o.id) FROM orders o",
      after: "SELECT id, NOT EXISTS (SELECT FROM item i WHERE i.order_id = o.id AND i.sku IS NOT NULL) FROM orders o",
      note: "A count of a column counts the rows in which it is not NULL.",
    },
    {
      schema,
      before: "SELECT id, (SELECT count(i.n) FROM item i WHERE i.order_id = o.id) >= 1 FROM orders o",
      after: 'SELECT id, EXISTS (SELECT FROM item i WHERE i.order_id = o.id) AS "?column?" FROM orders o',
      note: "The column keeps its name.",
    },
    {
      schema,
      before: "SELECT id FROM orders o WHERE (SELECT count(*) FROM item i WHERE i.order_id = o.id) > 1",
      after: null,
      note: "Two rows are asked for.",
    },
    {
      schema,
      before: "SELECT id FROM orders o WHERE (SELECT count(*) FROM item i WHERE i.order_id = o.id GROUP BY i.sku) = 0",
      after: null,
      note: "Of a group that is not there no count is given, but NULL.",
    },
    {
      schema,
      before: "SELECT name FROM customer c GROUP BY name HAVING (SELECT count(c.age) FROM item) > 0",
      after: null,
      note: "An aggregate over columns of the outer query is the outer query's.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    const by = new Map<unknown, unknown>();
    const preconditions: Precondition[] = [];
    for (const node of wrapped(statement, "A_Expr")) {
      const tested = testedCount(node);
      const query = tested === null ? undefined : names.queryOf(tested.query);
      const counted = tested === null || query === undefined ? null : asExists(tested.query, query, names);
      if (tested === null || counted === null) continue;
      preconditions.push(...counted.preconditions);
      const found = exists(counted.query);
      by.set(node, tested.some ? found : not(found));
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions,
        argument:
          "A count without GROUP BY is one number and never NULL: it is above 0 exactly where a row was counted, and so is EXISTS true.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

function testedCount(node: Node): Tested | null {
  const operator = operatorOf(node);
  if (operator === null) return null;
  const [query, number] = [countQuery(operator.left), countQuery(operator.right)];
  const constant = wholeNumber(query === null ? operator.left : operator.right);
  const name = query === null ? FLIPPED[operator.name] : operator.name;
  const counted = query ?? number;
  const test = `${name} ${constant}`;
  if (counted === null || constant === null || !(SOME.has(test) || NONE.has(test))) return null;
  return { query: counted, some: SOME.has(test) };
}

function countQuery(node: Node): SelectStmt | null {
  if (!("SubLink" in node) || node.SubLink.subLinkType !== "EXPR_SUBLINK") return null;
  const { subselect } = node.SubLink;
  return subselect !== undefined && "SelectStmt" in subselect ? subselect.SelectStmt : null;
}

function wholeNumber(node: Node): number | null {
  return "A_Const" in node && node.A_Const.ival !== undefined ? (node.A_Const.ival.ival ?? 0) : null;
}

const UNTOUCHED = [
  "distinctClause",
  "groupClause",
  "havingClause",
  "windowClause",
  "sortClause",
  "limitCount",
  "limitOffset",
] as const;

function asExists(
  query: SelectStmt,
  inner: Query,
  names: Resolution,
): { query: SelectStmt; preconditions: readonly Precondition[] } | null {
  const [target, ...more] = query.targetList ?? [];
  const val = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (val === undefined || more.length > 0 || !("FuncCall" in val)) return null;
  if (!isPlain(query) || !lacks(query, ...UNTOUCHED)) return null;
  const counted = countedRows(val.FuncCall, inner, names);
  if (counted === null) return null;
  const where = allOf([...(query.whereClause === undefined ? [] : [query.whereClause]), ...counted.conditions]);
  const kept = without(query, "targetList", "whereClause");
  return {
    query: select({ ...kept, ...(where === undefined ? {} : { whereClause: where }) }),
    preconditions: counted.preconditions,
  };
}

// What a row has to meet to be counted.
function countedRows(
  called: FuncCall,
  inner: Query,
  names: Resolution,
): { conditions: readonly Node[]; preconditions: readonly Precondition[] } | null {
  const { args = [], agg_star, agg_order, agg_filter, func_variadic } = called;
  if (functionName(called) !== "count" || !isAggregate(called) || agg_order !== undefined || func_variadic === true)
    return null;
  const filters = agg_filter === undefined ? [] : [agg_filter];
  if (!isSelfContained([args, filters], inner, names)) return null;
  if (agg_star === true) return { conditions: filters, preconditions: [] };
  const [arg, ...more] = args;
  const column = names.column(arg);
  if (arg === undefined || more.length > 0 || column === null) return null;
  const certain = neverNull(column);
  return { conditions: certain === null ? [isNull(arg, false), ...filters] : filters, preconditions: certain ?? [] };
}
