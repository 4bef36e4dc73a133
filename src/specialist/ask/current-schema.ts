import type { Catalog, ColumnObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { scores, termsOf } from "./relevance.ts";
import type { Field } from "./relevance.ts";

/** A column, with what is unusual left out: absent `nullable` is not null, absent `default` is none. */
export interface BriefColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable?: true;
  /** The default's expression, `identity` or `generated`. */
  readonly default?: string;
  readonly comment?: string;
}

/** A table as another agent needs it to write queries against it. Names are `schema.table`. */
export interface BriefTable {
  readonly name: string;
  readonly comment?: string;
  readonly columns: readonly BriefColumn[];
  readonly primary_key: readonly string[] | null;
  /** Column lists that are unique: constraints, and unique indexes over all rows. */
  readonly unique?: readonly (readonly string[])[];
  readonly references?: readonly {
    readonly columns: readonly string[];
    readonly table: string;
    readonly to: readonly string[];
    readonly on_delete: string;
  }[];
  /** Tables whose foreign keys point here. */
  readonly referenced_by?: readonly string[];
  /** Rows are filtered by policies. */
  readonly row_security?: true;
}

/** What a source holds, cut down to what a question is about. */
export interface CurrentSchema {
  /** The engine it was read from: `postgres 18.4`. */
  readonly engine: string;
  /** Tables in the source, partitions not counted; `tables` may show fewer. */
  readonly tables_total: number;
  /** Words of the question that were looked for. */
  readonly terms: readonly string[];
  /** Best answer first where the terms chose; by name where they found nothing and tables are shown regardless. */
  readonly tables: readonly BriefTable[];
  /** Whether the terms chose the tables. False: they found none, or there were none. */
  readonly matched: boolean;
}

const TABLES_MAX = 30;
// A table that answers a tenth as well as the best shares a common word with the question, no more.
const SHARE_OF_BEST_MIN = 0.1;
const COMMENT_CHARS_MAX = 160;

/** The tables of a catalog that a question names, compactly. Without a hit: the first tables by name, and that is said. */
export function currentSchema(catalog: Catalog, query: string): CurrentSchema {
  const view = viewOf(catalog);
  // A partition says nothing that its parent does not.
  const tables = view.tables.filter(({ table }) => table.partitionOf === null);
  const terms = termsOf(query);
  const ranked = scores(terms, tables.map(fieldsOf))
    .map((score, index) => ({ score, table: tables[index] }))
    .filter((entry): entry is { score: number; table: TableView } => entry.table !== undefined)
    .toSorted((a, b) => b.score - a.score || (nameOf(a.table) < nameOf(b.table) ? -1 : 1));
  const best = ranked[0]?.score ?? 0;
  const chosen = best === 0 ? ranked : ranked.filter(({ score }) => score >= best * SHARE_OF_BEST_MIN);
  const referencing = referencingTables(tables);
  return {
    engine: `${catalog.engine.name} ${catalog.engine.version}`,
    tables_total: tables.length,
    terms,
    matched: best > 0,
    tables: chosen.slice(0, TABLES_MAX).map(({ table }) => briefTable(table, referencing.get(nameOf(table)) ?? [])),
  };
}

const nameOf = ({ table }: TableView): string => [table.schema, table.name].filter((part) => part !== null).join(".");

function fieldsOf({ table, columns }: TableView): readonly Field[] {
  return [
    { text: table.name, weight: 4 },
    { text: table.comment ?? "", weight: 2 },
    { text: columns.map(({ name }) => name).join(" "), weight: 2 },
    { text: columns.map(({ comment }) => comment ?? "").join(" "), weight: 1 },
    { text: table.schema ?? "", weight: 1 },
  ];
}

function referencingTables(tables: readonly TableView[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const table of tables) {
    for (const { references } of table.constraints) {
      if (references === null) continue;
      const target = `${references.schema}.${references.table}`;
      found.set(target, (found.get(target) ?? new Set()).add(nameOf(table)));
    }
  }
  return new Map([...found].map(([target, names]) => [target, [...names].toSorted()]));
}

function briefTable(view: TableView, referencedBy: readonly string[]): BriefTable {
  const { table, columns, constraints, indexes, primaryKey } = view;
  const unique = [
    ...constraints.filter(({ type }) => type === "unique").map((constraint) => constraint.columns),
    ...indexes
      .filter(({ unique: isUnique, constraint, predicate }) => isUnique && constraint === null && predicate === null)
      .filter(({ keys }) => keys.every(({ column }) => column !== null))
      .map(({ keys }) => keys.flatMap(({ column }) => column ?? [])),
  ];
  const references = constraints.flatMap((constraint) =>
    constraint.references === null
      ? []
      : {
          columns: constraint.columns,
          table: `${constraint.references.schema}.${constraint.references.table}`,
          to: constraint.references.columns,
          on_delete: constraint.references.onDelete,
        },
  );
  return {
    name: nameOf(view),
    ...commentOf(table.comment),
    columns: columns.map(briefColumn),
    primary_key: primaryKey?.columns ?? null,
    ...(unique.length === 0 ? {} : { unique }),
    ...(references.length === 0 ? {} : { references }),
    ...(referencedBy.length === 0 ? {} : { referenced_by: referencedBy }),
    ...(table.rowSecurity.enabled ? { row_security: true } : {}),
  };
}

function briefColumn(column: ColumnObject): BriefColumn {
  const filled =
    column.identity !== null ? "identity" : column.generated !== null ? "generated" : (column.default ?? undefined);
  return {
    name: column.name,
    type: column.type,
    ...(column.notNull ? {} : { nullable: true }),
    ...(filled === undefined ? {} : { default: filled }),
    ...commentOf(column.comment),
  };
}

function commentOf(comment: string | null): { readonly comment?: string } {
  if (comment === null || comment.trim() === "") return {};
  const [line = ""] = comment.trim().split("\n");
  return { comment: line.length > COMMENT_CHARS_MAX ? `${line.slice(0, COMMENT_CHARS_MAX)}…` : line };
}
