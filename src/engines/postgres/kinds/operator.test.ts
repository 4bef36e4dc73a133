import { roundTrips } from "../testing.test-data.ts";

const pair = `create type p as (x int);
  create function lt(p, p) returns boolean language sql immutable as 'select $1.x < $2.x';
  create function ge(p, p) returns boolean language sql immutable as 'select $1.x >= $2.x';
  create function gt(p, p) returns boolean language sql immutable as 'select $1.x > $2.x';
  create function eq(p, p) returns boolean language sql immutable as 'select $1.x = $2.x';`;

roundTrips([
  {
    name: "that name each other",
    sql: `create schema s; ${pair}
      create operator s.< (function = lt, leftarg = p, rightarg = p, commutator = operator(s.>), negator = operator(s.>=), restrict = scalarltsel, join = scalarltjoinsel);
      create operator s.> (function = gt, leftarg = p, rightarg = p, commutator = operator(s.<));
      create operator s.>= (function = ge, leftarg = p, rightarg = p, negator = operator(s.<));
      create operator s.= (function = eq, leftarg = p, rightarg = p, commutator = operator(s.=), hashes, merges);
      comment on operator s.= (p, p) is 'the same'`,
    has: [
      {
        kind: "operator",
        name: "<",
        commutator: "OPERATOR(s.>)",
        negator: "OPERATOR(s.>=)",
        restrict: "scalarltsel",
        join: "scalarltjoinsel",
      },
      { kind: "operator", name: "=", hashes: true, merges: true, comment: "the same", signature: "public.p, public.p" },
    ],
  },
  {
    name: "that is a prefix, and one nobody has defined",
    sql: `${pair} create function neg(p) returns p language sql as 'select $1';
      create operator @#@ (function = neg, rightarg = p);
      create operator <<< (function = lt, leftarg = p, rightarg = p, commutator = >>>)`,
    has: [
      { kind: "operator", name: "@#@", left: null, signature: "NONE, public.p" },
      { kind: "operator", name: ">>>", function: null },
    ],
  },
  {
    name: "in a circle with a table",
    sql: `create table t (id int); create function eq(t, t) returns boolean language sql immutable as 'select $1.id = $2.id';
      create operator === (function = eq, leftarg = t, rightarg = t); alter table t add check (t.* === t.*)`,
  },
  {
    name: "used by a column, an index, a view and a check",
    sql: `${pair} create operator === (function = eq, leftarg = p, rightarg = p);
      create table a (v p check (v === row(1)::p), b boolean default (row(1)::p === row(2)::p));
      create index i on a ((v === row(1)::p)); create view aa as select v === v as e from a;
      create table x (v p, exclude using btree (b with =), b int)`,
  },
]);
