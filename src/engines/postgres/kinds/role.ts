import { ref } from "../../../model/ref.ts";
import { dollarQuoted, ident, literal, statement } from "../print.ts";
import { alterBy, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly bypass: boolean;
}

/**
 * The roles that grants and policies mention. A role belongs to the whole cluster: it is created only
 * where it is absent, without login or privileges, and never dropped.
 */
export const role: ObjectKind<"role"> = objectKind<"role", Row>({
  kind: "role",
  query: () => `
    select rolname as name, rolcanlogin as login, rolsuper as superuser, rolbypassrls as bypass
    from pg_roles where rolname = any ($1::text[])`,
  parameters: (reading) => [[...reading.roles]],
  read: (row) => ({
    ...ref("role", row.name),
    kind: "role",
    login: row.login,
    superuser: row.superuser,
    bypassRls: row.bypass,
    comment: null,
    dependsOn: [],
  }),
  create(object) {
    const absent = `NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(object.name)})`;
    const body = `BEGIN\n  IF ${absent} THEN\n    CREATE ROLE ${ident(object.name)} NOLOGIN;\n  END IF;\nEND`;
    return [statement(`DO ${dollarQuoted(body)}`)];
  },
  drop: () => [],
  remove: (object) => [statement(`DROP ROLE ${ident(object.name)}`)],
  alter: alterBy("role", {
    login: ({ after }) => [statement(`ALTER ROLE ${ident(after.name)} ${after.login ? "LOGIN" : "NOLOGIN"}`)],
    superuser: ({ after }) => [
      statement(`ALTER ROLE ${ident(after.name)} ${after.superuser ? "SUPERUSER" : "NOSUPERUSER"}`),
    ],
    bypassRls: ({ after }) => [
      statement(`ALTER ROLE ${ident(after.name)} ${after.bypassRls ? "BYPASSRLS" : "NOBYPASSRLS"}`),
    ],
  }),
});
