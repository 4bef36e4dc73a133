import { ref, refKey } from "../../../model/ref.ts";
import { canonical } from "../canonical.ts";
import { commentOn, qualified, statement } from "../print.ts";
import { CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly arguments: string;
  readonly routine: "function" | "procedure" | "window";
  readonly language: string;
  readonly returns: string | null;
  readonly definer: boolean;
  readonly definition: string;
  readonly parsed: boolean;
  readonly comment: string | null;
}

/**
 * Functions and procedures, told apart by the types of their input arguments (names and defaults of
 * arguments are no part of a function's identity).
 */
export const functionKind: ObjectKind<"function"> = objectKind<"function", Row>({
  kind: "function",
  query: () => `
    select p.oid, n.nspname as schema, p.proname as name, oidvectortypes(p.proargtypes) as arguments,
      case p.prokind when 'p' then 'procedure' when 'w' then 'window' else 'function' end as routine,
      l.lanname as language, pg_get_function_result(p.oid) as returns, p.prosecdef as definer,
      pg_get_functiondef(p.oid) as definition, p.prosqlbody is not null as parsed, d.description as comment
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join pg_language l on l.oid = p.prolang
    ${joinComment(CLASS.function, "p.oid")}
    where p.prokind in ('f', 'p', 'w') and ${inScope("n")} and ${notOfExtension(CLASS.function, "p.oid")}
      -- The constructors of a range type come with the type.
      and not exists (select from pg_depend i where i.classid = ${CLASS.function} and i.objid = p.oid and i.deptype = 'i')`,
  read(row, reading) {
    const own = ref("function", row.name, { schema: row.schema, signature: row.arguments });
    reading.identify(CLASS.function, row.oid, refKey(own));
    return {
      ...own,
      kind: "function",
      routine: row.routine,
      language: row.language,
      returns: row.returns,
      securityDefiner: row.definer,
      // A body that is a string is the user's own text; one that the server parsed is the server's.
      definition: row.parsed ? canonical(row.definition.trimEnd()) : row.definition.trimEnd(),
      comment: row.comment,
      dependsOn: [refKey(ref("schema", row.schema))],
    };
  },
  create: (object) => [
    statement(object.definition),
    ...commentOn(
      `${object.routine === "procedure" ? "PROCEDURE" : "FUNCTION"} ${qualified(object.schema, object.name)}(${object.signature})`,
      object.comment,
    ),
  ],
  drop: (object) => [
    statement(
      `DROP ${object.routine === "procedure" ? "PROCEDURE" : "FUNCTION"} ` +
        `${qualified(object.schema, object.name)}(${object.signature})`,
    ),
  ],
});
