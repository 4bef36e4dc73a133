import { roundTrips } from "../testing.test-data.ts";

const pair = `create type p as (x int);
  create function lt(p, p) returns boolean language sql immutable as 'select $1.x < $2.x';
  create function le(p, p) returns boolean language sql immutable as 'select $1.x <= $2.x';
  create function eq(p, p) returns boolean language sql immutable as 'select $1.x = $2.x';
  create function ge(p, p) returns boolean language sql immutable as 'select $1.x >= $2.x';
  create function gt(p, p) returns boolean language sql immutable as 'select $1.x > $2.x';
  create function cmp(p, p) returns int language sql immutable as 'select btint4cmp($1.x, $2.x)';
  create schema s;
  create operator s.<< (function = lt, leftarg = p, rightarg = p); create operator s.<<= (function = le, leftarg = p, rightarg = p);
  create operator s.== (function = eq, leftarg = p, rightarg = p); create operator s.>>= (function = ge, leftarg = p, rightarg = p);
  create operator s.>> (function = gt, leftarg = p, rightarg = p);`;
const members = `operator 1 s.<<, operator 2 s.<<=, operator 3 s.==, operator 4 s.>>=, operator 5 s.>>, function 1 cmp(p, p)`;

roundTrips([
  {
    name: "with a family of its own and an index that uses it",
    admin: true,
    sql: `${pair} create operator class s.p_ops for type p using btree as ${members};
      create table t (v p); create index i on t using btree (v s.p_ops);
      comment on operator class s.p_ops using btree is 'the class'; comment on operator family s.p_ops using btree is 'the family'`,
    has: [
      {
        kind: "operator-class",
        name: "p_ops",
        family: { schema: "s", name: "p_ops" },
        default: false,
        comment: "the class",
      },
      { kind: "operator-family", name: "p_ops", signature: "btree", comment: "the family", members: [] },
    ],
  },
  {
    name: "the type's default, stored as another type",
    admin: true,
    sql: `${pair} create operator family fam using btree; create operator class p_default default for type p using btree family fam as ${members};
      create table t (v p primary key);
      create operator class "g ops" for type int4[] using gin as operator 1 && (anyarray, anyarray),
        function 1 btint4cmp(int4, int4), function 2 ginarrayextract(anyarray, internal, internal),
        function 3 ginqueryarrayextract(anyarray, internal, smallint, internal, internal, internal, internal),
        function 4 ginarrayconsistent(internal, smallint, anyarray, int4, internal, internal, internal, internal), storage int4`,
    has: [
      { kind: "operator-class", name: "p_default", default: true },
      { kind: "operator-class", name: "g ops", storage: "integer", method: "gin" },
    ],
  },
]);
