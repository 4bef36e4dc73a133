import type { ViewColumn, ViewObject } from "../../../model/catalog.ts";
import type { Statement } from "../../../model/statement.ts";
import { changeOptions, ident, qualified, setComment, statement } from "../print.ts";
import { CLASS, optionsOf } from "./kind.ts";

/** A view's column as {@link VIEW_COLUMNS} gives it; what most have not is left out. */
export interface ViewColumnRow {
  readonly name: string;
  readonly type: string;
  readonly collation?: string;
  readonly comment?: string;
  readonly default?: string;
  readonly default_oid?: number;
  readonly storage?: string;
  readonly compression?: string;
  readonly statistics?: number;
  readonly options?: readonly string[];
}

/** SQL: the columns of the view `c` as JSON `a.columns`, in order. */
export const VIEW_COLUMNS: string = `left join lateral (
      select json_agg(json_strip_nulls(json_build_object('name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
        'comment', ad.description, 'default', pg_get_expr(f.adbin, f.adrelid), 'default_oid', f.oid::bigint,
        'storage', case when c.relkind = 'm' and a.attstorage <> t.typstorage then
          case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'statistics', nullif(a.attstattarget, -1), 'options', case when c.relkind = 'm' then a.attoptions end))
        order by a.attnum) as columns
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
      left join pg_description ad on ad.classoid = ${CLASS.relation} and ad.objoid = a.attrelid and ad.objsubid = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a on true`;

// PostgreSQL 15.20 leaves a stamp of its own on columns.
const isOption = (item: string): boolean => !item.startsWith("pg_attver=");

/** The noun of a {@link ViewColumnRow}. */
export function viewColumnOf(row: ViewColumnRow): ViewColumn {
  const { default_oid: _oid, statistics, options, ...column } = row;
  const given = optionsOf((options ?? []).filter(isOption));
  return {
    ...column,
    ...(statistics === undefined ? {} : { statisticsTarget: statistics }),
    ...(Object.keys(given).length === 0 ? {} : { options: given }),
  };
}

const PLAIN: Omit<ViewColumn, "name" | "type"> = {};

/** Statements that give a view's columns what its query does not say, where it differs from `before`. */
export function changeViewColumns(before: ViewObject | null, after: ViewObject): Statement[] {
  const view = qualified(after.schema, after.name);
  return after.columns.flatMap((column) => {
    const was = before?.columns.find(({ name }) => name === column.name) ?? PLAIN;
    const alter = `ALTER ${after.materialised ? "MATERIALIZED VIEW" : "VIEW"} ${view} ALTER COLUMN ${ident(column.name)}`;
    const changes: Statement[] = [];
    if (was.default !== column.default)
      changes.push(
        statement(`${alter} ${column.default === undefined ? "DROP DEFAULT" : `SET DEFAULT ${column.default}`}`),
      );
    if (was.storage !== column.storage) changes.push(statement(`${alter} SET STORAGE ${column.storage ?? "DEFAULT"}`));
    if (was.compression !== column.compression)
      changes.push(statement(`${alter} SET COMPRESSION ${column.compression ?? "default"}`));
    if (was.statisticsTarget !== column.statisticsTarget)
      changes.push(statement(`${alter} SET STATISTICS ${column.statisticsTarget ?? -1}`));
    changes.push(...changeOptions(alter, was.options ?? {}, column.options ?? {}));
    if (was.comment !== column.comment)
      changes.push(setComment(`COLUMN ${view}.${ident(column.name)}`, column.comment ?? null));
    return changes;
  });
}

/** A column as it stands in a select list, empty and of the right type. */
export function emptyViewColumn({ name, type, collation }: ViewColumn): string {
  return `NULL::${type}${collation === undefined ? "" : ` COLLATE ${collation}`} AS ${ident(name)}`;
}

/** Whether CREATE OR REPLACE VIEW may make one view of the other: columns can only be added at the end. */
export function keepsColumns(before: ViewObject, after: ViewObject): boolean {
  const shape = (column: ViewColumn | undefined): string =>
    JSON.stringify([column?.name, column?.type, column?.collation]);
  return before.columns.every((column, index) => shape(column) === shape(after.columns[index]));
}
