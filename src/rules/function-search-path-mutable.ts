import type { CatalogView } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";
import type { Ref, RefKey } from "../model/ref.ts";
import { followsCallersPath, pinSearchPath } from "./routine-search-path.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// What the server evaluates by itself, with the path of whoever happens to write, restore or maintain.
const STORED = new Set<Ref["kind"]>(["index", "constraint", "column", "domain"]);

function storedUses(view: CatalogView): ReadonlyMap<RefKey, Ref> {
  const uses = new Map<RefKey, Ref>();
  for (const object of view.catalog.objects) {
    const stored = STORED.has(object.kind) || (object.kind === "view" && object.materialised);
    if (!stored) continue;
    for (const key of object.dependsOn) if (key.startsWith("function ") && !uses.has(key)) uses.set(key, object);
  }
  return uses;
}

/**
 * A routine that looks names up on its caller's path. Short SQL functions are left alone: with a setting of
 * their own the planner can no longer put them in line.
 */
export const functionSearchPathMutable: Rule = rule({
  id: "function-search-path-mutable",
  area: "security",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["splinter:0011"],
  summary: "A function finds names on the search_path of its caller.",
  why: "The same call means different tables and functions for different callers. Restores, REINDEX and ANALYZE run with a path that holds the system's schema only (the latter two since PostgreSQL 17): an index, constraint or generated column that calls such a function then fails.",
  remedy: "Give it SET search_path, or qualify the names in its body.",
  fix: "review",
  fails: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM visit; END $$;",
    "CREATE FUNCTION fold(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(a)'; CREATE TABLE tag (name text); CREATE INDEX tag_name ON tag (fold(name));",
  ],
  passes: [
    "CREATE FUNCTION purge() RETURNS void LANGUAGE plpgsql SET search_path = public AS $$ BEGIN DELETE FROM visit; END $$;",
    "CREATE FUNCTION fold(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(a)';",
    "CREATE FUNCTION fold(a text) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower(a); CREATE TABLE tag (name text); CREATE INDEX tag_name ON tag (fold(name));",
  ],
  *check({ view, dialect }) {
    const uses = storedUses(view);
    for (const routine of view.of("function")) {
      // Those that run with their owner's rights have a rule of their own.
      if (routine.securityDefiner || !followsCallersPath(routine)) continue;
      const use = uses.get(refKey(routine));
      if (use === undefined && routine.language === "sql") continue;
      const called = `${routine.routine} ${routine.name}(${routine.signature})`;
      yield {
        ref: routine,
        message:
          use === undefined
            ? `${called} finds names on its caller's search_path`
            : `${called} finds names on the search_path of whoever touches ${use.kind} ${use.name}`,
        fixes: pinSearchPath(routine, dialect),
      };
    }
  },
});
