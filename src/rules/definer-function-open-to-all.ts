import type { FunctionObject, GrantObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { alter } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import { bare, grantsByObject, isBroad, without } from "./privileges.ts";
import type { Granted } from "./privileges.ts";
import { routineHeader } from "./routine-header.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const onSchema = (name: string): Granted => ({ on: "schema", schema: null, name, arguments: null });

const has = (grant: GrantObject, privilege: string): boolean => grant.privileges.some((one) => bare(one) === privilege);

// Everybody may use the schema `public`, unless a grant says otherwise.
function isOpenSchema(name: string, grantsOn: (object: Granted) => readonly GrantObject[]): boolean {
  const grants = grantsOn(onSchema(name));
  if (name === "public" && !grants.some((grant) => grant.grantee === "public")) return true;
  return grants.some((grant) => isBroad(grant.grantee) && has(grant, "USAGE"));
}

const WRITES =
  /\b(?:insert\s+into|update\s+[^;]{1,200}?\sset|delete\s+from|merge\s+into|truncate|execute|alter|grant|revoke|drop|create|copy|call|perform)\b/i;

function mayWrite(routine: FunctionObject): boolean {
  const header = routineHeader(routine.definition);
  return header === null || WRITES.test(routine.definition.slice(header.bodyAt));
}

// That EXECUTE was taken from everybody is itself a grant, an empty one.
function closed(routine: FunctionObject): Change {
  const signature = `function(${routine.signature}) to public`;
  const object: GrantObject = {
    ...ref("grant", routine.name, { schema: routine.schema, signature }),
    kind: "grant",
    on: "function",
    arguments: routine.signature,
    grantee: "public",
    privileges: [],
    comment: null,
    dependsOn: [refKey(routine)],
  };
  return { type: "create", object };
}

/** A SECURITY DEFINER routine that everybody may call: PostgreSQL grants EXECUTE to PUBLIC by default. */
export const definerFunctionOpenToAll: Rule = rule({
  id: "definer-function-open-to-all",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0028", "splinter:0029", "pgdsat:4.5"],
  summary: "Everybody may call a SECURITY DEFINER function.",
  why: "The function acts with the rights of its owner, past the caller's privileges and past row security, and PostgreSQL lets every role execute a new function. What it does is thereby open to each role that can connect, and through an API to each of its callers.",
  remedy: "REVOKE EXECUTE from PUBLIC and grant it to the roles that need it, or make it SECURITY INVOKER.",
  fix: "review",
  fails: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN DELETE FROM public.visit; END $$;",
    'CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO PUBLIC; CREATE FUNCTION api."odd ; --"(a text) RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1;',
    "CREATE ROLE anon NOLOGIN; CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO anon; CREATE FUNCTION api.one() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1; REVOKE EXECUTE ON FUNCTION api.one() FROM PUBLIC; GRANT EXECUTE ON FUNCTION api.one() TO anon;",
  ],
  passes: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN DELETE FROM public.visit; END $$; REVOKE EXECUTE ON FUNCTION purge() FROM PUBLIC;",
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM public.visit; END $$;",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN RETURN NEW; END $$;",
    "CREATE SCHEMA inner_part; CREATE FUNCTION inner_part.one() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1;",
  ],
  *check({ view }) {
    const grantsOn = grantsByObject(view);
    const open = new Map<string, boolean>();
    for (const routine of view.of("function")) {
      const schema = routine.schema ?? "";
      // Nobody can call a trigger function directly.
      if (!routine.securityDefiner || ["trigger", "event_trigger"].includes(routine.returns ?? "")) continue;
      if (!open.has(schema)) open.set(schema, isOpenSchema(schema, grantsOn));
      if (open.get(schema) !== true) continue;
      const grants = grantsOn({ on: "function", schema, name: routine.name, arguments: routine.signature });
      const byDefault = !grants.some((grant) => grant.grantee === "public");
      const broad = grants.filter((grant) => isBroad(grant.grantee) && has(grant, "EXECUTE"));
      if (!byDefault && broad.length === 0) continue;
      const toAll = byDefault || broad.some((grant) => grant.grantee === "public");
      const who = toAll ? "everybody" : (broad[0]?.grantee ?? "");
      const writes = mayWrite(routine);
      yield {
        ref: routine,
        message: `${who} may call ${routine.routine} ${routine.name}(${routine.signature}), which ${writes ? "acts" : "reads"} with its owner's rights`,
        // A grant to one such role was written by somebody; the default was not.
        ...(writes && toAll ? {} : { severity: "info" as const }),
        fixes: [
          {
            title: `revoke EXECUTE on ${routine.name} from ${who}; grant it first to the roles that need it`,
            safety: "review",
            changes: [
              ...(byDefault ? [closed(routine)] : []),
              // What everybody lost must be stated, or the default comes back.
              ...broad.map((grant) =>
                grant.grantee === "public"
                  ? alter(grant, { privileges: [] })
                  : without(grant, (one) => one === "EXECUTE"),
              ),
            ],
          },
        ],
      };
    }
  },
});
