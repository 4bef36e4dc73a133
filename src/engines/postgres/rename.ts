import type { CatalogObject, RangeObject } from "../../model/catalog.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Ref } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { multirangeName } from "../../sql/multirange-name.ts";
import { ident, qualified, statement } from "./print.ts";

// `ALTER TABLE t RENAME COLUMN a TO b` and its like: what hangs on a table is renamed through it.
const ON_TABLE: Readonly<Record<string, (table: string, name: string, to: string) => string>> = {
  column: (table, name, to) => `ALTER TABLE ${table} RENAME COLUMN ${name} TO ${to}`,
  constraint: (table, name, to) => `ALTER TABLE ${table} RENAME CONSTRAINT ${name} TO ${to}`,
  trigger: (table, name, to) => `ALTER TRIGGER ${name} ON ${table} RENAME TO ${to}`,
  rule: (table, name, to) => `ALTER RULE ${name} ON ${table} RENAME TO ${to}`,
  policy: (table, name, to) => `ALTER POLICY ${name} ON ${table} RENAME TO ${to}`,
};

function wordOf(object: CatalogObject): string | null {
  switch (object.kind) {
    case "view":
      return object.materialised ? "MATERIALIZED VIEW" : "VIEW";
    case "function":
      return object.routine === "procedure" ? "PROCEDURE" : "FUNCTION";
    case "enum":
    case "composite":
    case "range":
      return "TYPE";
    case "role":
    case "schema":
    case "domain":
    case "sequence":
    case "aggregate":
    case "table":
    case "index":
    case "extension":
    case "collation":
    case "conversion":
    case "statistics":
    case "operator":
    case "operator-family":
    case "operator-class":
    case "text-search-configuration":
    case "text-search-dictionary":
    case "event-trigger":
      return object.kind.replaceAll("-", " ").toUpperCase();
    default:
      return null;
  }
}

// What an extension is called is its own; its schema is ours to choose. ALTER OPERATOR knows no RENAME.
function mayRename({ kind }: CatalogObject): boolean {
  return kind !== "extension" && kind !== "operator";
}

// An object's name, and what tells it from others of that name.
function addressOf(object: CatalogObject, schema: string | null): string {
  switch (object.kind) {
    // An extension lives in a schema without being named by it.
    case "extension":
      return ident(object.name);
    case "function":
      return `${qualified(schema, object.name)}(${object.signature})`;
    case "aggregate":
      return `${qualified(schema, object.name)}(${object.signature === "" ? "*" : object.signature})`;
    case "operator":
      return `${ident(schema ?? "")}.${object.name} (${object.signature})`;
    case "operator-family":
    case "operator-class":
      return `${qualified(schema, object.name)} USING ${ident(object.method)}`;
    default:
      return qualified(schema, object.name);
  }
}

/** Statements that give an object another name or schema. Throws `UnprintableChange` where none can. */
export function renameScript(object: CatalogObject, to: Ref): readonly Statement[] {
  const onTable = ON_TABLE[object.kind];
  if (onTable !== undefined) {
    if (object.schema !== to.schema || object.table !== to.table)
      throw new UnprintableChange(object.kind, "table", "it belongs to its table");
    const table = qualified(object.schema, object.table ?? "");
    return [statement(onTable(table, ident(object.name), ident(to.name)))];
  }
  const word = wordOf(object);
  if (word === null || (object.name !== to.name && !mayRename(object)))
    throw new UnprintableChange(object.kind, "rename");
  const statements: Statement[] = [];
  let schema = object.schema;
  if (to.schema !== null && to.schema !== object.schema) {
    if (object.kind === "index") throw new UnprintableChange("index", "schema", "it goes where its table goes");
    statements.push(statement(`ALTER ${word} ${addressOf(object, schema)} SET SCHEMA ${ident(to.schema)}`));
    schema = to.schema;
  }
  if (to.name !== object.name)
    statements.push(statement(`ALTER ${word} ${addressOf(object, schema)} RENAME TO ${ident(to.name)}`));
  if (object.kind === "range" && to.name !== object.name) statements.push(...rangeRenamed(object, to));
  return statements;
}

// The multirange type goes by its range's name, but where it has one of its own; the functions that make values go by
// the names of their types.
function rangeRenamed({ schema: from, name, options, subtype }: RangeObject, to: Ref): Statement[] {
  const schema = to.schema ?? from;
  const called = (old: string, signature: string, is: string): Statement =>
    statement(`ALTER FUNCTION ${qualified(schema, old)}(${signature}) RENAME TO ${ident(is)}`);
  const range = qualified(schema, to.name);
  const makers = [`${subtype}, ${subtype}`, `${subtype}, ${subtype}, text`].map((one) => called(name, one, to.name));
  const [was, is] = [multirangeName(name), multirangeName(to.name)];
  const known = options["multirange_type_name"];
  if (was === is || (known !== qualified(from, was) && known !== qualified(from, is))) return makers;
  return [
    ...makers,
    statement(`ALTER TYPE ${qualified(schema, was)} RENAME TO ${ident(is)}`),
    ...["", range, `${range}[]`].map((signature) => called(was, signature, is)),
  ];
}
