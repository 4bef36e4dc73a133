import type { TableObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { NotUnderstood } from "../cursor.ts";
import { folded } from "../lex.ts";
import { parseTable } from "../parse-table.ts";
import { MAIN, qualified, statement } from "../print.ts";
import { createTable } from "../table-ddl.ts";
import type { ColumnFacts, ObjectKind, Reading, TableFacts } from "./kind.ts";

interface Row {
  readonly name: string;
  readonly type: "table" | "view" | "virtual" | "shadow";
  /** Whether it is WITHOUT ROWID. */
  readonly wr: number;
  readonly strict: number;
  readonly sql: string | null;
  /** Whether the primary key has an index of its own. */
  readonly key_index: number;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
  /** 1: hidden column of a virtual table; 2: generated, virtual; 3: generated, stored. */
  readonly hidden: number;
}

const TABLES = `
  SELECT l.name, l.type, l.wr, l.strict, m.sql,
    l.type = 'table' AND EXISTS (SELECT 1 FROM pragma_index_list(l.name, 'main') i WHERE i.origin = 'pk') AS key_index
  FROM pragma_table_list l
  JOIN sqlite_schema m ON m.type = 'table' AND m.name = l.name
  WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY l.name`;

/** Columns of a table or view, hidden ones of virtual tables included. */
export const COLUMNS = `SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?, 'main') ORDER BY cid`;

function columnsOf(reading: Reading, table: string): ColumnFacts[] {
  return reading.session.query<ColumnRow>(COLUMNS, [table]).map((row) => ({
    name: row.name,
    type: row.type,
    notNull: row.notnull === 1,
    default: row.dflt_value,
    keyPlace: row.pk,
    generated: row.hidden === 2 ? "virtual" : row.hidden === 3 ? "stored" : null,
  }));
}

// "INTEGER PRIMARY KEY" is the rowid itself; anything else (INT, or a column-level DESC) gets an index.
function rowidColumnOf(row: Row, columns: readonly ColumnFacts[]): string | null {
  const keys = columns.filter((column) => column.keyPlace > 0);
  const [key] = keys;
  if (row.wr === 1 || row.key_index === 1 || keys.length !== 1 || key === undefined) return null;
  return key.name;
}

function factsOf(row: Row, reading: Reading): TableFacts {
  const parsed = parseTable(row.sql ?? "");
  const columns = columnsOf(reading, row.name);
  const same =
    columns.length === parsed.columns.length &&
    columns.every((column, index) => folded(column.name) === folded(parsed.columns[index]?.name ?? ""));
  if (!same) throw new NotUnderstood("its columns are not those of its text");
  const key = refKey(ref("table", row.name, { schema: MAIN }));
  return { name: row.name, key, parsed, columns, rowidColumn: rowidColumnOf(row, columns) };
}

/** Tables of the file. Virtual tables and the tables they keep their contents in are not modelled. */
export const table: ObjectKind<"table"> = {
  kind: "table",
  read(reading) {
    const tables: TableObject[] = [];
    for (const row of reading.session.query<Row>(TABLES)) {
      if (row.type === "shadow") reading.report("shadow table", row.name);
      else if (row.type === "virtual") reading.report("virtual table", `${row.name} (${moduleOf(row.sql ?? "")})`);
      else {
        try {
          const facts = factsOf(row, reading);
          reading.tables.set(folded(row.name), facts);
          reading.relations.set(folded(row.name), facts.key);
          tables.push(tableOf(row, facts));
        } catch (error) {
          if (!(error instanceof NotUnderstood)) throw error;
          reading.report("table whose text was not understood", `${row.name}: ${error.message}`);
        }
      }
    }
    return tables;
  },
  create: createTable,
  drop: (object) => [statement(`DROP TABLE ${qualified(object.schema, object.name)}`)],
};

const moduleOf = (sql: string): string => /\bUSING\s+(\w+)/i.exec(sql)?.[1] ?? "unknown module";

function tableOf(row: Row, facts: TableFacts): TableObject {
  return {
    ...ref("table", row.name, { schema: MAIN }),
    kind: "table",
    unlogged: false,
    partitionBy: null,
    partitionOf: null,
    inherits: [],
    rowSecurity: { enabled: false, forced: false },
    options: {
      ...(facts.parsed.autoincrement ? { autoincrement: "true" } : {}),
      ...(row.strict === 1 ? { strict: "true" } : {}),
      ...(row.wr === 1 ? { without_rowid: "true" } : {}),
    },
    comment: null,
    dependsOn: [],
  };
}
