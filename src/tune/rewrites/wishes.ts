import type { IndexObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { conditionsOf, placeOf } from "./conditions.ts";
import type { ConditionPlace } from "./conditions.ts";
import { resolve } from "./resolve.ts";
import type { RewriteContext } from "./rewrite.ts";
import { callOf, comparisonOf, textOf } from "./terms.ts";
import { operatorOf } from "./tree.ts";

/** An index without which a condition has every row read, however the statement is written. */
export interface IndexWish {
  /** A complete CREATE INDEX. */
  readonly sql: string;
  /** Why no plain index serves the condition, and what else would help. */
  readonly reason: string;
  /** The extension that it needs and the database does not have; null: none. */
  readonly needs: string | null;
}

/** Three letters of a pattern in a row are the least that an index of trigrams can look for. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u;

/** What the conditions of a SELECT wish for: keys of expressions, trigrams, and GIN over documents. Each once. */
export function wishes(statement: Node, context: RewriteContext): readonly IndexWish[] {
  const resolution = resolve(statement, context);
  const place = placeOf(resolution, context);
  const found = new Map<string, IndexWish>();
  for (const { select } of resolution.queries)
    for (const condition of conditionsOf(select))
      for (const part of partsOf(condition))
        for (const wish of [folded(part, place), wildcard(part, place), documentKey(part, place)])
          if (wish !== null && !found.has(wish.sql)) found.set(wish.sql, wish);
  return [...found.values()];
}

function partsOf(condition: Node): readonly Node[] {
  if (!("BoolExpr" in condition)) return [condition];
  return (condition.BoolExpr.args ?? []).flatMap(partsOf);
}

interface Column {
  readonly table: TableView;
  readonly name: string;
  readonly type: string;
}

function columnOf(node: Node | undefined, place: ConditionPlace): Column | null {
  const column = place.column(node);
  return column?.stored == null
    ? null
    : { table: column.stored.table, name: column.stored.column.name, type: column.stored.column.type };
}

const isText = ({ type }: Column): boolean => type === "text" || /^character varying(?:\(\d+\))?$/.test(type);

const indexOn = ({ table }: Column, key: string): string =>
  `CREATE INDEX ON ${qualified(table.table.schema, table.table.name)} ${key}`;

const hasIndex = ({ table }: Column, is: (index: IndexObject) => boolean): boolean =>
  table.indexes.some((index) => index.valid && index.predicate === null && is(index));

/** `lower(col) = …`, `upper(col) LIKE 'A%'`. */
function folded(part: Node, place: ConditionPlace): IndexWish | null {
  if (!("A_Expr" in part)) return null;
  const { kind, lexpr, rexpr } = part.A_Expr;
  const isLike = kind === "AEXPR_LIKE";
  if (!isLike && kind !== "AEXPR_IN" && comparisonOf(part)?.operator !== "=") return null;
  for (const side of [lexpr, isLike || kind === "AEXPR_IN" ? undefined : rexpr]) {
    const call = callOf(side);
    if (call === null || (call.name !== "lower" && call.name !== "upper") || !place.isBuiltIn(call.name)) continue;
    const column = columnOf(call.args[0], place);
    if (column === null || !isText(column)) continue;
    const pattern = isLike ? textOf(rexpr) : null;
    if (isLike && (pattern === null || /^[%_]/.test(pattern))) continue;
    const expression = `${call.name}(${ident(column.name)})`;
    const served = hasIndex(column, ({ keys }) => {
      const first = keys[0]?.expression ?? "";
      return first.replaceAll(/[()]|::text/g, "") === expression.replaceAll(/[()]/g, "");
    });
    if (served) continue;
    return {
      sql: indexOn(column, isLike ? `(${expression} text_pattern_ops)` : `(${expression})`),
      reason: `an index on ${column.name} holds it as it is written, and the condition asks for ${expression}; an index on that expression answers and gives the planner statistics of it. A column of type citext, or of a collation that ignores case, would compare so by itself`,
      needs: null,
    };
  }
  return null;
}

/** `col LIKE '%abc%'`, `col ILIKE 'abc%'`, `col ~ 'abc'`. */
function wildcard(part: Node, place: ConditionPlace): IndexWish | null {
  const like = "A_Expr" in part && (part.A_Expr.kind === "AEXPR_LIKE" || part.A_Expr.kind === "AEXPR_ILIKE");
  const { lexpr, rexpr } = like
    ? part.A_Expr
    : {
        lexpr: operatorOf(part)?.left,
        rexpr: /^~\*?$/.test(operatorOf(part)?.name ?? "") ? operatorOf(part)?.right : undefined,
      };
  const [name] = "A_Expr" in part ? (part.A_Expr.name ?? []) : [];
  const negated = name !== undefined && "String" in name && (name.String.sval ?? "").startsWith("!");
  const column = columnOf(lexpr, place);
  if (column === null || rexpr === undefined || negated || !isText(column)) return null;
  const pattern = textOf(rexpr);
  const anchored =
    "A_Expr" in part &&
    part.A_Expr.kind === "AEXPR_LIKE" &&
    (pattern === null ? !isWrapped(rexpr) : /^[^%_\\]/.test(pattern));
  if (anchored || (pattern !== null && !TRIGRAM.test(pattern))) return null;
  if (
    hasIndex(column, ({ keys }) =>
      keys.some((key) => key.column === column.name && /gi[ns]t?_trgm_ops/.test(key.opclass ?? "")),
    )
  )
    return null;
  const installed = place.context.view.of("extension").some((extension) => extension.name === "pg_trgm");
  return {
    sql: indexOn(column, `USING gin (${ident(column.name)} gin_trgm_ops)`),
    reason: `a pattern that does not begin with letters is found in no B-tree; trigrams (three letters in a row, of the extension pg_trgm) are looked up in a GIN index, and rows that hold all of the pattern's are checked`,
    needs: installed ? null : "pg_trgm",
  };
}

/** `'%' || $1 || '%'`: whatever the value is, it stands in the middle. */
function isWrapped(node: Node): boolean {
  for (const { type, node: one } of nodesOf([node] as unknown as Node)) {
    const { sval } = one as { sval?: { sval?: string } };
    if (type === "A_Const" && (sval?.sval ?? "").startsWith("%")) return true;
  }
  return false;
}

/** `data ->> 'key' = …`. */
function documentKey(part: Node, place: ConditionPlace): IndexWish | null {
  const compared = comparisonOf(part);
  if (compared?.operator !== "=") return null;
  for (const side of [compared.left, compared.right]) {
    const found = operatorOf(side);
    const key = textOf(found?.right);
    const column = found?.name === "->>" ? columnOf(found.left, place) : null;
    if (column === null || key === null || !/^jsonb?$/.test(column.type)) continue;
    const literal = `'${key.replaceAll("'", "''")}'`;
    const quoted = key.includes("\\") ? `E${literal.replaceAll("\\", "\\\\")}` : literal;
    const expression = `(${ident(column.name)} ->> ${quoted})`;
    if (hasIndex(column, ({ keys }) => keys[0]?.expression?.replaceAll("::text", "") === expression)) continue;
    const containment =
      column.type === "jsonb"
        ? `. Written as ${ident(column.name)} @> {"key": "value"}, one GIN index (jsonb_path_ops) serves all keys, for texts that are compared as such`
        : "";
    return {
      sql: indexOn(column, `(${expression})`),
      reason: `an index on ${column.name} holds whole documents; one on the key's value answers and gives the planner statistics of it${containment}`,
      needs: null,
    };
  }
  return null;
}
