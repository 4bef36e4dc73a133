import type { RangeObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly array: number;
  readonly multirange: number;
  readonly multirange_array: number;
  readonly schema: string;
  readonly name: string;
  readonly subtype: string;
  readonly opclass: string | null;
  readonly collation: string | null;
  readonly canonical: string | null;
  readonly diff: string | null;
  readonly multirange_name: string;
  readonly owner: string | null;
  readonly comment: string | null;
  readonly multirange_comment: string | null;
}

const MULTIRANGE = "multirange_type_name";

const multirange = (object: RangeObject): string => `TYPE ${object.options[MULTIRANGE] ?? ""}`;

function define(object: RangeObject): Statement[] {
  const name = qualified(object.schema, object.name);
  const options = Object.entries(object.options).map(([key, value]) => `,\n  ${key.toUpperCase()} = ${value}`);
  return [
    statement(`CREATE TYPE ${name} AS RANGE (\n  SUBTYPE = ${object.subtype}${options.join("")}\n)`),
    ...commentOn(`TYPE ${name}`, object.comment),
    ...commentOn(multirange(object), object.multirangeComment ?? null),
    ...ownerTo(`TYPE ${name}`, object),
  ];
}

// A canonical function takes the type, and the type needs the function: neither goes before the other.
function drop(object: RangeObject): Statement[] {
  const cascade = object.options["canonical"] === undefined ? "" : " CASCADE";
  return object.shell === true ? [] : [statement(`DROP TYPE ${qualified(object.schema, object.name)}${cascade}`)];
}

// The functions that make multiranges go by the name of the type. Nothing else about a range can be altered.
function renameMultirange({ before, after }: Alteration<"range">): Statement[] {
  const [was = "", is = ""] = [before.options[MULTIRANGE], after.options[MULTIRANGE]];
  const [from, to] = [lastName(was), lastName(is)];
  const others = (options: RangeObject["options"]): string => JSON.stringify({ ...options, [MULTIRANGE]: "" });
  if (others(before.options) !== others(after.options) || was.slice(0, -from.length) !== is.slice(0, -to.length))
    throw new UnprintableChange("range", "options", "only the multirange type can be renamed");
  const range = qualified(after.schema, after.name);
  return [
    statement(`ALTER TYPE ${was} RENAME TO ${to}`),
    ...["", range, `${range}[]`].map((taken) => statement(`ALTER FUNCTION ${was}(${taken}) RENAME TO ${to}`)),
  ];
}

// The name behind the schema, as printed.
const lastName = (printed: string): string => /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(printed)?.[0] ?? "";

/** Range types, each with the multirange type that comes with it. */
export const range: ObjectKind<"range"> = objectKind<"range", Row>({
  kind: "range",
  present: "from pg_catalog.pg_range where rngtypid >= 16384",
  query: () => `
    select t.oid, t.typarray as array, r.rngmultitypid as multirange, m.typarray as multirange_array,
      n.nspname as schema, t.typname as name, format_type(r.rngsubtype, null) as subtype,
      case when not (o.opcdefault and o.opcintype = r.rngsubtype)
        then quote_ident(np.nspname) || '.' || quote_ident(o.opcname) end as opclass,
      case when r.rngcollation <> s.typcollation then r.rngcollation::regcollation::text end as collation,
      case when r.rngcanonical <> 0 then r.rngcanonical::regproc::text end as canonical,
      case when r.rngsubdiff <> 0 then r.rngsubdiff::regproc::text end as diff,
      quote_ident(nm.nspname) || '.' || quote_ident(m.typname) as multirange_name, ${ownerOf("t.typowner")} as owner, d.description as comment,
      md.description as multirange_comment
    from pg_type t
    join pg_range r on r.rngtypid = t.oid
    join pg_type m on m.oid = r.rngmultitypid
    join pg_namespace nm on nm.oid = m.typnamespace
    join pg_type s on s.oid = r.rngsubtype
    join pg_opclass o on o.oid = r.rngsubopc
    join pg_namespace np on np.oid = o.opcnamespace
    join pg_namespace n on n.oid = t.typnamespace
    ${joinComment(CLASS.type, "t.oid")}
    left join pg_description md on md.classoid = ${CLASS.type} and md.objoid = m.oid and md.objsubid = 0
    where ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}`,
  read(row, reading) {
    const own = ref("range", row.name, { schema: row.schema });
    for (const oid of [row.oid, row.array, row.multirange, row.multirange_array])
      reading.identify(CLASS.type, oid, refKey(own));
    const options = {
      subtype_opclass: row.opclass,
      collation: row.collation,
      canonical: row.canonical,
      subtype_diff: row.diff,
      multirange_type_name: row.multirange_name,
    };
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "range",
      subtype: row.subtype,
      options: Object.fromEntries(
        Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
      comment: row.comment,
      ...(row.multirange_comment === null ? {} : { multirangeComment: row.multirange_comment }),
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object, { postponed }) =>
    object.shell === true || postponed.has(refKey(object))
      ? [statement(`CREATE TYPE ${qualified(object.schema, object.name)}`)]
      : define(object),
  complete: define,
  drop,
  alter: alterBy("range", {
    shell: ({ before, after }) => (after.shell === true ? drop(before) : define(after)),
    options: renameMultirange,
    comment: ({ after }) => [setComment(`TYPE ${qualified(after.schema, after.name)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`TYPE ${qualified(after.schema, after.name)}`, after),
    multirangeComment: ({ after }) => [setComment(multirange(after), after.multirangeComment ?? null)],
  }),
});
