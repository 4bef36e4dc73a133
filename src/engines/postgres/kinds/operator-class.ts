import type { OperatorClassObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";
import { MEMBERS, memberOf, memberText } from "./operator-member.ts";
import type { MemberRow } from "./operator-member.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly method: string;
  readonly type: string;
  readonly default: boolean;
  readonly family_schema: string;
  readonly family: string;
  readonly storage: string | null;
  readonly members: readonly MemberRow[] | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: OperatorClassObject): string =>
  `OPERATOR CLASS ${qualified(object.schema, object.name)} USING ${ident(object.method)}`;

/**
 * Operator classes. They need a superuser. Members across types belong to the family in the server's eyes, even
 * where CREATE OPERATOR CLASS brought them.
 */
export const operatorClass: ObjectKind<"operator-class"> = objectKind<"operator-class", Row>({
  kind: "operator-class",
  present: "from pg_catalog.pg_opclass where oid >= 16384",
  query: () => `
    select o.oid, n.nspname as schema, o.opcname as name, m.amname as method, format_type(o.opcintype, null) as type,
      o.opcdefault as default, fn.nspname as family_schema, f.opfname as family,
      case when o.opckeytype <> 0 then format_type(o.opckeytype, null) end as storage, ${ownerOf("o.opcowner")} as owner, d.description as comment,
      ${MEMBERS(CLASS.operatorClass, "o.oid")} as members
    from pg_opclass o
    join pg_namespace n on n.oid = o.opcnamespace
    join pg_am m on m.oid = o.opcmethod
    join pg_opfamily f on f.oid = o.opcfamily
    join pg_namespace fn on fn.oid = f.opfnamespace
    ${joinComment(CLASS.operatorClass, "o.oid")}
    where o.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.operatorClass, "o.oid")}`,
  read(row, reading) {
    const own = ref("operator-class", row.name, { schema: row.schema, signature: row.method });
    const key = refKey(own);
    reading.identify(CLASS.operatorClass, row.oid, key);
    for (const member of row.members ?? []) reading.identify(member.class, member.oid, key);
    const family = { schema: row.family_schema, name: row.family };
    const dependsOn: RefKey[] = [
      refKey(ref("schema", row.schema)),
      refKey(ref("operator-family", family.name, { schema: family.schema, signature: row.method })),
    ];
    return {
      ...own,
      kind: "operator-class",
      method: row.method,
      type: row.type,
      default: row.default,
      family,
      storage: row.storage,
      members: (row.members ?? []).map(memberOf),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const members = object.members.map(memberText);
    // A class without members still takes one: STORAGE of the type itself says nothing.
    if (object.storage !== null || members.length === 0) members.push(`STORAGE ${object.storage ?? object.type}`);
    const head = `CREATE OPERATOR CLASS ${qualified(object.schema, object.name)}${object.default ? " DEFAULT" : ""}`;
    return [
      statement(
        `${head}\n  FOR TYPE ${object.type} USING ${ident(object.method)} FAMILY ${qualified(object.family.schema, object.family.name)} AS\n  ${members.join(",\n  ")}`,
      ),
      ...commentOn(target(object), object.comment),
      ...ownerTo(target(object), object),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("operator-class", {
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
