import type { Catalog, ConstraintObject, EnumObject, IndexObject, ReferentialAction } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { neverNull, relationshipsOf, tableId } from "../relationships.ts";
import type { Relationship, Relationships } from "../relationships.ts";
import { parseTypeName } from "../type-name.ts";
import { dbmlDefault, dbmlExpression, dbmlName, dbmlString, expressible } from "./quote.ts";

/**
 * Writes a catalog as DBML (https://dbml.dbdiagram.io/docs), in the order of the catalog: enums, tables with
 * columns, indexes and checks, then references. Partitions are part of their table; views, policies,
 * triggers and functions have no place in DBML and are named in the project's note. Never throws.
 */
export function writeDbml(catalog: Catalog): string {
  const view = viewOf(catalog);
  const relationships = relationshipsOf(view);
  const blocks = [
    project(view, relationships),
    ...view
      .of("enum")
      .filter((object) => object.values.length > 0)
      .map(enumBlock),
    ...relationships.tables.map((table) =>
      tableBlock(view, table, relationships.partitions.get(tableId(table.table)) ?? 0),
    ),
    ...references(relationships.all),
  ];
  return `${blocks.join("\n\n")}\n`;
}

const ENGINE_NAME: Readonly<Record<Catalog["engine"]["name"], string>> = {
  postgres: "PostgreSQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
  sqlite: "SQLite",
};

const counted = (count: number, one: string, many: string): string | null =>
  count === 0 ? null : `${count} ${count === 1 ? one : many}`;

function project(view: CatalogView, relationships: Relationships): string {
  const policies = relationships.tables.reduce((sum, table) => sum + table.policies.length, 0);
  const left = [
    counted(view.of("view").length, "view", "views"),
    counted(view.of("function").length, "function", "functions"),
    counted(view.of("trigger").length, "trigger", "triggers"),
    counted(policies, "row security policy", "row security policies"),
    counted(view.of("domain").length, "domain", "domains"),
    counted(relationships.dangling.length, "foreign key to a table outside", "foreign keys to tables outside"),
  ].filter((part) => part !== null);
  const lines = ["Project dbwright {", `  database_type: ${dbmlString(ENGINE_NAME[view.catalog.engine.name])}`];
  if (left.length > 0)
    lines.push(`  Note: ${dbmlString(`Left out, since DBML cannot express it: ${left.join(", ")}.`)}`);
  return [...lines, "}"].join("\n");
}

const qualified = (schema: string | null, name: string): string =>
  schema === null || schema === "public" ? dbmlName(name) : `${dbmlName(schema)}.${dbmlName(name)}`;

const settings = (parts: readonly string[]): string => (parts.length === 0 ? "" : ` [${parts.join(", ")}]`);

function enumBlock(object: EnumObject): string {
  const note = object.comment === null ? [] : [`// ${object.comment.replaceAll(/\s+/g, " ")}`];
  return [
    ...note,
    `Enum ${qualified(object.schema, object.name)} {`,
    ...object.values.map((value) => `  ${dbmlName(value)}`),
    "}",
  ].join("\n");
}

function typeOf(view: CatalogView, text: string): string {
  const type = parseTypeName(text);
  const own = view
    .of("enum")
    .find((object) => object.name === type.name && (type.schema ?? object.schema) === object.schema);
  if (own !== undefined && type.dimensions === 0) return qualified(own.schema, own.name);
  return /^[A-Za-z_]\w*(\(\d+(,\d+)?\))?$/.test(text) ? text : dbmlName(text);
}

function tableBlock(view: CatalogView, table: TableView, partitions: number): string {
  const lines = [`Table ${qualified(table.table.schema, table.table.name)} {`];
  const single = (type: ConstraintObject["type"]): Set<string> =>
    new Set(
      table.constraints
        .filter((constraint) => constraint.type === type && constraint.columns.length === 1)
        .map((constraint) => constraint.columns[0] ?? ""),
    );
  const keys = single("primary key");
  const uniques = single("unique");
  for (const column of table.columns) {
    const parts: string[] = [];
    if (keys.has(column.name)) parts.push("pk");
    if (column.identity !== null) parts.push("increment");
    if (neverNull(table, column.name) && !keys.has(column.name)) parts.push("not null");
    if (uniques.has(column.name)) parts.push("unique");
    if (column.default !== null) parts.push(`default: ${dbmlDefault(column.default)}`);
    const generated = column.generated === null ? [] : [`generated: ${column.generated.expression}`];
    const note = [...(column.comment === null ? [] : [column.comment]), ...generated].join("\n");
    if (note !== "") parts.push(`note: ${dbmlString(note)}`);
    lines.push(`  ${dbmlName(column.name)} ${typeOf(view, column.type)}${settings(parts)}`);
  }
  lines.push(...indexes(table), ...checks(table));
  const note = tableNote(table, partitions);
  if (note !== "") lines.push("", `  Note: ${dbmlString(note)}`);
  return [...lines, "}"].join("\n");
}

function tableNote(table: TableView, partitions: number): string {
  const { comment, partitionBy, rowSecurity } = table.table;
  const exclusions = table.constraints.filter((constraint) => constraint.type === "exclusion");
  return [
    ...(comment === null ? [] : [comment]),
    ...(partitionBy === null
      ? []
      : [`Partitioned by ${partitionBy.strategy} (${partitionBy.key}), ${partitions} partitions.`]),
    ...(rowSecurity.enabled ? [`Row security is ${rowSecurity.forced ? "forced" : "enabled"}.`] : []),
    ...table.constraints
      .filter((constraint) => constraint.type === "check" && !expressible(constraint.expression ?? ""))
      .map((constraint) => `${constraint.name}: ${constraint.definition}`),
    ...exclusions.map((constraint) => `${constraint.name}: ${constraint.definition}`),
  ].join("\n");
}

// Constraints of one column are settings of the column; the index behind a constraint is not repeated.
function indexes(table: TableView): string[] {
  const lines: string[] = [];
  const list = (columns: readonly string[]): string => `(${columns.map(dbmlName).join(", ")})`;
  for (const constraint of table.constraints) {
    if (constraint.columns.length < 2) continue;
    if (constraint.type === "primary key") lines.push(`    ${list(constraint.columns)}${settings(["pk"])}`);
    if (constraint.type === "unique") {
      lines.push(`    ${list(constraint.columns)}${settings(["unique", `name: ${dbmlString(constraint.name)}`])}`);
    }
  }
  for (const index of table.indexes) {
    if (index.constraint === null) lines.push(`    ${indexLine(index)}`);
  }
  return lines.length === 0 ? [] : ["", "  indexes {", ...lines, "  }"];
}

function indexLine(index: IndexObject): string {
  const keys = index.keys.map((key) =>
    key.column === null ? dbmlExpression(key.expression ?? "") : dbmlName(key.column),
  );
  const remarks = [
    ...index.keys.flatMap((key) => {
      return key.order === "desc" ? [`${key.column ?? key.expression ?? ""} descending`] : [];
    }),
    ...(index.predicate === null ? [] : [`where ${index.predicate}`]),
    ...(index.include.length === 0 ? [] : [`includes ${index.include.join(", ")}`]),
    ...(index.keys.every((key) => expressible(key.expression ?? "")) ? [] : [index.definition]),
    ...(index.comment === null ? [] : [index.comment]),
  ];
  return `(${keys.join(", ")})${settings([
    ...(index.unique ? ["unique"] : []),
    ...(/^[a-z_]+$/.test(index.method) ? [`type: ${index.method}`] : []),
    `name: ${dbmlString(index.name)}`,
    ...(remarks.length === 0 ? [] : [`note: ${dbmlString(remarks.join("; "))}`]),
  ])}`;
}

function checks(table: TableView): string[] {
  const own = table.constraints.filter(
    (constraint) => constraint.type === "check" && constraint.expression !== null && expressible(constraint.expression),
  );
  if (own.length === 0) return [];
  return [
    "",
    "  checks {",
    ...own.map((check) => `    ${dbmlExpression(check.expression ?? "")} [name: ${dbmlString(check.name)}]`),
    "  }",
  ];
}

const ACTION: Readonly<Record<ReferentialAction, string>> = {
  "no action": "no action",
  restrict: "restrict",
  cascade: "cascade",
  "set null": "set null",
  "set default": "set default",
};

// DBML refuses a reference of columns to themselves and a second one between the same columns; both stay as comments.
function references(all: readonly Relationship[]): string[] {
  const seen = new Set<string>();
  return all.map((of) => {
    const ends = [of.child, of.parent].map((table, index) => {
      const columns = index === 0 ? of.columns : of.parentColumns;
      return JSON.stringify([tableId(table.table), columns.toSorted()]);
    });
    const key = ends.toSorted().join();
    if (ends[0] !== ends[1] && !seen.has(key)) {
      seen.add(key);
      return reference(of);
    }
    return `// ${reference(of)}`;
  });
}

/*
 * `>` is many-to-one and `-` one-to-one, read from the child. Newer DBML (10) marks an optional end with `?`; it is
 * left off, so that older tools read the file too: whether the column is `not null` says the same.
 */
function reference(of: Relationship): string {
  const end = (table: TableView, columns: readonly string[]): string => {
    const name = qualified(table.table.schema, table.table.name);
    return columns.length === 1
      ? `${name}.${dbmlName(columns[0] ?? "")}`
      : `${name}.(${columns.map(dbmlName).join(", ")})`;
  };
  const target = of.constraint.references;
  const actions = [
    ...(target === null || target.onDelete === "no action" ? [] : [`delete: ${ACTION[target.onDelete]}`]),
    ...(target === null || target.onUpdate === "no action" ? [] : [`update: ${ACTION[target.onUpdate]}`]),
  ];
  const sign = of.one ? "-" : ">";
  return `Ref ${dbmlName(of.constraint.name)}: ${end(of.child, of.columns)} ${sign} ${end(of.parent, of.parentColumns)}${settings(actions)}`;
}
