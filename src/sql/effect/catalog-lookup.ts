import type { ConstraintObject } from "../../model/catalog.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { relationText } from "./known-schema.ts";
import type { KnownConstraint, KnownTable, SchemaLookup } from "./known-schema.ts";
import { bareType } from "./type-text.ts";

const nameOf = (of: { readonly schema: string | null; readonly name: string }): string =>
  relationText(of.schema ?? "public", of.name);

// The server prints a check that says nothing but IS NOT NULL, or says so beside other things, in this form.
const NOT_NULL_PART = /^\(*("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*) IS NOT NULL\)*$/;

/** Columns of which a check's expression, as the server prints it, says that they are not null. */
export function provedNotNull(expression: string | null): readonly string[] {
  if (expression === null || / OR | CASE /.test(expression)) return [];
  return expression.split(" AND ").flatMap((part) => {
    const name = NOT_NULL_PART.exec(part.trim())?.[1];
    if (name === undefined) return [];
    return [name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name];
  });
}

function known(constraint: ConstraintObject): KnownConstraint {
  const { name, type, columns, references, validated, expression, inherited } = constraint;
  return {
    name,
    type,
    columns,
    references: references === null ? null : relationText(references.schema, references.table),
    onDelete: references?.onDelete ?? null,
    inherited,
    validated,
    provesNotNull: type === "check" ? provedNotNull(expression) : [],
  };
}

/** A catalog as the effects of statements look at it. Built once, linear in the catalog. */
export function lookupOf(view: CatalogView): SchemaLookup {
  const children = new Map<string, string[]>();
  const defaults = new Map<string, string>();
  const referencing = new Map<string, string[]>();
  const users = new Map<string, Set<string>>();
  const schemas = new Map<string, string[]>();
  const indexes = new Map<string, string>();
  const views = new Map<string, TableView>();
  const push = (map: Map<string, string[]>, key: string, value: string): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else if (!list.includes(value)) list.push(value);
  };
  for (const one of view.tables) {
    const name = nameOf(one.table);
    views.set(name, one);
    push(schemas, one.table.schema ?? "public", name);
    for (const parent of parentsOf(one)) push(children, parent, name);
    const { partitionOf } = one.table;
    if (partitionOf?.bound === "DEFAULT") defaults.set(relationText(partitionOf.schema, partitionOf.table), name);
    for (const { references } of one.constraints)
      if (references !== null) push(referencing, relationText(references.schema, references.table), name);
    for (const index of one.indexes) indexes.set(nameOf(index), name);
    for (const { type } of one.columns) {
      const bare = bareType(type);
      users.set(bare, (users.get(bare) ?? new Set()).add(name));
    }
  }
  const made = new Map<string, KnownTable>();
  return {
    table: (relation) => {
      const one = views.get(relation);
      if (one === undefined) return undefined;
      const found = made.get(relation) ?? {
        relation,
        complete: true,
        columns: new Map(one.columns.map(({ name, type, notNull }) => [name, { type, notNull }])),
        constraints: one.constraints.map(known),
        indexes: one.indexes.map((index) => ({
          relation: nameOf(index),
          columns: index.keys.map(({ column }) => column),
          unique: index.unique,
          partial: index.predicate !== null,
        })),
        children: children.get(relation) ?? [],
        parents: parentsOf(one),
        partitioned: one.table.partitionBy !== null,
        defaultPartition: defaults.get(relation) ?? null,
        unlogged: one.table.unlogged,
      };
      made.set(relation, found);
      return found;
    },
    tableOfIndex: (index) => indexes.get(index),
    referencing: (table) => referencing.get(table) ?? [],
    usersOfType: (type) => [...(users.get(type) ?? users.get(type.replace(/^public\./, "")) ?? [])],
    tablesOf: (schema) => schemas.get(schema) ?? [],
  };
}

function parentsOf({ table }: TableView): string[] {
  const { partitionOf, inherits } = table;
  return [...(partitionOf === null ? [] : [partitionOf]), ...inherits].map((parent) =>
    relationText(parent.schema, parent.table),
  );
}
