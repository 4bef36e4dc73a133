import { expect } from "vitest";
import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "options, columns and a comment",
    sql: `create table t (a int, b varchar(5)); create view v (x, "Y z") with (security_barrier = true, security_invoker = true) as select a, b from t where b in ('p', 'q'); create view w with (check_option = local) as select a from t where a > 0; comment on view v is 'a view'`,
    has: [
      {
        kind: "view",
        name: "v",
        columns: [
          { name: "x", type: "integer" },
          { name: "Y z", type: "character varying(5)" },
        ],
        options: { security_barrier: "true", security_invoker: "true" },
        comment: "a view",
      },
    ],
  },
  {
    name: "views on views, by names that sort the other way",
    sql: `create table t (a int); create view z as select a from t; create view m as select a from z; create view a as select m.a, z.a as b from m, z`,
    has: [{ kind: "view", name: "a", dependsOn: ["schema public", "view public.m", "view public.z"] }],
  },
  {
    name: "materialised views",
    sql: `create table t (a int); create materialized view m with (fillfactor = 70) as select a, count(*) as n from t group by a; create view v as select n from m; comment on materialized view m is 'kept'`,
    has: [{ kind: "view", name: "m", materialised: true, options: { fillfactor: "70" } }],
  },
  {
    name: "a view that needs a primary key",
    sql: `create table t (id int primary key, name text); create table u (t int references t); create view v as select t.id, t.name, count(*) from t join u on u.t = t.id group by t.id`,
    has: [{ kind: "view", name: "v", dependsOn: expect.arrayContaining(["constraint public.t.t_pkey"]) }],
  },
  {
    name: "a view in a circle with a function of its own row type",
    sql: `create table t (a int); create view v as select a, 1 as b from t; create function f(v) returns int language sql as 'select 1'; create or replace view v as select a, f(null::v) as b from t`,
  },
  {
    name: "recursion, unions, windows, subqueries and quotes",
    sql: `create table "T 1" (id int, up int, "n""x" text); create recursive view r (id, path) as select id, "n""x" from "T 1" where up is null union all select c.id, p.path || '/' || c."n""x" from "T 1" c join r p on c.up = p.id; create view s as select id, rank() over (partition by up order by id desc) as "r k", exists (select 1 from r where r.id = t.id) as e, array(select up from "T 1") as ar, case when id > 1 then E'\\\\' else '''' end as q from "T 1" t order by 1 limit 5`,
  },
  {
    name: "constants in later arms of a union, that bear no name",
    sql: `create table t (a int, b varchar(5)); create view v as select a, 'one' as kind, b from t union all select null, 'two', 'x' union select -1, 'three', null; create view w as select 'a'::text, null::int, q.* from (select 1 as x, 'y' as y union all select null, 'z') q`,
  },
  { name: "no columns", sql: `create view v as select` },
  {
    name: "a view that reads itself",
    sql: `create view v as select 1 as a, 'x'::text as b; create or replace view v as select v.a, v.b from v; comment on view v is 'endless'; comment on column v.a is 'an a'; alter view v alter column a set default 5`,
    has: [
      {
        kind: "view",
        columns: [
          { name: "a", type: "integer", comment: "an a", default: "5" },
          { name: "b", type: "text" },
        ],
      },
    ],
  },
  {
    name: "what was set on columns, a collation among it",
    sql: `create schema s; create function s.next() returns int language sql as 'select 1'; create table t (a int, b text);
      create view v as select a, b collate "C" as b from t; alter view v alter a set default s.next();
      create function f(v) returns int language sql as 'select 1'; create or replace view v as select a, b collate "C" as b, f(null::v) as c from t;
      create materialized view m as select a, b from t with no data; alter materialized view m alter b set storage external, alter b set compression pglz, alter a set statistics 7, alter a set (n_distinct = 5);
      comment on column m.b is 'the b'; create view w as select * from m; create materialized view a as select * from w with no data`,
    has: [
      {
        kind: "view",
        name: "m",
        populated: false,
        columns: [
          { name: "a", type: "integer", statisticsTarget: 7, options: { n_distinct: "5" } },
          { name: "b", type: "text", storage: "external", compression: "pglz", comment: "the b" },
        ],
      },
    ],
  },
  {
    name: "materialised views are filled at the end, in order",
    sql: `create function z() returns int language plpgsql as 'begin return (select count(*) from public.t); end'; create table t (x int);
      create materialized view b as select z() as z; create view v as select * from b; create materialized view a as select * from v`,
    has: [{ kind: "view", name: "a", materialised: true }],
  },
]);
