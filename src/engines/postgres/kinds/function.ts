import type { FunctionObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalQuery } from "../canonical.ts";
import { argumentObstacle } from "./routine-arguments.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

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
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: FunctionObject): string =>
  `${object.routine === "procedure" ? "PROCEDURE" : "FUNCTION"} ${qualified(object.schema, object.name)}(${object.signature})`;

// Where the server prints the body: all lines before it are clauses of the header.
const BODY = /^(?:AS |RETURN |BEGIN ATOMIC)/;
const SETTING = /^ SET ([\w.]+) TO (.+)$/;

// One more setting of the header, and nothing else: said by itself, it spares the reader the whole body.
function addedSetting(before: string, after: string): string | null {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const at = now.findIndex((line, index) => line !== old[index]);
  const setting = SETTING.exec(now[at] ?? "");
  if (setting === null || now.toSpliced(at, 1).join("\n") !== before) return null;
  const body = now.findIndex((line) => BODY.test(line));
  return at < body ? `SET ${setting[1]} TO ${setting[2]}` : null;
}

function alterDefinition({ before, after }: Alteration<"function">): Statement[] {
  const obstacle = argumentObstacle(before.definition, after.definition);
  if (obstacle !== null) throw new UnprintableChange("function", "definition", obstacle);
  const setting = addedSetting(before.definition, after.definition);
  return [statement(setting === null ? after.definition : `ALTER ${target(after)} ${setting}`)];
}

/**
 * Functions and procedures, told apart by the types of their input arguments (names and defaults of
 * arguments are no part of a function's identity).
 */
export const functionKind: ObjectKind<"function"> = objectKind<"function", Row>({
  kind: "function",
  present: "from pg_catalog.pg_proc where prokind <> 'a' and oid >= 16384",
  query: () => `
    select p.oid, n.nspname as schema, p.proname as name, oidvectortypes(p.proargtypes) as arguments,
      case p.prokind when 'p' then 'procedure' when 'w' then 'window' else 'function' end as routine,
      l.lanname as language, pg_get_function_result(p.oid) as returns, p.prosecdef as definer,
      pg_get_functiondef(p.oid) as definition, p.prosqlbody is not null as parsed, ${ownerOf("p.proowner")} as owner, d.description as comment
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
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "function",
      routine: row.routine,
      language: row.language,
      returns: row.returns,
      securityDefiner: row.definer,
      // A body that is a string is the user's own text; one that the server parsed is the server's.
      definition: row.parsed ? canonicalQuery(row.definition.trimEnd()) : row.definition.trimEnd(),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(object.definition),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("function", {
    definition: alterDefinition,
    // A definition says these too.
    language: () => [],
    securityDefiner: ({ after, properties }) =>
      properties.includes("definition")
        ? []
        : [statement(`ALTER ${target(after)} SECURITY ${after.securityDefiner ? "DEFINER" : "INVOKER"}`)],
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
