import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { relationshipsOf, tableId } from "../relationships.ts";
import { objectSections } from "./objects.ts";
import { anchors, code, plain, table } from "./quote.ts";
import { tableSection } from "./table.ts";

/**
 * Writes a catalog as a data dictionary in GitHub-flavoured Markdown: contents, one section per table, then
 * the other kinds of object, then what was seen and is not modelled. Names, comments and expressions are
 * escaped; nothing of a database can become markup. Never throws.
 */
export function writeMarkdown(catalog: Catalog): string {
  const view = viewOf(catalog);
  const relationships = relationshipsOf(view);
  const anchor = anchors();
  const links = new Map(relationships.tables.map((of) => [tableId(of.table), anchor(`table ${title(of)}`)]));
  const others = objectSections(view);
  const sections = others.map((section) => ({ ...section, anchor: anchor(section.title) }));
  const parts = [
    "# Data dictionary",
    summary(view, relationships.tables.length),
    "## Contents",
    contents(relationships.tables, links, sections),
    ...(relationships.tables.length === 0 ? [] : ["## Tables"]),
    ...relationships.tables.map((of) => tableSection(of, relationships, links, title)),
    ...sections.map((section) => `<a id="${section.anchor}"></a>\n\n## ${section.title}\n\n${section.body}`),
  ];
  return `${parts.join("\n\n")}\n`;
}

const title = (of: TableView): string =>
  of.table.schema === null ? of.table.name : `${of.table.schema}.${of.table.name}`;

function summary(view: CatalogView, tables: number): string {
  const count = (number: number, one: string, many: string): string[] =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  const foreignKeys = view.of("constraint").filter((constraint) => constraint.type === "foreign key");
  const parts = [
    ...count(tables, "table", "tables"),
    ...count(view.of("column").length, "column", "columns"),
    ...count(foreignKeys.length, "foreign key", "foreign keys"),
    ...count(view.of("index").length, "index", "indexes"),
    ...count(view.of("view").length, "view", "views"),
    ...count(view.of("function").length, "function", "functions"),
  ];
  const { name, version } = view.catalog.engine;
  return `${{ postgres: "PostgreSQL", mysql: "MySQL", mariadb: "MariaDB", sqlite: "SQLite" }[name]} ${plain(version)}: ${parts.length === 0 ? "empty" : parts.join(", ")}.`;
}

function contents(
  tables: readonly TableView[],
  links: ReadonlyMap<string, string>,
  sections: readonly { readonly title: string; readonly anchor: string }[],
): string {
  const rows = tables.map((of) => [
    `[${plain(title(of))}](#${links.get(tableId(of.table)) ?? ""})`,
    String(of.columns.length),
    plain(of.table.comment ?? ""),
  ]);
  const list = sections.map((section) => `- [${section.title}](#${section.anchor})`);
  return [
    ...(rows.length === 0 ? [] : [table(["Table", "Columns", "Comment"], rows)]),
    ...(list.length === 0 ? [] : [list.join("\n")]),
    ...(rows.length + list.length === 0 ? [code("nothing")] : []),
  ].join("\n\n");
}
