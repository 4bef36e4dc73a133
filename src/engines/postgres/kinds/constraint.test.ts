import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "primary keys and unique constraints",
    sql: `create table t (a int, b int, c text, constraint "my key" primary key (a, b) include (c), constraint u unique nulls not distinct (b, c) with (fillfactor = 60) deferrable initially deferred, unique (c)); comment on constraint u on t is 'a comment'; comment on index u is 'on the index'`,
    has: [
      { kind: "constraint", name: "my key", type: "primary key", columns: ["a", "b"] },
      { kind: "constraint", name: "u", deferrable: true, initiallyDeferred: true, comment: "a comment" },
      { kind: "index", name: "u", comment: "on the index", constraint: "u", options: { fillfactor: "60" } },
    ],
  },
  {
    name: "two keys over the same columns",
    sql: "create table t (id int constraint t_pkey primary key, a int); alter table t add constraint t_id_key unique (id); alter table t add constraint u1 unique (a); alter table t add constraint u2 unique (a)",
    has: [
      { kind: "constraint", name: "t_id_key" },
      { kind: "constraint", name: "u1" },
      { kind: "constraint", name: "u2" },
    ],
  },
  {
    name: "a key of a partitioned table that its partition lacks",
    sql: "create table p (id int not null, k int not null) partition by list (k); create table p1 partition of p for values in (1); alter table only p add constraint p_pkey primary key (id, k)",
    has: [{ kind: "index", name: "p_pkey", valid: false }],
  },
  {
    name: "checks: inherited, not inherited, not validated",
    sql: `create table t (a int check (a > 0), b text constraint "b""c" check (b in ('x', 'it''s', E'\\\\')) no inherit, c varchar(5) check (c in ('a', 'b') and c <> all (array['x', 'y']))); alter table t add constraint late check (a < 100) not valid`,
    has: [{ kind: "constraint", name: "late", validated: false, expression: "(a < 100)" }],
  },
  {
    name: "foreign keys with all actions",
    sql: `create table r (a int, b int, primary key (a, b)); create table t (a int, b int, foreign key (a, b) references r match full on update cascade on delete set default deferrable); create table t2 (a int, b int, constraint k foreign key (a, b) references r on delete set null (b)); alter table t2 add constraint nv foreign key (a, b) references r (a, b) not valid`,
    has: [
      {
        kind: "constraint",
        table: "t2",
        name: "k",
        references: { schema: "public", table: "r", columns: ["a", "b"], onUpdate: "no action", onDelete: "set null" },
      },
      { kind: "constraint", name: "nv", validated: false },
    ],
  },
  {
    name: "a foreign key to a unique index",
    sql: `create table r (a int); create unique index ri on r (a); create table t (a int references r (a))`,
    has: [
      {
        kind: "constraint",
        type: "foreign key",
        dependsOn: ["column public.r.a", "column public.t.a", "index public.r.ri", "table public.r", "table public.t"],
      },
    ],
  },
  {
    name: "exclusion",
    sql: `create table t (a int4range, b int4range, exclude using gist (a with &&, b with -|-) where (not isempty(a)) deferrable)`,
    has: [{ kind: "constraint", type: "exclusion", columns: ["a", "b"] }],
  },
  {
    name: "a check that calls a function of the table's row type",
    sql: `create table t (a int); create function ok(t) returns boolean language sql immutable as 'select true'; alter table t add constraint c check (ok(t)); create function ok2(int) returns boolean language sql immutable as 'select true'; alter table t add check (ok2(a))`,
  },
  {
    name: "NOT NULL constraints with names of their own",
    since: 18,
    sql: `create table t (a int constraint "is here" not null, b int not null no inherit, c int not null, d int); alter table t add constraint later not null d not valid; comment on constraint t_c_not_null on t is 'said'; create table a_long_name_that_goes_on_and_on_for_a_while_and_longer (another_long_name_that_goes_on_and_on int not null)`,
    has: [
      { kind: "constraint", name: "is here", type: "not null", columns: ["a"] },
      { kind: "constraint", name: "later", validated: false },
    ],
  },
  {
    name: "a plain NOT NULL is no constraint",
    sql: `create table t (a int not null, b int primary key)`,
    has: [{ kind: "column", name: "a", notNull: true }],
  },
  {
    name: "a renamed table with NOT NULL columns",
    since: 18,
    sql: `create table a (x int not null); alter table a rename to b; create table p (x int not null, k int) partition by list (k); create table c (x int not null, k int); alter table p attach partition c for values in (1); create table q (x int constraint nn not null); create table r (y int) inherits (q)`,
  },
  {
    name: "periods and constraints that are not enforced",
    since: 18,
    sql: `create table r (id int4range, during daterange, primary key (id, during without overlaps)); create table t (id int4range, during daterange, foreign key (id, period during) references r (id, period during)); create table u (a int, constraint c check (a > 0) not enforced); create table k (id int primary key); create table l (a int references k not enforced)`,
  },
  {
    name: "not enforced",
    since: 18,
    sql: `create table t (id int primary key, a int, constraint c check (a > 0) not enforced); create table u (t int references t not enforced)`,
    has: [
      { kind: "constraint", name: "c", enforced: false, validated: false },
      { kind: "constraint", name: "u_t_fkey", enforced: false },
    ],
  },
  {
    name: "without overlaps, period",
    since: 18,
    sql: `create extension btree_gist; create table t (id int, at daterange, primary key (id, at without overlaps)); create table u (id int, at daterange, t int, unique (t, at without overlaps), foreign key (t, period at) references t (id, period at))`,
    has: [{ kind: "constraint", table: "t", type: "primary key", definition: "PRIMARY KEY (id, at WITHOUT OVERLAPS)" }],
  },
  {
    name: "NOT NULL by a name that another would bear, without inheritance, not valid",
    since: 18,
    sql: `create table zz (id int not null, k int not null); create table aa (like zz); create table bb (a int constraint n not null no inherit, b int); alter table bb add constraint m not null b not valid;
      create table cc (a int constraint dd_x_not_null check (a > 0)); create table dd (x int not null)`,
    has: [
      { kind: "constraint", table: "aa", name: "zz_id_not_null", type: "not null" },
      { kind: "constraint", table: "bb", name: "n", definition: "NOT NULL a NO INHERIT" },
      { kind: "constraint", table: "bb", name: "m", validated: false },
    ],
  },
  {
    name: "foreign keys that set some columns, match fully, wait; checks that stay with their table",
    sql: `create table t (a int, b int, primary key (a, b)); create table u (a int, b int, foreign key (a, b) references t match full on delete set null (b) on update cascade deferrable initially deferred, constraint c check (a > 0) no inherit);
      create table v (c circle, r int4range, exclude using gist (c with &&, r range_ops with -|-) where (r is not null) deferrable); comment on constraint c on u is 'stays'; comment on constraint t_pkey on t is 'key'; comment on index t_pkey is 'its index'`,
    has: [{ kind: "constraint", name: "c", comment: "stays" }],
  },
]);
