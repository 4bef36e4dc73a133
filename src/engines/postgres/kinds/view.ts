import type { ViewObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical } from "../canonical.ts";
import { changeOptions, commentOn, ident, qualified, setComment, statement, withOptions } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind, optionsOf } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly row_type: number;
  readonly array: number;
  readonly rule: number;
  readonly relkind: "v" | "m";
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  readonly options: readonly (string | null)[] | null;
  readonly columns:
    | readonly {
        readonly name: string;
        readonly type: string;
        readonly comment: string | null;
        readonly default: boolean;
      }[]
    | null;
  readonly comment: string | null;
}

const nameOf = (object: ViewObject): string => qualified(object.schema, object.name);

// Same columns, no dependencies: stands in until what the real query needs exists.
const placeholder = (object: ViewObject): string => {
  const columns = object.columns.map(({ name, type }) => `NULL::${type} AS ${ident(name)}`);
  return `CREATE OR REPLACE VIEW ${nameOf(object)} AS\n SELECT ${columns.join(",\n    ")}`;
};

const body = (object: ViewObject): string => `${nameOf(object)}${withOptions(object.options)} AS\n${object.definition}`;

const word = (object: ViewObject): string => (object.materialised ? "MATERIALIZED VIEW" : "VIEW");

// CREATE OR REPLACE keeps what hangs on the view; it may only add columns at the end.
function replace({ before, after }: Alteration<"view">): Statement[] {
  if (after.materialised)
    throw new UnprintableChange("view", "definition", "a materialised view is dropped and created again");
  const kept = before.columns.every((column, index) => JSON.stringify(column) === JSON.stringify(after.columns[index]));
  if (!kept) throw new UnprintableChange("view", "columns", "columns can only be added at the end");
  return [statement(`CREATE OR REPLACE VIEW ${body(after)}`)];
}

/**
 * Views and materialised views. A materialised view is created without data, as its query may fail or
 * take long; REFRESH fills it.
 */
export const view: ObjectKind<"view"> = objectKind<"view", Row>({
  kind: "view",
  query: () => `
    select c.oid, c.reltype as row_type, t.typarray as array, w.oid as rule, c.relkind, n.nspname as schema,
      c.relname as name, pg_get_viewdef(c.oid) as definition, c.reloptions as options, a.columns,
      d.description as comment
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = c.reltype
    join pg_rewrite w on w.ev_class = c.oid and w.rulename = '_RETURN'
    left join lateral (
      select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'comment', ad.description, 'default', a.atthasdef) order by a.attnum) as columns
      from pg_attribute a
      left join pg_description ad on ad.classoid = ${CLASS.relation} and ad.objoid = a.attrelid and ad.objsubid = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a on true
    ${joinComment(CLASS.relation, "c.oid")}
    where c.relkind in ('v', 'm') and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}`,
  read(row, reading) {
    const own = ref("view", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.identify(CLASS.relation, row.oid, key);
    reading.identify(CLASS.type, row.row_type, key);
    reading.identify(CLASS.type, row.array, key);
    reading.identify(CLASS.rewrite, row.rule, key);
    const columns = row.columns ?? [];
    reading.relations.set(row.oid, {
      schema: row.schema,
      name: row.name,
      relkind: row.relkind,
      key,
      columns: new Map(columns.map((column, index) => [index + 1, { name: column.name, key }])),
    });
    for (const column of columns) {
      const name = `${qualified(row.schema, row.name)}.${ident(column.name)}`;
      if (column.comment !== null) reading.report("comment on view column", name);
      if (column.default) reading.report("default of view column", name);
    }
    return {
      ...own,
      kind: "view",
      materialised: row.relkind === "m",
      columns: columns.map(({ name, type }) => ({ name, type })),
      definition: canonical(row.definition.trim().replace(/;$/, "")),
      options: optionsOf(row.options),
      comment: row.comment,
      dependsOn: [refKey(ref("schema", row.schema))],
    };
  },
  create(object, context) {
    const create = object.materialised
      ? `CREATE MATERIALIZED VIEW ${body(object)}\n  WITH NO DATA`
      : context.postponed.has(refKey(object))
        ? placeholder(object)
        : `CREATE VIEW ${body(object)}`;
    return [statement(create), ...commentOn(`${word(object)} ${nameOf(object)}`, object.comment)];
  },
  complete: (object) => (object.materialised ? [] : [statement(`CREATE OR REPLACE VIEW ${body(object)}`)]),
  drop: (object) => [statement(`DROP ${word(object)} ${nameOf(object)}`)],
  reduce: (object) => (object.materialised ? [] : [statement(placeholder(object))]),
  alter: alterBy("view", {
    definition: replace,
    columns: (change) => (change.properties.includes("definition") ? [] : replace(change)),
    options: ({ before, after }) =>
      changeOptions(`ALTER ${word(after)} ${nameOf(after)}`, before.options, after.options),
    comment: ({ after }) => [setComment(`${word(after)} ${nameOf(after)}`, after.comment)],
  }),
});
