import { followsCallersPath, pinSearchPath } from "./routine-search-path.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A SECURITY DEFINER routine that looks names up on its caller's path (PostgreSQL's manual, CREATE FUNCTION). */
export const securityDefinerWithoutSearchPath: Rule = rule({
  id: "security-definer-without-search-path",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0011"],
  summary: "A SECURITY DEFINER function does not set its search_path.",
  why: "It runs with the rights of its owner but finds tables, functions and operators on the path of whoever calls it. Temporary tables come first on that path, and everybody may create them by default: a caller puts an object of the same name there, and the function works on it, or runs it, as the owner.",
  remedy:
    "Give it SET search_path with the schemas it needs and pg_temp last, or an empty one with every name qualified.",
  fix: "review",
  fails: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN DELETE FROM visit; END $$;",
    "CREATE FUNCTION purge(why text DEFAULT E'\\n SET search_path TO x\\nAS') RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET work_mem = '1MB' AS 'BEGIN NULL; END';",
    'CREATE FUNCTION "odd ""name; --"("a)" integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS \'SELECT 1\';',
    "CREATE PROCEDURE purge() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN NULL; END';",
  ],
  passes: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN DELETE FROM visit; END $$;",
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN DELETE FROM public.visit; END $$;",
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM visit; END $$;",
    "CREATE FUNCTION one() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1;",
    "CREATE FUNCTION one() RETURNS TABLE (a integer, b text) LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT 1, 'x'; END;",
  ],
  *check({ view, dialect }) {
    for (const routine of view.of("function")) {
      if (!routine.securityDefiner || !followsCallersPath(routine)) continue;
      yield {
        ref: routine,
        message: `${routine.routine} ${routine.name}(${routine.signature}) runs with its owner's rights and finds names on its caller's search_path`,
        fixes: pinSearchPath(routine, dialect),
      };
    }
  },
});
