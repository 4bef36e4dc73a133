import type { ExtensionObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, literal, setComment, statement } from "../print.ts";
import { alterBy, CLASS, objectKind } from "./kind.ts";
import type { ObjectKind, PrintContext } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly version: string;
  readonly schema: string;
  readonly comment: string | null;
  /** `classid oid` of everything that belongs to it. */
  readonly members: readonly [number, number][] | null;
}

function createExtension(object: ExtensionObject, context: PrintContext, version: string): Statement[] {
  const comment = commentOn(`EXTENSION ${ident(object.name)}`, object.comment);
  const create = `CREATE EXTENSION IF NOT EXISTS ${ident(object.name)}`;
  if (object.schema === null) return [statement(`${create}${version}`), ...comment];
  // A catalog that was read for some schemas only may lack the one an extension lives in.
  const present =
    ["public", "pg_catalog"].includes(object.schema) ||
    context.view.get(refKey(ref("schema", object.schema))) !== undefined;
  return [
    ...(present ? [] : [statement(`CREATE SCHEMA IF NOT EXISTS ${ident(object.schema)}`)]),
    statement(`${create} WITH SCHEMA ${ident(object.schema)}${version}`),
    ...comment,
  ];
}

/**
 * Installed extensions. PL/pgSQL is left out: every database has it. A comment that only repeats the
 * extension's own control file is no comment of the user's.
 */
export const extension: ObjectKind<"extension"> = objectKind<"extension", Row>({
  kind: "extension",
  present: "from pg_catalog.pg_extension where extname <> 'plpgsql'",
  query: () => `
    select x.oid, x.extname as name, x.extversion as version, n.nspname as schema, m.members,
      case when d.description is distinct from own.comment then d.description end as comment
    from pg_extension x
    join pg_namespace n on n.oid = x.extnamespace
    left join pg_description d on d.classoid = ${CLASS.extension} and d.objoid = x.oid and d.objsubid = 0
    left join lateral (select a.comment from pg_available_extensions() a where a.name = x.extname) own on true
    left join lateral (select json_agg(json_build_array(e.classid::bigint, e.objid::bigint)) as members from pg_depend e
      where e.refclassid = ${CLASS.extension} and e.refobjid = x.oid and e.deptype = 'e') m on true
    where x.extname <> 'plpgsql' and ($1::text[] is null or $1::text[] is not null)`,
  read(row, reading) {
    const own = ref("extension", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.identify(CLASS.extension, row.oid, key);
    for (const [classId, oid] of row.members ?? []) reading.identify(classId, oid, key);
    return {
      ...own,
      kind: "extension",
      version: row.version,
      comment: row.comment,
      dependsOn: [refKey(ref("schema", row.schema))],
    };
  },
  create: (object, context) => createExtension(object, context, ""),
  // A whole schema takes the version at hand; one that is to equal another, the other's.
  add: (object, context) => createExtension(object, context, ` VERSION ${literal(object.version)}`),
  drop: (object) => [statement(`DROP EXTENSION ${ident(object.name)}`)],
  alter: alterBy("extension", {
    version: ({ after }) => [statement(`ALTER EXTENSION ${ident(after.name)} UPDATE TO ${literal(after.version)}`)],
    comment: ({ after }) => [setComment(`EXTENSION ${ident(after.name)}`, after.comment)],
  }),
});
