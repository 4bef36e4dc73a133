import type { Session } from "../driver.ts";
import { roundTrips } from "../testing.test-data.ts";

// Inside the cluster's own folder, and gone with it.
async function makeTablespace(admin: Session): Promise<void> {
  await admin.execute("set allow_in_place_tablespaces = on");
  await admin.execute(`create tablespace "dbwright T" location ''`);
}

roundTrips(
  [
    {
      name: "plain, unlogged, without columns, with options",
      sql: `create table a (x int) with (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_vacuum_threshold = 7); create unlogged table b (x text); create table c (); comment on table a is 'the first'`,
      has: [
        { kind: "table", name: "a", options: { autovacuum_enabled: "off", fillfactor: "70" }, comment: "the first" },
        { kind: "table", name: "b", unlogged: true },
      ],
    },
    {
      name: "toast options",
      sql: `create table a (x text) with (toast.autovacuum_vacuum_threshold = 7)`,
      has: [{ kind: "table", options: { "toast.autovacuum_vacuum_threshold": "7" } }],
    },
    {
      name: "hostile names",
      sql: `create table """; drop table x; --" ("; select 1" int primary key, "a\\b'c" text default E'\\\\''', "
" int check ("
" > 0)); comment on column """; drop table x; --"."a\\b'c" is E'\\\\ '' */ $$'; create table "Order" ("user" int references """; drop table x; --" ("; select 1"))`,
    },
    {
      name: "row security, enabled and forced",
      sql: `create table a (x int); alter table a enable row level security; create table b (x int); alter table b force row level security`,
      has: [{ kind: "table", name: "b", rowSecurity: { enabled: false, forced: true } }],
    },
    {
      name: "range, list and hash partitions, nested, with a default",
      sql: `create table p (id int not null, at timestamptz not null, k text) partition by range (at, lower(k)); create table p1 partition of p for values from ('2026-01-01 00:00:00+02', minvalue) to ('2026-02-01', 'x''y') partition by list (k); create table p1a partition of p1 for values in ('a', null); create table p1d partition of p1 default; create table p2 partition of p default; create table h (id int) partition by hash (id); create table h0 partition of h for values with (modulus 2, remainder 0) with (fillfactor = 50); create unlogged table h1 partition of h for values with (modulus 2, remainder 1)`,
      has: [
        { kind: "table", name: "p", partitionBy: { strategy: "range", key: "at, lower(k)" } },
        { kind: "table", name: "p2", partitionOf: { schema: "public", table: "p", bound: "DEFAULT" } },
      ],
    },
    {
      name: "a partition that was attached, its columns in another order",
      sql: `create table p (id int not null, at date not null, note text, check (id > 0)) partition by range (at); create table c (note text, gone int, at date not null, id int not null, constraint p_id_check check (id > 0)); alter table c drop column gone; alter table p attach partition c for values from ('2026-01-01') to ('2027-01-01')`,
      has: [{ kind: "column", table: "c", name: "note", position: 1, inherited: true }],
    },
    {
      name: "a partition that differs in defaults, NOT NULL, storage and checks",
      sql: `create table p (id int, a text default 'x', b text, c int) partition by list (id); create table c partition of p (a default 'y', b default 'z', c not null, constraint own check (c > 1)) for values in (1); alter table c alter a set storage external; alter table c alter c set statistics 77; create table d partition of p for values in (2); alter table d alter a drop default`,
      has: [
        { kind: "column", table: "c", name: "a", default: "'y'::text", storage: "external" },
        { kind: "column", table: "d", name: "a", default: null },
      ],
    },
    {
      name: "keys and indexes of partitioned tables keep their names",
      sql: `create table p (id int not null, at date not null, v text) partition by range (at); create table c1 partition of p for values from ('2026-01-01') to ('2027-01-01'); create table c2 partition of p for values from ('2027-01-01') to ('2028-01-01') partition by list (id); create table c2a partition of c2 for values in (1); alter table p add constraint "the key" primary key (id, at); create index "an index" on p (v) where v <> ''; alter index c1_v_idx rename to "renamed ""1"""; alter table c1 rename constraint c1_pkey to other; alter table p add unique nulls not distinct (at, v, id)`,
      has: [
        { kind: "index", name: 'renamed "1"', partitionOf: { schema: "public", name: "an index" } },
        { kind: "constraint", table: "c1", name: "other", inherited: true },
      ],
    },
    {
      name: "foreign keys from and to partitioned tables",
      sql: `create table r (id int primary key) partition by hash (id); create table r0 partition of r for values with (modulus 2, remainder 0); create table r1 partition of r for values with (modulus 2, remainder 1); create table p (id int, r int references r on delete cascade) partition by list (id); create table p1 partition of p for values in (1); create table p2 (id int, r int, constraint own_name foreign key (r) references r on delete cascade); alter table p attach partition p2 for values in (2)`,
      has: [{ kind: "constraint", table: "p2", name: "own_name", inherited: true }],
    },
    {
      name: "plain inheritance",
      sql: `create table a (x int not null default 1, y text, constraint c check (x > 0)); create table b (z int, x int default 2) inherits (a); create table d (w int); create table e (v int) inherits (b, d); alter table only e alter column y set default 'e'; create table f (x int not null, y text, constraint c check (x > 0)); alter table f inherit a`,
      has: [
        {
          kind: "table",
          name: "e",
          inherits: [
            { schema: "public", table: "b" },
            { schema: "public", table: "d" },
          ],
        },
        { kind: "column", table: "b", name: "y", inherited: true },
      ],
    },
    {
      name: "a cycle of foreign keys, and one to oneself",
      sql: `create table a (id int primary key, b int); create table b (id int primary key, a int references a); alter table a add foreign key (b) references b deferrable initially deferred; create table c (id int primary key, up int references c)`,
    },
    {
      name: "tables in several schemas with the same name",
      sql: `create schema s; create table t (id int primary key); create table s.t (id int primary key references public.t); create view s.v as select * from public.t join s.t as t2 using (id)`,
    },
    {
      name: "of a composite type",
      sql: `create type "C c" as (a int, b text); create table t of "C c" (a with options primary key, b with options default 'x' not null); create table u of "C c"`,
      has: [{ kind: "table", name: "t", ofType: 'public."C c"' }],
    },
    {
      name: "replica identities, cluster marks",
      sql: `create table a (id int primary key); alter table a replica identity full; create table b (id int); alter table b replica identity nothing;
      create table c (id int not null, constraint k unique (id)); alter table c replica identity using index k; alter table c cluster on k;
      create table d (id int not null); create unique index i on d (id); alter table d replica identity using index i; create index j on d (id); alter table d cluster on j`,
      has: [
        { kind: "table", name: "a", replicaIdentity: "full" },
        { kind: "table", name: "b", replicaIdentity: "nothing" },
        { kind: "index", name: "k", replicaIdentity: true, clustered: true },
        { kind: "index", name: "j", clustered: true },
      ],
    },
    {
      name: "a replica identity whose index is gone",
      sql: `create table d (id int not null); create unique index i on d (id); alter table d replica identity using index i; drop index i`,
      has: [{ kind: "table", name: "d", replicaIdentity: "nothing" }],
    },
    {
      name: "in a tablespace, with an access method of its own",
      admin: true,
      sql: `create access method heap2 type table handler heap_tableam_handler;
      create table public.t (a int primary key using index tablespace "dbwright T", b int, unique (b)) using heap2 with (fillfactor = 50, toast.autovacuum_enabled = off) tablespace "dbwright T";
      create index i on public.t (b) tablespace "dbwright T" where b > 1; create index j on public.t (a) with (fillfactor = 70) tablespace "dbwright T";
      create table public.p (a int) partition by list (a) tablespace "dbwright T"; create table public.p1 partition of public.p default tablespace pg_default;
      create materialized view public.m as select 1 as a; create index k on public.m (a) tablespace "dbwright T";
      drop table public.p; drop access method heap2 cascade; create table public.t (a int primary key using index tablespace "dbwright T", b int) tablespace "dbwright T"; create index i on public.t (b) tablespace "dbwright T" where b > 1`,
      has: [
        { kind: "table", name: "t", tablespace: "dbwright T" },
        { kind: "index", name: "t_pkey", tablespace: "dbwright T" },
        { kind: "index", name: "i", tablespace: "dbwright T" },
      ],
    },
    {
      name: "foreign tables: options, inheritance, partitions, checks, defaults",
      admin: true,
      sql: `create foreign data wrapper w; create server "S s" foreign data wrapper w; create schema s;
      create foreign table s."F" (a int options (column_name 'x') not null, b text collate "C" default 'q', check (a > 0)) server "S s" options (table_name 'it''s', password 'hunter2');
      comment on foreign table s."F" is 'far'; comment on column s."F".a is 'c'; alter foreign table s."F" alter b set statistics 7;
      create table s.base (a int); create foreign table s.child (b int) inherits (s.base) server "S s";
      create table s.p (a int, b text) partition by list (a); create foreign table s.p1 partition of s.p for values in (1) server "S s";
      create foreign table s.p2 (b text, a int) server "S s"; alter table s.p attach partition s.p2 default;
      grant select on s."F" to app; create function s.f() returns trigger language plpgsql as 'begin return new; end';
      create trigger tr before insert on s."F" for each row execute function s.f()`,
      has: [
        {
          kind: "table",
          name: "F",
          foreign: { server: "S s", options: { password: "(withheld)", table_name: "it's" } },
          comment: "far",
        },
        { kind: "column", table: "F", name: "a", foreignOptions: { column_name: "x" } },
        { kind: "table", name: "p1", partitionOf: { schema: "s", table: "p", bound: "FOR VALUES IN (1)" } },
      ],
      unmodelled: [{ kind: "withheld option", name: 'password of foreign table s."F"' }],
    },
    {
      name: "of an extension's wrapper",
      admin: true,
      sql: `create schema x; create extension file_fdw schema x; create server files foreign data wrapper file_fdw;
      create foreign table x.f (a int, b text) server files options (filename '/nowhere', format 'csv')`,
      has: [
        { kind: "table", name: "f", foreign: { server: "files", options: { filename: "/nowhere", format: "csv" } } },
      ],
    },
    {
      name: "parents in another order than the alphabet's, columns of their own",
      sql: `create table b (x int, y int default 1); create table a (y int default 1, z text); create table c (w int) inherits (b, a); alter table c alter y set default 5; comment on column c.x is 'inherited'; comment on column c.y is 'too'`,
      has: [
        { kind: "column", table: "c", name: "y", default: "5", comment: "too", inherited: true },
        {
          kind: "table",
          name: "c",
          inherits: [
            { schema: "public", table: "b" },
            { schema: "public", table: "a" },
          ],
        },
      ],
    },
  ],
  18,
  makeTablespace,
);
