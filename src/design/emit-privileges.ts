import type { CatalogObject, GrantObject, RoleObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { tableKeyOf } from "./draft.ts";
import type { Draft } from "./draft-model.ts";

const role = (name: string): RoleObject => ({
  ...ref("role", name),
  kind: "role",
  comment: null,
  dependsOn: [],
  login: false,
  superuser: false,
  bypassRls: false,
});

interface Target {
  readonly on: "schema" | "table";
  readonly schema: string | null;
  readonly name: string;
  readonly key: RefKey;
}

function grant(target: Target, grantee: string, privileges: Iterable<string>): GrantObject {
  const { on, schema, name, key } = target;
  return {
    ...ref("grant", name, { schema, signature: `${on} to ${grantee}` }),
    kind: "grant",
    comment: null,
    on,
    arguments: null,
    grantee,
    privileges: [...privileges].toSorted(),
    dependsOn: [key, refKey(ref("role", grantee))],
  };
}

/** The roles, and the privileges each needs: usage of the schemas, and rows as the draft says. */
export function emitPrivileges(draft: Draft): CatalogObject[] {
  const objects: CatalogObject[] = [role(draft.applicationRole)];
  if (draft.operatorNeeded) objects.push(role(draft.operatorRole));
  const grantees = draft.operatorNeeded ? [draft.applicationRole, draft.operatorRole] : [draft.applicationRole];
  for (const name of new Set([draft.schema, draft.tenantSchema])) {
    const target: Target = { on: "schema", schema: null, name, key: refKey(ref("schema", name)) };
    for (const grantee of grantees) objects.push(grant(target, grantee, ["USAGE"]));
  }
  for (const table of draft.tables) {
    const target: Target = { on: "table", schema: table.schema, name: table.name, key: tableKeyOf(table) };
    if (table.grants.size > 0) objects.push(grant(target, draft.applicationRole, table.grants));
    if (table.operatorGrants.size > 0) objects.push(grant(target, draft.operatorRole, table.operatorGrants));
  }
  for (const view of draft.objects) {
    if (view.kind !== "view") continue;
    const target: Target = { on: "table", schema: view.schema, name: view.name, key: refKey(view) };
    objects.push(grant(target, draft.applicationRole, ["SELECT"]));
  }
  return objects;
}
