import { refKey, ref } from "../model/ref.ts";
import { bare, without } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Privileges on tables and sequences that every role of the server has. */
export const privilegesToPublic: Rule = rule({
  id: "privileges-to-public",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pgdsat:4.6"],
  summary: "Everybody has privileges on a table.",
  why: "PUBLIC stands for every role of the server, those of other applications and those made later included. Taking the privilege from one role has no effect while everybody has it.",
  remedy: "Grant to the roles that need it, then REVOKE from PUBLIC.",
  fix: "review",
  fails: [
    "CREATE TABLE task (id bigint); GRANT SELECT, INSERT ON task TO PUBLIC;",
    'CREATE VIEW "odd ""; --" AS SELECT 1 AS a; GRANT SELECT ON "odd ""; --" TO PUBLIC;',
    "CREATE SEQUENCE number; GRANT ALL ON SEQUENCE number TO PUBLIC;",
  ],
  passes: [
    "CREATE TABLE task (id bigint);",
    "CREATE ROLE app NOLOGIN; CREATE TABLE task (id bigint); GRANT SELECT, INSERT ON task TO app;",
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON task USING (id = 1); GRANT SELECT ON task TO PUBLIC;",
  ],
  *check({ view }) {
    for (const grant of view.of("grant")) {
      if (grant.grantee !== "public" || (grant.on !== "table" && grant.on !== "sequence")) continue;
      const privileges = [...new Set(grant.privileges.map(bare))];
      if (privileges.length === 0) continue;
      const onlyReads = privileges.every((privilege) => privilege === "SELECT" || privilege === "REFERENCES");
      const table = view.get(refKey(ref("table", grant.name, { schema: grant.schema })));
      // Row security says who reads which rows.
      if (onlyReads && table?.kind === "table" && table.rowSecurity.enabled) continue;
      yield {
        ref: grant,
        message: `everybody (PUBLIC) has ${privileges.join(", ")} on ${grant.on} ${grant.name}`,
        ...(onlyReads || grant.on === "sequence" ? { severity: "info" as const } : {}),
        fixes: [
          {
            title: `revoke it from PUBLIC; grant it first to the roles that need it`,
            safety: "review",
            changes: [without(grant, () => true)],
          },
        ],
      };
    }
  },
});
