import type { ViewObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalQuery } from "../canonical.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { changeOptions, commentOn, ident, qualified, setComment, statement, withOptions } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind, optionsOf } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";
import { changeViewColumns, emptyViewColumn, keepsColumns, VIEW_COLUMNS, viewColumnOf } from "./view-columns.ts";
import type { ViewColumnRow } from "./view-columns.ts";

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
  readonly columns: readonly ViewColumnRow[] | null;
  readonly populated: boolean;
  readonly method: string | null;
  readonly tablespace: string | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const nameOf = (object: ViewObject): string => qualified(object.schema, object.name);

// Same columns, no dependencies: stands in until what the real query needs exists.
const placeholder = (object: ViewObject): string =>
  `CREATE OR REPLACE VIEW ${nameOf(object)} AS\n SELECT ${object.columns.map(emptyViewColumn).join(",\n    ")}`;

const body = (object: ViewObject): string => {
  const method = object.accessMethod === undefined ? "" : ` USING ${ident(object.accessMethod)}`;
  const space = object.tablespace === undefined ? "" : ` TABLESPACE ${ident(object.tablespace)}`;
  return `${nameOf(object)}${method}${withOptions(object.options)}${space} AS\n${object.definition}`;
};

const word = (object: ViewObject): string => (object.materialised ? "MATERIALIZED VIEW" : "VIEW");

// CREATE OR REPLACE keeps what hangs on the view; it may only add columns at the end.
function replace({ before, after }: Alteration<"view">): Statement[] {
  if (after.materialised)
    throw new UnprintableChange("view", "definition", "a materialised view is dropped and created again");
  if (!keepsColumns(before, after))
    throw new UnprintableChange("view", "columns", "columns can only be added at the end");
  return [statement(`CREATE OR REPLACE VIEW ${body(after)}`)];
}

function alterColumns(change: Alteration<"view">): Statement[] {
  const { before, after, properties } = change;
  // The type of a column follows from the tables under the view as well.
  const shaped = before.columns.length !== after.columns.length || !keepsColumns(before, after);
  const again = shaped && !properties.includes("definition") ? replace(change) : [];
  return [...again, ...changeViewColumns(before, after)];
}

const alterView = (object: ViewObject): string => `ALTER ${word(object)} ${nameOf(object)}`;

const comments = (object: ViewObject): Statement[] => [
  ...changeViewColumns(null, object),
  ...commentOn(`${word(object)} ${nameOf(object)}`, object.comment),
  ...ownerTo(`${word(object)} ${nameOf(object)}`, object),
];

const refresh = (object: ViewObject): Statement => statement(`REFRESH MATERIALIZED VIEW ${nameOf(object)}`);

/**
 * Views and materialised views. A script creates a materialised view without data, since its query may need what
 * comes later, and fills it at the end. That one is empty is no reason to empty another: REFRESH … WITH NO DATA would
 * throw rows away, and is never printed.
 */
export const view: ObjectKind<"view"> = objectKind<"view", Row>({
  kind: "view",
  present: "from pg_catalog.pg_class where relkind in ('v', 'm') and oid >= 16384",
  query: () => `
    select c.oid, c.reltype as row_type, t.typarray as array, w.oid as rule, c.relkind, n.nspname as schema,
      c.relname as name, pg_get_viewdef(c.oid) as definition, c.reloptions as options, a.columns,
      c.relispopulated as populated, case when m.amname <> 'heap' then m.amname end as method,
      s.spcname as tablespace, ${ownerOf("c.relowner")} as owner, d.description as comment
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = c.reltype
    join pg_rewrite w on w.ev_class = c.oid and w.rulename = '_RETURN'
    left join pg_am m on m.oid = c.relam
    left join pg_tablespace s on s.oid = c.reltablespace
    ${VIEW_COLUMNS}
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
    for (const column of columns) reading.identify(CLASS.default, column.default_oid ?? null, key);
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "view",
      materialised: row.relkind === "m",
      columns: columns.map(viewColumnOf),
      definition: canonicalQuery(row.definition.trim().replace(/;$/, "")),
      options: optionsOf(row.options),
      ...(row.populated ? {} : { populated: false }),
      ...(row.method === null ? {} : { accessMethod: row.method }),
      ...(row.tablespace === null ? {} : { tablespace: row.tablespace }),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object, context) {
    if (object.materialised)
      return [statement(`CREATE MATERIALIZED VIEW ${body(object)}\n  WITH NO DATA`), ...comments(object)];
    if (context.postponed.has(refKey(object))) return [statement(placeholder(object))];
    return [statement(`CREATE VIEW ${body(object)}`), ...comments(object)];
  },
  complete: (object) =>
    object.materialised
      ? [refresh(object)]
      : [statement(`CREATE OR REPLACE VIEW ${body(object)}`), ...comments(object)],
  drop: (object) => [statement(`DROP ${word(object)} ${nameOf(object)}`)],
  reduce: (object) => {
    if (object.materialised) return [];
    const given = object.columns.filter((column) => column.default !== undefined);
    return [
      ...given.map(({ name }) => statement(`${alterView(object)} ALTER COLUMN ${ident(name)} DROP DEFAULT`)),
      statement(placeholder(object)),
    ];
  },
  add: (object) => [
    statement(
      `CREATE ${word(object)} ${body(object)}${object.materialised && object.populated === false ? "\n  WITH NO DATA" : ""}`,
    ),
    ...comments(object),
  ],
  alter: alterBy("view", {
    definition: replace,
    columns: alterColumns,
    options: ({ before, after, properties }) =>
      // CREATE OR REPLACE states them all.
      properties.includes("definition") ? [] : changeOptions(alterView(after), before.options, after.options),
    accessMethod: ({ after }) => [
      statement(`${alterView(after)} SET ACCESS METHOD ${ident(after.accessMethod ?? "heap")}`),
    ],
    tablespace: ({ after }) => [
      statement(`${alterView(after)} SET TABLESPACE ${ident(after.tablespace ?? "pg_default")}`),
    ],
    populated: ({ after }) => (after.populated === false ? [] : [refresh(after)]),
    comment: ({ after }) => [setComment(`${word(after)} ${nameOf(after)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`${word(after)} ${nameOf(after)}`, after),
  }),
});
