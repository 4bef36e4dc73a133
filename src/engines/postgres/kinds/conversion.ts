import type { ConversionObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, literal, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly function: string;
  readonly default: boolean;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: ConversionObject): string => `CONVERSION ${qualified(object.schema, object.name)}`;

/** Conversions between two encodings. Nothing of one can be changed where it is. */
export const conversion: ObjectKind<"conversion"> = objectKind<"conversion", Row>({
  kind: "conversion",
  present: "from pg_catalog.pg_conversion where oid >= 16384",
  query: () => `
    select c.oid, n.nspname as schema, c.conname as name, pg_encoding_to_char(c.conforencoding) as from,
      pg_encoding_to_char(c.contoencoding) as to, c.conproc::text as function, c.condefault as default,
      ${ownerOf("c.conowner")} as owner, d.description as comment
    from pg_conversion c
    join pg_namespace n on n.oid = c.connamespace
    ${joinComment(CLASS.conversion, "c.oid")}
    where c.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.conversion, "c.oid")}`,
  read(row, reading) {
    const own = ref("conversion", row.name, { schema: row.schema });
    reading.identify(CLASS.conversion, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "conversion",
      from: row.from,
      to: row.to,
      function: row.function,
      default: row.default,
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(
      `CREATE ${object.default ? "DEFAULT " : ""}${target(object)} FOR ${literal(object.from)} TO ${literal(object.to)} FROM ${object.function}`,
    ),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("conversion", {
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
