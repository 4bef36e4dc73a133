import type { GrantObject, TableObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { Ref } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { inverse } from "../undo.ts";
import { plainSql } from "./dual-write.ts";
import { BOTH, NEW_ONLY, directSql, stayingDependents, tableName, tableOf } from "./facts.ts";
import { followingNames, namesAreKnown } from "./following-names.ts";

function renamedTable(change: Change): { readonly table: TableObject; readonly to: Ref } | null {
  if (change.type !== "rename" || change.before.kind !== "table") return null;
  return { table: change.before, to: change.to };
}

// The view asks for the privileges of whoever uses it, and row security sees them, too.
function viewStatements(table: TableObject, to: Ref, context: StrategyContext): string[] {
  const { dialect } = context;
  const old = tableName(context, table);
  const columns = (tableOf(context, table)?.columns ?? []).map(({ name }) => dialect.ident(name)).join(", ");
  const grants = stayingDependents(context, refKey(table)).filter(
    (one): one is GrantObject => one.kind === "grant" && (one.on === "table" || one.on === "column"),
  );
  return [
    `CREATE VIEW ${old} WITH (security_invoker=true) AS SELECT ${columns} FROM ${dialect.qualified(to.schema, to.name)}`,
    `COMMENT ON VIEW ${old} IS ${dialect.literal("deprecated: the table's former name; dropped once no code uses it")}`,
    ...grants.filter(({ own }) => own !== true).flatMap((grant) => plainSql("create", grant, context)),
  ];
}

/** A table answers to its old name through a view. */
export const renameTable: Strategy = {
  id: "rename-table",
  engines: ["postgres"],
  summary: "A renamed table answers to its old name through an updatable view, until no old code runs.",
  applies(change, context) {
    const renamed = renamedTable(change);
    if (renamed === null || context.created.has(refKey(renamed.table))) return false;
    const view = tableOf(context, renamed.table);
    if (view === undefined || view.table.foreign !== undefined || view.columns.length === 0) return false;
    // A view asks for its user's privileges since 15.
    if (context.major < 15) return false;
    const after = { ...view, table: { ...view.table, name: renamed.to.name } };
    return namesAreKnown(view, view.columns, context) && namesAreKnown(after, view.columns, context);
  },
  steps(change, context) {
    const renamed = renamedTable(change);
    const view = renamed === null ? undefined : tableOf(context, renamed.table);
    if (renamed === null || view === undefined) return [];
    const { table, to } = renamed;
    const old = tableName(context, table);
    const made = viewStatements(table, to, context);
    const direct = context.dialect.change(change, context.from, "plain").map(({ sql }) => sql);
    const back = directSql(inverse(change), context);
    const moves = [
      ...direct.map((sql, place) => ({ sql, undo: place === 0 ? back : [] })),
      ...followingNames(view, view.columns, { schema: to.schema, table: to.name }, context),
      ...made.map((sql, place) => ({ sql, undo: place === 0 ? [`DROP VIEW ${old}`] : [] })),
    ];
    return [
      ...moves.map(({ sql, undo }): StrategyStep => ({
        sql,
        undo,
        phase: "expand",
        compatible: BOTH,
        together: "rename",
        swap: true,
      })),
      {
        sql: `DROP VIEW ${old}`,
        undo: made,
        phase: "contract",
        compatible: NEW_ONLY,
        note: "until here COPY … FROM, TRUNCATE and CREATE INDEX need the new name",
      },
    ];
  },
};
