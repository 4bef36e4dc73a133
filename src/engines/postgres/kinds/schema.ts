import { ref, refKey } from "../../../model/ref.ts";
import { commentOn, ident, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly comment: string | null;
}

/** The schema every new database comes with: created and dropped by nobody. */
export const PUBLIC_SCHEMA = "public";
// What initdb writes; the same as none.
const PUBLIC_COMMENT = "standard public schema";

/** Schemas. `public` is never created or dropped: every new database has it. */
export const schema: ObjectKind<"schema"> = objectKind<"schema", Row>({
  kind: "schema",
  query: () => `
    select n.oid, n.nspname as name, d.description as comment
    from pg_namespace n ${joinComment(CLASS.namespace, "n.oid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.namespace, "n.oid")}`,
  read(row, reading) {
    const own = ref("schema", row.name);
    reading.identify(CLASS.namespace, row.oid, refKey(own));
    const comment = row.name === PUBLIC_SCHEMA && row.comment === PUBLIC_COMMENT ? null : row.comment;
    return { ...own, kind: "schema", comment, dependsOn: [] };
  },
  create(object) {
    const comment = commentOn(`SCHEMA ${ident(object.name)}`, object.comment);
    if (object.name === PUBLIC_SCHEMA) return comment;
    return [statement(`CREATE SCHEMA ${ident(object.name)}`), ...comment];
  },
  drop(object) {
    if (object.name !== PUBLIC_SCHEMA) return [statement(`DROP SCHEMA ${ident(object.name)}`)];
    return object.comment === null ? [] : [statement(`COMMENT ON SCHEMA public IS NULL`)];
  },
  alter: alterBy("schema", { comment: ({ after }) => [setComment(`SCHEMA ${ident(after.name)}`, after.comment)] }),
});
