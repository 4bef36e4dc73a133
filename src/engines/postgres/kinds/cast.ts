import type { CastObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { commentOn, setComment, statement } from "../print.ts";
import { alterBy, CLASS, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly source: string;
  readonly target: string;
  readonly context: string;
  readonly method: string;
  readonly function: string | null;
  readonly comment: string | null;
}

const CONTEXTS: Readonly<Record<string, CastObject["context"]>> = { e: "explicit", a: "assignment", i: "implicit" };
const METHODS: Readonly<Record<string, CastObject["method"]>> = { f: "function", i: "inout", b: "binary" };

const target = (object: CastObject): string => `CAST (${object.source} AS ${object.target})`;

function methodOf(object: CastObject): string {
  if (object.function !== null) return `WITH FUNCTION ${object.function}`;
  return object.method === "inout" ? "WITH INOUT" : "WITHOUT FUNCTION";
}

/**
 * Casts. They live outside schemas; a catalog of some schemas holds those that a type or function of them
 * takes part in. A binary cast needs a superuser. The cast of a range type to its multirange comes with it.
 */
export const cast: ObjectKind<"cast"> = objectKind<"cast", Row>({
  kind: "cast",
  present: "from pg_catalog.pg_cast where oid >= 16384",
  query: () => `
    select c.oid, format_type(c.castsource, null) as source, format_type(c.casttarget, null) as target,
      c.castcontext as context, c.castmethod as method,
      case when c.castfunc <> 0 then c.castfunc::regprocedure::text end as function, d.description as comment
    from pg_cast c
    ${joinComment(CLASS.cast, "c.oid")}
    where c.oid >= 16384 and ${notOfExtension(CLASS.cast, "c.oid")}
      and not exists (select from pg_depend i where i.classid = ${CLASS.cast} and i.objid = c.oid and i.deptype = 'i')
      and ($1::text[] is null or exists (
        select from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where t.oid in (c.castsource, c.casttarget) and n.nspname = any ($1::text[])))`,
  read(row, reading) {
    const own = ref("cast", `${row.source} AS ${row.target}`);
    reading.identify(CLASS.cast, row.oid, refKey(own));
    return {
      ...own,
      kind: "cast",
      source: row.source,
      target: row.target,
      context: CONTEXTS[row.context] ?? "explicit",
      method: METHODS[row.method] ?? "binary",
      function: row.function,
      comment: row.comment,
      dependsOn: [],
    };
  },
  create(object) {
    const context = object.context === "explicit" ? "" : ` AS ${object.context.toUpperCase()}`;
    return [
      statement(`CREATE ${target(object)} ${methodOf(object)}${context}`),
      ...commentOn(target(object), object.comment),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("cast", { comment: ({ after }) => [setComment(target(after), after.comment)] }),
});
