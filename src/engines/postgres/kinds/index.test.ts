import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "order, nulls, expressions, predicate, include",
    sql: `create table t (a int, b text, "C d" text, s varchar(9)); create unique index i1 on t (a desc, b nulls first, lower("C d") desc nulls last) include (s) where s in ('x', 'y') and a is not null; comment on index i1 is 'one'; create index on t (b) with (fillfactor = 50); create unique index on t (a) nulls not distinct; create index on t ((a + 1), (b || "C d"))`,
    has: [
      {
        kind: "index",
        name: "i1",
        unique: true,
        include: ["s"],
        keys: [
          { column: "a", expression: null, opclass: null, collation: null, order: "desc", nulls: "first" },
          { column: "b", expression: null, opclass: null, collation: null, order: "asc", nulls: "first" },
          { column: null, expression: 'lower("C d")', opclass: null, collation: null, order: "desc", nulls: "last" },
        ],
      },
    ],
  },
  {
    name: "methods, operator classes with options, collations",
    sql: `create extension pg_trgm; create table t (a text, b jsonb, c int[], d tsvector, e timestamptz, f name); create index i1 on t using gin (a gin_trgm_ops); create index i2 on t using gist (a gist_trgm_ops (siglen = 32)); create index i3 on t using gin (b jsonb_path_ops) with (fastupdate = off); create index i4 on t using gin (c); create index i5 on t using hash (a); create index i6 on t using brin (e) with (pages_per_range = 8); create index i7 on t (a collate "C" text_pattern_ops desc); create index i8 on t using gin (d); create index i9 on t (f)`,
    has: [
      {
        kind: "index",
        name: "i7",
        keys: [
          {
            column: "a",
            expression: null,
            opclass: "text_pattern_ops",
            collation: '"C"',
            order: "desc",
            nulls: "first",
          },
        ],
      },
      {
        kind: "index",
        name: "i2",
        keys: [
          {
            column: "a",
            expression: null,
            opclass: "public.gist_trgm_ops (siglen=32)",
            collation: null,
            order: "asc",
            nulls: "last",
          },
        ],
      },
      {
        kind: "index",
        name: "i9",
        keys: [{ column: "f", expression: null, opclass: null, collation: null, order: "asc", nulls: "last" }],
      },
    ],
  },
  {
    name: "on a materialised view",
    sql: `create materialized view m as select 1 as a, 'x'::text as b; create unique index on m (a); create index "m i" on m (lower(b))`,
  },
  {
    name: "hostile names",
    sql: `create table "t""; drop" ("a""b" text); create index "i""; drop table t; --" on "t""; drop" ("a""b", lower("a""b")) where "a""b" <> '"'`,
  },
  {
    name: "with functions of the schema",
    sql: `create schema s; create function s.f(int) returns int language sql immutable as 'select $1'; create table t (a int); create index on t (s.f(a)) where s.f(a) > 0`,
    has: [{ kind: "index", dependsOn: ["column public.t.a", "function s.f(integer)", "table public.t"] }],
  },
  {
    name: "not yet on all partitions",
    sql: `create table p (a int) partition by list (a); create table p1 partition of p for values in (1); create index i on only p (a)`,
    has: [{ kind: "index", name: "i", valid: false }],
  },
  {
    name: "statistics targets of expressions",
    sql: `create table t (a int, b text); create index i on t (a, lower(b), (a + 1)); alter index i alter column 2 set statistics 300; alter index i alter column 3 set statistics 0`,
    has: [
      {
        kind: "index",
        statisticsTargets: [
          { key: 2, target: 300 },
          { key: 3, target: 0 },
        ],
      },
    ],
  },
  {
    name: "left invalid on a partitioned table whose partitions have none, or not all",
    sql: `create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1); create table p2 partition of p default;
      create index none on only p (a); create index part on only p (b); create index part1 on p1 (b); alter index part attach partition part1; create index free on p2 (b)`,
    has: [
      { kind: "index", name: "none", valid: false },
      { kind: "index", name: "part", valid: false },
      { kind: "index", name: "part1", partitionOf: { schema: "public", name: "part" } },
      { kind: "index", name: "free", partitionOf: null },
    ],
  },
]);
