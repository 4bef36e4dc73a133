import type { CompositeObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext } from "./kind.ts";

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
  readonly owner: string | null;
  readonly comment: string | null;
}

type Attribute = CompositeObject["attributes"][number];

const typeOf = ({ type, collation }: Attribute): string =>
  `${type}${collation === null ? "" : ` COLLATE ${collation}`}`;

const columnOf = (object: CompositeObject, { name }: Attribute): string =>
  `COLUMN ${qualified(object.schema, object.name)}.${ident(name)}`;

// Whether a table holds values of the type, directly or inside another type (find_composite_type_dependencies).
function isStored(key: RefKey, { view }: PrintContext): boolean {
  const types = new Set([key]);
  const inner = [...view.of("composite"), ...view.of("domain"), ...view.of("range")];
  for (let size = 0; size < types.size;) {
    size = types.size;
    for (const type of inner) if (type.dependsOn.some((need) => types.has(need))) types.add(refKey(type));
  }
  return view.of("column").some(({ dependsOn }) => dependsOn.some((need) => types.has(need)));
}

// Attributes are added at the end only; one that is stored in a table keeps its type.
function alterAttributes({ before, after }: Alteration<"composite">, context: PrintContext): Statement[] {
  const old = new Map(before.attributes.map((attribute) => [attribute.name, attribute]));
  const now = new Set(after.attributes.map(({ name }) => name));
  const kept = before.attributes.filter(({ name }) => now.has(name)).map(({ name }) => name);
  if (kept.some((name, index) => name !== after.attributes[index]?.name))
    throw new UnprintableChange("composite", "attributes", "attributes can only be added at the end");
  const actions = before.attributes
    .filter(({ name }) => !now.has(name))
    .map(({ name }) => `DROP ATTRIBUTE ${ident(name)}`);
  for (const attribute of after.attributes) {
    const was = old.get(attribute.name);
    if (was === undefined) actions.push(`ADD ATTRIBUTE ${ident(attribute.name)} ${typeOf(attribute)}`);
    else if (typeOf(was) !== typeOf(attribute)) {
      if (isStored(refKey(before), context))
        throw new UnprintableChange("composite", "attributes", "a table holds values of the type");
      actions.push(`ALTER ATTRIBUTE ${ident(attribute.name)} TYPE ${typeOf(attribute)}`);
    }
  }
  const target = `ALTER TYPE ${qualified(after.schema, after.name)}`;
  return [
    ...(actions.length === 0 ? [] : [statement(`${target} ${actions.join(", ")}`)]),
    ...after.attributes
      .filter((attribute) => attribute.comment !== old.get(attribute.name)?.comment)
      .map((attribute) => setComment(columnOf(after, attribute), attribute.comment ?? null)),
  ];
}

/** Free-standing composite types. */
export const composite: ObjectKind<"composite"> = objectKind<"composite", Row>({
  kind: "composite",
  present: "from pg_catalog.pg_class where relkind = 'c' and oid >= 16384",
  query: () => `
    select t.oid, t.typrelid as relation, t.typarray as array, n.nspname as schema, t.typname as name, a.attributes,
      ${ownerOf("t.typowner")} as owner, d.description as comment
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
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "composite",
      attributes: (row.attributes ?? []).map(({ comment, ...attribute }) =>
        comment === null ? attribute : { ...attribute, comment },
      ),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const name = qualified(object.schema, object.name);
    const attributes = object.attributes.map((attribute) => `\n  ${ident(attribute.name)} ${typeOf(attribute)}`);
    return [
      statement(`CREATE TYPE ${name} AS (${attributes.join(",")}\n)`),
      ...commentOn(`TYPE ${name}`, object.comment),
      ...object.attributes.flatMap((attribute) => commentOn(columnOf(object, attribute), attribute.comment ?? null)),
      ...ownerTo(`TYPE ${name}`, object),
    ];
  },
  drop: (object) => [statement(`DROP TYPE ${qualified(object.schema, object.name)}`)],
  alter: alterBy("composite", {
    attributes: alterAttributes,
    comment: ({ after }) => [setComment(`TYPE ${qualified(after.schema, after.name)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`TYPE ${qualified(after.schema, after.name)}`, after),
  }),
});
