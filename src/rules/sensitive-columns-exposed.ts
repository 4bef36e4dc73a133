import type { ColumnObject, GrantObject } from "../model/catalog.ts";
import { folded } from "../model/spelling.ts";
import { ownTables } from "./own-tables.ts";
import { bare, granteeInWords, grantsByObject, isBroad, onRelation, without } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { clearSecretKind, personalKind } from "./sensitive-names.ts";

// A hash is no password, and still nothing to hand out: it can be tried out at leisure.
const HASHED =
  /(?:^|_)(?:(?:password|passwd|pwd)_(?:hash|digest)|(?:encrypted|hashed|crypted)_password|otp_secret|totp_secret)$/;
const GRAVE: ReadonlySet<string> = new Set([
  "national identifier",
  "bank account",
  "special category (GDPR, article 9)",
]);

const isSensitive = (column: ColumnObject): boolean =>
  clearSecretKind(column) !== null || HASHED.test(folded(column.name)) || GRAVE.has(personalKind(column) ?? "");

const reads = (grant: GrantObject): boolean => grant.privileges.some((privilege) => bare(privilege) === "SELECT");

/** Secrets and identifiers in a table that whoever calls may read, row security aside. */
export const sensitiveColumnsExposed: Rule = rule({
  id: "sensitive-columns-exposed",
  area: "privacy",
  severity: "error",
  engines: ["postgres"],
  equivalents: ["splinter:0023"],
  summary: "Everybody may read a table that holds secrets or identifiers.",
  why: "The privilege is on all columns, and no row security narrows the rows: any role, or through an API any caller, reads the passwords, keys, account or identity numbers of all.",
  remedy:
    "Revoke SELECT on the table and grant it on the harmless columns only, or enable row security with policies; better, keep such columns in a table of their own.",
  fix: "review",
  fails: [
    "CREATE TABLE account (id bigint PRIMARY KEY, password_hash text); GRANT SELECT ON account TO PUBLIC;",
    'CREATE ROLE anon NOLOGIN; CREATE TABLE "odd ""; --" (id bigint PRIMARY KEY, iban text); GRANT SELECT ON "odd ""; --" TO anon;',
  ],
  passes: [
    "CREATE ROLE app NOLOGIN; CREATE TABLE account (id bigint PRIMARY KEY, password_hash text); GRANT SELECT ON account TO app;",
    "CREATE TABLE account (id bigint PRIMARY KEY, password_hash text); ALTER TABLE account ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON account USING (id = 1); GRANT SELECT ON account TO PUBLIC;",
    "CREATE TABLE account (id bigint PRIMARY KEY, nickname text); GRANT SELECT ON account TO PUBLIC;",
  ],
  *check({ view }) {
    const grantsOn = grantsByObject(view);
    for (const of of ownTables(view)) {
      if (of.table.rowSecurity.enabled) continue;
      const open = grantsOn(onRelation(of.table)).filter((grant) => isBroad(grant.grantee) && reads(grant));
      if (open.length === 0) continue;
      const columns = of.columns.filter(isSensitive).map(({ name }) => name);
      if (columns.length === 0) continue;
      const who = open.map(({ grantee }) => granteeInWords(grantee)).join(" and ");
      yield {
        ref: of.table,
        message: `${who} may read ${columns.join(", ")} of table ${of.table.name}`,
        fixes: [
          {
            title: `revoke SELECT on ${of.table.name} from ${who}`,
            safety: "review",
            changes: open.map((grant) => without(grant, (privilege) => privilege === "SELECT")),
          },
        ],
      };
    }
  },
});
