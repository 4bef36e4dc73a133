import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { hubOf, neverNull, relationshipsOf, tableId, uniqueColumnSets } from "../relationships.ts";
import type { Hub, Relationship, Relationships } from "../relationships.ts";
import { compactType } from "../type-name.ts";
import { attributeWord, mermaidText, plainEntity } from "./quote.ts";
import { readingOrder } from "./order.ts";

/** How much a diagram shows. */
export interface MermaidOptions {
  /**
   * `all` columns, `keys` (primary, foreign and unique), or `names` of tables only. Unless stated: all columns
   * up to 25 tables, keys beyond, and less still where the text would exceed what Mermaid accepts.
   */
  readonly columns?: "all" | "keys" | "names";
  /** Columns shown per table before the rest is counted; 16 unless stated. Keys are always shown. */
  readonly columnsMax?: number;
  /**
   * Whether to draw every line to a table that most others reference by one column (the tenant). They hide
   * all else, so unless stated only tables without another parent keep theirs (when they are at most 12);
   * where a line is left out, the column says where it points.
   */
  readonly hubLines?: boolean;
}

// From here on a diagram with all columns cannot be read on one page.
const TABLES_WITH_COLUMNS_MAX = 25;
// Mermaid refuses larger texts by default (config `maxTextSize`), and more than `maxEdges` = 500 lines.
const TEXT_MAX = 50_000;
const LINES_MAX = 500;
// More lines than this to one table cannot be told apart (our own measure, from looking at diagrams).
const HUB_LINES_MAX = 12;

/**
 * Writes a catalog as a Mermaid `erDiagram` (version 11 and later draw it). Partitions are part of their table;
 * related tables stand near each other; cardinality follows from the nullability and uniqueness of the
 * referencing columns. Never throws.
 */
export function writeMermaid(catalog: Catalog, options: MermaidOptions = {}): string {
  const relationships = relationshipsOf(viewOf(catalog));
  const many = relationships.tables.length > TABLES_WITH_COLUMNS_MAX;
  const levels =
    options.columns === undefined ? (["all", "keys", "names"] as const).slice(many ? 1 : 0) : [options.columns];
  let text = "";
  for (const level of levels) {
    text = diagram(relationships, level, options);
    if (text.length <= TEXT_MAX) break;
  }
  return text;
}

interface Drawing {
  readonly relationships: Relationships;
  readonly hub: Hub | null;
  /** Lines to the hub that are left out. */
  readonly hidden: ReadonlySet<Relationship>;
  readonly drawn: readonly Relationship[];
  readonly ids: ReadonlyMap<string, string>;
  /** Whether names need their schema. */
  readonly several: boolean;
  readonly outward: ReadonlyMap<TableView, readonly Relationship[]>;
  readonly level: "all" | "keys" | "names";
  readonly columnsMax: number;
}

function diagram(relationships: Relationships, level: Drawing["level"], options: MermaidOptions): string {
  const hub = options.hubLines === true ? null : hubOf(relationships);
  const hidden = new Set<Relationship>(hub === null ? [] : hiddenLines(relationships, hub));
  const drawn = relationships.all.filter((relationship) => !hidden.has(relationship));
  const several = new Set(relationships.tables.map((view) => view.table.schema)).size > 1;
  const drawing: Drawing = {
    relationships,
    hub,
    hidden,
    drawn,
    ids: entityIds(relationships.tables, several),
    several,
    outward: outwardOf(relationships),
    level,
    columnsMax: options.columnsMax ?? 16,
  };
  const ordered = readingOrder(relationships.tables, drawn);
  const rank = new Map(ordered.map((table, index) => [tableId(table.table), index]));
  const lines = drawn
    .toSorted((a, b) => (rank.get(tableId(a.parent.table)) ?? 0) - (rank.get(tableId(b.parent.table)) ?? 0))
    .map((relationship) => line(drawing, relationship));
  const remarks = hub === null ? [] : [hubRemark(hub, hidden.size)];
  if (lines.length > LINES_MAX) remarks.push(`${lines.length} lines: raise Mermaid's maxEdges (500) to draw it`);
  const text = [
    "erDiagram",
    ...remarks.map((remark) => `  %% ${remark}`),
    ...ordered.flatMap((table) => entity(drawing, table)),
    ...lines,
    "",
  ].join("\n");
  if (text.length <= TEXT_MAX) return text;
  return text.replace(
    "erDiagram\n",
    `erDiagram\n  %% ${text.length} characters: raise Mermaid's maxTextSize (50000) to draw it\n`,
  );
}

function outwardOf(relationships: Relationships): Map<TableView, Relationship[]> {
  const outward = new Map<TableView, Relationship[]>(relationships.tables.map((table) => [table, []]));
  for (const relationship of relationships.all) outward.get(relationship.child)?.push(relationship);
  return outward;
}

const oneLine = (name: string): string => name.replaceAll(/[\s{}%]+/g, " ");

/*
 * A table without another parent keeps its line to the hub, so that the hub stands above the groups it holds
 * together; not when there are so many that the lines hide everything again.
 */
function hiddenLines(relationships: Relationships, hub: Hub): readonly Relationship[] {
  const own = new Set(hub.relationships);
  const held = new Set(relationships.all.filter((of) => !own.has(of) && of.parent !== of.child).map((of) => of.child));
  const roots = hub.relationships.filter((of) => !held.has(of.child));
  return roots.length > HUB_LINES_MAX ? hub.relationships : hub.relationships.filter((of) => held.has(of.child));
}

function hubRemark(hub: Hub, hidden: number): string {
  return `${hidden} lines to ${oneLine(hub.table.table.name)} by ${oneLine(hub.column)} are left out`;
}

const title = (view: TableView, several: boolean): string =>
  several && view.table.schema !== null && view.table.schema !== "public"
    ? `${view.table.schema}.${view.table.name}`
    : view.table.name;

// A word that is unique in the diagram; the real name is shown beside it where it differs.
function entityIds(tables: readonly TableView[], several: boolean): Map<string, string> {
  const taken = new Set<string>();
  const ids = new Map<string, string>();
  for (const view of tables) {
    const name = title(view, several).replace(".", "_");
    const word = plainEntity(name) ? name : `t_${name.replaceAll(/\W+/g, "_").replaceAll(/^_+|_+$/g, "")}`;
    let id = word;
    for (let count = 2; taken.has(id); count++) id = `${word}_${count}`;
    taken.add(id);
    ids.set(tableId(view.table), id);
  }
  return ids;
}

function entity(drawing: Drawing, view: TableView): string[] {
  const id = drawing.ids.get(tableId(view.table)) ?? "";
  const name = title(view, drawing.several);
  const partitions = drawing.relationships.partitions.get(tableId(view.table));
  const shown = partitions === undefined ? name : `${name} (${partitions} partition${partitions === 1 ? "" : "s"})`;
  const head = shown === id ? `  ${id}` : `  ${id}["${mermaidText(shown) || "#32;"}"]`;
  const attributes = attributesOf(drawing, view);
  return attributes.length === 0 ? [head] : [`${head} {`, ...attributes.map((text) => `    ${text}`), "  }"];
}

function attributesOf(drawing: Drawing, view: TableView): string[] {
  if (drawing.level === "names") return [];
  const own = drawing.outward.get(view) ?? [];
  const referencing = new Set(own.flatMap((relationship) => relationship.columns));
  const unique = new Set(
    uniqueColumnSets(view)
      .filter((set) => set.length === 1)
      .flat(),
  );
  const isKey = (name: string): boolean =>
    view.primaryKey?.columns.includes(name) === true || referencing.has(name) || unique.has(name);
  const keys = view.columns.filter((column) => isKey(column.name));
  const others = drawing.level === "keys" ? [] : view.columns.filter((column) => !isKey(column.name));
  const room = Math.max(0, drawing.columnsMax - keys.length);
  const shown =
    others.length > room
      ? new Set([...keys, ...others.slice(0, Math.max(0, room - 1))])
      : new Set([...keys, ...others]);
  const lines = view.columns
    .filter((column) => shown.has(column))
    .map((column) => {
      const type = attributeWord(compactType(column.type).replace(/\((\d+),\s*\d+\)/, ""));
      const name = attributeWord(column.name);
      const marks = [
        ...(view.primaryKey?.columns.includes(column.name) === true ? ["PK"] : []),
        ...(referencing.has(column.name) ? ["FK"] : []),
        ...(unique.has(column.name) && view.primaryKey?.columns.join() !== column.name ? ["UK"] : []),
      ];
      const remarks = [
        ...(name.exact ? [] : [column.name]),
        ...(neverNull(view, column.name) ? [] : ["null"]),
        ...(own.some((of) => drawing.hidden.has(of) && of.columns[0] === column.name)
          ? [`→ ${drawing.hub?.table.table.name ?? ""}`]
          : []),
      ];
      const words = [type.word, name.word, ...(marks.length === 0 ? [] : [marks.join(", ")])];
      return remarks.length === 0 ? words.join(" ") : `${words.join(" ")} "${mermaidText(remarks.join(", "))}"`;
    });
  const left = drawing.level === "keys" ? 0 : view.columns.length - shown.size;
  return left === 0 ? lines : [...lines, `… … "${left} more column${left === 1 ? "" : "s"}"`];
}

function line(drawing: Drawing, of: Relationship): string {
  const id = (view: TableView): string => drawing.ids.get(tableId(view.table)) ?? "";
  const cardinality = `${of.required ? "||" : "|o"}--${of.one ? "o|" : "o{"}`;
  return `  ${id(of.parent)} ${cardinality} ${id(of.child)} : "${mermaidText(label(drawing, of)) || "#32;"}"`;
}

// The columns that tell this foreign key from the others, without the suffix that every key column has.
function label(drawing: Drawing, of: Relationship): string {
  if (of.one && of.columns.every((column, index) => column === of.parentColumns[index])) return "same key";
  const telling = of.columns.filter((column) => column !== drawing.hub?.column);
  const columns = telling.length === 0 ? of.columns : telling;
  return columns.map((column) => column.replace(/(?<=.)_(id|code|key)$/, "")).join(", ");
}
