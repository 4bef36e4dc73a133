import type { DefaultPrivilegesObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ident, statement } from "../print.ts";
import { alterBy, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";
import { grantStatements, GRANTABLE, changedGrants } from "../privilege-statements.ts";

interface Row {
  readonly role: string | null;
  readonly schema: string | null;
  readonly on: DefaultPrivilegesObject["on"];
  readonly everybody: boolean;
  readonly own: boolean;
  readonly grantee: string;
  readonly privileges: readonly string[];
}

const EVERYBODY = "public";

/** What everybody may do with new objects unless it is revoked: the server's built-in defaults. */
function builtIn({ schema, on, grantee }: DefaultPrivilegesObject): readonly string[] {
  if (schema !== null || grantee !== EVERYBODY) return [];
  if (on === "functions") return ["EXECUTE"];
  return on === "types" ? ["USAGE"] : [];
}

function headOf({ role, schema }: DefaultPrivilegesObject): string {
  const whose = role === null ? "" : ` FOR ROLE ${ident(role)}`;
  return `ALTER DEFAULT PRIVILEGES${whose}${schema === null ? "" : ` IN SCHEMA ${ident(schema)}`} `;
}

const granteeOf = ({ grantee }: DefaultPrivilegesObject): string => (grantee === EVERYBODY ? "PUBLIC" : ident(grantee));

const under = (object: DefaultPrivilegesObject, statements: readonly string[]): Statement[] =>
  statements.map((sql) => statement(`${headOf(object)}${sql}`));

const wordsOf = (object: DefaultPrivilegesObject): string => object.on.toUpperCase();

function give(object: DefaultPrivilegesObject, privileges: readonly string[]): Statement[] {
  return under(object, grantStatements(wordsOf(object), granteeOf(object), privileges));
}

const revokeAll = (object: DefaultPrivilegesObject): Statement[] =>
  under(object, [`REVOKE ALL ON ${wordsOf(object)} FROM ${granteeOf(object)}`]);

/**
 * What objects to come will be granted (ALTER DEFAULT PRIVILEGES). Printed last: it is not to touch what the
 * script itself creates. What a role takes away from itself is named and not modelled.
 */
export const defaultPrivileges: ObjectKind<"default-privileges"> = objectKind<"default-privileges", Row>({
  kind: "default-privileges",
  present: "from pg_catalog.pg_default_acl",
  // A list without schema replaces the built-in one; a list for a schema adds to it.
  query: () => `
    with entry as (
      select d.oid, d.defaclrole as role, n.nspname as schema, d.defaclacl as acl, d.defaclobjtype as type,
        case when d.defaclnamespace = 0 then acldefault(
          case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, d.defaclrole) end as built_in
      from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
      where d.defaclnamespace = 0 and $1::text[] is null
        or n.nspname = any ($1::text[]) or n.nspname is not null and $1::text[] is null),
    granted as (
      select e.oid, x.grantee, array_agg(
        x.privilege_type || case when x.is_grantable then '${GRANTABLE}' else '' end order by x.privilege_type) as list
      from entry e cross join lateral aclexplode(e.acl) x group by e.oid, x.grantee),
    standard as (
      select e.oid, x.grantee, array_agg(x.privilege_type order by x.privilege_type) as list
      from entry e cross join lateral aclexplode(e.built_in) x group by e.oid, x.grantee)
    select e.schema, g.grantee = 0 as everybody, g.grantee = e.role as own, coalesce(g.list, '{}') as privileges,
      case g.grantee when 0 then '${EVERYBODY}' else pg_get_userbyid(g.grantee) end as grantee,
      case e.type when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
        when 'n' then 'schemas' when 'L' then 'large objects' end as on,
      case when e.role = me.oid or e.role = b.datdba and not exists (
        select from pg_default_acl o where o.defaclrole = me.oid) then null else pg_get_userbyid(e.role) end as role
    from (select coalesce(g.oid, s.oid) as oid, coalesce(g.grantee, s.grantee) as grantee, g.list
      from granted g full join standard s on s.oid = g.oid and s.grantee = g.grantee
      where g.list is distinct from s.list) g
    join entry e on e.oid = g.oid
    cross join (select r.oid from pg_roles r where r.rolname = current_user) me
    cross join (select d.datdba from pg_database d where d.datname = current_database()) b`,
  read(row, reading) {
    const role = row.role ?? "current_user";
    const where = row.schema === null ? "" : ` in schema ${ident(row.schema)}`;
    if (row.own) {
      reading.report("default privileges", `of ${role} on its own ${row.on}${where}`);
      return null;
    }
    const dependsOn: RefKey[] = row.schema === null ? [] : [refKey(ref("schema", row.schema))];
    for (const name of [row.role, row.everybody ? null : row.grantee]) {
      if (name === null) continue;
      reading.roles.add(name);
      dependsOn.push(refKey(ref("role", name)));
    }
    return {
      ...ref("default-privileges", role, { schema: row.schema, signature: `${row.on} to ${row.grantee}` }),
      kind: "default-privileges",
      role: row.role,
      on: row.on,
      grantee: row.grantee,
      privileges: row.privileges,
      comment: null,
      dependsOn,
    };
  },
  create(object) {
    const tooMuch = builtIn(object).some((privilege) => !object.privileges.includes(privilege));
    return [...(tooMuch ? revokeAll(object) : []), ...give(object, object.privileges)];
  },
  drop: (object) => [...revokeAll(object), ...give(object, builtIn(object))],
  alter: alterBy("default-privileges", {
    privileges: ({ before, after }) =>
      under(after, changedGrants(wordsOf(after), granteeOf(after), before.privileges, after.privileges)),
  }),
});
