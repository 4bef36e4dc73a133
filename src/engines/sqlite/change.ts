import type { Catalog, CatalogObject, TableObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { print } from "./kinds/registry.ts";
import { ident, identList, qualified, statement } from "./print.ts";
import { createTableText } from "./table-ddl.ts";

/**
 * The statements of one change in a database that holds `catalog`. SQLite alters little in place; what it cannot is
 * done by its own procedure of building the table anew (https://sqlite.org/lang_altertable.html#otheralter). Throws
 * `UnprintableChange` for what no statement can do.
 */
export function changeScript(change: Change, catalog: Catalog): readonly Statement[] {
  switch (change.type) {
    case "create":
      return created(change.object, catalog);
    case "drop":
      return dropped(change.object, catalog);
    case "rename":
      return renamed(change.before, change.to.name);
    case "alter":
      return altered(change.before, change.after, change.properties, catalog);
  }
}

function replaced(catalog: Catalog, gone: CatalogObject | null, come: CatalogObject | null): Catalog {
  const key = gone === null ? null : refKey(gone);
  const kept = catalog.objects.filter((object) => refKey(object) !== key);
  const own = come === null ? null : refKey(come);
  return catalogOf(
    catalog.engine,
    come === null ? kept : [...kept.filter((object) => refKey(object) !== own), come],
    catalog.unmodelled,
  );
}

function created(object: CatalogObject, catalog: Catalog): readonly Statement[] {
  const after = replaced(catalog, null, object);
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

function dropped(object: CatalogObject, catalog: Catalog): readonly Statement[] {
  if (object.kind === "constraint") return rebuilt(object, catalog, replaced(catalog, object, null));
  return print("drop", object, { view: viewOf(catalog) });
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

function altered(
  before: CatalogObject,
  after: CatalogObject,
  properties: readonly string[],
  catalog: Catalog,
): readonly Statement[] {
  if (properties.length === 0) return [];
  if (before.kind === "table" || before.kind === "column" || before.kind === "constraint")
    return rebuilt(after, catalog, replaced(catalog, before, after));
  if (before.kind === "index" || before.kind === "view" || before.kind === "trigger") {
    const context = { view: viewOf(catalog) };
    return [...print("drop", before, context), ...print("create", after, context)];
  }
  throw new UnprintableChange(before.kind, properties.join(", "));
}

/*
 * New table under another name, rows over, old one gone, new one renamed, indexes and triggers again, foreign keys
 * checked. Foreign keys cannot be switched inside a transaction, hence its statements stand outside one.
 */
function rebuilt(of: CatalogObject, before: Catalog, after: Catalog): readonly Statement[] {
  const name = of.kind === "table" ? of.name : (of.table ?? "");
  const [old, next] = [viewOf(before).table(of.schema, name), viewOf(after).table(of.schema, name)];
  if (old === undefined || next === undefined)
    throw new UnprintableChange(of.kind, "alter", `the table ${name} is not in the catalog`);
  const fresh = freeName(before, name);
  const shared = next.columns
    .filter((column) => column.generated === null)
    .filter((column) => old.columns.some((other) => other.name === column.name))
    .map((column) => column.name);
  const context = { view: viewOf(after) };
  const outside = (sql: string): Statement => ({ sql, transactional: false });
  const table: TableObject = next.table;
  const again = [...next.indexes, ...next.triggers].flatMap((object) => print("create", object, context));
  return [
    outside("PRAGMA foreign_keys = OFF"),
    // Views and triggers that name the table must not be looked at while it is away.
    outside("PRAGMA legacy_alter_table = ON"),
    statement(createTableText(next, ident(fresh))),
    ...(shared.length === 0
      ? []
      : [
          statement(
            `INSERT INTO ${ident(fresh)} (${identList(shared)}) SELECT ${identList(shared)} FROM ${ident(table.name)}`,
          ),
        ]),
    statement(`DROP TABLE ${ident(table.name)}`),
    statement(`ALTER TABLE ${ident(fresh)} RENAME TO ${ident(table.name)}`),
    ...again,
    statement(`PRAGMA foreign_key_check`),
    outside("PRAGMA legacy_alter_table = OFF"),
    outside("PRAGMA foreign_keys = ON"),
  ];
}

function freeName(catalog: Catalog, table: string): string {
  const taken = new Set(catalog.objects.map((object) => object.name.toLowerCase()));
  let name = `${table}_new`;
  while (taken.has(name.toLowerCase())) name += "_";
  return name;
}
