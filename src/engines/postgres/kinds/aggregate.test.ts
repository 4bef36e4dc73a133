import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "the plain kind, with a comment",
    sql: `create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0'); comment on aggregate total(int) is 'a sum'`,
    has: [{ kind: "aggregate", signature: "integer", comment: "a sum" }],
  },
  {
    name: "no arguments",
    sql: `create function inc(bigint) returns bigint language sql immutable as 'select $1 + 1'; create aggregate how_many(*) (sfunc = inc, stype = bigint, initcond = '0', parallel = safe)`,
    has: [{ kind: "aggregate", name: "how_many", dependsOn: ["function public.inc(bigint)", "schema public"] }],
  },
  {
    name: "final function and its manners",
    sql: `create function fin(int, int) returns text language sql as 'select $1::text'; create aggregate a(int) (sfunc = int4pl, stype = int, sspace = 100, finalfunc = fin, finalfunc_extra, finalfunc_modify = shareable, combinefunc = int4pl, initcond = '7')`,
  },
  {
    name: "a moving aggregate",
    sql: `create aggregate m(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = int4mi, mstype = int, minitcond = '0', mfinalfunc = int4abs, mfinalfunc_modify = read_write)`,
  },
  {
    name: "ordered sets and hypothetical sets",
    sql: `create function sf(int[], int) returns int[] language sql immutable as 'select $1 || $2'; create function f1(int[], float8) returns int language sql as 'select $1[1]'; create function f2(int[], int) returns int language sql as 'select $1[1]'; create aggregate o(q float8 order by v int) (sfunc = sf, stype = int[], finalfunc = f1); create aggregate h(int order by int) (sfunc = sf, stype = int[], finalfunc = f2, finalfunc_modify = read_only, hypothetical); comment on aggregate o(float8 order by int) is 'ordered'`,
  },
  { name: "a sort operator", sql: `create aggregate largest(int) (sfunc = int4larger, stype = int, sortop = >)` },
  {
    name: "used by a view",
    sql: `create aggregate total(int) (sfunc = int4pl, stype = int); create table t (x int); create view v as select total(x) from t`,
  },
]);
