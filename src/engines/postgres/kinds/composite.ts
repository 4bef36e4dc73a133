import { ref, refKey } from "../../../model/ref.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly array: number;
  readonly schema: string;
  readonly name: string;
  readonly attributes:
    | readonly {
        readonly name: string;
        readonly type: string;
        readonly collation: string | null;
        readonly comment: string | null;
      }[]
    | null;
  readonly comment: string | null;
}

/** Free-standing composite types. */
export const composite: ObjectKind<"composite"> = objectKind<"composite", Row>({
  kind: "composite",
  query: () => `
    select t.oid, t.typrelid as relation, t.typarray as array, n.nspname as schema, t.typname as name, a.attributes,
      d.description as comment
    from pg_type t
    join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
    join pg_namespace n on n.oid = t.typnamespace
    left join lateral (
      select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'collation', case when a.attcollation <> b.typcollation then a.attcollation::regcollation::text end,
        'comment', ad.description)
        order by a.attnum) as attributes
      from pg_attribute a join pg_type b on b.oid = a.atttypid
      left join pg_description ad on ad.classoid = ${CLASS.relation} and ad.objoid = a.attrelid and ad.objsubid = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a on true
    ${joinComment(CLASS.type, "t.oid")}
    where t.typtype = 'c' and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}`,
  read(row, reading) {
    const own = ref("composite", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.identify(CLASS.type, row.oid, key);
    reading.identify(CLASS.type, row.array, key);
    reading.identify(CLASS.relation, row.relation, key);
    for (const attribute of row.attributes ?? []) {
      if (attribute.comment !== null)
        reading.report("comment on type attribute", `${qualified(row.schema, row.name)}.${ident(attribute.name)}`);
    }
    return {
      ...own,
      kind: "composite",
      attributes: (row.attributes ?? []).map(({ name, type, collation }) => ({ name, type, collation })),
      comment: row.comment,
      dependsOn: [refKey(ref("schema", row.schema))],
    };
  },
  create(object) {
    const name = qualified(object.schema, object.name);
    const attributes = object.attributes.map(
      ({ name: attribute, type, collation }) =>
        `\n  ${ident(attribute)} ${type}${collation === null ? "" : ` COLLATE ${collation}`}`,
    );
    return [
      statement(`CREATE TYPE ${name} AS (${attributes.join(",")}\n)`),
      ...commentOn(`TYPE ${name}`, object.comment),
    ];
  },
  drop: (object) => [statement(`DROP TYPE ${qualified(object.schema, object.name)}`)],
  alter: alterBy("composite", {
    comment: ({ after }) => [setComment(`TYPE ${qualified(after.schema, after.name)}`, after.comment)],
  }),
});
