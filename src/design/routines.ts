import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Draft } from "./draft-model.ts";

/** A trigger function of the design, in PL/pgSQL. */
export interface TriggerFunction {
  readonly name: string;
  readonly about: string;
  readonly body: string;
  /** Runs with the owner's rights, for tables the application may not write. */
  readonly securityDefiner: boolean;
  readonly needs?: readonly RefKey[];
  /** Where it lives: with the table it names, so that each tenant's schema has its own; else the main schema. */
  readonly schema?: string;
}

/** Adds a trigger function, once; returns its key and how it is called. */
export function triggerFunction(
  draft: Draft,
  wanted: TriggerFunction,
): { readonly key: RefKey; readonly call: string } {
  const schema = wanted.schema ?? draft.schema;
  const own = ref("function", wanted.name, { schema });
  const key = refKey(own);
  const name = draft.dialect.qualified(schema, wanted.name);
  if (!draft.objects.some((object) => refKey(object) === key)) {
    // A fixed search_path: nobody can slip in a function or operator of their own.
    const rights = wanted.securityDefiner ? "\n SECURITY DEFINER" : "";
    draft.objects.push({
      ...own,
      kind: "function",
      comment: wanted.about,
      dependsOn: [refKey(ref("schema", schema)), ...(wanted.needs ?? [])],
      routine: "function",
      language: "plpgsql",
      returns: "trigger",
      securityDefiner: wanted.securityDefiner,
      definition: `CREATE OR REPLACE FUNCTION ${name}()
 RETURNS trigger
 LANGUAGE plpgsql${rights}
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
${wanted.body}
$function$`,
    });
  }
  return { key, call: `EXECUTE FUNCTION ${name}()` };
}
