import { granteeInWords, grantsByObject, onRelation } from "./privileges.ts";
import { relationsBehind } from "./relations-behind.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A materialised view of a table with row security: it can have no policies of its own. */
export const materialisedViewBypassesRowSecurity: Rule = rule({
  id: "materialised-view-bypasses-row-security",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0016"],
  summary: "A materialised view holds rows of a table that has row security.",
  why: "It stores what its owner saw at the last REFRESH, and no policy can be put on it: whoever may read it reads all of that.",
  remedy: "Keep it from the callers and offer a view with the condition over it, or store it as a table with policies.",
  fails: [
    "CREATE ROLE app NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE MATERIALIZED VIEW report AS SELECT * FROM task; GRANT SELECT ON report TO app;",
    'CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE VIEW v AS SELECT * FROM task; CREATE MATERIALIZED VIEW "odd ""; --" AS SELECT count(*) AS n FROM v;',
  ],
  passes: ["CREATE TABLE task (owner text); CREATE MATERIALIZED VIEW report AS SELECT * FROM task;"],
  *check({ view }) {
    const behind = relationsBehind(view);
    const grantsOn = grantsByObject(view);
    for (const of of view.of("view")) {
      if (!of.materialised) continue;
      const tables = [...behind(of)].filter(({ rowSecurity }) => rowSecurity.enabled);
      if (tables.length === 0) continue;
      const names = tables
        .map(({ name }) => name)
        .toSorted()
        .join(", ");
      const readers = [...new Set(grantsOn(onRelation(of)).map(({ grantee }) => granteeInWords(grantee)))];
      const message = `materialised view ${of.name} holds rows of ${names}, whose row security does not reach it`;
      if (readers.length === 0) yield { ref: of, message, severity: "info" };
      else yield { ref: of, message: `${message}; ${readers.join(", ")} may read it` };
    }
  },
});
