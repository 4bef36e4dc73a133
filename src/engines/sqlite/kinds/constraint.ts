import type { ConstraintObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { constraintNames } from "../constraint-names.ts";
import { folded, spelled } from "../lex.ts";
import { columnsRead } from "../parse-table.ts";
import type { ParsedConstraint, ParsedKey } from "../parse-table.ts";
import { MAIN, ident, identList } from "../print.ts";
import { collationName } from "./column.ts";
import type { ObjectKind, Reading, TableFacts } from "./kind.ts";

type Draft = Omit<ConstraintObject, "name"> & { readonly given: string | null };

// Names are as the table has them, whatever the case in the constraint.
function actual(table: TableFacts, name: string): string {
  return table.columns.find((column) => folded(column.name) === folded(name))?.name ?? name;
}

const columnKey = (table: TableFacts, name: string): RefKey =>
  refKey(ref("column", name, { schema: MAIN, table: table.name }));

function keyText(key: ParsedKey, table: TableFacts): string {
  const collation = collationName(key.collation) ?? (key.collation === null ? null : "BINARY");
  const collate = collation === null ? "" : ` COLLATE ${ident(collation)}`;
  return `${ident(actual(table, key.column))}${collate}${key.descending ? " DESC" : ""}`;
}

function base(table: TableFacts, columns: readonly string[], given: string | null): Omit<Draft, "type" | "definition"> {
  return {
    kind: "constraint",
    schema: MAIN,
    table: table.name,
    signature: "",
    given,
    columns,
    references: null,
    expression: null,
    validated: true,
    deferrable: false,
    initiallyDeferred: false,
    inherited: false,
    comment: null,
    dependsOn: [table.key, ...columns.map((name) => columnKey(table, name))],
  };
}

function foreignKeyOf(
  parsed: Extract<ParsedConstraint, { type: "foreign key" }>,
  table: TableFacts,
  reading: Reading,
): Draft {
  const columns = parsed.columns.map((name) => actual(table, name));
  const parent = reading.tables.get(folded(parsed.table));
  const target = parent?.name ?? parsed.table;
  const key = (parent?.columns ?? [])
    .filter((column) => column.keyPlace > 0)
    .toSorted((a, b) => a.keyPlace - b.keyPlace)
    .map((column) => column.name);
  const listed = parsed.references.map((name) => (parent === undefined ? name : actual(parent, name)));
  // Left out, they are the parent's primary key; where that does not fit, SQLite reports it when rows change.
  const referenced = listed.length > 0 ? listed : key.length === columns.length ? key : [];
  const { onUpdate, onDelete, deferrable, initiallyDeferred } = parsed;
  const draft = base(table, columns, parsed.name);
  const parentColumns = parent === undefined ? [] : referenced.map((name) => columnKey(parent, name));
  return {
    ...draft,
    type: "foreign key",
    definition: [
      `FOREIGN KEY (${identList(columns)}) REFERENCES ${ident(target)}`,
      referenced.length === 0 ? "" : ` (${identList(referenced)})`,
      onUpdate === "no action" ? "" : ` ON UPDATE ${onUpdate.toUpperCase()}`,
      onDelete === "no action" ? "" : ` ON DELETE ${onDelete.toUpperCase()}`,
      deferrable ? ` DEFERRABLE${initiallyDeferred ? " INITIALLY DEFERRED" : ""}` : "",
    ].join(""),
    references: { schema: MAIN, table: target, columns: referenced, onUpdate, onDelete },
    deferrable,
    initiallyDeferred,
    dependsOn: [...draft.dependsOn, ...(parent === undefined ? [] : [parent.key]), ...parentColumns],
  };
}

function keyOf(parsed: Extract<ParsedConstraint, { type: "primary key" | "unique" }>, table: TableFacts): Draft {
  const columns = parsed.keys.map((key) => actual(table, key.column));
  // The rowid has no direction; a column-level DESC says that the key is not the rowid.
  const isRowid = parsed.type === "primary key" && table.rowidColumn !== null;
  const keys = isRowid ? identList(columns) : parsed.keys.map((key) => keyText(key, table)).join(", ");
  const conflict = parsed.onConflict === null ? "" : ` ON CONFLICT ${parsed.onConflict}`;
  return {
    ...base(table, columns, parsed.name),
    type: parsed.type,
    definition: `${parsed.type.toUpperCase()} (${keys})${conflict}`,
  };
}

function checkOf(parsed: Extract<ParsedConstraint, { type: "check" }>, table: TableFacts): Draft {
  const expression = spelled(parsed.expression);
  const columns = columnsRead(
    parsed.expression,
    table.columns.map((column) => column.name),
  );
  return {
    ...base(table, columns, parsed.name),
    type: "check",
    definition: `CHECK (${expression})`,
    expression,
  };
}

// A plain NOT NULL is a property of its column; only a conflict clause makes it more.
function notNulls(table: TableFacts): Draft[] {
  return table.parsed.columns.flatMap((written, index) => {
    const facts = table.columns[index];
    if (written.notNullOnConflict === null || facts === undefined || facts.name === table.rowidColumn) return [];
    return [
      {
        ...base(table, [facts.name], null),
        type: "not null" as const,
        definition: `NOT NULL ON CONFLICT ${written.notNullOnConflict}`,
      },
    ];
  });
}

function constraintsOf(table: TableFacts, reading: Reading): ConstraintObject[] {
  const drafts = table.parsed.constraints.map((parsed): Draft => {
    if (parsed.type === "foreign key") return foreignKeyOf(parsed, table, reading);
    return parsed.type === "check" ? checkOf(parsed, table) : keyOf(parsed, table);
  });
  const all = [...drafts, ...notNulls(table)];
  const names = constraintNames(table.name, all);
  return all.map((draft, index) => {
    const { given: _, ...object } = draft;
    return { ...object, name: names[index] ?? "" };
  });
}

/** Constraints. SQLite names none by itself: those without a name in the text get one as PostgreSQL would give. */
export const constraint: ObjectKind<"constraint"> = {
  kind: "constraint",
  read: (reading) => [...reading.tables.values()].flatMap((table) => constraintsOf(table, reading)),
  create(object) {
    throw new UnprintableChange("constraint", "create", `the table ${object.table} has to be rebuilt`);
  },
  drop(object) {
    throw new UnprintableChange("constraint", "drop", `the table ${object.table} has to be rebuilt`);
  },
};
