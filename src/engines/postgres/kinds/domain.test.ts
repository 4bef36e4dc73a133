import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "type, default, NOT NULL and checks",
    sql: `create domain price as numeric(12,2) default 0.00 not null constraint positive check (value >= 0) check (value < 1e9); comment on domain price is 'in euro'`,
    has: [{ kind: "domain", type: "numeric(12,2)", default: "0.00", notNull: true }],
  },
  { name: "a collation", sql: `create domain code as text collate "C"`, has: [{ kind: "domain", collation: '"C"' }] },
  {
    name: "a check that is not validated",
    sql: `create domain d as int; alter domain d add constraint c check (value > 0) not valid`,
    has: [{ kind: "domain", checks: [{ name: "c", definition: "CHECK ((VALUE > 0)) NOT VALID", validated: false }] }],
  },
  {
    name: "a domain over a domain, an array and an enum",
    sql: `create type e as enum ('x'); create domain d1 as e check (value <> 'x' or true); create domain d2 as d1 not null; create domain d3 as int[] check (cardinality(value) < 5); create table t (a d2, b d3, c d1[])`,
  },
  {
    name: "a check that calls a function that takes the domain",
    sql: `create domain d as text; create function ok(d) returns boolean language sql immutable begin atomic select length($1) > 0; end; alter domain d add constraint c check (ok(value)); alter domain d set default 'x'; create table t (a d)`,
  },
  {
    name: "comments on its constraints",
    sql: `create domain d as int constraint c check (value > 0); comment on constraint c on domain d is 'more than none'; alter domain d add constraint late check (value < 9) not valid; comment on constraint late on domain d is 'soon'`,
    has: [
      {
        kind: "domain",
        checks: [
          { name: "c", definition: "CHECK ((VALUE > 0))", validated: true, comment: "more than none" },
          { name: "late", definition: "CHECK ((VALUE < 9)) NOT VALID", validated: false, comment: "soon" },
        ],
      },
    ],
  },
  {
    name: "a NOT NULL with a name and a comment",
    since: 17,
    sql: `create domain d as int constraint "always there" not null; comment on constraint "always there" on domain d is 'why'; create domain e as int not null`,
    has: [
      { kind: "domain", name: "d", notNull: true, notNullName: "always there", notNullComment: "why" },
      { kind: "domain", name: "e", notNull: true },
    ],
  },
  { name: "a list of values on varchar", sql: `create domain d as varchar(10) check (value in ('a', 'b''c', 'd,e'))` },
]);
