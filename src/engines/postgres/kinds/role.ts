import type { Membership, RoleObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { dollarQuoted, ident, literal, remark, statement } from "../print.ts";
import { alterBy, objectKind, optionsOf } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly bypass: boolean;
  readonly inherit: boolean;
  readonly create_role: boolean;
  readonly create_db: boolean;
  readonly replication: boolean;
  readonly connection_limit: number;
  readonly valid_until: string | null;
  readonly settings: readonly string[] | null;
  readonly memberships: readonly Membership[] | null;
  readonly has_comment: boolean;
}

const alterRole = (object: RoleObject): string => `ALTER ROLE ${ident(object.name)}`;

type Flag = "login" | "superuser" | "bypassRls" | "inherit" | "createRole" | "createDb" | "replication";

const WORDS: Readonly<Record<Flag, string>> = {
  superuser: "SUPERUSER",
  inherit: "INHERIT",
  createRole: "CREATEROLE",
  createDb: "CREATEDB",
  login: "LOGIN",
  replication: "REPLICATION",
  bypassRls: "BYPASSRLS",
};

const isSet = (object: RoleObject, flag: Flag): boolean => object[flag] ?? flag === "inherit";

const word = (object: RoleObject, flag: Flag): string => `${isSet(object, flag) ? "" : "NO"}${WORDS[flag]}`;

function attributesOf(object: RoleObject): string[] {
  // Not to log in is said aloud: whoever reads the script wonders otherwise.
  const flags = (Object.keys(WORDS) as Flag[]).filter(
    (flag) => flag === "login" || isSet(object, flag) !== (flag === "inherit"),
  );
  return [
    ...flags.map((flag) => word(object, flag)),
    ...(object.connectionLimit === undefined ? [] : [`CONNECTION LIMIT ${object.connectionLimit}`]),
    ...(object.validUntil === undefined ? [] : [`VALID UNTIL ${literal(object.validUntil)}`]),
  ];
}

// Settings that hold lists are stored as names, quoted where needed, with commas between: as one value they would
// be one name (variable_is_guc_list_quote in the server's dumputils.c).
const LISTS: ReadonlySet<string> = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

const settingName = (name: string): string => name.split(".").map(ident).join(".");

// The elements of a stored list; what is not in quotes is a name in small letters.
function elementsOf(list: string): string[] {
  const elements = list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g);
  return [...elements].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

function setting(object: RoleObject, name: string, value: string): string {
  const values = LISTS.has(name) ? elementsOf(value) : [value];
  const list = values.length === 0 ? "''" : values.map(literal).join(", ");
  return `${alterRole(object)} SET ${settingName(name)} TO ${list}`;
}

function changeSettings(before: RoleObject, after: RoleObject): Statement[] {
  const [was, is] = [before.settings ?? {}, after.settings ?? {}];
  return [
    ...Object.entries(is)
      .filter(([name, value]) => was[name] !== value)
      .map(([name, value]) => statement(setting(after, name, value))),
    ...Object.keys(was)
      .filter((name) => is[name] === undefined)
      .map((name) => statement(`${alterRole(after)} RESET ${settingName(name)}`)),
  ];
}

const explicit = ({ admin, inherit, set }: Membership): string =>
  ` WITH ADMIN ${String(admin)}, INHERIT ${String(inherit)}, SET ${String(set)}`;

// Before 16 a membership has one option; the other two are what they always were.
function join(object: RoleObject, membership: Membership): string {
  const plain = membership.inherit === isSet(object, "inherit") && membership.set;
  const options = plain ? (membership.admin ? " WITH ADMIN OPTION" : "") : explicit(membership);
  return `GRANT ${ident(membership.role)} TO ${ident(object.name)}${options}`;
}

function changeMembership(name: string, before: Membership, after: Membership, explicitly: boolean): Statement[] {
  if (explicitly && JSON.stringify(before) !== JSON.stringify(after))
    return [statement(`GRANT ${ident(after.role)} TO ${ident(name)}${explicit(after)}`)];
  if (before.admin === after.admin) return [];
  const [verb, direction] = after.admin ? ["GRANT", "TO"] : ["REVOKE ADMIN OPTION FOR", "FROM"];
  const option = after.admin ? " WITH ADMIN OPTION" : "";
  return [statement(`${verb} ${ident(after.role)} ${direction} ${ident(name)}${option}`)];
}

function changeMemberships(before: RoleObject, after: RoleObject, major: number): Statement[] {
  const was = new Map((before.memberOf ?? []).map((one) => [one.role, one]));
  const is = new Set((after.memberOf ?? []).map((one) => one.role));
  return [
    ...(after.memberOf ?? []).flatMap((one) => {
      const old = was.get(one.role);
      return old === undefined ? [statement(join(after, one))] : changeMembership(after.name, old, one, major >= 16);
    }),
    ...[...was.keys()]
      .filter((name) => !is.has(name))
      .map((name) => statement(`REVOKE ${ident(name)} FROM ${ident(after.name)}`)),
  ];
}

const toggle =
  (flag: Flag) =>
  ({ after }: { readonly after: RoleObject }): Statement[] => [statement(`${alterRole(after)} ${word(after, flag)}`)];

/**
 * The roles that owners, grants, policies and mappings mention, with those they are members of. A role belongs to the
 * whole cluster: it is created only where it is absent, without a password, and never dropped with a schema. One that
 * is there stays as it is. Roles the server brings (pg_…) are listed and never created.
 */
export const role: ObjectKind<"role"> = objectKind<"role", Row>({
  kind: "role",
  query: (version) => `
    with recursive wanted (oid) as (
      select oid from pg_roles where rolname = any ($1::text[])
      union
      select m.roleid from pg_auth_members m join wanted w on w.oid = m.member)
    select r.rolname as name, r.rolcanlogin as login, r.rolsuper as superuser, r.rolbypassrls as bypass,
      r.rolinherit as inherit, r.rolcreaterole as create_role, r.rolcreatedb as create_db,
      r.rolreplication as replication, r.rolconnlimit as connection_limit,
      case when r.rolvaliduntil = 'infinity' then null
        else to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end as valid_until,
      (select s.setconfig from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0) as settings,
      (select json_agg(json_build_object('role', o.role, 'admin', o.admin, 'inherit', o.inherit, 'set', o.set)
          order by o.role)
        from (
          select g.rolname as role, bool_or(m.admin_option) as admin,
            ${version < 160000 ? "r.rolinherit" : "bool_or(m.inherit_option)"} as inherit,
            ${version < 160000 ? "true" : "bool_or(m.set_option)"} as set
          from pg_auth_members m join pg_roles g on g.oid = m.roleid
          where m.member = r.oid group by g.rolname) o) as memberships,
      shobj_description(r.oid, 'pg_authid') is not null as has_comment
    from pg_roles r join wanted w on w.oid = r.oid`,
  parameters: (reading) => [[...reading.roles]],
  read(row, reading) {
    // It belongs to the cluster, whose databases share the role.
    if (row.has_comment) reading.report("comment on a role", row.name);
    const memberships = row.memberships ?? [];
    const dependsOn: RefKey[] = memberships.map((one) => refKey(ref("role", one.role)));
    return {
      ...ref("role", row.name),
      kind: "role",
      login: row.login,
      superuser: row.superuser,
      bypassRls: row.bypass,
      ...(row.inherit ? {} : { inherit: false }),
      ...(row.create_role ? { createRole: true } : {}),
      ...(row.create_db ? { createDb: true } : {}),
      ...(row.replication ? { replication: true } : {}),
      ...(row.connection_limit === -1 ? {} : { connectionLimit: row.connection_limit }),
      ...(row.valid_until === null ? {} : { validUntil: row.valid_until }),
      ...(row.settings === null ? {} : { settings: optionsOf(row.settings) }),
      ...(memberships.length === 0 ? {} : { memberOf: memberships }),
      comment: null,
      dependsOn,
    };
  },
  create(object) {
    if (object.name.startsWith("pg_")) return [remark(`role ${ident(object.name)} comes with the server`)];
    const absent = `NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(object.name)})`;
    const lines = [
      `CREATE ROLE ${ident(object.name)} ${attributesOf(object).join(" ")}`,
      ...Object.entries(object.settings ?? {}).map(([name, value]) => setting(object, name, value)),
      ...(object.memberOf ?? []).map((one) => join(object, one)),
    ];
    const body = `BEGIN\n  IF ${absent} THEN\n${lines.map((line) => `    ${line};\n`).join("")}  END IF;\nEND`;
    return [statement(`DO ${dollarQuoted(body)}`)];
  },
  drop: () => [],
  remove: (object) => [statement(`DROP ROLE ${ident(object.name)}`)],
  alter: alterBy("role", {
    superuser: toggle("superuser"),
    inherit: toggle("inherit"),
    createRole: toggle("createRole"),
    createDb: toggle("createDb"),
    login: toggle("login"),
    replication: toggle("replication"),
    bypassRls: toggle("bypassRls"),
    connectionLimit: ({ after }) => [statement(`${alterRole(after)} CONNECTION LIMIT ${after.connectionLimit ?? -1}`)],
    validUntil: ({ after }) => [
      statement(`${alterRole(after)} VALID UNTIL ${literal(after.validUntil ?? "infinity")}`),
    ],
    settings: ({ before, after }) => changeSettings(before, after),
    memberOf: ({ before, after }, { view }) =>
      changeMemberships(before, after, Number.parseInt(view.catalog.engine.version, 10)),
  }),
});
