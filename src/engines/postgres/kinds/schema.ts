import type { SchemaObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly owner: string | null;
  readonly comment: string | null;
}

/** The schema every new database comes with: created and dropped by nobody. */
export const PUBLIC_SCHEMA = "public";
// What initdb writes; the same as none.
const PUBLIC_COMMENT = "standard public schema";

// Without a comment of its own, `public` has the one that it is born with.
const commented = ({ name, comment }: SchemaObject): Statement =>
  setComment(`SCHEMA ${ident(name)}`, comment ?? (name === PUBLIC_SCHEMA ? PUBLIC_COMMENT : null));

/**
 * Schemas. `public` is never created or dropped: every new database has it; its owner is stated only where it is
 * neither the role made for that (pg_database_owner) nor the cluster's first, which owned it before PostgreSQL 15.
 */
export const schema: ObjectKind<"schema"> = objectKind<"schema", Row>({
  kind: "schema",
  query: () => `
    select n.oid, n.nspname as name, d.description as comment,
      case when n.nspname <> '${PUBLIC_SCHEMA}' or n.nspowner not in (10, 'pg_database_owner'::regrole)
        then ${ownerOf("n.nspowner")} end as owner
    from pg_namespace n ${joinComment(CLASS.namespace, "n.oid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.namespace, "n.oid")}`,
  read(row, reading) {
    const own = ref("schema", row.name);
    reading.identify(CLASS.namespace, row.oid, refKey(own));
    const comment = row.name === PUBLIC_SCHEMA && row.comment === PUBLIC_COMMENT ? null : row.comment;
    const dependsOn: RefKey[] = [];
    return { ...own, kind: "schema", ...ownedBy(row.owner, reading, dependsOn), comment, dependsOn };
  },
  create(object) {
    const target = `SCHEMA ${ident(object.name)}`;
    const rest = [...ownerTo(target, object), ...commentOn(target, object.comment)];
    return object.name === PUBLIC_SCHEMA ? rest : [statement(`CREATE ${target}`), ...rest];
  },
  drop(object) {
    if (object.name !== PUBLIC_SCHEMA) return [statement(`DROP SCHEMA ${ident(object.name)}`)];
    return object.comment === null ? [] : [commented({ ...object, comment: null })];
  },
  alter: alterBy("schema", {
    comment: ({ after }) => [commented(after)],
    owner: ({ after }) => ownerChanged(`SCHEMA ${ident(after.name)}`, after),
  }),
});
