import type { ConstraintObject, IndexKey, IndexObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { folded } from "../lex.ts";
import { parseIndex } from "../parse-index.ts";
import type { ParsedIndex } from "../parse-index.ts";
import { NotUnderstood } from "../cursor.ts";
import { MAIN, ident, qualified, statement } from "../print.ts";
import { collationName } from "./column.ts";
import type { ObjectKind, Reading, TableFacts } from "./kind.ts";
import { constraint } from "./constraint.ts";

interface Row {
  readonly table: string;
  readonly name: string;
  readonly unique: number;
  /** c: CREATE INDEX; u: a UNIQUE constraint; pk: the primary key. */
  readonly origin: "c" | "u" | "pk";
  readonly sql: string | null;
}

interface KeyRow {
  /** -1: the rowid; -2: an expression. */
  readonly cid: number;
  readonly name: string | null;
  readonly desc: number;
  readonly coll: string;
}

const INDEXES = `
  SELECT m.name AS "table", l.name, l."unique", l.origin, i.sql
  FROM sqlite_schema m
  JOIN pragma_index_list(m.name, 'main') l
  LEFT JOIN sqlite_schema i ON i.type = 'index' AND i.name = l.name
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY m.name, l.seq DESC`;

const KEYS = `SELECT cid, name, "desc", coll FROM pragma_index_xinfo(?, 'main') WHERE "key" ORDER BY seqno`;

const EXPRESSION = -2;

function keysOf(row: Row, table: TableFacts, parsed: ParsedIndex | null, reading: Reading): IndexKey[] {
  return reading.session.query<KeyRow>(KEYS, [row.name]).map((key, index): IndexKey => {
    const own =
      table.parsed.columns.find((column) => folded(column.name) === folded(key.name ?? ""))?.collation ?? null;
    const collation = collationName(key.coll);
    // SQLite sorts nulls before everything: https://sqlite.org/datatype3.html#sort_order
    return {
      column: key.cid >= 0 ? key.name : null,
      expression: key.cid >= 0 ? null : key.cid === EXPRESSION ? (parsed?.keys[index]?.text ?? "") : "rowid",
      opclass: null,
      collation: collation === collationName(own) ? null : (collation ?? "BINARY"),
      order: key.desc === 1 ? "desc" : "asc",
      nulls: key.desc === 1 ? "last" : "first",
    };
  });
}

/** The text of an index, from its parts. */
export function createIndexText(object: IndexObject): string {
  const keys = object.keys.map((key) =>
    [
      key.column === null ? (key.expression ?? "") : ident(key.column),
      key.collation === null ? "" : `COLLATE ${ident(key.collation)}`,
      key.order === "desc" ? "DESC" : "",
    ]
      .filter((part) => part !== "")
      .join(" "),
  );
  const unique = object.unique ? "UNIQUE " : "";
  const where = object.predicate === null ? "" : ` WHERE ${object.predicate}`;
  return `CREATE ${unique}INDEX ${qualified(object.schema, object.name)} ON ${ident(object.table ?? "")} (${keys.join(", ")})${where}`;
}

type Parts = Pick<IndexObject, "name" | "unique" | "keys" | "predicate" | "constraint">;

function indexOf(table: TableFacts, parts: Parts): IndexObject {
  const columns = parts.keys.flatMap(({ column }) =>
    column === null ? [] : [refKey(ref("column", column, { schema: MAIN, table: table.name }))],
  );
  const behind =
    parts.constraint === null ? [] : [refKey(ref("constraint", parts.constraint, { schema: MAIN, table: table.name }))];
  const object: IndexObject = {
    ...ref("index", parts.name, { schema: MAIN, table: table.name }),
    kind: "index",
    table: table.name,
    method: "btree",
    unique: parts.unique,
    nullsNotDistinct: false,
    keys: parts.keys,
    include: [],
    predicate: parts.predicate,
    options: {},
    valid: true,
    constraint: parts.constraint,
    partitionOf: null,
    definition: "",
    comment: null,
    dependsOn: [table.key, ...columns, ...behind],
  };
  return { ...object, definition: createIndexText(object) };
}

// Which constraint an automatic index serves: one of its type on the same columns in the same order.
function behindOf(row: Row, keys: readonly IndexKey[], open: ConstraintObject[]): ConstraintObject | undefined {
  const type = row.origin === "pk" ? "primary key" : "unique";
  const at = open.findIndex(
    (one) =>
      one.type === type &&
      one.columns.length === keys.length &&
      one.columns.every((column, index) => column === keys[index]?.column) &&
      keys.every((key) => key.collation === null || one.definition.includes(`COLLATE ${ident(key.collation)}`)),
  );
  return at < 0 ? undefined : open.splice(at, 1)[0];
}

// The table itself is the index of its rowid.
function rowidIndex(table: TableFacts, constraints: readonly ConstraintObject[]): IndexObject[] {
  const key = constraints.find((one) => one.type === "primary key");
  if (table.rowidColumn === null || key === undefined) return [];
  const { rowidColumn: column } = table;
  const keys = [{ column, expression: null, opclass: null, collation: null, order: "asc", nulls: "first" } as const];
  return [indexOf(table, { name: key.name, unique: true, keys, predicate: null, constraint: key.name })];
}

/**
 * Indexes. One behind a constraint has the constraint's name, since SQLite's own (sqlite_autoindex_…) counts
 * places in the text; a rowid's is the table itself.
 */
export const index: ObjectKind<"index"> = {
  kind: "index",
  read(reading) {
    // Those that no index was found for yet.
    const open = new Map<string, ConstraintObject[]>();
    for (const one of constraint.read(reading))
      open.set(folded(one.table), [...(open.get(folded(one.table)) ?? []), one]);
    const found: IndexObject[] = [...reading.tables.entries()].flatMap(([name, table]) =>
      rowidIndex(table, open.get(name) ?? []),
    );
    for (const row of reading.session.query<Row>(INDEXES)) {
      const table = reading.tables.get(folded(row.table));
      if (table === undefined) continue;
      try {
        const parsed = row.sql === null ? null : parseIndex(row.sql);
        const keys = keysOf(row, table, parsed, reading);
        const behind = row.origin === "c" ? undefined : behindOf(row, keys, open.get(folded(row.table)) ?? []);
        const name = behind?.name ?? row.name;
        const predicate = parsed?.predicate ?? null;
        found.push(
          indexOf(table, { name, unique: row.unique === 1, keys, predicate, constraint: behind?.name ?? null }),
        );
      } catch (error) {
        if (!(error instanceof NotUnderstood)) throw error;
        reading.report("index whose text was not understood", `${row.name}: ${error.message}`);
      }
    }
    return found;
  },
  create(object) {
    if (object.constraint !== null) return [];
    if (object.include.length > 0 || object.nullsNotDistinct || object.method !== "btree")
      throw new UnprintableChange("index", "create", "SQLite has B-trees without included columns only");
    return [statement(createIndexText(object))];
  },
  drop: (object) =>
    object.constraint === null ? [statement(`DROP INDEX ${qualified(object.schema, object.name)}`)] : [],
};
