import type { ColumnObject, ConstraintObject, IndexObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { neverNull, tableId, uniqueColumnSets } from "../relationships.ts";
import type { Relationship, Relationships } from "../relationships.ts";
import { code, fenced, plain, table } from "./quote.ts";

type Title = (of: TableView) => string;

/** The section of one table, with references in both directions linked. */
export function tableSection(
  of: TableView,
  relationships: Relationships,
  links: ReadonlyMap<string, string>,
  title: Title,
): string {
  const outward = relationships.all.filter((relationship) => relationship.child === of);
  const inward = relationships.all.filter((relationship) => relationship.parent === of);
  const link = (to: TableView): string => `[${plain(title(to))}](#${links.get(tableId(to.table)) ?? ""})`;
  const parts = [
    `<a id="${links.get(tableId(of.table)) ?? ""}"></a>`,
    `### ${plain(title(of))}`,
    ...(of.table.comment === null ? [] : [plain(of.table.comment)]),
    ...facts(of, relationships.partitions.get(tableId(of.table)) ?? 0),
    ...columnTable(of, outward),
    ...block(
      "References",
      ["Columns", "To", "Cardinality", "On delete", "On update", "Constraint"],
      outward.map((relationship) => [
        columnList(relationship.columns),
        `${link(relationship.parent)} ${columnList(relationship.parentColumns)}`,
        cardinality(relationship),
        relationship.constraint.references?.onDelete ?? "",
        relationship.constraint.references?.onUpdate ?? "",
        code(relationship.constraint.name),
      ]),
    ),
    ...block(
      "Referenced by",
      ["Table", "Columns", "Constraint"],
      inward.map((relationship) => [
        link(relationship.child),
        columnList(relationship.columns),
        code(relationship.constraint.name),
      ]),
    ),
    ...block("Constraints", ["Name", "Type", "Definition", "Remarks", "Comment"], constraints(of, outward)),
    ...block("Indexes", ["Name", "Method", "Keys", "Where", "Remarks", "Comment"], of.indexes.map(indexRow)),
    ...block(
      "Row security policies",
      ["Name", "For", "To", "Using", "With check", "Kind", "Comment"],
      of.policies.map((policy) => [
        code(policy.name),
        policy.command,
        policy.roles.map(plain).join(", "),
        code(policy.using ?? ""),
        code(policy.check ?? ""),
        policy.permissive ? "" : "restrictive",
        plain(policy.comment ?? ""),
      ]),
    ),
    ...of.triggers.flatMap((trigger) => [
      `**Trigger ${plain(trigger.name)}**${trigger.enabled === "origin" ? "" : ` (${trigger.enabled})`}${trigger.comment === null ? "" : `: ${plain(trigger.comment)}`}`,
      fenced("sql", trigger.definition),
    ]),
  ];
  return parts.join("\n\n");
}

const columnList = (columns: readonly string[]): string => columns.map(code).join(", ");

function block(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`**${title}**`, table(head, rows)];
}

function facts(of: TableView, partitions: number): string[] {
  const { partitionBy, inherits, rowSecurity, unlogged, options } = of.table;
  const lines = [
    ...(partitionBy === null
      ? []
      : [
          `Partitioned by ${partitionBy.strategy} of ${code(partitionBy.key)}, ${partitions} partition${partitions === 1 ? "" : "s"}.`,
        ]),
    ...(inherits.length === 0
      ? []
      : [`Inherits ${inherits.map((from) => code(`${from.schema}.${from.table}`)).join(", ")}.`]),
    ...(rowSecurity.enabled
      ? [`Row security is enabled${rowSecurity.forced ? " and forced for the owner" : ""}.`]
      : []),
    ...(unlogged ? ["Unlogged: emptied after a crash."] : []),
    ...(Object.keys(options).length === 0
      ? []
      : [
          `Storage: ${Object.entries(options)
            .map(([name, value]) => code(`${name} = ${value}`))
            .join(", ")}.`,
        ]),
  ];
  return lines.length === 0 ? [] : [lines.join(" ")];
}

function columnTable(of: TableView, outward: readonly Relationship[]): string[] {
  const rows = of.columns.map((column) => [
    code(column.name),
    code(column.type) + (column.collation === null ? "" : ` collate ${code(column.collation)}`),
    neverNull(of, column.name) ? "" : "null",
    defaultOf(column),
    keysOf(of, outward, column.name),
    plain(column.comment ?? ""),
  ]);
  return rows.length === 0 ? ["No columns."] : [table(["Column", "Type", "Null", "Default", "Key", "Comment"], rows)];
}

function defaultOf(column: ColumnObject): string {
  if (column.generated !== null)
    return `generated${column.generated.stored ? "" : " (virtual)"}: ${code(column.generated.expression)}`;
  if (column.identity !== null) return `identity, ${column.identity.generation}`;
  return code(column.default ?? "");
}

function keysOf(of: TableView, outward: readonly Relationship[], name: string): string {
  const unique = uniqueColumnSets(of).some((set) => set.length === 1 && set[0] === name);
  return [
    ...(of.primaryKey?.columns.includes(name) === true ? ["PK"] : []),
    ...(outward.some((relationship) => relationship.columns.includes(name)) ? ["FK"] : []),
    ...(unique && of.primaryKey?.columns.join() !== name ? ["UK"] : []),
  ].join(", ");
}

// Read from the parent: one parent, how many children.
function cardinality(of: Relationship): string {
  return `${of.one ? "at most one" : "many"} to ${of.required ? "one" : "at most one"}`;
}

// Foreign keys have a table of their own, and so has NOT NULL; those that lead nowhere are kept here.
function constraints(of: TableView, outward: readonly Relationship[]): string[][] {
  const told = new Set<ConstraintObject>(outward.map((relationship) => relationship.constraint));
  return of.constraints
    .filter((constraint) => constraint.type !== "not null" && !told.has(constraint))
    .map((constraint) => [
      code(constraint.name),
      constraint.type,
      code(constraint.definition),
      remarks(constraint),
      plain(constraint.comment ?? ""),
    ]);
}

function remarks(of: ConstraintObject): string {
  return [
    ...(of.validated ? [] : ["not validated"]),
    ...(of.deferrable ? [of.initiallyDeferred ? "deferred" : "deferrable"] : []),
    ...(of.inherited ? ["inherited"] : []),
  ].join(", ");
}

function indexRow(index: IndexObject): string[] {
  const keys = index.keys.map((key) =>
    [
      code(key.column ?? key.expression ?? ""),
      ...(key.opclass === null ? [] : [code(key.opclass)]),
      ...(key.order === "asc" ? [] : ["descending"]),
      ...(key.nulls === (key.order === "asc" ? "last" : "first") ? [] : [`nulls ${key.nulls}`]),
    ].join(" "),
  );
  const remarksOf = [
    ...(index.unique ? ["unique"] : []),
    ...(index.nullsNotDistinct ? ["nulls not distinct"] : []),
    ...(index.constraint === null ? [] : [`of constraint ${code(index.constraint)}`]),
    ...(index.include.length === 0 ? [] : [`includes ${columnList(index.include)}`]),
    ...(index.valid ? [] : ["invalid"]),
  ];
  return [
    code(index.name),
    plain(index.method),
    keys.join(", "),
    code(index.predicate ?? ""),
    remarksOf.join(", "),
    plain(index.comment ?? ""),
  ];
}
