import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { afterChange, UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import type { Statement } from "../../model/statement.ts";
import { print } from "./kinds/registry.ts";
import { ident, identList, literal, qualified, statement } from "./print.ts";
import { createTableText } from "./table-ddl.ts";

/**
 * The statements of one change in a database that holds `catalog`. SQLite alters little in place; what it cannot is
 * done by its own procedure of building the table anew (https://sqlite.org/lang_altertable.html#otheralter). Throws
 * `UnprintableChange` for what no statement can do.
 */
export function changeScript(change: Change, catalog: Catalog): readonly Statement[] {
  switch (change.type) {
    case "create":
      return created(change.object, catalog, afterChange(catalog, change));
    case "drop":
      if (change.object.kind === "constraint") return rebuilt(change.object, catalog, afterChange(catalog, change));
      return print("drop", change.object, { view: viewOf(catalog) });
    case "rename":
      return renamed(change.before, change.to.name);
    case "alter":
      return altered(change, catalog);
  }
}

function created(object: CatalogObject, catalog: Catalog, after: Catalog): readonly Statement[] {
  if (object.kind === "constraint") return rebuilt(object, catalog, after);
  // What ADD COLUMN refuses: https://sqlite.org/lang_altertable.html#altertabaddcol
  if (object.kind === "column") {
    const constant = object.default === null || /^[-+]?(?:[\w.]+|'(?:[^']|'')*')$/.test(object.default);
    const now = /^current_/i.test(object.default ?? "");
    const simple = constant && !now && object.identity === null && object.generated?.stored !== true;
    if (!simple || (object.notNull && object.default === null)) return rebuilt(object, catalog, after);
  }
  return print("create", object, { view: viewOf(after) });
}

function renamed(before: CatalogObject, name: string): readonly Statement[] {
  if (before.kind === "table")
    return [statement(`ALTER TABLE ${qualified(before.schema, before.name)} RENAME TO ${ident(name)}`)];
  if (before.kind === "column") {
    const table = qualified(before.schema, before.table);
    return [statement(`ALTER TABLE ${table} RENAME COLUMN ${ident(before.name)} TO ${ident(name)}`)];
  }
  throw new UnprintableChange(before.kind, "rename");
}

function altered(change: Extract<Change, { type: "alter" }>, catalog: Catalog): readonly Statement[] {
  const { before, after, properties } = change;
  if (properties.length === 0) return [];
  if (before.kind === "table" || before.kind === "column" || before.kind === "constraint")
    return rebuilt(after, catalog, afterChange(catalog, change));
  if (before.kind === "index" || before.kind === "view" || before.kind === "trigger") {
    const context = { view: viewOf(catalog) };
    return [...print("drop", before, context), ...print("create", after, context)];
  }
  throw new UnprintableChange(before.kind, properties.join(", "));
}

/*
 * New table under another name, rows over, old one gone, new one renamed, indexes and triggers again, foreign keys
 * checked. The transaction is spelled out, since foreign keys cannot be switched inside one.
 */
function rebuilt(of: CatalogObject, before: Catalog, after: Catalog): readonly Statement[] {
  const name = of.kind === "table" ? of.name : (of.table ?? "");
  const [old, next] = [viewOf(before).table(of.schema, name), viewOf(after).table(of.schema, name)];
  if (old === undefined || next === undefined)
    throw new UnprintableChange(of.kind, "alter", `the table ${name} is not in the catalog`);
  const table = ident(name);
  const newName = freeName(before, name);
  const fresh = ident(newName);
  const shared = identList(
    next.columns
      .filter((column) => column.generated === null)
      .filter((column) => old.columns.some((other) => other.name === column.name && other.generated === null))
      .map((column) => column.name),
  );
  const context = { view: viewOf(after) };
  const again = [...next.indexes, ...next.triggers].flatMap((object) => print("create", object, context));
  const numbered = [old, next].every((one) => one.table.options["autoincrement"] === "true");
  return [
    // A shell that goes on after an error would drop the old table without having copied its rows.
    `/* Stop at the first error, e.g. with sqlite3 -bail: the old table of ${remark(name)} is dropped below. */\nPRAGMA foreign_keys = OFF`,
    // Views and triggers that name the table must not be looked at while it is away.
    "PRAGMA legacy_alter_table = ON",
    "BEGIN IMMEDIATE",
    createTableText(next, fresh),
    ...(shared === "" ? [] : [`INSERT INTO ${fresh} (${shared}) SELECT ${shared} FROM ${table}`]),
    // AUTOINCREMENT goes on from the last number ever given, not from the largest that is left.
    ...(numbered
      ? [
          `DELETE FROM sqlite_sequence WHERE name = ${literal(newName)}`,
          `INSERT INTO sqlite_sequence (name, seq) SELECT ${literal(newName)}, seq FROM sqlite_sequence WHERE name = ${literal(name)}`,
        ]
      : []),
    `DROP TABLE ${table}`,
    `ALTER TABLE ${fresh} RENAME TO ${table}`,
    ...again.map(({ sql }) => sql),
    "PRAGMA foreign_key_check",
    "COMMIT",
    "PRAGMA legacy_alter_table = OFF",
    "PRAGMA foreign_keys = ON",
  ].map((sql) => ({ sql, transactional: false }));
}

const remark = (name: string): string =>
  name
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *");

function freeName(catalog: Catalog, table: string): string {
  const taken = new Set(catalog.objects.map((object) => object.name.toLowerCase()));
  let name = `${table}_new`;
  while (taken.has(name.toLowerCase())) name += "_";
  return name;
}
