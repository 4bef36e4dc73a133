import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const CLAIMS = /\bauth\.jwt\(|\brequest\.jwt\.claims?\b|\braw_user_meta_?data\b/;
const METADATA = /user_metadata|raw_user_meta_?data/;

/** A policy that decides by a part of the token that users write themselves. */
export const policyTrustsUserMetadata: Rule = rule({
  id: "policy-trusts-user-metadata",
  area: "security",
  severity: "error",
  engines: ["postgres"],
  equivalents: ["splinter:0015"],
  summary: "A policy decides by metadata that users can change themselves.",
  why: "user_metadata is what users store about themselves; the token carries it unchecked. Whoever writes the role or tenant they want into it passes the policy.",
  remedy: "Decide by app_metadata, which only the service may write, or by a table of memberships.",
  fails: [
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY admins ON task USING ((SELECT current_setting('request.jwt.claims', true)::jsonb -> 'user_metadata' ->> 'role') = 'admin');",
    "CREATE SCHEMA auth; CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE RETURN '{}'::jsonb; CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY \"odd \"\"; --\" ON task FOR INSERT WITH CHECK ((auth.jwt() #>> '{user_metadata,role}') = 'admin');",
  ],
  passes: [
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY admins ON task USING ((SELECT current_setting('request.jwt.claims', true)::jsonb -> 'app_metadata' ->> 'role') = 'admin');",
    "CREATE TABLE profile (user_metadata jsonb); ALTER TABLE profile ENABLE ROW LEVEL SECURITY; CREATE POLICY shown ON profile USING (user_metadata ? 'shown');",
  ],
  *check({ view }) {
    for (const policy of view.of("policy")) {
      const text = `${policy.using ?? ""} ${policy.check ?? ""}`;
      if (!CLAIMS.test(text) || !METADATA.test(text)) continue;
      yield {
        ref: policy,
        message: `policy ${policy.name} of table ${policy.table} decides by user_metadata, which each user may change`,
      };
    }
  },
});
