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
  { name: "no columns", sql: `create view v as select` },
]);
