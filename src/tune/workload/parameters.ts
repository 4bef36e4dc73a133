import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";

/** What a `$n` stands for, as far as the statement shows. */
export type ParameterTarget =
  /** It is compared with a column, or written to it. `use`: how. */
  | {
      readonly kind: "column";
      readonly schema: string;
      readonly table: string;
      readonly column: string;
      readonly use: "equal" | "lower" | "upper" | "pattern" | "array" | "written" | "other";
    }
  | { readonly kind: "limit" }
  | { readonly kind: "offset" }
  /** It is cast to a type, as the statement spells it (`interval`, `pg_catalog.int4`). */
  | { readonly kind: "typed"; readonly type: string };

type Props = Readonly<Record<string, unknown>>;

/** What each numbered parameter of a parsed statement stands for, by number. Those that nothing shows are absent. */
export function parameterTargets(statement: Node, view: CatalogView): ReadonlyMap<number, ParameterTarget> {
  const scope = new Scope(statement, view);
  const found = new Map<number, ParameterTarget>();
  const set = (node: unknown, target: ParameterTarget | null): void => {
    const number = parameterOf(node);
    if (number !== null && target !== null && found.get(number)?.kind !== "column") found.set(number, target);
  };
  const casts: { readonly node: unknown; readonly type: string }[] = [];
  for (const { type, node } of nodesOf(statement)) {
    if (type === "A_Expr") comparison(node, scope, set);
    else if (type === "SelectStmt") {
      set(node["limitCount"], { kind: "limit" });
      set(node["limitOffset"], { kind: "offset" });
    } else if (type === "InsertStmt") inserted(node, scope, set);
    else if (type === "UpdateStmt") updated(node, scope, set);
    else if (type === "TypeCast") casts.push({ node: node["arg"], type: typeText(node["typeName"]) });
  }
  // A cast says less than the column on its other side.
  for (const { node, type } of casts) {
    const number = parameterOf(node);
    if (number !== null && !found.has(number)) found.set(number, { kind: "typed", type });
  }
  return found;
}

/** The number of a parameter, through casts; null for anything else. */
function parameterOf(node: unknown): number | null {
  const value = node as { ParamRef?: { number?: number }; TypeCast?: { arg?: unknown } } | undefined;
  if (value?.TypeCast !== undefined) return parameterOf(value.TypeCast.arg);
  return value?.ParamRef === undefined ? null : (value.ParamRef.number ?? null);
}

type SetTarget = (node: unknown, target: ParameterTarget | null) => void;

const LOWER = new Set([">", ">="]);
const UPPER = new Set(["<", "<="]);

function comparison(node: Props, scope: Scope, set: SetTarget): void {
  const operator =
    ((node["name"] as readonly { String?: { sval?: string } }[] | undefined) ?? []).at(-1)?.String?.sval ?? "";
  const kind = node["kind"] as string;
  const [left, right] = [node["lexpr"], node["rexpr"]];
  const column = scope.column(left);
  if (column !== null) {
    const items = listOf(right);
    if (/BETWEEN/.test(kind)) {
      set(items[0], { ...column, use: "lower" });
      set(items[1], { ...column, use: "upper" });
      return;
    }
    const use = /LIKE|SIMILAR/.test(kind) ? "pattern" : useOf(operator, kind);
    for (const item of items) set(item, { ...column, use });
    for (const item of elementsOf(right)) set(item, { ...column, use: "equal" });
    return;
  }
  const other = scope.column(right);
  if (other === null) return;
  const use = useOf(operator, kind);
  set(left, { ...other, use: use === "lower" ? "upper" : use === "upper" ? "lower" : use });
}

function useOf(operator: string, kind: string): "equal" | "lower" | "upper" | "array" | "other" {
  if (kind === "AEXPR_OP_ANY" || kind === "AEXPR_OP_ALL") return "array";
  if (operator === "=" || operator === "<>") return "equal";
  return LOWER.has(operator) ? "lower" : UPPER.has(operator) ? "upper" : "other";
}

const listOf = (node: unknown): readonly unknown[] =>
  (node as { List?: { items?: readonly unknown[] } } | undefined)?.List?.items ?? [node];

const elementsOf = (node: unknown): readonly unknown[] =>
  (node as { A_ArrayExpr?: { elements?: readonly unknown[] } } | undefined)?.A_ArrayExpr?.elements ?? [];

function inserted(node: Props, scope: Scope, set: SetTarget): void {
  const table = scope.relation(node["relation"]);
  if (table === null) return;
  const named = ((node["cols"] as readonly { ResTarget?: { name?: string } }[] | undefined) ?? []).map(
    (one) => one.ResTarget?.name ?? "",
  );
  const columns = named.length > 0 ? named : table.columns.map(({ name }) => name);
  const select = (node["selectStmt"] as { SelectStmt?: { valuesLists?: readonly unknown[] } } | undefined)?.SelectStmt;
  for (const row of select?.valuesLists ?? [])
    for (const [place, value] of listOf(row).entries()) set(value, written(table, columns[place] ?? ""));
}

function updated(node: Props, scope: Scope, set: SetTarget): void {
  const table = scope.relation(node["relation"]);
  if (table === null) return;
  for (const one of (node["targetList"] as readonly { ResTarget?: { name?: string; val?: unknown } }[] | undefined) ??
    []) {
    set(one.ResTarget?.val, written(table, one.ResTarget?.name ?? ""));
    // SET n = n + $1
    const sum = (one.ResTarget?.val as { A_Expr?: Props } | undefined)?.A_Expr;
    for (const side of [sum?.["lexpr"], sum?.["rexpr"]]) set(side, written(table, one.ResTarget?.name ?? ""));
  }
}

function written({ table }: TableView, column: string): ParameterTarget {
  return { kind: "column", schema: table.schema ?? "", table: table.name, column, use: "written" };
}

function typeText(type: unknown): string {
  const names = (type as { names?: readonly { String?: { sval?: string } }[] } | undefined)?.names ?? [];
  const array = ((type as { arrayBounds?: readonly unknown[] } | undefined)?.arrayBounds ?? []).length > 0;
  return `${names
    .map((one) => one.String?.sval ?? "")
    .filter((name) => name !== "pg_catalog")
    .join(".")}${array ? "[]" : ""}`;
}

interface ColumnTarget {
  readonly kind: "column";
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

// Names of the whole statement together: the same alias for two tables in two subqueries is rare, and draws suffer little.
class Scope {
  readonly #view: CatalogView;
  readonly #byAlias = new Map<string, TableView>();

  constructor(statement: Node, view: CatalogView) {
    this.#view = view;
    for (const { node } of nodesOf(statement)) {
      if (typeof node["relname"] !== "string") continue;
      const table = this.relation(node);
      const alias = (node["alias"] as { aliasname?: string } | undefined)?.aliasname ?? node["relname"];
      if (table !== null && !this.#byAlias.has(alias)) this.#byAlias.set(alias, table);
    }
  }

  relation(node: unknown): TableView | null {
    const { relname, schemaname } = node as { relname?: string; schemaname?: string };
    if (relname === undefined) return null;
    if (schemaname !== undefined) return this.#view.table(schemaname, relname) ?? null;
    return this.#view.table("public", relname) ?? this.#view.tables.find(({ table }) => table.name === relname) ?? null;
  }

  // A column by itself, through casts and simple functions of one argument (lower, date_trunc).
  column(node: unknown): ColumnTarget | null {
    const value = node as
      | { ColumnRef?: { fields?: readonly { String?: { sval?: string } }[] }; TypeCast?: { arg?: unknown } }
      | undefined;
    if (value?.TypeCast !== undefined) return this.column(value.TypeCast.arg);
    const names = (value?.ColumnRef?.fields ?? []).map((one) => one.String?.sval ?? "");
    const column = names.at(-1);
    if (column === undefined) return null;
    const qualifier = names.at(-2);
    const tables = qualifier === undefined ? [...this.#byAlias.values()] : [this.#byAlias.get(qualifier)];
    const found = tables.find((table) => table?.columns.some(({ name }) => name === column));
    return found === undefined
      ? null
      : { kind: "column", schema: found.table.schema ?? "", table: found.table.name, column };
  }
}
