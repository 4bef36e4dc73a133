import type { TableObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { alterOptions, readOptions } from "../foreign-options.ts";
import { ownedBy, ownerChanged, ownerOf } from "../ownership.ts";
import { changeOptions, ident, qualified, setComment, statement } from "../print.ts";
import { addTable, createTable, joinParents, leaveParents, renameNotNull, tableWord } from "../table-ddl.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, notOfExtension, objectKind, optionsOf } from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly row_type: number;
  readonly array: number;
  readonly schema: string;
  readonly name: string;
  readonly relkind: string;
  readonly unlogged: boolean;
  readonly row_security: boolean;
  readonly force_row_security: boolean;
  readonly options: readonly (string | null)[] | null;
  readonly toast_options: readonly (string | null)[] | null;
  readonly partition_key: string | null;
  readonly is_partition: boolean;
  readonly bound: string | null;
  readonly parents: readonly (readonly [schema: string, table: string])[] | null;
  readonly replica_identity: string;
  readonly of_type: string | null;
  readonly method: string | null;
  readonly tablespace: string | null;
  readonly owner: string | null;
  readonly foreign: { readonly server: string; readonly options: readonly string[] | null } | null;
  readonly comment: string | null;
}

// `RANGE (created_at, lower(name))`, as pg_get_partkeydef prints it.
function partitionByOf(key: string | null): TableObject["partitionBy"] {
  const match = /^(RANGE|LIST|HASH) \((.*)\)$/s.exec(key ?? "");
  const strategy = match?.[1]?.toLowerCase();
  if (match?.[2] === undefined || (strategy !== "range" && strategy !== "list" && strategy !== "hash")) return null;
  return { strategy, key: match[2] };
}

const alterTable = (object: TableObject): string => `ALTER TABLE ${qualified(object.schema, object.name)}`;

// Parents are kept in order: from the first that differs on, all are left and joined anew.
function rejoin({ before, after }: Alteration<"table">, context: PrintContext): Statement[] {
  if (before.partitionOf !== null || after.partitionOf !== null)
    return [
      ...leaveParents(before),
      ...(before.partitionOf === null ? [] : renameNotNull(after, context)),
      ...joinParents(after),
    ];
  const isSame = ({ schema, table: name }: TableObject["inherits"][number], index: number): boolean =>
    before.inherits[index]?.schema === schema && before.inherits[index]?.table === name;
  const differing = after.inherits.findIndex((parent, index) => !isSame(parent, index));
  const kept = differing < 0 ? after.inherits.length : differing;
  const left = before.inherits.slice(kept);
  return [
    ...leaveParents({ ...before, inherits: left }),
    ...(left.length === 0 ? [] : renameNotNull(after, context)),
    ...joinParents({ ...after, inherits: after.inherits.slice(kept) }),
  ];
}

const typed = ({ after }: Alteration<"table">): Statement[] => [
  statement(`${alterTable(after)} ${after.ofType === undefined ? "NOT OF" : `OF ${after.ofType}`}`),
];

function alterForeign({ before, after }: Alteration<"table">): Statement[] {
  if (before.foreign === undefined || after.foreign === undefined || before.foreign.server !== after.foreign.server)
    throw new UnprintableChange("table", "foreign", "where a table's rows are is chosen once");
  const target = `FOREIGN TABLE ${qualified(after.schema, after.name)}`;
  return alterOptions(target, before.foreign.options, after.foreign.options);
}

function alterSecurity({ before, after }: Alteration<"table">): Statement[] {
  const [was, is] = [before.rowSecurity, after.rowSecurity];
  return [
    ...(was.enabled === is.enabled
      ? []
      : [statement(`${alterTable(after)} ${is.enabled ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY`)]),
    ...(was.forced === is.forced
      ? []
      : [statement(`${alterTable(after)} ${is.forced ? "FORCE" : "NO FORCE"} ROW LEVEL SECURITY`)]),
  ];
}

/** Tables: plain, partitioned, partitions, inheriting, typed and foreign ones. */
export const table: ObjectKind<"table"> = objectKind<"table", Row>({
  kind: "table",
  query: () => `
    select c.oid, c.reltype as row_type, t.typarray as array, n.nspname as schema, c.relname as name, c.relkind,
      c.relpersistence = 'u' as unlogged, c.relrowsecurity as row_security,
      c.relforcerowsecurity as force_row_security, c.reloptions as options, tc.reloptions as toast_options,
      case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
      c.relispartition as is_partition, pg_get_expr(c.relpartbound, c.oid) as bound, h.parents,
      -- An identity whose index is gone is none.
      case when c.relreplident = 'i' and not exists (
        select from pg_index ri where ri.indrelid = c.oid and ri.indisreplident) then 'n' when c.relkind <> 'f' then c.relreplident end
        as replica_identity, case when c.reloftype <> 0 then format_type(c.reloftype, null) end as of_type,
      m.amname as method, s.spcname as tablespace, ${ownerOf("c.relowner")} as owner, d.description as comment,
      case when c.relkind = 'f' then (
        select json_build_object('server', fs.srvname, 'options', f.ftoptions) from pg_foreign_table f
        join pg_foreign_server fs on fs.oid = f.ftserver where f.ftrelid = c.oid) end as foreign
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = c.reltype
    left join pg_am m on m.oid = c.relam
    left join pg_tablespace s on s.oid = c.reltablespace
    left join pg_class tc on tc.oid = c.reltoastrelid
    left join (
      select i.inhrelid, json_agg(json_build_array(pn.nspname, p.relname) order by i.inhseqno) as parents
      from pg_inherits i
      join pg_class p on p.oid = i.inhparent and p.relkind in ('r', 'p', 'f')
      join pg_namespace pn on pn.oid = p.relnamespace
      group by i.inhrelid) h on h.inhrelid = c.oid
    ${joinComment(CLASS.relation, "c.oid")}
    where c.relkind in ('r', 'p', 'f') and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}`,
  read(row, reading) {
    const own = ref("table", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.own(key);
    reading.identify(CLASS.relation, row.oid, key);
    reading.identify(CLASS.type, row.row_type, key);
    reading.identify(CLASS.type, row.array, key);
    const { schema, name, relkind } = row;
    reading.relations.set(row.oid, { schema, name, relkind, key, columns: new Map() });
    const parents = (row.parents ?? []).map(([parentSchema, parent]) => ({ schema: parentSchema, table: parent }));
    const dependsOn: RefKey[] = [refKey(ref("schema", schema))];
    for (const parent of parents) dependsOn.push(refKey(ref("table", parent.table, { schema: parent.schema })));
    const [first] = parents;
    const what = `foreign table ${qualified(schema, name)}`;
    const foreign = row.foreign && { ...row.foreign, options: readOptions(row.foreign.options, what, reading) };
    return {
      kind: "table",
      schema,
      table: null,
      name,
      signature: "",
      unlogged: row.unlogged,
      partitionBy: partitionByOf(row.partition_key),
      partitionOf: row.is_partition && first !== undefined ? { ...first, bound: row.bound ?? "DEFAULT" } : null,
      inherits: row.is_partition ? [] : parents,
      rowSecurity: { enabled: row.row_security, forced: row.force_row_security },
      options: optionsOf(row.options, row.toast_options),
      ...(row.tablespace === null ? {} : { tablespace: row.tablespace }),
      ...(row.method === null || row.method === "heap" ? {} : { accessMethod: row.method }),
      ...(row.of_type === null ? {} : { ofType: row.of_type }),
      ...(row.replica_identity === "f" ? { replicaIdentity: "full" as const } : {}),
      ...(row.replica_identity === "n" ? { replicaIdentity: "nothing" as const } : {}),
      ...(foreign === null ? {} : { foreign }),
      ...ownedBy(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create: createTable,
  drop: (object) => [statement(`DROP ${tableWord(object)} ${qualified(object.schema, object.name)}`)],
  add: addTable,
  alter: alterBy("table", {
    unlogged: ({ after }) => [statement(`${alterTable(after)} SET ${after.unlogged ? "UNLOGGED" : "LOGGED"}`)],
    tablespace: ({ after }) => [
      statement(`${alterTable(after)} SET TABLESPACE ${ident(after.tablespace ?? "pg_default")}`),
    ],
    accessMethod: ({ after }) => [
      statement(`${alterTable(after)} SET ACCESS METHOD ${ident(after.accessMethod ?? "heap")}`),
    ],
    // A typed table has no parents: it gets its type after leaving them. One that loses it finds them afterwards.
    ...inOne<"table">(["partitionOf", "inherits", "ofType"], (change, context) => {
      const type = change.properties.includes("ofType") ? typed(change) : [];
      const parents = ["partitionOf", "inherits"].some((name) => change.properties.includes(name))
        ? rejoin(change, context)
        : [];
      return change.after.ofType === undefined ? [...type, ...parents] : [...parents, ...type];
    }),
    rowSecurity: alterSecurity,
    foreign: alterForeign,
    replicaIdentity: ({ after }) => [
      statement(`${alterTable(after)} REPLICA IDENTITY ${after.replicaIdentity?.toUpperCase() ?? "DEFAULT"}`),
    ],
    options: ({ before, after }) => changeOptions(alterTable(after), before.options, after.options),
    comment: ({ after }) => [setComment(`${tableWord(after)} ${qualified(after.schema, after.name)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`TABLE ${qualified(after.schema, after.name)}`, after),
  }),
});
