import type { CollationObject } from "../../../model/catalog.ts";
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
  readonly provider: string;
  readonly deterministic: boolean;
  readonly collate: string | null;
  readonly ctype: string | null;
  readonly locale: string | null;
  readonly rules: string | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const PROVIDERS: Readonly<Record<string, CollationObject["provider"]>> = { c: "libc", i: "icu", b: "builtin" };

const VERSION_RULES = 160_000;
const VERSION_LOCALE = 170_000;

const target = (object: CollationObject): string => `COLLATION ${qualified(object.schema, object.name)}`;

function localeOf(object: CollationObject): string[] {
  if (object.locale !== null) return [`LOCALE = ${literal(object.locale)}`];
  return [
    ...(object.lcCollate === null ? [] : [`LC_COLLATE = ${literal(object.lcCollate)}`]),
    ...(object.lcCtype === null ? [] : [`LC_CTYPE = ${literal(object.lcCtype)}`]),
  ];
}

/**
 * Collations. The version of the library's rules that the server wrote down is no part of the schema: it says with which
 * library indexes were built. Nothing of a collation can be changed where it is.
 */
export const collation: ObjectKind<"collation"> = objectKind<"collation", Row>({
  kind: "collation",
  present: "from pg_catalog.pg_collation where oid >= 16384",
  query: (versionNumber) => `
    select c.oid, n.nspname as schema, c.collname as name, c.collprovider as provider,
      c.collisdeterministic as deterministic, c.collcollate as collate, c.collctype as ctype,
      ${versionNumber >= VERSION_LOCALE ? "c.colllocale" : "c.colliculocale"} as locale,
      ${versionNumber >= VERSION_RULES ? "c.collicurules" : "null::text"} as rules, ${ownerOf("c.collowner")} as owner, d.description as comment
    from pg_collation c
    join pg_namespace n on n.oid = c.collnamespace
    ${joinComment(CLASS.collation, "c.oid")}
    where c.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.collation, "c.oid")}`,
  read(row, reading) {
    const own = ref("collation", row.name, { schema: row.schema });
    reading.identify(CLASS.collation, row.oid, refKey(own));
    // libc keeps two names, for order and for kinds of characters, which are mostly one.
    const one = row.provider === "c" && row.collate === row.ctype ? row.collate : row.locale;
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "collation",
      provider: PROVIDERS[row.provider] ?? "libc",
      deterministic: row.deterministic,
      locale: one,
      lcCollate: one === null ? row.collate : null,
      lcCtype: one === null ? row.ctype : null,
      rules: row.rules,
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const clauses = [
      `PROVIDER = ${object.provider}`,
      ...localeOf(object),
      ...(object.deterministic ? [] : ["DETERMINISTIC = false"]),
      ...(object.rules === null ? [] : [`RULES = ${literal(object.rules)}`]),
    ];
    return [
      statement(`CREATE ${target(object)} (${clauses.join(", ")})`),
      ...commentOn(target(object), object.comment),
      ...ownerTo(target(object), object),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("collation", {
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
