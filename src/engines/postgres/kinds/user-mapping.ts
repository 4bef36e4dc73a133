import type { UserMappingObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { alterOptions, optionsClause, readOptions, withheldRemarks } from "../foreign-options.ts";
import { ident, statement } from "../print.ts";
import { alterBy, CLASS, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly server: string;
  readonly server_oid: number;
  readonly everybody: boolean;
  readonly user: string | null;
  readonly options: readonly (string | null)[] | null;
  readonly readable: boolean;
}

const EVERYBODY = "public";
const READER = "current_user";

function targetOf({ user, server }: UserMappingObject): string {
  const whom = user === null ? "CURRENT_USER" : user === EVERYBODY ? "PUBLIC" : ident(user);
  return `USER MAPPING FOR ${whom} SERVER ${ident(server)}`;
}

/** As whom roles reach foreign servers. Secrets among the options are withheld; a mapping has no comment. */
export const userMapping: ObjectKind<"user-mapping"> = objectKind<"user-mapping", Row>({
  kind: "user-mapping",
  present: "from pg_catalog.pg_foreign_server",
  // The view shows options to those who may see them; the last column says whether we are one of them.
  query: () => `
    select m.srvname as server, m.srvid as server_oid, m.umuser = 0 as everybody,
      case when m.umuser <> 0 and m.usename <> current_user then m.usename end as user, m.umoptions as options,
      case when m.umuser = 0 then pg_has_role(s.srvowner, 'usage')
        else m.usename = current_user and (pg_has_role(s.srvowner, 'usage') or has_server_privilege(s.oid, 'usage'))
        end or (select r.rolsuper from pg_roles r where r.rolname = current_user) as readable
    from pg_user_mappings m
    join pg_foreign_server s on s.oid = m.srvid
    where $1::text[] is null`,
  read(row, reading) {
    const user = row.everybody ? EVERYBODY : row.user;
    const own = ref("user-mapping", user ?? READER, { signature: row.server });
    const what = `user mapping for ${user ?? READER} on server ${ident(row.server)}`;
    if (!row.readable) reading.report("not readable", `options of ${what}`);
    const server = reading.keyOf(CLASS.server, row.server_oid);
    const dependsOn: RefKey[] = server === undefined ? [] : [server];
    if (row.user !== null) {
      reading.roles.add(row.user);
      dependsOn.push(refKey(ref("role", row.user)));
    }
    return {
      ...own,
      kind: "user-mapping",
      user,
      server: row.server,
      options: readOptions(row.options, what, reading),
      comment: null,
      dependsOn,
    };
  },
  create: (object) => [
    ...withheldRemarks(object.options, targetOf(object)),
    statement(`CREATE ${targetOf(object)}${optionsClause(object.options)}`),
  ],
  drop: (object) => [statement(`DROP ${targetOf(object)}`)],
  alter: alterBy("user-mapping", {
    options: ({ before, after }) => alterOptions(targetOf(after), before.options, after.options),
  }),
});
