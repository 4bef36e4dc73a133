import type { ColumnObject, SequenceOptions } from "../../../model/catalog.ts";
import { ref } from "../../../model/ref.ts";
import { folded, isOperator, spelled, tokensOf } from "../lex.ts";
import { MAIN, ident, qualified, statement, typeName } from "../print.ts";
import type { ColumnFacts, ObjectKind, TableFacts } from "./kind.ts";

/** What feeds a rowid: the next number after the largest, up to the largest there is. */
const ROWID: SequenceOptions = {
  type: "integer",
  start: "1",
  increment: "1",
  min: "1",
  max: "9223372036854775807",
  cache: "1",
  cycle: false,
};

/** A declared type in its one spelling: SQLite compares types without case. */
export function declaredType(type: string): string {
  // White space at an end comes from a quoted type, and makes "INTEGER " another type than INTEGER.
  if (type !== type.trim()) return folded(type);
  return folded(spelled(tokensOf(type)).replaceAll(/ ?([(),]) ?/g, "$1"));
}

const BUILT_IN_COLLATIONS = ["NOCASE", "RTRIM", "BINARY"];

/** A collation's name: the built-in ones in capitals, others as they are written; null for the default, BINARY. */
export function collationName(name: string | null): string | null {
  if (name === null) return null;
  const upper = name.toUpperCase();
  const known = BUILT_IN_COLLATIONS.includes(upper) ? upper : name;
  return known === "BINARY" ? null : known;
}

function columnOf(facts: ColumnFacts, table: TableFacts, index: number): ColumnObject {
  const written = table.parsed.columns[index];
  const isRowid = facts.name === table.rowidColumn;
  const expression = written?.generated ?? null;
  return {
    ...ref("column", facts.name, { schema: MAIN, table: table.name }),
    kind: "column",
    table: table.name,
    position: index + 1,
    type: declaredType(facts.type),
    // A rowid is never null, said or not.
    notNull: facts.notNull || isRowid,
    default: facts.generated === null && facts.default !== null ? spelled(tokensOf(facts.default)) : null,
    identity: isRowid ? { generation: "by default", sequence: ROWID } : null,
    generated:
      facts.generated !== null && expression !== null
        ? { expression: spelled(expression), stored: facts.generated === "stored" }
        : null,
    collation: collationName(written?.collation ?? null),
    storage: null,
    compression: null,
    statisticsTarget: null,
    inherited: false,
    comment: null,
    dependsOn: [table.key],
  };
}

/** Columns, generated ones included. The rowid shows as an identity: what is left out is numbered. */
export const column: ObjectKind<"column"> = {
  kind: "column",
  read: (reading) =>
    [...reading.tables.values()].flatMap((table) => table.columns.map((facts, index) => columnOf(facts, table, index))),
  create: (object) => [
    statement(`ALTER TABLE ${qualified(object.schema, object.table)} ADD COLUMN ${columnClause(object, "", null)}`),
  ],
  drop: (object) => [
    statement(`ALTER TABLE ${qualified(object.schema, object.table)} DROP COLUMN ${ident(object.name)}`),
  ],
};

// A default of one token stands bare: `foo` is a word SQLite takes for a string there, and only there.
function defaultClause(expression: string): string {
  const tokens = tokensOf(expression);
  const signed = isOperator(tokens[0], "-") || isOperator(tokens[0], "+");
  const value = signed ? tokens.slice(1) : tokens;
  const kinds = signed ? ["number"] : ["number", "string", "quoted", "blob", "word"];
  const bare = value.length === 1 && kinds.includes(value[0]?.kind ?? "");
  return bare ? `DEFAULT ${expression}` : `DEFAULT (${expression})`;
}

/** A column in CREATE TABLE. `key` is the inline PRIMARY KEY clause, or ""; `notNullConflict` goes after NOT NULL. */
export function columnClause(object: ColumnObject, key: string, notNullConflict: string | null): string {
  const notNull = object.notNull && object.identity === null;
  return [
    ident(object.name),
    object.type === "" ? "" : typeName(object.type),
    key,
    notNull ? `NOT NULL${notNullConflict === null ? "" : ` ON CONFLICT ${notNullConflict}`}` : "",
    object.collation === null ? "" : `COLLATE ${ident(object.collation)}`,
    object.default === null ? "" : defaultClause(object.default),
    object.generated === null
      ? ""
      : `GENERATED ALWAYS AS (${object.generated.expression}) ${object.generated.stored ? "STORED" : "VIRTUAL"}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
