import type { Node } from "../../../sql/nodes.ts";
import { call, select, substitute } from "../tree.ts";
import type { Suggest } from "./suggested.ts";

/** Calls from which rows that are written one by one are worth gathering. */
const CALLS_MIN = 1_000;

/** An INSERT of one row that is called thousands of times. */
export const batched: Suggest = (statement, context, query) => {
  if (!("InsertStmt" in statement) || query.calls < CALLS_MIN) return null;
  if (query.rows !== null && query.rows > query.calls * 1.5) return null;
  const { relation, cols = [], selectStmt, onConflictClause, returningClause } = statement.InsertStmt;
  const values = selectStmt !== undefined && "SelectStmt" in selectStmt ? selectStmt.SelectStmt.valuesLists : undefined;
  const [row, ...more] = values ?? [];
  if (relation === undefined || row === undefined || more.length > 0 || !("List" in row)) return null;
  const items = row.List.items ?? [];
  const types = cols.map((column) => {
    const name = "ResTarget" in column ? column.ResTarget.name : undefined;
    return name === undefined ? null : typeOf(relation.schemaname, relation.relname ?? "", name);
  });
  function typeOf(schema: string | undefined, table: string, name: string): string | null {
    for (const one of schema === undefined ? context.searchPath : [schema]) {
      const found = context.view.table(one, table);
      if (found !== undefined)
        return found.columns.find((column) => column.name === name)?.type.replace(/\([^)]*\)/, "") ?? null;
    }
    return null;
  }
  const numbers = items.map((item) => ("ParamRef" in item ? item.ParamRef.number : undefined));
  const simple =
    items.length > 0 &&
    items.length === cols.length &&
    new Set(numbers).size === numbers.length &&
    numbers.every((number) => number !== undefined) &&
    // Arrays of arrays would be taken apart to their last element.
    types.every((type) => type !== null && /^[a-z][a-z0-9_ ]*$/.test(type));
  const after = simple && selectStmt !== undefined ? gathered(statement, selectStmt, items, types as string[]) : null;
  const upsert = onConflictClause?.action === "ONCONFLICT_UPDATE";
  return [
    {
      rule: "batch-insert",
      after,
      argument: `It ran ${query.calls.toLocaleString("en")} times, one row each: every call is a round trip, and outside of a transaction a flush to disk as well. Several rows in one statement (arrays of values, one for each column, or VALUES with many rows) share both; for thousands of rows COPY is quicker still.${upsert ? " ON CONFLICT DO UPDATE may touch each row once only: rows of one batch that have the same key have to be made one by the caller." : ""}${returningClause === undefined ? "" : " RETURNING gives a row for each row written."}`,
      whyNotTried: "it takes other parameters, and the caller has to gather the rows",
    },
  ];
};

function gathered(statement: Node, source: Node, items: readonly Node[], types: readonly string[]): Node {
  const arrays = items.map((item, index): Node => ({
    TypeCast: {
      arg: item,
      typeName: {
        ...typeName(types[index] ?? "text"),
        arrayBounds: [{ Integer: { ival: -1 } }],
      },
    },
  }));
  // The grammar keeps a place for the columns of functions that return records.
  const unnest: Node = { RangeFunction: { functions: [{ List: { items: [call("unnest", arrays), {} as Node] } }] } };
  const star: Node = { ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } };
  const rows: Node = { SelectStmt: select({ targetList: [star], fromClause: [unnest] }) };
  return substitute(statement, new Map<object, object>([[source, rows]]));
}

const SYSTEM: Readonly<Record<string, string>> = {
  smallint: "int2",
  integer: "int4",
  bigint: "int8",
  boolean: "bool",
  real: "float4",
  "double precision": "float8",
  "character varying": "varchar",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
};

/** Names that are words of the grammar, which puts the schema before them. */
const WORDS = new Set(["varchar", "timestamp", "time", "interval", "numeric"]);

function typeName(type: string): { names: Node[]; typemod: number } {
  const name = SYSTEM[type] ?? type;
  const path = WORDS.has(name) ? ["pg_catalog", name] : [name];
  return { names: path.map((sval) => ({ String: { sval } })), typemod: -1 };
}
