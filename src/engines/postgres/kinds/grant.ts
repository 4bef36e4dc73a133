import type { GrantObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { changedGrants, GRANTABLE, grantStatements } from "../privilege-statements.ts";
import { ident, qualified, statement } from "../print.ts";
import { alterBy, CLASS, inScope, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind, PrintContext } from "./kind.ts";
import { PUBLIC_SCHEMA } from "./schema.ts";

interface Row {
  readonly class: number;
  readonly oid: number;
  readonly column: number;
  readonly on: GrantObject["on"];
  readonly schema: string | null;
  readonly table: string | null;
  readonly name: string;
  readonly arguments: string | null;
  readonly grantee: string;
  readonly everybody: boolean;
  readonly own: boolean;
  readonly passed_on: boolean;
  readonly privileges: readonly string[];
}

const EVERYBODY = "public";
const OWNER = "owner";

/** What everybody may do with a new object: the server's built-in defaults. */
function defaultsOf({ on, name, grantee }: GrantObject): readonly string[] {
  if (grantee !== EVERYBODY) return [];
  if (on === "function") return ["EXECUTE"];
  if (on === "type" || on === "language") return ["USAGE"];
  return on === "schema" && name === PUBLIC_SCHEMA ? ["USAGE"] : [];
}

function targetOf(object: GrantObject, context: PrintContext): string {
  if (object.on === "column") return `TABLE ${qualified(object.schema, object.table ?? "")}`;
  const name = qualified(object.schema, object.name);
  if (object.on !== "function") return `${object.on.toUpperCase()} ${name}`;
  const signature = object.arguments ?? "";
  const routine = context.view.get(refKey(ref("function", object.name, { schema: object.schema, signature })));
  const word = routine?.kind === "function" && routine.routine === "procedure" ? "PROCEDURE" : "FUNCTION";
  return `${word} ${name}(${signature})`;
}

// The object's own key is among what the grant needs.
function ownerOf(object: GrantObject, context: PrintContext): string {
  // A column is its table's owner's.
  const { schema, table, dependsOn } = object;
  const holders =
    table === null ? [] : (["table", "view"] as const).map((kind) => refKey(ref(kind, table, { schema })));
  for (const key of [...dependsOn, ...holders]) {
    const holder = context.view.get(key);
    if (holder?.owner !== undefined) return ident(holder.owner);
  }
  return "CURRENT_USER";
}

function granteeOf(object: GrantObject, context: PrintContext): string {
  if (object.own === true) return ownerOf(object, context);
  return object.grantee === EVERYBODY ? "PUBLIC" : ident(object.grantee);
}

const columnsOf = (object: GrantObject): string => (object.on === "column" ? ` (${ident(object.name)})` : "");

const statements = (list: readonly string[]): Statement[] => list.map((sql) => statement(sql));

function give(object: GrantObject, context: PrintContext, privileges: readonly string[]): Statement[] {
  const [target, grantee] = [targetOf(object, context), granteeOf(object, context)];
  return statements(grantStatements(target, grantee, privileges, columnsOf(object)));
}

const revoke = (object: GrantObject, context: PrintContext): Statement =>
  statement(`REVOKE ALL${columnsOf(object)} ON ${targetOf(object, context)} FROM ${granteeOf(object, context)}`);

// Gives back what the grantee has by default.
function restore(object: GrantObject, context: PrintContext): Statement[] {
  // An owner has all rights on the whole, and none on a column by itself.
  if (object.own !== true || object.on === "column")
    return [revoke(object, context), ...give(object, context, defaultsOf(object))];
  const target = `${targetOf(object, context)} FROM ${granteeOf(object, context)}`;
  const passesOn = object.privileges.some((one) => one.endsWith(GRANTABLE));
  return [
    ...(passesOn ? [statement(`REVOKE GRANT OPTION FOR ALL ON ${target}`)] : []),
    ...give(object, context, ["ALL"]),
  ];
}

// What every new database gives: all to the owner, and to everybody to look things up.
const PUBLIC_ACL = `(pg_catalog.acldefault('n', n.nspowner) || pg_catalog.makeaclitem(0, n.nspowner, 'USAGE', false))`;

const relation = (relkind: string): string => `case ${relkind} when 'S' then 'sequence' else 'table' end`;

/**
 * Privileges that differ from the built-in defaults: a grant states all that the grantee may do with the object,
 * so that one without privileges says that the defaults were revoked. An owner is listed where it has lost some
 * of its rights. Who granted what is not modelled; privileges that a role other than the owner passed on are named.
 */
export const grant: ObjectKind<"grant"> = objectKind<"grant", Row>({
  kind: "grant",
  present: `where exists (select from pg_catalog.pg_class where relacl is not null and oid >= 16384)
    or exists (select from pg_catalog.pg_attribute where attacl is not null and attrelid >= 16384)
    or exists (select from pg_catalog.pg_namespace n where n.nspacl is not null and n.oid >= 16384
      or n.nspname = '${PUBLIC_SCHEMA}' and (n.nspacl is null or not (n.nspacl @> ${PUBLIC_ACL} and n.nspacl <@ ${PUBLIC_ACL})))
    or exists (select from pg_catalog.pg_proc where proacl is not null and oid >= 16384)
    or exists (select from pg_catalog.pg_type where typacl is not null and oid >= 16384)
    or exists (select from pg_catalog.pg_language where lanacl is not null)
    or exists (select from pg_catalog.pg_foreign_data_wrapper where fdwacl is not null)
    or exists (select from pg_catalog.pg_foreign_server where srvacl is not null)`,
  query: () => `
    with holder as (
      select ${CLASS.relation} as class, c.oid, 0::int2 as column, ${relation("c.relkind")} as on, n.nspname as schema,
        null::name as table, c.relname as name, null as arguments, c.relowner as owner, c.relacl as acl,
        case c.relkind when 'S' then 's' else 'r' end::"char" as type
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relacl is not null
        and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}
      union all
      select ${CLASS.relation}, c.oid, a.attnum, 'column', n.nspname, c.relname, a.attname, null, c.relowner, a.attacl, 'c'
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where a.attacl is not null and a.attnum > 0 and not a.attisdropped
        and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}
      union all
      -- Everybody may use the schema every database comes with: there, an empty list says something.
      select ${CLASS.namespace}, n.oid, 0, 'schema', null, null, n.nspname, null, n.nspowner,
        coalesce(n.nspacl, acldefault('n', n.nspowner)), 'n'
      from pg_namespace n where (n.nspacl is not null or n.nspname = '${PUBLIC_SCHEMA}')
        and ${inScope("n")} and ${notOfExtension(CLASS.namespace, "n.oid")}
      union all
      select ${CLASS.function}, p.oid, 0, 'function', n.nspname, null, p.proname, oidvectortypes(p.proargtypes),
        p.proowner, p.proacl, 'f'
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.proacl is not null and ${inScope("n")} and ${notOfExtension(CLASS.function, "p.oid")}
      union all
      select ${CLASS.type}, t.oid, 0, 'type', n.nspname, null, t.typname, null, t.typowner, t.typacl, 'T'
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where t.typacl is not null and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}
      union all
      select ${CLASS.language}, l.oid, 0, 'language', null, null, l.lanname, null, l.lanowner, l.lanacl, 'l'
      from pg_language l where l.lanacl is not null and $1::text[] is null
      union all
      select ${CLASS.foreignDataWrapper}, w.oid, 0, 'foreign data wrapper', null, null, w.fdwname, null, w.fdwowner,
        w.fdwacl, 'F'
      from pg_foreign_data_wrapper w where w.fdwacl is not null and $1::text[] is null
        and ${notOfExtension(CLASS.foreignDataWrapper, "w.oid")}
      union all
      select ${CLASS.server}, s.oid, 0, 'foreign server', null, null, s.srvname, null, s.srvowner, s.srvacl, 'S'
      from pg_foreign_server s where s.srvacl is not null and $1::text[] is null
        and ${notOfExtension(CLASS.server, "s.oid")}),
    granted as (
      select h.class, h.oid, h.column, x.grantee, bool_or(x.grantor <> h.owner and x.grantor <> 10) as passed_on,
        array_agg(distinct x.privilege_type || case when x.is_grantable then '${GRANTABLE}' else '' end) as list
      from holder h cross join lateral aclexplode(h.acl) x group by h.class, h.oid, h.column, x.grantee),
    standard as (
      select h.class, h.oid, h.column, x.grantee, array_agg(x.privilege_type order by x.privilege_type) as list
      from holder h cross join lateral (
        select x.grantee, x.privilege_type from aclexplode(acldefault(h.type, h.owner)) x
        union all select 0, 'USAGE' where h.on = 'schema' and h.name = '${PUBLIC_SCHEMA}') x
      group by h.class, h.oid, h.column, x.grantee)
    select class, oid, h.column, h.on, h.schema, h.table, h.name, h.arguments, h.type, grantee = 0 as everybody,
      grantee = h.owner as own, coalesce(g.list, '{}') as privileges, coalesce(g.passed_on, false) as passed_on,
      case when grantee = 0 then '${EVERYBODY}' when grantee = h.owner then '${OWNER}' else pg_get_userbyid(grantee) end
        as grantee
    from granted g
    full join standard s using (class, oid, "column", grantee)
    join holder h using (class, oid, "column")
    where g.list is distinct from s.list`,
  read(row, reading) {
    const holder = reading.keyOf(row.class, row.oid, row.column);
    const what = `${row.on} ${qualified(row.table ?? row.schema, row.name)}`;
    // Languages need not be anybody's: SQL comes with the server.
    if (holder === undefined && row.on !== "language") {
      reading.report("privileges", `${what} to ${row.grantee}`);
      return null;
    }
    if (row.passed_on) reading.report("grantor", `of privileges on ${what} to ${row.grantee}`);
    const named = !row.everybody && !row.own;
    if (named) reading.roles.add(row.grantee);
    const target = row.arguments === null ? row.on : `${row.on}(${row.arguments})`;
    const to = row.own ? "its owner" : row.grantee;
    return {
      ...ref("grant", row.name, { schema: row.schema, table: row.table, signature: `${target} to ${to}` }),
      kind: "grant",
      on: row.on,
      arguments: row.arguments,
      grantee: row.grantee,
      privileges: row.privileges.toSorted(),
      ...(row.own ? { own: true as const } : {}),
      comment: null,
      dependsOn: [...(holder === undefined ? [] : [holder]), ...(named ? [refKey(ref("role", row.grantee))] : [])],
    };
  },
  create(object, context) {
    const tooMuch = object.own === true || defaultsOf(object).some((one) => !object.privileges.includes(one));
    return [...(tooMuch ? [revoke(object, context)] : []), ...give(object, context, object.privileges)];
  },
  // Privileges go with their object; only those on what stays must be taken back.
  drop(object, context) {
    const stays = object.on === "language" || (object.on === "schema" && object.name === PUBLIC_SCHEMA);
    return stays ? restore(object, context) : [];
  },
  remove: restore,
  alter: alterBy("grant", {
    privileges: ({ before, after }, context) =>
      statements(
        changedGrants(
          targetOf(after, context),
          granteeOf(after, context),
          before.privileges,
          after.privileges,
          columnsOf(after),
        ),
      ),
  }),
});
