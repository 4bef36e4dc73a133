import { catalogOf } from "../../model/catalog-view.ts";
import type { CatalogObject, ColumnObject, ConstraintObject, TableObject } from "../../model/catalog.ts";
import { ref, refKey } from "../../model/ref.ts";
import { excessGrants, unstatedGrants } from "../grants.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { plainSql } from "./dual-write.ts";
import { BOTH, NEW_ONLY, dependentsOf, heldBy, isSettled, tableName, tableOf, viewed } from "./facts.ts";

const NOTE = "deprecated: dropped once no code reads it";

function deprecate(target: string, comment: string | null, context: StrategyContext): StrategyStep {
  const { literal } = context.dialect;
  return {
    sql: `COMMENT ON ${target} IS ${literal(NOTE)}`,
    undo: [`COMMENT ON ${target} IS ${comment === null ? "NULL" : literal(comment)}`],
    phase: "expand",
    compatible: BOTH,
    together: "deprecate",
  };
}

// Rows written by code that no longer knows the column leave it out.
function mustBeWritten(column: ColumnObject, context: StrategyContext): boolean {
  if (!column.notNull || column.default !== null || column.identity !== null || column.generated !== null) return false;
  // What goes along with the column (a key, an index, privileges) the planner brings back, and takes away in its way.
  return !dependentsOf(context.from, refKey(column)).some(
    (one) => GOES_ALONG.has(one.kind) && !(one.kind === "column" && context.apart?.has(refKey(one)) === true),
  );
}

const GOES_ALONG: ReadonlySet<string> = new Set(["constraint", "index", "statistics", "grant", "column"]);

/** A column may be left out by new code before it goes. */
export const dropColumn: Strategy = {
  id: "drop-column",
  engines: ["postgres"],
  summary:
    "A column that must be written first becomes one that may be left out, so that code without it runs beside code with it; it is dropped once no old code runs.",
  applies(change, context) {
    if (change.type !== "drop" || change.object.kind !== "column" || change.object.inherited) return false;
    const column = change.object;
    const view = tableOf(context, column);
    if (view === undefined || isSettled(context, column) || !mustBeWritten(column, context)) return false;
    return view.table.partitionOf === null && view.table.inherits.length === 0;
  },
  steps(change, context) {
    if (change.type !== "drop" || change.object.kind !== "column") return [];
    const column = change.object;
    const table = tableName(context, column);
    const own = context.dialect.ident(column.name);
    const alterColumn = `ALTER TABLE ${table} ALTER COLUMN ${own}`;
    const values = `the column ${table}.${own} and its values`;
    return [
      {
        sql: `${alterColumn} DROP NOT NULL`,
        undo: [`${alterColumn} SET NOT NULL`],
        phase: "expand",
        compatible: BOTH,
        together: "deprecate",
        note: `from here on code may leave ${own} out; undone only while no row has done so`,
      },
      deprecate(`COLUMN ${table}.${own}`, column.comment, context),
      {
        sql: `ALTER TABLE ${table} DROP COLUMN ${own}`,
        undo: plainSql("create", { ...column, notNull: false, comment: NOTE }, context),
        irreversible: `the column returns empty, and may be null until its values are back`,
        losesData: values,
        phase: "contract",
        compatible: NEW_ONLY,
        together: "drop",
        swap: true,
      },
    ];
  },
};

// Those to tables that stay: dropping the table would lock all of them together.
function foreignKeysOf(table: TableObject, context: StrategyContext): readonly ConstraintObject[] {
  const view = viewed(context.from).table(table.schema, table.name);
  return (view?.constraints ?? []).filter(({ type, inherited, references }) => {
    if (type !== "foreign key" || inherited || references === null) return false;
    const target = ref("table", references.table, { schema: references.schema });
    return (
      viewed(context.from).get(refKey(target)) !== undefined && viewed(context.to).get(refKey(target)) !== undefined
    );
  });
}

// The table as it was, with all that went with it, but for what has an undo of its own. It returns empty.
function rebuilt(table: TableObject, context: StrategyContext): readonly string[] {
  const apart = new Set<CatalogObject>(foreignKeysOf(table, context));
  const grants = dependentsOf(context.from, refKey(table)).filter(
    ({ kind, table: on }) => kind === "grant" && on === null,
  );
  // A sequence may go over to another table, or be nobody's.
  const stays = (object: CatalogObject): boolean => context.gone?.has(refKey(object)) === false;
  const own = heldBy(context.from, refKey(table)).filter(
    (object) =>
      !apart.has(object) &&
      context.apart?.has(refKey(object)) !== true &&
      !(object.kind === "sequence" && stays(object)),
  );
  const catalog = catalogOf(context.from.engine, [{ ...table, comment: NOTE }, ...own, ...grants]);
  const taken = [table, ...own].flatMap((object) => unstatedGrants(object, context));
  return [
    ...context.dialect.create(catalog).map(({ sql }) => sql),
    ...taken.flatMap((grant) => plainSql("drop", grant, context)),
    ...excessGrants(grants, context).flatMap((change) =>
      context.dialect.change(change, context.from, "plain").map(({ sql }) => sql),
    ),
  ];
}

/** A table is deprecated, lets go of those it refers to, and goes. */
export const dropTable: Strategy = {
  id: "drop-table",
  engines: ["postgres"],
  summary:
    "A table is marked as deprecated and dropped once no old code runs; its foreign keys go first, one by one, so that the tables they point to are never locked together.",
  applies(change, context) {
    if (change.type !== "drop" || change.object.kind !== "table") return false;
    const table = change.object;
    // What a child has from its parents, the planner makes again.
    if (table.partitionOf !== null || table.partitionBy !== null || table.inherits.length > 0) return false;
    return !isSettled(context, table);
  },
  steps(change, context) {
    if (change.type !== "drop" || change.object.kind !== "table") return [];
    const table = change.object;
    const name = tableName(context, table);
    const lost = `the table ${name} and its rows`;
    return [
      { ...deprecate(`TABLE ${name}`, table.comment, context), together: "deprecate" },
      ...foreignKeysOf(table, context).map((key): StrategyStep => ({
        sql: plainSql("drop", key, context).join("; "),
        undo: plainSql("create", key, context),
        phase: "contract",
        compatible: BOTH,
      })),
      {
        sql: `DROP TABLE ${name}`,
        undo: rebuilt(table, context),
        irreversible: `${lost} are gone`,
        losesData: lost,
        phase: "contract",
        compatible: NEW_ONLY,
      },
    ];
  },
};
