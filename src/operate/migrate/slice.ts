import type { Node, RangeVar } from "libpg-query";
import { invalid } from "../../model/error.ts";
import type { Batch } from "../../model/plan.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { parseSql } from "../../sql/parse.ts";
import { tokensOf } from "../../sql/split.ts";

/** A batch's statement: the step's own with the condition of a slice, whose bounds are its parameters. */
export interface Sliced {
  /** Rows after `$1 …` (where `after`) and up to the next parameters (where `upTo`). */
  statement(after: boolean, upTo: boolean): string;
  /** The key of the row that ends a slice of `$n` rows after `$1 …`, as text; the row count is the last parameter. */
  bound(after: boolean): string;
}

// What may follow a WHERE clause, or stand where it would end; all reserved, so none can be a name.
const UPDATE_ENDS = new Set(["returning"]);
const SELECT_ENDS = new Set([
  "group",
  "having",
  "window",
  "order",
  "limit",
  "offset",
  "fetch",
  "for",
  "on",
  "returning",
]);
const SET_OPERATIONS = new Set(["union", "intersect", "except"]);

/**
 * Puts a slice of the table's key into the WHERE clause of a step's UPDATE, DELETE or INSERT … SELECT. Where the clause
 * begins is told by the grammar's tree; afterwards the new text is parsed again and must be the old tree but for the
 * added condition. `types` are the key columns' types as SQL. Throws `invalid` (exit 2) for a statement that cannot be
 * run in slices, at `where`.
 */
export async function sliceStatement(
  sql: string,
  batch: Batch,
  types: readonly string[],
  where: string,
): Promise<Sliced> {
  const refused = (what: string): Error =>
    invalid({
      what: `the statement cannot be run in batches: ${what}`,
      where,
      expected: `one UPDATE, DELETE or INSERT … SELECT over ${qualified(batch.schema, batch.table)}, which may be repeated`,
    });
  const node = await onlyNode(sql);
  const part = node === null ? null : sliceable(node);
  if (node === null || part === null) throw refused("it is none of these");
  const relations = part.relations.filter((relation) => isBatchTable(relation, batch));
  const [relation] = relations;
  if (relation === undefined || relations.length > 1)
    throw refused(relation === undefined ? "the table does not occur in it" : "the table occurs in it twice");
  const name = relation.alias?.aliasname ?? relation.relname ?? "";
  const columns = batch.key.map((column) => `${ident(name)}.${ident(column)}`);
  const gap = gapFor(sql, part);
  if (gap === null) throw refused("the place of its WHERE clause is not clear");
  const statement = (after: boolean, upTo: boolean): string => {
    const condition = conditionFor(columns, types, after, upTo);
    if (condition === "") return sql;
    const head = sql.slice(0, gap.from).trimEnd();
    const tail = sql.slice(gap.to);
    return gap.keyword
      ? `${head} (${sql.slice(gap.from, gap.to).trim()}\n) AND ${condition} ${tail}`.trimEnd()
      : `${head}\nWHERE ${condition} ${tail}`.trimEnd();
  };
  await checkSliced(node, statement(true, true), refused);
  const own = batch.key.map((column) => `k.${ident(column)}`);
  const bound = (after: boolean): string => {
    // As JSON writes them, values do not hang on the session's styles of dates.
    const texts = own.map(
      (column, index) => `pg_catalog.to_jsonb(${column}) OPERATOR(pg_catalog.#>>) '{}' AS k${index}`,
    );
    const condition = after ? `WHERE ${conditionFor(own, types, true, false)}` : "";
    const count = `$${after ? types.length + 1 : 1}`;
    return `SELECT ${texts.join(", ")} FROM ${qualified(batch.schema, batch.table)} AS k ${condition}
      ORDER BY ${own.join(", ")} OFFSET (${count}::pg_catalog.int8 - 1) LIMIT 1`;
  };
  return { statement, bound };
}

function conditionFor(columns: readonly string[], types: readonly string[], after: boolean, upTo: boolean): string {
  const tuple = (first: number): string => `(${types.map((type, index) => `$${first + index}::${type}`).join(", ")})`;
  const key = `(${columns.join(", ")})`;
  const conditions: string[] = [];
  if (after) conditions.push(`${key} > ${tuple(1)}`);
  if (upTo) conditions.push(`${key} <= ${tuple(after ? types.length + 1 : 1)}`);
  return conditions.join(" AND ");
}

async function onlyNode(sql: string): Promise<Node | null> {
  const parsed = await parseSql(sql);
  return parsed.ok && parsed.value.length === 1 ? (parsed.value[0]?.node ?? null) : null;
}

interface Part {
  /** The tables that stand directly in it, not in a query inside. */
  readonly relations: readonly RangeVar[];
  readonly condition: Node | undefined;
  readonly ends: ReadonlySet<string>;
}

// The part of a statement whose WHERE takes the slice.
function sliceable(node: Node): Part | null {
  if ("UpdateStmt" in node) {
    const { relation, fromClause = [], whereClause } = node.UpdateStmt;
    return {
      relations: [...(relation ? [relation] : []), ...fromClause.flatMap(tablesIn)],
      condition: whereClause,
      ends: UPDATE_ENDS,
    };
  }
  if ("DeleteStmt" in node) {
    const { relation, usingClause = [], whereClause } = node.DeleteStmt;
    return {
      relations: [...(relation ? [relation] : []), ...usingClause.flatMap(tablesIn)],
      condition: whereClause,
      ends: UPDATE_ENDS,
    };
  }
  const select = "InsertStmt" in node ? node.InsertStmt.selectStmt : undefined;
  if (select === undefined || !("SelectStmt" in select)) return null;
  const {
    fromClause = [],
    whereClause,
    valuesLists,
    op,
    limitCount,
    limitOffset,
    groupClause,
    distinctClause,
  } = select.SelectStmt;
  const whole = limitCount ?? limitOffset ?? groupClause ?? distinctClause ?? valuesLists;
  if (whole !== undefined || (op !== undefined && op !== "SETOP_NONE")) return null;
  return { relations: fromClause.flatMap(tablesIn), condition: whereClause, ends: SELECT_ENDS };
}

function tablesIn(item: Node): RangeVar[] {
  if ("RangeVar" in item) return [item.RangeVar];
  if (!("JoinExpr" in item)) return [];
  const { larg, rarg } = item.JoinExpr;
  return [...(larg === undefined ? [] : tablesIn(larg)), ...(rarg === undefined ? [] : tablesIn(rarg))];
}

function isBatchTable({ schemaname, relname }: RangeVar, batch: Batch): boolean {
  return relname === batch.table && (schemaname === undefined || schemaname === batch.schema);
}

/** Where the slice goes: between `from` and `to` stands the present condition, or nothing (`keyword` false). */
interface Gap {
  readonly keyword: boolean;
  readonly from: number;
  readonly to: number;
}

function gapFor(sql: string, { condition, ends }: Part): Gap | null {
  const words = [...wordsOutside(sql)];
  if (words.some(({ word }) => SET_OPERATIONS.has(word))) return null;
  if (condition !== undefined) {
    if ("CurrentOfExpr" in condition) return null;
    // The tree says that this level has a condition; WHERE is reserved, so the first one outside of parentheses is its.
    const keyword = words.find(({ word }) => word === "where");
    if (keyword === undefined) return null;
    const end = words.find(({ word, start }) => start > keyword.start && ends.has(word));
    return { keyword: true, from: keyword.end, to: end?.start ?? sql.length };
  }
  // Without one: before what may follow it. ON also joins tables, so only ON CONFLICT counts.
  const from = ends === SELECT_ENDS ? words.findLast(({ word }) => word === "from") : words[0];
  const end = words.find(
    ({ word, start }, index) =>
      start > (from?.start ?? 0) && ends.has(word) && (word !== "on" || words[index + 1]?.word === "conflict"),
  );
  const at = end?.start ?? sql.length;
  return { keyword: false, from: at, to: at };
}

// Bare words outside of parentheses and brackets.
function* wordsOutside(
  sql: string,
): Generator<{ readonly word: string; readonly start: number; readonly end: number }> {
  let depth = 0;
  for (const { start, end } of tokensOf(sql)) {
    const token = sql.slice(start, end);
    for (const character of /^[A-Za-z_"'$]/.test(token) ? "" : token) {
      if (character === "(" || character === "[") depth++;
      else if (character === ")" || character === "]") depth--;
    }
    if (depth === 0 && /^[A-Za-z_]/.test(token) && sql[start - 1] !== ".")
      yield { word: token.toLowerCase(), start, end };
  }
}

// The proof that only the condition was added: without it, the trees are the same.
async function checkSliced(before: Node, sql: string, refused: (what: string) => Error): Promise<void> {
  const after = await onlyNode(sql);
  const part = after === null ? null : sliceable(after);
  const condition = part?.condition;
  if (
    after === null ||
    condition === undefined ||
    !("BoolExpr" in condition) ||
    condition.BoolExpr.boolop !== "AND_EXPR"
  )
    throw refused("its WHERE clause cannot be extended");
  const original = sliceable(before)?.condition;
  // `(a) AND b AND c` may be read as one conjunction; of the original's own parts none may be missing.
  const parts = (condition.BoolExpr.args ?? []).slice(0, -2);
  const own = original === undefined ? [] : isConjunction(original) ? (original.BoolExpr.args ?? []) : [original];
  const flat = parts.flatMap((one) => (isConjunction(one) ? (one.BoolExpr.args ?? []) : [one]));
  const same = shapeOf(own) === shapeOf(flat) && shapeOf(before, original) === shapeOf(after, condition);
  if (!same) throw refused("its WHERE clause cannot be extended");
}

type Conjunction = Extract<Node, { BoolExpr: unknown }>;

function isConjunction(node: Node): node is Conjunction {
  return "BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR";
}

// A tree without places in the text, and without one of its nodes.
function shapeOf(tree: unknown, without?: Node): string {
  return JSON.stringify(tree, (key, value: unknown) =>
    key === "location" ||
    key === "stmt_len" ||
    key === "list_start" ||
    key === "list_end" ||
    (without !== undefined && value === without)
      ? undefined
      : value,
  );
}
