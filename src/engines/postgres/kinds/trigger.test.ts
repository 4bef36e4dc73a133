import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "when, columns, transition tables, states and comments",
    sql: `create function f() returns trigger language plpgsql as 'begin return new; end'; create table t (a int, b varchar(5)); create trigger t1 before update of a on t for each row when (old.b in ('x', 'y') and new.a is distinct from old.a) execute function f('it''s', 'two'); create trigger "t ""2" after insert on t referencing new table as n for each statement execute function f(); create constraint trigger t3 after delete on t deferrable initially deferred for each row execute function f(); alter table t disable trigger t1; alter table t enable always trigger t3; alter table t enable replica trigger "t ""2"; comment on trigger t1 on t is 'the first'`,
    has: [
      { kind: "trigger", name: "t1", enabled: "disabled", comment: "the first" },
      { kind: "trigger", name: "t3", enabled: "always" },
      { kind: "trigger", name: 't "2', enabled: "replica" },
    ],
  },
  {
    name: "on a partitioned table: only the parent's is listed",
    sql: `create function f() returns trigger language plpgsql as 'begin return new; end'; create table p (a int) partition by list (a); create table p1 partition of p for values in (1); create trigger t after insert on p for each row execute function f()`,
    has: [{ kind: "trigger", table: "p", name: "t" }],
  },
  {
    name: "instead of, on a view",
    sql: `create function f() returns trigger language plpgsql as 'begin return new; end'; create view v as select 1 as a; create trigger t instead of insert or update on v for each row execute function f()`,
    has: [{ kind: "trigger", table: "v", dependsOn: ["function public.f", "view public.v"] }],
  },
]);
