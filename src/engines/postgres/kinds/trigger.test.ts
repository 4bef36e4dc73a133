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
    name: "copies on partitions that are switched otherwise or have a comment",
    sql: `create function f() returns trigger language plpgsql as 'begin return new; end'; create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1) partition by list (b); create table p11 partition of p1 default; create table p2 partition of p default;
      create trigger t after insert on p for each row execute function f(); alter table p disable trigger t; alter table only p1 enable replica trigger t; comment on trigger t on p2 is 'here'`,
    has: [
      {
        kind: "trigger",
        table: "p",
        enabled: "disabled",
        partitions: [
          { schema: "public", table: "p1", enabled: "replica", comment: null },
          { schema: "public", table: "p2", enabled: "disabled", comment: "here" },
        ],
      },
    ],
  },
  {
    name: "instead of, on a view",
    sql: `create function f() returns trigger language plpgsql as 'begin return new; end'; create view v as select 1 as a; create trigger t instead of insert or update on v for each row execute function f()`,
    has: [{ kind: "trigger", table: "v", dependsOn: ["function public.f", "view public.v"] }],
  },
]);
