import type { OperatorFamilyObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";
import { MEMBERS, memberOf, memberSlot, memberText } from "./operator-member.ts";
import type { MemberRow } from "./operator-member.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly method: string;
  readonly members: readonly MemberRow[] | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: OperatorFamilyObject): string =>
  `OPERATOR FAMILY ${qualified(object.schema, object.name)} USING ${ident(object.method)}`;

const add = (object: OperatorFamilyObject, members: OperatorFamilyObject["members"]): Statement[] =>
  members.length === 0 ? [] : [statement(`ALTER ${target(object)} ADD\n  ${members.map(memberText).join(",\n  ")}`)];

function alterMembers({ before, after }: Alteration<"operator-family">): Statement[] {
  const text = (member: OperatorFamilyObject["members"][number]): string => JSON.stringify(member);
  const [old, now] = [new Set(before.members.map(text)), new Set(after.members.map(text))];
  const gone = before.members.filter((member) => !now.has(text(member)));
  return [
    ...(gone.length === 0 ? [] : [statement(`ALTER ${target(after)} DROP\n  ${gone.map(memberSlot).join(",\n  ")}`)]),
    ...add(
      after,
      after.members.filter((member) => !old.has(text(member))),
    ),
  ];
}

/**
 * Operator families with the members that belong to no class of theirs. They need a superuser. Two families of
 * one name serve different access methods: the method is the signature.
 */
export const operatorFamily: ObjectKind<"operator-family"> = objectKind<"operator-family", Row>({
  kind: "operator-family",
  present: "from pg_catalog.pg_opfamily where oid >= 16384",
  query: () => `
    select f.oid, n.nspname as schema, f.opfname as name, m.amname as method, ${ownerOf("f.opfowner")} as owner, d.description as comment,
      ${MEMBERS(CLASS.operatorFamily, "f.oid")} as members
    from pg_opfamily f
    join pg_namespace n on n.oid = f.opfnamespace
    join pg_am m on m.oid = f.opfmethod
    ${joinComment(CLASS.operatorFamily, "f.oid")}
    where f.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.operatorFamily, "f.oid")}`,
  read(row, reading) {
    const own = ref("operator-family", row.name, { schema: row.schema, signature: row.method });
    const key = refKey(own);
    reading.identify(CLASS.operatorFamily, row.oid, key);
    for (const member of row.members ?? []) reading.identify(member.class, member.oid, key);
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "operator-family",
      method: row.method,
      members: (row.members ?? []).map(memberOf),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(`CREATE ${target(object)}`),
    ...add(object, object.members),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("operator-family", {
    members: alterMembers,
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
