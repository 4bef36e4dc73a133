import type { ObjectBase } from "../../model/object-base.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import type { Reading } from "./kinds/kind.ts";
import { ident, statement } from "./print.ts";

// Both are worked out once for a query, not once for a row.
const READER = "(select r.oid from pg_roles r where r.rolname = current_user)";
const DATABASE_OWNER = "(select b.datdba from pg_database b where b.datname = current_database())";

/**
 * SQL: the name of the role with an OID, or null where it is the one to be expected: the role that reads or
 * the database's owner (see {@link ObjectBase.owner}).
 */
export function ownerOf(oid: string): string {
  return `case when ${oid} <> ${READER} and ${oid} <> ${DATABASE_OWNER} then pg_get_userbyid(${oid}) end`;
}

/** The property `owner` of an object that was read; the role is noted, and added to what the object needs. */
export function ownedBy(owner: string | null, reading: Reading, dependsOn: RefKey[]): Pick<ObjectBase, "owner"> {
  if (owner === null) return {};
  reading.roles.add(owner);
  dependsOn.push(refKey(ref("role", owner)));
  return { owner };
}

/** `ALTER target OWNER TO …`, or nothing when no owner is stated; `target` is e.g. `TABLE s.t`. */
export function ownerTo(target: string, object: Pick<ObjectBase, "owner">): Statement[] {
  return object.owner === undefined ? [] : [statement(`ALTER ${target} OWNER TO ${ident(object.owner)}`)];
}

/** The same for an object that is there: where no owner is stated, it is given to the role that runs the script. */
export function ownerChanged(target: string, object: Pick<ObjectBase, "owner">): Statement[] {
  return object.owner === undefined ? [statement(`ALTER ${target} OWNER TO CURRENT_USER`)] : ownerTo(target, object);
}
