import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { clearSecretKind, isStatedClear } from "./sensitive-names.ts";

/** A column for tokens, keys and other secrets of which nothing says that they are hashed or encrypted. */
export const plainTextSecretColumn: Rule = rule({
  id: "plain-text-secret-column",
  area: "privacy",
  severity: "info",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: [],
  summary: "A column holds tokens or keys and does not say that they are hashed or encrypted.",
  why: "A token in clear is as good as the login it stands for: whoever reads a row, a backup or a log can use it. One that is only compared needs to be stored as a hash; one that must be sent on, encrypted with a key outside of the database.",
  remedy:
    "Store the SHA-256 of tokens that are long and random, encrypt what must be read again, and say which in the column's comment.",
  fails: [
    "CREATE TABLE account (id bigint PRIMARY KEY, reset_token text);",
    'CREATE TABLE "odd ""; --" (id bigint PRIMARY KEY, "apiKey" varchar(64));',
  ],
  passes: [
    "CREATE TABLE account (id bigint PRIMARY KEY, reset_token_sha256 bytea, reset_token_sent_at timestamptz, api_key_id bigint);",
    "CREATE TABLE account (id bigint PRIMARY KEY, reset_token text); COMMENT ON COLUMN account.reset_token IS 'SHA-256 of the token';",
  ],
  *check({ view }) {
    for (const { column } of ownColumns(view)) {
      if (clearSecretKind(column) !== "secret") continue;
      const clear = isStatedClear(column);
      yield {
        ref: column,
        message: `column ${column.name} of ${column.table} ${clear ? "holds secrets in clear, as its name says" : "holds secrets and does not say that they are hashed or encrypted"}`,
        ...(clear ? { severity: "warning" as const } : {}),
      };
    }
  },
});
