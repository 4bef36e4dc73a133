import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, literal, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly array: number;
  readonly schema: string;
  readonly name: string;
  readonly values: readonly string[] | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

// Values can be added anywhere; none can be taken away or moved, since rows may hold it. A transaction may add a value
// but may not use it before it has committed: what uses it belongs in a later transaction.
function addValues({ before, after }: Alteration<"enum">): Statement[] {
  const kept = after.values.filter((value) => before.values.includes(value));
  if (kept.length < before.values.length || kept.some((value, index) => value !== before.values[index]))
    throw new UnprintableChange("enum", "values", "a value can be added, but not removed or moved");
  const name = qualified(after.schema, after.name);
  const [first] = before.values;
  return after.values.flatMap((value, index) => {
    if (before.values.includes(value)) return [];
    const previous = after.values[index - 1];
    // The values are added in order: the one before is there by now, the one after perhaps not.
    const place =
      previous !== undefined ? ` AFTER ${literal(previous)}` : first === undefined ? "" : ` BEFORE ${literal(first)}`;
    return [statement(`ALTER TYPE ${name} ADD VALUE ${literal(value)}${place}`)];
  });
}

/** Enumerated types. */
export const enumType: ObjectKind<"enum"> = objectKind<"enum", Row>({
  kind: "enum",
  present: "from pg_catalog.pg_type where typtype = 'e' and oid >= 16384",
  query: () => `
    select t.oid, t.typarray as array, n.nspname as schema, t.typname as name, v.values, ${ownerOf("t.typowner")} as owner, d.description as comment
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    left join (select enumtypid, json_agg(enumlabel order by enumsortorder) as values
      from pg_enum group by enumtypid) v on v.enumtypid = t.oid
    ${joinComment(CLASS.type, "t.oid")}
    where t.typtype = 'e' and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}`,
  read(row, reading) {
    const own = ref("enum", row.name, { schema: row.schema });
    reading.identify(CLASS.type, row.oid, refKey(own));
    reading.identify(CLASS.type, row.array, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "enum",
      values: row.values ?? [],
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const name = qualified(object.schema, object.name);
    return [
      statement(`CREATE TYPE ${name} AS ENUM (${object.values.map(literal).join(", ")})`),
      ...commentOn(`TYPE ${name}`, object.comment),
      ...ownerTo(`TYPE ${name}`, object),
    ];
  },
  drop: (object) => [statement(`DROP TYPE ${qualified(object.schema, object.name)}`)],
  alter: alterBy("enum", {
    values: addValues,
    comment: ({ after }) => [setComment(`TYPE ${qualified(after.schema, after.name)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`TYPE ${qualified(after.schema, after.name)}`, after),
  }),
});
