import type { GrantObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ident, qualified, statement } from "../print.ts";
import { alterBy, CLASS, inScope, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext } from "./kind.ts";
import { PUBLIC_SCHEMA } from "./schema.ts";

interface Row {
  readonly class: number;
  readonly oid: number;
  readonly on: GrantObject["on"];
  readonly schema: string | null;
  readonly name: string;
  readonly arguments: string | null;
  readonly grantee: string;
  readonly everybody: boolean;
  readonly privileges: readonly string[] | null;
}

const GRANTABLE = " WITH GRANT OPTION";

/** What everybody may do with a new object: the server's built-in defaults. */
function defaultsOf(on: GrantObject["on"], name: string): readonly string[] {
  if (on === "function") return ["EXECUTE"];
  if (on === "type") return ["USAGE"];
  return on === "schema" && name === PUBLIC_SCHEMA ? ["USAGE"] : [];
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

function targetOf(object: GrantObject, context: PrintContext): string {
  const name = qualified(object.schema, object.name);
  if (object.on !== "function") return `${object.on.toUpperCase()} ${name}`;
  const signature = object.arguments ?? "";
  const routine = context.view.get(refKey(ref("function", object.name, { schema: object.schema, signature })));
  const word = routine?.kind === "function" && routine.routine === "procedure" ? "PROCEDURE" : "FUNCTION";
  return `${word} ${name}(${signature})`;
}

const granteeOf = (object: GrantObject): string => (object.grantee === "public" ? "PUBLIC" : ident(object.grantee));

function give(object: GrantObject, context: PrintContext, privileges: readonly string[], option: string): Statement[] {
  if (privileges.length === 0) return [];
  return [statement(`GRANT ${privileges.join(", ")} ON ${targetOf(object, context)} TO ${granteeOf(object)}${option}`)];
}

const revoke = (object: GrantObject, context: PrintContext): Statement =>
  statement(`REVOKE ALL ON ${targetOf(object, context)} FROM ${granteeOf(object)}`);

const bare = (privilege: string): string =>
  privilege.endsWith(GRANTABLE) ? privilege.slice(0, -GRANTABLE.length) : privilege;

// What is no longer held at all is revoked; what is held without the right to pass it on loses that right.
function alterPrivileges({ before, after }: Alteration<"grant">, context: PrintContext): Statement[] {
  const held = new Set(after.privileges);
  const kept = new Set(after.privileges.map(bare));
  const gone = [...new Set(before.privileges.map(bare))].filter((privilege) => !kept.has(privilege));
  const narrowed = before.privileges.filter((one) => one.endsWith(GRANTABLE) && !held.has(one) && kept.has(bare(one)));
  const added = after.privileges.filter((privilege) => !before.privileges.includes(privilege));
  const from = `ON ${targetOf(after, context)} FROM ${granteeOf(after)}`;
  return [
    ...(gone.length === 0 ? [] : [statement(`REVOKE ${gone.join(", ")} ${from}`)]),
    ...(narrowed.length === 0 ? [] : [statement(`REVOKE GRANT OPTION FOR ${narrowed.map(bare).join(", ")} ${from}`)]),
    ...give(
      after,
      context,
      added.filter((privilege) => !privilege.endsWith(GRANTABLE)),
      "",
    ),
    ...give(after, context, added.filter((privilege) => privilege.endsWith(GRANTABLE)).map(bare), GRANTABLE),
  ];
}

/**
 * Privileges that differ from the built-in defaults; an owner's own are not listed. A grant to "public"
 * states all that everybody may do, so that one without privileges says that the defaults were revoked.
 */
export const grant: ObjectKind<"grant"> = objectKind<"grant", Row>({
  kind: "grant",
  query: () => `
    with holder as (
      select ${CLASS.relation} as class, c.oid, case c.relkind when 'S' then 'sequence' else 'table' end as on,
        n.nspname as schema, c.relname as name, null as arguments, c.relowner as owner, c.relacl as acl, false as open
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relacl is not null
        and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}
      union all
      select ${CLASS.namespace}, n.oid, 'schema', null, n.nspname, null, n.nspowner, n.nspacl, n.nspname = 'public'
      from pg_namespace n where n.nspacl is not null and ${inScope("n")} and ${notOfExtension(CLASS.namespace, "n.oid")}
      union all
      select ${CLASS.function}, p.oid, 'function', n.nspname, p.proname, oidvectortypes(p.proargtypes), p.proowner,
        p.proacl, true
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.proacl is not null and ${inScope("n")} and ${notOfExtension(CLASS.function, "p.oid")}
      union all
      select ${CLASS.type}, t.oid, 'type', n.nspname, t.typname, null, t.typowner, t.typacl, true
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where t.typacl is not null and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")})
    select h.class, h.oid, h.on, h.schema, h.name, h.arguments, a.grantee = 0 as everybody,
      case a.grantee when 0 then 'public' else coalesce(r.rolname, a.grantee::text) end as grantee,
      json_agg(a.privilege order by a.privilege) filter (where a.privilege is not null) as privileges
    from holder h
    cross join lateral (
      select x.grantee, x.privilege_type || case when x.is_grantable then '${GRANTABLE}' else '' end as privilege
      from aclexplode(h.acl) x where x.grantee <> h.owner
      union
      -- Stands for everybody where everybody has privileges by default, and may have lost them.
      select 0, null where h.open) a
    left join pg_roles r on r.oid = a.grantee
    group by h.class, h.oid, h.on, h.schema, h.name, h.arguments, a.grantee, r.rolname`,
  read(row, reading) {
    const holder = reading.keyOf(row.class, row.oid);
    const privileges = row.privileges ?? [];
    if (row.everybody && same(privileges, defaultsOf(row.on, row.name))) return null;
    if (holder === undefined) {
      reading.report("privileges", `${row.on} ${qualified(row.schema, row.name)} to ${row.grantee}`);
      return null;
    }
    if (!row.everybody) reading.roles.add(row.grantee);
    const target = row.arguments === null ? row.on : `${row.on}(${row.arguments})`;
    return {
      ...ref("grant", row.name, { schema: row.schema, signature: `${target} to ${row.grantee}` }),
      kind: "grant",
      on: row.on,
      arguments: row.arguments,
      grantee: row.grantee,
      privileges,
      comment: null,
      dependsOn: [holder, ...(row.everybody ? [] : [refKey(ref("role", row.grantee))])],
    };
  },
  create(object, context) {
    const plain = object.privileges.filter((privilege) => !privilege.endsWith(GRANTABLE));
    const grantable = object.privileges
      .filter((privilege) => privilege.endsWith(GRANTABLE))
      .map((privilege) => privilege.slice(0, -GRANTABLE.length));
    const defaults = object.grantee === "public" ? defaultsOf(object.on, object.name) : [];
    const tooMuch = defaults.some((privilege) => !plain.includes(privilege));
    return [
      ...(tooMuch ? [revoke(object, context)] : []),
      ...give(object, context, plain, ""),
      ...give(object, context, grantable, GRANTABLE),
    ];
  },
  // Privileges go with their object; only what hangs on a schema that stays must be taken back.
  drop(object, context) {
    if (object.on !== "schema" || object.name !== PUBLIC_SCHEMA) return [];
    return [
      revoke(object, context),
      ...give(object, context, object.grantee === "public" ? defaultsOf("schema", object.name) : [], ""),
    ];
  },
  remove: (object, context) => [
    revoke(object, context),
    ...give(object, context, object.grantee === "public" ? defaultsOf(object.on, object.name) : [], ""),
  ],
  alter: alterBy("grant", { privileges: alterPrivileges }),
});
