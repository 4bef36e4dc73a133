import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { neverNull, resolve } from "./resolve.ts";
import { distinctBy } from "./facts.ts";
import type { Query, Resolution, SourceColumn } from "./meaning.ts";
import type { Precondition, RewriteContext, Rewriting } from "./rewrite.ts";
import { allOf, anyOf, substitute } from "./tree.ts";

/** A column that a condition names, with its type. */
export interface ConditionColumn {
  /** How it is called in a precondition: `schema.table.column`, or as the statement calls it. */
  readonly name: string;
  /** As the catalog prints it. */
  readonly type: string;
  /** The table's column that it is; null: computed, or of a view. */
  readonly stored: SourceColumn["stored"];
  /** On what it rests that it is never NULL here; null: it may be. */
  readonly notNull: readonly Precondition[] | null;
}

/** Where a condition stands. */
export interface ConditionPlace {
  readonly context: RewriteContext;
  /** The column that a node is, where its type is known. */
  column(node: Node | undefined): ConditionColumn | null;
  /** Whether the database holds no function, operator or cast of its own that the names might mean. */
  isBuiltIn(...names: readonly string[]): boolean;
}

/** What a condition becomes. */
export interface Change {
  readonly after: Node;
  readonly preconditions: readonly Precondition[];
  readonly wants?: readonly string[];
}

/** How the conditions of one rewrite are changed. */
export interface ConditionRule {
  /**
   * Looks at one condition that decides whether a row stays (so that NULL counts as FALSE): a whole WHERE or ON, or
   * what is inside of it below AND and OR. Null: it is left alone.
   */
  change(condition: Node, place: ConditionPlace): Change | null;
  readonly argument: string;
}

/** All conditions of WHERE and ON in a SELECT, changed at once: no rewriting, or one. */
export function rewriteConditions(statement: Node, context: RewriteContext, rule: ConditionRule): readonly Rewriting[] {
  if (!isRewritable(statement, context)) return [];
  let after = statement;
  const preconditions = new Map<string, Precondition>();
  const wants = new Set<string>();
  // A change never adds a query, and those inside come after those outside.
  for (let number = 0; ; number++) {
    const resolution = resolve(after, context);
    const query = resolution.queries[number];
    if (query === undefined) break;
    const place = placeOf(resolution, context);
    const by = new Map<Node, Node>();
    for (const condition of conditionsOf(query.select)) {
      const changed = changeWithin(condition, (one) => {
        const change = rule.change(one, place);
        for (const fact of change?.preconditions ?? []) preconditions.set(JSON.stringify(fact), fact);
        for (const sql of change?.wants ?? []) wants.add(sql);
        return change?.after ?? null;
      });
      if (changed !== condition) by.set(condition, changed);
    }
    after = substitute(after, by);
  }
  if (after === statement) return [];
  return [
    {
      after,
      preconditions: [...preconditions.values()],
      argument: rule.argument,
      ordered: isOrdered(statement, context),
      ...(wants.size === 0 ? {} : { wants: [...wants] }),
    },
  ];
}

/** Whether a statement is a SELECT that is understood as a whole and locks no rows. */
export function isRewritable(statement: Node, context: RewriteContext): boolean {
  const { queries, whole } = resolve(statement, context);
  return "SelectStmt" in statement && whole && queries.every(({ select }) => select.lockingClause === undefined);
}

/** Whether ORDER BY of the whole statement decides the order of all rows: the columns of a key of its only table are in it. */
export function isOrdered(statement: Node, context: RewriteContext): boolean {
  const resolution = resolve(statement, context);
  const [top] = resolution.queries;
  const [source, ...others] = top?.sources ?? [];
  if (top?.select.sortClause === undefined || source === undefined || others.length > 0) return false;
  const sorted = top.select.sortClause.flatMap((node) => {
    const column = "SortBy" in node ? columnOf(resolution, top, node.SortBy.node) : null;
    return column === null ? [] : [column];
  });
  return top.select.groupClause === undefined && distinctBy(source, new Set(sorted), context.view) !== null;
}

function columnOf(resolution: Resolution, query: Query, node: Node | undefined): string | null {
  const meaning = node !== undefined && "ColumnRef" in node ? resolution.of(node.ColumnRef) : null;
  if (meaning?.is === "column") return meaning.column.stored?.column.name ?? null;
  return meaning?.is === "output" ? (query.outputs?.[meaning.index]?.stored?.column.name ?? null) : null;
}

/** WHERE and the ON of every join, of one query. */
export function conditionsOf({ whereClause, fromClause }: SelectStmt): readonly Node[] {
  const found = whereClause === undefined ? [] : [whereClause];
  const pending = [...(fromClause ?? [])];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (!("JoinExpr" in item)) continue;
    const { larg, rarg, quals } = item.JoinExpr;
    if (quals !== undefined) found.push(quals);
    for (const side of [larg, rarg]) if (side !== undefined) pending.push(side);
  }
  return found;
}

// What is not changed stays the same object.
function changeWithin(condition: Node, change: (one: Node) => Node | null): Node {
  const changed = change(condition);
  if (changed !== null) return changed;
  if (!("BoolExpr" in condition) || condition.BoolExpr.boolop === "NOT_EXPR") return condition;
  const { args = [], boolop } = condition.BoolExpr;
  const inner = args.map((one) => changeWithin(one, change));
  if (inner.every((one, index) => one === args[index])) return condition;
  return (boolop === "AND_EXPR" ? allOf(inner) : anyOf(inner)) ?? condition;
}

/** Where conditions of a resolved statement stand. */
export function placeOf(resolution: Resolution, context: RewriteContext): ConditionPlace {
  return {
    context,
    column: (node) => {
      const meaning = resolution.column(node);
      if (meaning?.column.type == null) return null;
      const { source, column } = meaning;
      const { stored } = column;
      const name =
        stored === null
          ? `${source.alias}.${column.name}`
          : `${stored.table.table.schema ?? ""}.${stored.table.table.name}.${stored.column.name}`;
      return { name, type: meaning.column.type, stored, notNull: neverNull(meaning) };
    },
    isBuiltIn: (...names) => names.every((name) => !ownNames(context.view).has(name)),
  };
}

const OWN_NAMES = new WeakMap<CatalogView, ReadonlySet<string>>();

function ownNames(view: CatalogView): ReadonlySet<string> {
  let names = OWN_NAMES.get(view);
  if (names === undefined) {
    names = new Set(
      [...view.of("function"), ...view.of("aggregate"), ...view.of("operator")].map(({ name }) =>
        name.replace(/(?<=.)\(.*$/, ""),
      ),
    );
    OWN_NAMES.set(view, names);
  }
  return names;
}

/** What was read of a column. */
export const factOf = ({ name }: ConditionColumn, what: string, from: string): Precondition => ({
  what: `${name} ${what}`,
  from,
});

/** The fact that a column's type is what it is. */
export const typeFact = (column: ConditionColumn): Precondition =>
  factOf(column, `is of type ${column.type}`, "column type");
