import { bare, granteeInWords, isBroad, without } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A schema in which everybody may create objects: the default of `public` before PostgreSQL 15 (CVE-2018-1058). */
export const publicSchemaWritable: Rule = rule({
  id: "public-schema-writable",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pgdsat:4.10"],
  summary: "Everybody may create objects in a schema.",
  why: "Any role that can connect can put a function or operator of a fitting name there; whoever has the schema on the search_path, a superuser or a backup included, may then call it with their own rights (CVE-2018-1058).",
  remedy: "REVOKE CREATE ON SCHEMA from PUBLIC, and grant it to the roles that run migrations.",
  fix: "review",
  fails: [
    "GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE task (id bigint);",
    'CREATE SCHEMA "odd ""; --"; GRANT ALL ON SCHEMA "odd ""; --" TO PUBLIC;',
    "CREATE ROLE anon NOLOGIN; CREATE SCHEMA api; GRANT USAGE, CREATE ON SCHEMA api TO anon;",
  ],
  passes: [
    "CREATE TABLE task (id bigint);",
    "CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO PUBLIC;",
    "CREATE ROLE deploy NOLOGIN; CREATE SCHEMA api; GRANT CREATE ON SCHEMA api TO deploy;",
  ],
  *check({ view }) {
    for (const grant of view.of("grant")) {
      if (grant.on !== "schema" || !isBroad(grant.grantee)) continue;
      if (!grant.privileges.some((privilege) => bare(privilege) === "CREATE")) continue;
      const who = granteeInWords(grant.grantee);
      yield {
        ref: grant,
        message: `${who} may create objects in schema ${grant.name}`,
        fixes: [
          {
            title: `revoke CREATE on schema ${grant.name} from ${who}`,
            safety: "review",
            changes: [without(grant, (privilege) => privilege === "CREATE")],
          },
        ],
      };
    }
  },
});
