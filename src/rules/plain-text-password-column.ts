import type { ColumnObject } from "../model/catalog.ts";
import type { Severity } from "../model/finding.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { clearSecretKind, isStatedClear, textLengthMax } from "./sensitive-names.ts";

// In characters: bcrypt 60, SHA-1 in hexadecimal 40, MD5 32. Encoded argon2 and scrypt are longer.
const BCRYPT = 60;
const SHA1 = 40;
const MD5 = 32;

// What the length of the column tells about what it can hold.
function judgement(
  column: ColumnObject,
  lengthMax: number | null,
): { readonly severity: Severity; readonly what: string } {
  if (isStatedClear(column)) return { severity: "error", what: "holds passwords in clear, as its name says" };
  if (lengthMax !== null && lengthMax < MD5) {
    return {
      severity: "error",
      what: `takes ${lengthMax} characters, too few for any hash: passwords stand there in clear`,
    };
  }
  if (lengthMax !== null && lengthMax < BCRYPT) {
    const fast = lengthMax === MD5 ? " (MD5 has 32)" : lengthMax === SHA1 ? " (SHA-1 has 40)" : "";
    return {
      severity: "warning",
      what: `takes ${lengthMax} characters${fast}, too few for a hash that is made for passwords`,
    };
  }
  return { severity: "info", what: "does not say that it holds a hash" };
}

/** A column for passwords. Many frameworks call the hash itself `password`; only the length tells them apart. */
export const plainTextPasswordColumn: Rule = rule({
  id: "plain-text-password-column",
  area: "privacy",
  severity: "error",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["sqlcheck:4001"],
  summary: "A column holds passwords in clear, or does not say that it holds hashes.",
  why: "Whoever reads a row, a backup, a log or a copy for tests has the password, and with it the other accounts of the same person. A fast hash such as MD5 or SHA-1 is tried out by the billion a second.",
  remedy:
    "Store an argon2id, scrypt or bcrypt hash in a text column without a short length, call it password_hash, and let everybody set a new password.",
  fails: [
    "CREATE TABLE account (id bigint PRIMARY KEY, password varchar(20));",
    'CREATE TABLE "odd ""; --" (id bigint PRIMARY KEY, "userPassword" text);',
    "CREATE TABLE account (id bigint PRIMARY KEY, password character(32));",
    "CREATE TABLE account (id bigint PRIMARY KEY, plain_password text);",
  ],
  passes: [
    "CREATE TABLE account (id bigint PRIMARY KEY, password_hash text, password_changed_at timestamptz, password_reset_required boolean);",
    "CREATE TABLE account (id bigint PRIMARY KEY, password text); COMMENT ON COLUMN account.password IS 'argon2id with its salt';",
    "CREATE TABLE account (id bigint PRIMARY KEY, crypted_password text, encrypted_password text);",
  ],
  *check({ view }) {
    for (const { column } of ownColumns(view)) {
      if (clearSecretKind(column) !== "password") continue;
      // SQLite holds nobody to the length of a type.
      const lengthMax = view.catalog.engine.name === "sqlite" ? null : textLengthMax(column);
      const { severity, what } = judgement(column, lengthMax);
      yield { ref: column, message: `column ${column.name} of ${column.table} ${what}`, severity };
    }
  },
});
