import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "on tables, views, sequences, schemas, functions and types",
    sql: `create schema s; create table s.t (a int); create view s.v as select 1 as a; create sequence s.q; create function s.f(a int, b text default '') returns int language sql as 'select 1'; create procedure s.p() language sql as ''; create type s.e as enum ('x'); create domain s.d as int; grant usage, create on schema s to app; grant select, insert on s.t to app; grant select on s.t to reader with grant option; grant all on s.v to app; grant usage on sequence s.q to app; grant execute on function s.f to app; grant execute on procedure s.p to reader; grant usage on type s.e to app; grant usage on domain s.d to app; grant select on s.v to public`,
    has: [
      {
        kind: "grant",
        on: "table",
        name: "t",
        grantee: "app",
        privileges: ["INSERT", "SELECT"],
        signature: "table to app",
      },
      { kind: "grant", name: "t", grantee: "reader", privileges: ["SELECT WITH GRANT OPTION"] },
      { kind: "grant", name: "v", grantee: "public", privileges: ["SELECT"] },
      { kind: "grant", on: "function", name: "f", arguments: "integer, text", grantee: "app" },
      { kind: "role", name: "reader" },
    ],
  },
  {
    name: "what everybody may do by default, revoked",
    sql: `create function f() returns int language sql as 'select 1'; revoke all on function f() from public; create type e as enum (); revoke usage on type e from public; grant usage on type e to app; revoke usage on schema public from public; grant usage on schema public to app`,
    has: [
      { kind: "grant", on: "function", name: "f", grantee: "public", privileges: [] },
      { kind: "grant", on: "schema", name: "public", grantee: "public", privileges: [] },
    ],
  },
  {
    name: "the old rights on public",
    sql: `grant create on schema public to public`,
    has: [{ kind: "grant", on: "schema", name: "public", grantee: "public", privileges: ["CREATE", "USAGE"] }],
  },
  {
    name: "aggregates, overloads and hostile names",
    sql: `create function "f""; --"(int) returns int language sql as 'select 1'; create function "f""; --"(text) returns int language sql as 'select 1'; create aggregate a(int) (sfunc = int4pl, stype = int); grant execute on function "f""; --"(text), a(int) to app; create table "t""; drop" (a int); grant select on "t""; drop" to app`,
  },
  {
    name: "on columns, of tables and views",
    sql: `create table "T" (a int, "b""" int, c int); create view v as select a from "T"; grant select (a, "b"""), update (c) on "T" to app; grant insert (c) on "T" to app with grant option; grant select (a) on v to public; grant select on "T" to reader`,
    has: [
      { kind: "grant", on: "column", table: "T", name: 'b"', grantee: "app", privileges: ["SELECT"] },
      { kind: "grant", on: "column", table: "T", name: "c", privileges: ["INSERT WITH GRANT OPTION", "UPDATE"] },
      { kind: "grant", on: "column", table: "v", name: "a", grantee: "public" },
    ],
  },
  {
    name: "an owner that has lost rights of its own",
    sql: `create table t (a int); revoke insert, truncate on t from current_user; create function f() returns int language sql as 'select 1'; revoke all on function f() from current_user, public; create sequence q; revoke all on q from current_user`,
    has: [
      { kind: "grant", name: "f", grantee: "owner", own: true, privileges: [] },
      { kind: "grant", name: "q", grantee: "owner", own: true, privileges: [] },
    ],
  },
  {
    name: "on a language, and the schema that came with the database without its rights",
    admin: true,
    sql: `revoke usage on language plpgsql from public; grant usage on language plpgsql to app`,
    has: [
      { kind: "grant", on: "language", name: "plpgsql", grantee: "public", privileges: [] },
      { kind: "grant", on: "language", name: "plpgsql", grantee: "app", privileges: ["USAGE"] },
    ],
  },
  {
    name: "passed on by somebody else",
    admin: true,
    sql: `create table public.t (a int); grant select on public.t to app with grant option; set role app; grant select on public.t to reader; reset role`,
    has: [{ kind: "grant", name: "t", grantee: "reader", privileges: ["SELECT"] }],
    unmodelled: [{ kind: "grantor", name: "of privileges on table public.t to reader" }],
  },
]);
