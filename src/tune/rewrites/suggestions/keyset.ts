import type { Node } from "../../../sql/nodes.ts";
import { isRewritable, placeOf } from "../conditions.ts";
import { distinctBy } from "../facts.ts";
import { resolve } from "../resolve.ts";
import type { RewriteContext } from "../rewrite.ts";
import { wholeOf } from "../terms.ts";
import { allOf, anyOf, lacks, operation, substitute, without } from "../tree.ts";
import { lastParameter } from "./suggested.ts";
import type { Suggest, Suggested } from "./suggested.ts";

const NOT_TRIED =
  "it takes other parameters: the caller passes the keys of the last row it has shown in the place of a number of rows";

/** OFFSET becomes a condition on the keys of the last row shown. */
export const keyset: Suggest = (statement, context) => {
  if (!("SelectStmt" in statement) || !isRewritable(statement, context)) return null;
  const select = statement.SelectStmt;
  const { limitOffset, sortClause } = select;
  if (limitOffset === undefined || wholeOf(limitOffset) === 0n || select.limitCount === undefined) return null;
  const reason =
    "OFFSET makes all rows up to the page and throws them away, so that each page costs more than the one before; rows that come or go meanwhile shift the pages. A condition on the last row's keys begins in the index where that row stands.";
  const plain = lacks(select, "groupClause", "havingClause", "distinctClause", "windowClause", "larg", "valuesLists");
  const keys = plain ? keysOf(sortClause ?? [], statement, context) : null;
  if (keys === null) {
    return [
      {
        rule: "keyset-pagination",
        after: null,
        argument: `${reason} For that the ORDER BY has to end in a key of the table, and to be of columns that are never NULL, so that each row has its one place; here that is not so.`,
        whyNotTried: NOT_TRIED,
      },
    ];
  }
  return [suggestion(statement, keys, reason)];
};

interface Key {
  readonly node: Node;
  readonly name: string;
  readonly descends: boolean;
}

function keysOf(sortClause: readonly Node[], statement: Node, context: RewriteContext): readonly Key[] | null {
  const resolution = resolve(statement, context);
  const place = placeOf(resolution, context);
  const [top] = resolution.queries;
  const [source, ...others] = top?.sources ?? [];
  if (source === undefined || others.length > 0) return null;
  const keys: Key[] = [];
  const names: string[] = [];
  for (const item of sortClause) {
    if (!("SortBy" in item) || item.SortBy.useOp !== undefined) return null;
    const node = inputOf(item.SortBy.node, statement, resolution) ?? undefined;
    const column = place.column(node);
    if (node === undefined || column?.stored == null || column.notNull === null) return null;
    names.push(column.stored.column.name);
    keys.push({ node, name: column.stored.column.name, descends: item.SortBy.sortby_dir === "SORTBY_DESC" });
  }
  return distinctBy(source, new Set(names), context.view) === null ? null : keys;
}

// A name of the select list is none that WHERE knows.
function inputOf(node: Node | undefined, statement: Node, { of }: ReturnType<typeof resolve>): Node | null {
  if (node === undefined || !("ColumnRef" in node) || !("SelectStmt" in statement)) return null;
  const meaning = of(node.ColumnRef);
  if (meaning.is !== "output") return meaning.is === "column" ? node : null;
  const target = statement.SelectStmt.targetList?.[meaning.index];
  return target !== undefined && "ResTarget" in target ? (target.ResTarget.val ?? null) : null;
}

function suggestion(
  statement: Extract<Node, { SelectStmt: unknown }>,
  keys: readonly Key[],
  reason: string,
): Suggested {
  const select = statement.SelectStmt;
  const offset = select.limitOffset;
  // The place of OFFSET's own parameter is free where it was the last.
  const last = lastParameter(statement);
  const first = offset !== undefined && "ParamRef" in offset && offset.ParamRef.number === last ? last : last + 1;
  const after = keys.map((_, index): Node => ({ ParamRef: { number: first + index } }));
  const bound = beyond(keys, after);
  const whereClause = allOf([...(select.whereClause === undefined ? [] : [select.whereClause]), bound]);
  const changed = { ...without(select, "limitOffset"), ...(whereClause === undefined ? {} : { whereClause }) };
  const names = keys.map(({ name }) => name);
  const passed = names.map((name, index) => `$${first + index} ${name}`).join(", ");
  return {
    rule: "keyset-pagination",
    after: substitute(statement, new Map<object, object>([[select, changed]])),
    argument: `${reason} The order is decided by (${names.join(", ")}), which holds a key, and none of it is NULL: the page after a row is the rows beyond it. Of the last row shown the caller passes ${passed}; the first page is the query without the condition. An index on these columns in this order serves it.`,
    whyNotTried: NOT_TRIED,
  };
}

/** The rows after one in the order: compared as a row where all keys go one way, else key by key. */
function beyond(keys: readonly Key[], values: readonly Node[]): Node {
  const [one] = keys;
  const symbol = (key: Key | undefined): string => (key?.descends === true ? "<" : ">");
  const [value] = values;
  if (keys.length === 1 && one !== undefined && value !== undefined) return operation(symbol(one), one.node, value);
  if (keys.every((key) => key.descends === one?.descends)) {
    const row = (args: readonly Node[]): Node => ({ RowExpr: { args: [...args], row_format: "COERCE_IMPLICIT_CAST" } });
    return operation(symbol(one), row(keys.map(({ node }) => node)), row(values));
  }
  const ways = keys.flatMap((key, index) => {
    const same = keys
      .slice(0, index)
      .flatMap((before, at) => (values[at] === undefined ? [] : [operation("=", before.node, values[at])]));
    const own = values[index];
    return own === undefined ? [] : [allOf([...same, operation(symbol(key), key.node, own)]) ?? own];
  });
  return anyOf(ways) ?? ways[0] ?? { A_Const: { boolval: {} } };
}
