import { ident, qualified } from "../../engines/postgres/print.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { columnType } from "../rows/column-type.ts";
import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import type { Constants } from "./near.ts";
import { drawValue, narrowed, poolOf, valuesOf } from "./values.ts";
import type { Pool } from "./values.ts";

/** One row to be inserted: values by column, null for NULL; columns that are left out take their default. */
export interface TrialRow {
  readonly table: TrialTable;
  readonly values: ReadonlyMap<string, string | null>;
}

interface TrialColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Its type as declared. */
  readonly sql: string;
  /** Checks that read it alone. */
  readonly checks: readonly string[];
  readonly nullable: boolean;
  readonly pool: Pool;
  /** Written with OVERRIDING SYSTEM VALUE. */
  readonly always: boolean;
  /** Whether a row that does not name it gets NULL, and no value of the moment. */
  readonly plain: boolean;
  /** What it is compared with, or its type: columns that share it often take the same values, so that joins find partners. */
  readonly group: string;
  /** Whether it is a key by itself; the last column of a longer key counts among many rows. */
  readonly key: "alone" | "last" | "part" | null;
}

/** How rows of one table are drawn. */
export interface TrialTable {
  readonly name: string;
  readonly columns: readonly TrialColumn[];
  /** Foreign keys: the columns here, in the order of those there. */
  readonly parents: readonly {
    readonly table: string;
    readonly own: readonly string[];
    readonly theirs: readonly string[];
  }[];
}

/** What statements hold that rows are made for. */
export interface Wanted {
  /** All constants. */
  readonly all: Constants;
  /** Those that stand with a column, by its bare name. */
  readonly byColumn: ReadonlyMap<string, ReadonlySet<string>>;
  /** The group of columns that it is compared with, by a column's bare name. */
  readonly groups: ReadonlyMap<string, string>;
  /** Whether a column's value may decide what the statements answer. */
  readonly asked: (column: string) => boolean;
}

type Trial =
  | { readonly ok: true; readonly tables: readonly TrialTable[] }
  | { readonly ok: false; readonly why: string };

/** What is known of how to draw each table's rows, or which column cannot be drawn. */
export function trialTables(tables: readonly TableView[], view: CatalogView, wanted: Wanted): Trial {
  const trial: TrialTable[] = [];
  for (const { table, columns, constraints } of tables) {
    const drawn: TrialColumn[] = [];
    const bounds = boundsOf(table, view);
    for (const column of columns) {
      if (column.generated !== null) continue;
      const type: ColumnType = columnType(view, column.type);
      const nullable = !column.notNull && !type.domains.some(({ notNull }) => notNull);
      const own = [
        ...(wanted.byColumn.get(column.name) ?? []),
        ...checkConstants(constraints, column.name),
        ...type.domains.flatMap(({ checks }) => checks.flatMap(({ definition }) => literals(definition))),
        ...(bounds.key.includes(column.name) ? bounds.constants : []),
      ];
      const pool = poolOf(view, type, [...new Set(own)], wanted.all);
      const empty = valuesOf(pool).length === 0;
      if (empty && (!nullable || wanted.asked(column.name)))
        return { ok: false, why: `no values are known for column ${table.name}.${column.name} of type ${column.type}` };
      const always = column.identity?.generation === "always";
      drawn.push({
        name: column.name,
        type,
        sql: column.type,
        checks: constraints.flatMap(({ expression, columns: read }) =>
          expression !== null && read.length === 1 && read[0] === column.name ? [expression] : [],
        ),
        nullable,
        pool,
        always,
        plain: column.default === null && column.identity === null && !column.notNull,
        group: `${wanted.groups.get(column.name) ?? ""} ${type.sql}`,
        key: keyOf(constraints, column.name),
      });
    }
    const parents = constraints.flatMap(({ references, columns: own }) =>
      references === null
        ? []
        : [{ table: qualified(references.schema, references.table), own, theirs: references.columns }],
    );
    trial.push({ name: qualified(table.schema, table.name), columns: drawn, parents });
  }
  return { ok: true, tables: trial };
}

/** The constants in an expression as the server prints it. */
export const literals = (text: string): readonly string[] =>
  [...text.matchAll(/'((?:[^']|'')*)'|\b(\d+(?:\.\d+)?)\b/g)].map((match) =>
    (match[1] ?? match[2] ?? "").replaceAll("''", "'"),
  );

// What checks turn on: rows have to pass them.
function checkConstants(constraints: TableView["constraints"], column: string): readonly string[] {
  return constraints.flatMap(({ expression, columns }) =>
    expression !== null && columns.includes(column) ? literals(expression) : [],
  );
}

// What a partitioned table, or a partition, takes.
function boundsOf(
  table: TableView["table"],
  view: CatalogView,
): { readonly key: string; readonly constants: Constants } {
  const { partitionOf, partitionBy } = table;
  const parent = partitionOf === null ? null : (view.table(partitionOf.schema, partitionOf.table)?.table ?? null);
  const parts =
    partitionBy === null
      ? []
      : view.tables.filter(
          ({ table: { partitionOf: whole } }) =>
            whole !== null && whole.table === table.name && whole.schema === table.schema,
        );
  const bounds = [partitionOf?.bound ?? "", ...parts.slice(0, 12).map((part) => part.table.partitionOf?.bound ?? "")];
  return { key: `${partitionBy?.key ?? ""} ${parent?.partitionBy?.key ?? ""}`, constants: bounds.flatMap(literals) };
}

function keyOf(constraints: TableView["constraints"], column: string): TrialColumn["key"] {
  let part: TrialColumn["key"] = null;
  for (const { type, columns } of constraints) {
    if ((type !== "primary key" && type !== "unique") || !columns.includes(column)) continue;
    if (columns.length === 1) return "alone";
    part = columns.at(-1) === column ? "last" : (part ?? "part");
  }
  return part;
}

/** What kind of database is made. */
export interface Shape {
  /** Rows that come through many conditions at once. */
  readonly focused: boolean;
  /** One table gets that many rows. */
  readonly many: number | null;
}

const SIZES = [0, 1, 2, 2, 3, 4, 6, 8];

/** The values that columns take in one database, and its rows so far. */
interface Database {
  readonly shape: Shape;
  /** By group of columns. */
  readonly common: Map<string, readonly string[]> | null;
  readonly rows: Map<string, ReadonlyMap<string, string | null>[]>;
}

/** The rows of one database: few, so that each may decide; tables without rows among them. */
export function drawRows(tables: readonly TrialTable[], random: Random, shape: Shape): readonly TrialRow[] {
  const database: Database = { shape, common: random.chance(0.75) ? new Map() : null, rows: new Map() };
  const large = shape.many === null ? null : random.pick(tables);
  return tables.flatMap((table) => {
    const many = table === large;
    // Among many rows, groups have to be large, too.
    const values = new Map(
      table.columns.map((column) => [column.name, valuesFor(column, database, random, many && random.chance(0.6))]),
    );
    const size = many ? (shape.many ?? 0) : random.pick(shape.focused ? SIZES.slice(1) : SIZES);
    const rows = Array.from({ length: size }, (_, number) =>
      rowOf(table, values, random, database, many ? number : null),
    );
    // Exact duplicates, where the table takes them.
    return rows.length > 0 && random.chance(0.3) ? [...rows, random.pick(rows)] : rows;
  });
}

function valuesFor(
  column: TrialColumn,
  { shape, common }: Database,
  random: Random,
  single: boolean,
): readonly string[] {
  const { pool, group } = column;
  const known = common?.get(group);
  const allowed = new Set(valuesOf(pool));
  const shared = random.chance(0.75) ? (known ?? []).filter((value) => allowed.has(value)) : [];
  // A key of few values takes few rows.
  const isKey = column.key !== null;
  const own = shared.length > 0 && !isKey && random.chance(0.7) ? [] : narrowed(pool, random, shape.focused);
  const wide = isKey
    ? [...narrowed(pool, random, false), ...(random.chance(0.4) ? allowed : narrowed(pool, random, false))]
    : [];
  const values = [...shared, ...own, ...wide];
  if (common !== null && known === undefined) common.set(group, [...shared, ...own, ...wide.slice(0, 4)]);
  return single && !isKey ? values.slice(0, 1) : values;
}

function rowOf(
  table: TrialTable,
  values: ReadonlyMap<string, readonly string[]>,
  random: Random,
  { rows }: Database,
  number: number | null,
): TrialRow {
  const row = new Map<string, string | null>();
  for (const column of table.columns) {
    const running = number === null ? null : runningValue(column, number);
    const own = values.get(column.name) ?? [];
    const nullable = column.nullable && (number === null || own.length > 1);
    row.set(column.name, running ?? drawValue(own, nullable, random));
  }
  const nullable = new Map(table.columns.map((column) => [column.name, column.nullable]));
  // A row whose parent is missing is refused: mostly one that is there is taken, sometimes one with a part that is NULL.
  for (const { table: parent, own, theirs } of table.parents) {
    const candidates = rows.get(parent) ?? [];
    const isNull = own.some((column) => row.get(column) === null);
    if (candidates.length === 0 || (isNull && random.chance(0.6)) || random.chance(0.1)) continue;
    const chosen = random.pick(candidates);
    for (const [place, column] of own.entries()) {
      const value = chosen.get(theirs[place] ?? "") ?? null;
      const none = nullable.get(column) === true && random.chance(0.08);
      if (value !== null || nullable.get(column) === true) row.set(column, none ? null : value);
    }
  }
  const own = rows.get(table.name) ?? [];
  rows.set(table.name, own);
  own.push(row);
  return { table, values: row };
}

// Keys of many rows.
function runningValue({ key, type }: TrialColumn, number: number): string | null {
  if (key !== "alone" && key !== "last") return null;
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "float":
      return String(number + 1);
    case "text":
      return `k${String(number + 1).padStart(4, "0")}`.slice(0, type.length ?? 10);
    case "uuid":
      return `00000000-0000-4000-8000-${String(number + 1).padStart(12, "0")}`;
    case "date":
    case "instant":
      return new Date(Date.UTC(2024, 0, 1 + number)).toISOString().slice(0, 10);
    default:
      return null;
  }
}

/** The statement that inserts a row; what the table refuses because the key is there already is left out. */
export function insertOf({ table, values }: TrialRow): string {
  const { name, columns } = table;
  const given = columns.filter((column) => values.has(column.name));
  if (given.length === 0) return `INSERT INTO ${name} DEFAULT VALUES`;
  const overriding = given.some(({ always }) => always) ? " OVERRIDING SYSTEM VALUE" : "";
  const literal = given.map(({ name: column, type }) => {
    const value = values.get(column) ?? null;
    return value !== null && type.kind === "integer" && /^-?\d+$/.test(value) ? value : literalOf(value);
  });
  return `INSERT INTO ${name} (${given.map((column) => ident(column.name)).join(", ")})${overriding} VALUES (${literal.join(", ")})`;
}

/** A value as an untyped literal, which takes the column's type. */
export function literalOf(value: string | null): string {
  if (value === null) return "NULL";
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
