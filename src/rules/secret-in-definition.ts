import type { CatalogObject, ColumnObject } from "../model/catalog.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { clearSecretKind } from "./sensitive-names.ts";

interface Pattern {
  readonly what: string;
  readonly text: RegExp;
}

// Forms that the issuers document, so that nothing else looks like them. Each is linear in the text.
const KEYS: readonly Pattern[] = [
  { what: "a private key", text: /-----BEGIN (?:[A-Z]{2,12} )?PRIVATE KEY-----/ },
  { what: "an AWS access key", text: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { what: "a GitHub token", text: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/ },
  { what: "a Stripe secret key", text: /\b[sr]k_live_[A-Za-z0-9]{16}/ },
  { what: "a Slack token", text: /\bxox[abprs]-[A-Za-z0-9-]{10}/ },
  { what: "a Google API key", text: /\bAIza[0-9A-Za-z_-]{35}/ },
  { what: "a SendGrid key", text: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/ },
  { what: "a signed token (JWT)", text: /\beyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{20}/ },
  {
    what: "a connection string with a password",
    text: /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s:/@'"<>{}$%]{1,64}:(?!(?:password|passwd|pass|pwd|secret|x+|\*+)@)[^\s:/@'"<>{}$%*]{3,128}@[\w.-]/i,
  },
  {
    what: "a connection string with a password",
    text: /\b(?:host|hostaddr|dbname|user)=[^\s'"]{1,100}\s(?:[a-z_]{1,30}=[^\s'"]{0,100}\s){0,10}password=(?!['"\s]|\*|x+\b)[^\s'"%$<{]{3}/i,
  },
];

function keyIn(text: string | null): string | null {
  return text === null ? null : (KEYS.find((pattern) => pattern.text.test(text))?.what ?? null);
}

// Where text stands in an object, apart from its name.
function textsOf(object: CatalogObject): readonly (readonly [where: string, text: string | null])[] {
  const comment = ["comment", object.comment] as const;
  switch (object.kind) {
    case "column":
    case "domain":
      return [comment, ["default", object.default]];
    case "function":
    case "view":
    case "trigger":
      return [comment, ["definition", object.definition]];
    default:
      return [comment];
  }
}

// A literal that stands for every row that states none: the same password for all.
function isDefaultPassword(column: ColumnObject): boolean {
  return clearSecretKind(column) === "password" && /^'(?!')/.test(column.default ?? "");
}

/** A key or password in the schema itself. What was found is named by its kind and never repeated. */
export const secretInDefinition: Rule = rule({
  id: "secret-in-definition",
  area: "security",
  severity: "error",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: [],
  summary: "A default, comment or definition holds a key or password.",
  why: "The schema is no secret: every role that can connect reads comments, defaults and the bodies of functions in the system catalogs, and they are copied into dumps, migrations and version control.",
  remedy:
    "Withdraw the key, since it must count as known, and let the application bring its successor, or keep it in a table that one role may read.",
  fails: [
    "CREATE TABLE job (id bigint, url text DEFAULT 'https://worker:tr0ub4dor@queue.example.org/');",
    "CREATE TABLE account (id bigint, password text DEFAULT 'changeme');",
    "CREATE FUNCTION far() RETURNS text LANGUAGE sql AS $$ SELECT 'host=10.0.0.7 dbname=shop user=app password=tr0ub4dor' $$;",
    'CREATE TABLE "odd ""; --" (id bigint); COMMENT ON TABLE "odd ""; --" IS \'key AKIAIOSFODNN7EXAMPLE\';',
  ],
  passes: [
    "CREATE TABLE job (id bigint, url text DEFAULT 'https://queue.example.org/'); COMMENT ON COLUMN job.url IS 'such as https://user:password@host/ or postgres://<user>:<secret>@host';",
    "CREATE TABLE account (id bigint, password_hash text DEFAULT '', token text DEFAULT gen_random_uuid()::text);",
    "CREATE FUNCTION far(word text) RETURNS text LANGUAGE sql AS $$ SELECT format('host=10.0.0.7 dbname=shop user=app password=%s', word) $$;",
  ],
  examplesOn: {
    sqlite: {
      fails: [
        "CREATE TABLE job (id INTEGER PRIMARY KEY, url TEXT DEFAULT 'https://worker:tr0ub4dor@queue.example.org/');",
      ],
      passes: ["CREATE TABLE job (id INTEGER PRIMARY KEY, url TEXT DEFAULT 'https://queue.example.org/');"],
    },
  },
  *check({ view }) {
    for (const object of view.catalog.objects) {
      for (const [where, text] of textsOf(object)) {
        const what = keyIn(text);
        if (what !== null)
          yield { ref: object, message: `the ${where} of ${object.kind} ${object.name} holds ${what}` };
      }
      if (object.kind === "column" && isDefaultPassword(object)) {
        yield {
          ref: object,
          message: `column ${object.name} of ${object.table} gives every row that states none the same password`,
          severity: "warning",
        };
      }
    }
  },
});
