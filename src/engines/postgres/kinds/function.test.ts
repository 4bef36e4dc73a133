import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "languages, modes, defaults and settings",
    sql: `create function f(a int, inout b text default 'x''y', variadic c int[] default '{}') returns text language plpgsql security definer set search_path = '' set work_mem = '1MB' cost 7 as $f$ begin b := 'a$$b'; end $f$; comment on function f(int, text, int[]) is 'does things'`,
    has: [
      {
        kind: "function",
        name: "f",
        signature: "integer, text, integer[]",
        securityDefiner: true,
        language: "plpgsql",
        routine: "function",
      },
    ],
  },
  {
    name: "overloads and a procedure",
    sql: `create function f(int) returns int language sql as 'select 1'; create function f(text) returns setof text language sql as 'select $1'; create procedure p(a int, inout b int) language plpgsql as 'begin b := a; end'; comment on procedure p is 'a procedure'`,
    has: [
      { kind: "function", routine: "procedure", name: "p" },
      { kind: "function", signature: "text", returns: "SETOF text" },
    ],
  },
  {
    name: "a body that names a table created later",
    sql: `create table t (id int); create function f() returns bigint language sql as 'select count(*) from t'; create function g(t) returns int language sql as 'select $1.id'`,
  },
  {
    name: "a body that the server parsed",
    sql: `create table t (id int, s varchar); create function f() returns bigint language sql begin atomic select count(*) from t where s in ('a', 'b'); end`,
    has: [{ kind: "function", name: "f", dependsOn: ["column public.t.s", "schema public"] }],
  },
  {
    name: "a function as a default, that takes the table's own row type",
    sql: `create table t (id int); create function f(t) returns int language sql as 'select 1'; alter table t add column n int default f(null)`,
  },
  {
    name: "hostile names and bodies",
    sql: `create function "f""; drop table x; --"("a b" int, "c""d" text) returns void language plpgsql as $x$ begin raise notice E'\\\\ %', '$function$'; end $x$`,
  },
  {
    name: "returns table, window-less, leakproof-less, parallel safe",
    sql: `create function f(x int) returns table (a int, "B" text) language sql stable strict parallel safe rows 5 as 'select 1, $$b$$'`,
  },
  {
    name: "what needs a superuser: leakproof, a support function, C and internal code",
    admin: true,
    sql: `create function f(int) returns int language internal immutable strict leakproof parallel safe cost 3 support generate_series_int4_support as 'int4abs';
      create function c() returns trigger language c as '$libdir/plpgsql', 'plpgsql_call_handler'; create function w() returns bigint language internal window as 'window_row_number'`,
    has: [{ kind: "function", name: "w", routine: "window" }],
  },
  {
    name: "an index over a function that calls another, by names that sort the other way",
    sql: `create function z(text) returns text language sql immutable as $$ select lower($1) $$; create function m(text) returns text language sql immutable as $$ select public.z($1) $$;
      create function a(text) returns text language sql immutable as $$ select public.m($1) || 'x' $$; create table t (n text, check (a(n) <> ''), g text generated always as (a(n)) stored); create index i on t (a(n))`,
  },
  {
    name: "bodies that name each other",
    sql: `create function a() returns int language sql as 'select 1'; create function b() returns int language sql as 'select public.a()'; create or replace function a() returns int language sql as 'select public.b()'; create table t (x int default a()); create function c() returns bigint language sql as 'select count(*) from public.t'`,
  },
  {
    name: "a default that calls another function",
    sql: `create function a() returns int language sql as 'select 1'; create function b(x int default a()) returns int language sql as 'select x'`,
    has: [{ kind: "function", name: "b", dependsOn: ["function public.a", "schema public"] }],
  },
]);
