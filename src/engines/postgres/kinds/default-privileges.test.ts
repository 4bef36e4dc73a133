import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "in a schema and in all, for others and against everybody",
    sql: `create schema s; alter default privileges in schema s grant select, insert on tables to app;
      alter default privileges in schema s grant update on tables to app with grant option;
      alter default privileges grant usage on sequences to public; alter default privileges revoke execute on functions from public;
      alter default privileges grant usage on schemas to reader; alter default privileges in schema s grant all on types to app`,
    has: [
      {
        kind: "default-privileges",
        schema: "s",
        role: null,
        on: "tables",
        grantee: "app",
        privileges: ["INSERT", "SELECT", "UPDATE WITH GRANT OPTION"],
      },
      { kind: "default-privileges", schema: null, on: "functions", grantee: "public", privileges: [] },
      { kind: "default-privileges", schema: null, on: "sequences", grantee: "public", privileges: ["USAGE"] },
      { kind: "default-privileges", on: "schemas", grantee: "reader" },
    ],
  },
  {
    name: "do not reach what was there before them",
    sql: `create table t (a int); create function f() returns int language sql as 'select 1';
      alter default privileges grant select on tables to app; alter default privileges revoke execute on functions from public; create table u (a int)`,
    has: [{ kind: "grant", on: "table", name: "u", grantee: "app", privileges: ["SELECT"] }],
  },
  {
    name: "of another role",
    admin: true,
    sql: `alter default privileges for role app grant select on tables to reader; alter default privileges for role app revoke all on types from public`,
    has: [{ kind: "default-privileges", name: "app", role: "app", grantee: "reader" }],
  },
  {
    name: "what a role takes from itself is named",
    sql: `alter default privileges revoke delete on tables from current_user; alter default privileges revoke delete on tables from current_user`,
    unmodelled: [{ kind: "default privileges", name: "of current_user on its own tables" }],
  },
]);
