import type { ViewObject } from "../model/catalog.ts";
import { alter } from "../model/change.ts";
import { grantsByObject, onRelation } from "./privileges.ts";
import { relationsBehind } from "./relations-behind.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const isInvoker = ({ options }: ViewObject): boolean =>
  /^(?:1|t|tr|tru|true|y|ye|yes|on)$/i.test(options["security_invoker"] ?? "");

/** A view through which its readers see rows as its owner does, past row security (security_invoker: PostgreSQL 15). */
export const securityDefinerView: Rule = rule({
  id: "security-definer-view",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0010", "splinter:0002"],
  summary: "A view shows rows of a table past its row security.",
  why: "A view reads its tables with the rights of its owner, who as a rule owns the tables as well and passes by their policies. Whoever may read the view sees the rows of all.",
  remedy:
    "Set security_invoker = true on the view, or repeat the condition of the policy in its query and say so in a comment.",
  fix: "review",
  fails: [
    "CREATE ROLE app NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE VIEW open_task AS SELECT * FROM task; GRANT SELECT ON open_task TO app;",
    'CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE VIEW inner_one WITH (security_invoker = on) AS SELECT * FROM task; CREATE VIEW "odd ""; --" AS SELECT count(*) AS n FROM inner_one;',
  ],
  passes: [
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE VIEW open_task WITH (security_invoker = true) AS SELECT * FROM task;",
    "CREATE TABLE task (owner text); CREATE VIEW open_task AS SELECT * FROM task;",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = current_setting('app.user')); CREATE VIEW open_task AS SELECT * FROM task;",
  ],
  *check({ view }) {
    const behind = relationsBehind(view);
    const grantsOn = grantsByObject(view);
    for (const of of view.of("view")) {
      if (of.materialised || isInvoker(of)) continue;
      // Where row security is forced, it applies to the view's owner like to everybody else.
      const tables = [...behind(of)].filter(({ rowSecurity }) => rowSecurity.enabled && !rowSecurity.forced);
      if (tables.length === 0) continue;
      const readers = grantsOn(onRelation(of)).map(({ grantee }) => grantee);
      const names = tables
        .map(({ name }) => name)
        .toSorted()
        .join(", ");
      yield {
        ref: of,
        message: `view ${of.name} shows the rows of ${names} as its owner sees them, past row security`,
        evidence: [{ what: "roles with a privilege on the view besides its owner", value: readers.length }],
        ...(readers.length > 0 ? {} : { severity: "info" as const }),
        fixes: [
          {
            title: `let ${of.name} read with the rights of its reader, who then needs privileges on ${names}`,
            safety: "review",
            changes: [alter(of, { options: { ...of.options, security_invoker: "true" } })],
          },
        ],
      };
    }
  },
});
