import { ident, qualified } from "../../engines/postgres/print.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { columnType } from "../rows/column-type.ts";
import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import { drawValue, narrowed, poolOf } from "./values.ts";
import type { Constants } from "./values.ts";

/** One row to be inserted. */
export interface TrialRow {
  readonly table: string;
  readonly sql: string;
}

interface TrialColumn {
  readonly name: string;
  readonly nullable: boolean;
  readonly pool: readonly string[];
  /** Written with OVERRIDING SYSTEM VALUE. */
  readonly always: boolean;
  /** Whether it is, or is part of, a key. */
  readonly unique: boolean;
  /** The column of another table whose values it takes, by the foreign key; null: none. */
  readonly parent: { readonly table: string; readonly column: string } | null;
}

/** How rows of one table are drawn. */
export interface TrialTable {
  readonly name: string;
  readonly columns: readonly TrialColumn[];
}

/** What is known of how to draw each table's rows, or which column cannot be drawn. */
export function trialTables(
  tables: readonly TableView[],
  view: CatalogView,
  constants: Constants,
): { readonly ok: true; readonly tables: readonly TrialTable[] } | { readonly ok: false; readonly why: string } {
  const trial: TrialTable[] = [];
  const all = [...constants, ...tables.flatMap(checkConstants)];
  for (const { table, columns, constraints } of tables) {
    const drawn: TrialColumn[] = [];
    for (const column of columns) {
      if (column.generated !== null) continue;
      const type: ColumnType = columnType(view, column.type);
      const nullable = !column.notNull && !type.domains.some(({ notNull }) => notNull);
      const pool = poolOf(type, all);
      if (pool.length === 0 && !nullable)
        return { ok: false, why: `no values are known for column ${table.name}.${column.name} of type ${column.type}` };
      const always = column.identity?.generation === "always";
      const unique = constraints.some(
        ({ type: kind, columns: keys }) => /^(?:primary key|unique)$/.test(kind) && keys.includes(column.name),
      );
      drawn.push({ name: column.name, nullable, pool, always, unique, parent: parentOf(constraints, column.name) });
    }
    trial.push({ name: qualified(table.schema, table.name), columns: drawn });
  }
  return { ok: true, tables: trial };
}

// What checks turn on: rows have to pass them.
function checkConstants({ constraints }: TableView): readonly string[] {
  return constraints.flatMap(({ expression }) =>
    [...(expression ?? "").matchAll(/'((?:[^']|'')*)'|\b(\d+(?:\.\d+)?)\b/g)].map((match) =>
      (match[1] ?? match[2] ?? "").replaceAll("''", "'"),
    ),
  );
}

function parentOf(constraints: TableView["constraints"], column: string): TrialColumn["parent"] {
  for (const { references, columns } of constraints) {
    const place = references === null ? -1 : columns.indexOf(column);
    if (references !== null && place >= 0)
      return { table: qualified(references.schema, references.table), column: references.columns[place] ?? "" };
  }
  return null;
}

const SIZES = [0, 1, 2, 2, 3, 4, 6, 8];

/** Values drawn so far, by table and column. */
type Drawn = Map<string, Map<string, string[]>>;

/** The rows of one database: few, so that each may decide; tables without rows among them. */
export function drawRows(tables: readonly TrialTable[], random: Random): readonly TrialRow[] {
  const drawn: Drawn = new Map();
  return tables.flatMap((table) => {
    // A key of few values takes few rows.
    const columns = table.columns.map((column) => ({
      ...column,
      pool: column.unique ? column.pool : narrowed(column.pool, random),
    }));
    const rows = Array.from({ length: random.pick(SIZES) }, () => rowOf({ ...table, columns }, random, drawn));
    // Exact duplicates, where the table takes them.
    return rows.length > 0 && random.chance(0.3) ? [...rows, random.pick(rows)] : rows;
  });
}

function rowOf({ name, columns }: TrialTable, random: Random, drawn: Drawn): TrialRow {
  if (columns.length === 0) return { table: name, sql: `INSERT INTO ${name} DEFAULT VALUES` };
  const own = drawn.get(name) ?? new Map<string, string[]>();
  drawn.set(name, own);
  const values = columns.map((column) => {
    const value = valueOf(column, random, drawn);
    if (value !== null) own.set(column.name, [...(own.get(column.name) ?? []), value]);
    return literalOf(value);
  });
  const overriding = columns.some(({ always }) => always) ? " OVERRIDING SYSTEM VALUE" : "";
  return {
    table: name,
    sql: `INSERT INTO ${name} (${columns.map((column) => ident(column.name)).join(", ")})${overriding} VALUES (${values.join(", ")}) ON CONFLICT DO NOTHING`,
  };
}

// A row whose parent is missing is refused: mostly one that is there is taken.
function valueOf({ pool, nullable, parent }: TrialColumn, random: Random, drawn: Drawn): string | null {
  const value = drawValue(pool, nullable, random);
  const parents = parent === null ? [] : (drawn.get(parent.table)?.get(parent.column) ?? []);
  return value !== null && parents.length > 0 && random.chance(0.9) ? random.pick(parents) : value;
}

/** A value as an untyped literal, which takes the column's type. */
export function literalOf(value: string | null): string {
  if (value === null) return "NULL";
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
