import { ident, qualified } from "../../../sql/identifier.ts";
import type { Node, RangeVar, SelectStmt } from "../../../sql/nodes.ts";
import { nodesOf } from "../../../sql/walk.ts";
import { isRewritable } from "../conditions.ts";
import { resolve } from "../resolve.ts";
import { callOf, wholeOf } from "../terms.ts";
import { lacks, substitute, without } from "../tree.ts";
import { rowsOf } from "./suggested.ts";
import type { Suggest } from "./suggested.ts";

/** Rows from which counting them all is worth an estimate. */
const COUNT_ROWS_MIN = 100_000;
/** Rows from which sorting them all for a few by chance is worth another way. */
const RANDOM_ROWS_MIN = 10_000;
/** Columns from which a star is worth a list. */
const STAR_COLUMNS_MIN = 8;

function onlyTable(
  statement: Node,
): { readonly select: SelectStmt; readonly from: RangeVar; readonly item: Node } | null {
  if (!("SelectStmt" in statement)) return null;
  const select = statement.SelectStmt;
  const [item, ...others] = select.fromClause ?? [];
  return item !== undefined && others.length === 0 && "RangeVar" in item ? { select, from: item.RangeVar, item } : null;
}

/** `SELECT count(*) FROM t` over a large table. */
export const countEstimate: Suggest = (statement, context) => {
  const found = onlyTable(statement);
  const [target, ...more] = found?.select.targetList ?? [];
  if (found === null || target === undefined || more.length > 0 || !("ResTarget" in target)) return null;
  const { fromClause: _, targetList: __, limitOption: ___, op: ____, ...rest } = found.select;
  const { val } = target.ResTarget;
  const isCount =
    val !== undefined &&
    "FuncCall" in val &&
    val.FuncCall.agg_star === true &&
    val.FuncCall.agg_filter === undefined &&
    val.FuncCall.over === undefined;
  if (Object.keys(rest).length > 0 || !isCount || !isRewritable(statement, context)) return null;
  const source = resolve(statement, context).queries[0]?.sources[0];
  const table = source?.table?.table;
  const rows = table === undefined ? null : rowsOf(table.schema, table.name, context);
  if (table === undefined || table.partitionBy !== null || table.foreign !== undefined || table.rowSecurity.enabled)
    return null;
  if (rows === null || rows < COUNT_ROWS_MIN) return null;
  const name = target.ResTarget.name ?? "count";
  const literal = `'${qualified(table.schema, table.name).replaceAll("'", "''")}'`;
  return [
    {
      rule: "count-estimate",
      after: `SELECT reltuples::bigint AS ${ident(name)} FROM pg_catalog.pg_class WHERE oid = ${literal.includes("\\") ? "E" : ""}${literal.replaceAll("\\", "\\\\")}::regclass`,
      argument: `Each call looks at all rows (about ${rows.toLocaleString("en")}) to see which of them it may see. VACUUM and ANALYZE keep an estimate, which is read at once; -1 says that nothing has counted yet. Where the number has to be exact, a counter that is kept by the writers gives it.`,
      whyNotTried: "an estimate is another number",
    },
  ];
};

/** `ORDER BY random() LIMIT n`. */
export const randomOrder: Suggest = (statement, context) => {
  const found = onlyTable(statement);
  if (found === null) return null;
  const { select, item } = found;
  const [sort, ...others] = select.sortClause ?? [];
  const call = sort !== undefined && "SortBy" in sort ? callOf(sort.SortBy.node) : null;
  if (call?.name !== "random" || call.args.length > 0 || others.length > 0 || select.limitCount === undefined)
    return null;
  const source = resolve(statement, context).queries[0]?.sources[0];
  const table = source?.table?.table;
  const rows = table === undefined ? null : rowsOf(table.schema, table.name, context);
  if (table === undefined || (rows !== null && rows < RANDOM_ROWS_MIN)) return null;
  const wanted = Number(wholeOf(select.limitCount) ?? 0n);
  const plain = lacks(select, "groupClause", "havingClause", "distinctClause", "windowClause", "whereClause");
  const sampled = plain && rows !== null && wanted > 0 && rows / wanted >= 100;
  // Some to spare: how many rows a sample holds is chance.
  const percent = rows === null ? 0 : Math.min(100, Number(((wanted / rows) * 1000).toPrecision(2)));
  const sample: Node = {
    RangeTableSample: {
      relation: item,
      method: [{ String: { sval: "bernoulli" } }],
      args: [{ A_Const: { fval: { fval: percent.toFixed(12).replace(/0+$/, "").replace(/\.$/, ".0") } } }],
    },
  };
  return [
    {
      rule: "random-sample",
      after: sampled ? substitute(statement, new Map<object, object>([[item, sample]])) : null,
      argument:
        "Every row that passes is given a random number and all are sorted to take a few. TABLESAMPLE draws rows by chance before anything is sorted (SYSTEM draws whole pages and is quicker still); or a column of random numbers with an index is read from a random place on: WHERE key >= random() ORDER BY key LIMIT …",
      whyNotTried: "other rows are drawn, and no two calls give the same",
    },
  ];
};

/** `SELECT *` over wide rows. */
export const starList: Suggest = (statement, context, query) => {
  if (!("SelectStmt" in statement) || query.verb !== "select" || !isRewritable(statement, context)) return null;
  const { select, sources } = resolve(statement, context).queries[0] ?? { select: undefined, sources: [] };
  const [source, ...others] = sources;
  if (select === undefined || source?.table == null || others.length > 0 || source.columns === null) return null;
  const [target, ...more] = select.targetList ?? [];
  const val = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (target === undefined || more.length > 0 || val === undefined || !("ColumnRef" in val)) return null;
  const isStar = [...nodesOf([val] as unknown as Node)].some(({ type }) => type === "A_Star");
  const large = source.columns.filter(({ type }) => /^(?:text|bytea|jsonb?|xml|tsvector)$|\[\]$/.test(type ?? ""));
  if (!isStar || (source.columns.length < STAR_COLUMNS_MIN && large.length === 0)) return null;
  const targetList = source.columns.map(({ name }): Node => ({
    ResTarget: { val: { ColumnRef: { fields: [{ String: { sval: name } }] } } },
  }));
  const said =
    large.length === 0
      ? ""
      : ` Of these, ${large.map(({ name }) => ident(name)).join(", ")} may be large and kept apart from the row (TOAST), and each is fetched and unpacked.`;
  return [
    {
      rule: "column-list",
      after: substitute(
        statement,
        new Map<object, object>([[select, { ...without(select, "targetList"), targetList }]]),
      ),
      argument: `All ${source.columns.length} columns are fetched and sent, whether they are looked at or not, and no index can answer alone.${said} The list holds all columns: what the caller does not look at is to be left out. It also stays as it is when a column is added.`,
      whyNotTried: "which columns the caller looks at is not in the query",
    },
  ];
};
