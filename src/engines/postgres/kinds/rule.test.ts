import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "on tables and views, with conditions and states",
    sql: `create schema s; create table s.t (id int primary key, v varchar); create table log (id int, at timestamptz default now());
      create view w as select id, v from s.t;
      create rule "w; insert" as on insert to w do instead insert into s.t values (new.id, new.v) returning id, v;
      create rule logged as on update to s.t where old.v in ('a', 'b') do also (insert into log values (new.id); delete from log where id is null);
      create rule told as on insert to log do also notify changed;
      create rule never as on delete to s.t do instead nothing; alter table s.t disable rule never;
      alter table s.t enable always rule logged; comment on rule logged on s.t is 'who changed it'`,
    has: [
      { kind: "rule", table: "w", name: "w; insert" },
      { kind: "rule", schema: "s", table: "t", name: "never", enabled: "disabled" },
      { kind: "rule", name: "logged", enabled: "always", comment: "who changed it" },
    ],
  },
]);
