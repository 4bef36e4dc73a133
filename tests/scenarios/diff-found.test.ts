/*
 * Pairs of schemas that random ones showed the differ to get wrong, made smaller: the plan ends at TO, planning again
 * finds nothing, and the undo returns.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Places } from "../../scripts/corpus/pool.ts";
import { ROLES } from "../../scripts/corpus/random-part.ts";
import { runCase } from "../../scripts/corpus/run-case.ts";
import type { Bench } from "../../scripts/corpus/run-case.ts";
import { openServer } from "../../src/twin/server/open.ts";
import { requestFor } from "../../src/twin/server/testing.test-data.ts";
import type { TwinServer } from "../../src/twin/server.ts";

interface Pair {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const PARTED = "create table p (id bigint, kind text, other bigint) partition by list (kind);";

const PAIRS: readonly Pair[] = [
  {
    name: "a partitioned table goes with the foreign key that its partitions have from it",
    from: `create table i (note integer primary key); ${PARTED}
      create table p0 partition of p for values in ('b');
      alter table p add constraint fk foreign key (other) references i on delete cascade;`.replace(
      "other bigint",
      "other integer",
    ),
    to: "",
  },
  {
    name: "a partition that goes returns with its parent's check once",
    from: `${PARTED} alter table p add constraint ck check (id > 0); create table p0 partition of p for values in ('a');`,
    to: "",
  },
  {
    name: "a partition of a partition is made after it",
    from: "",
    to: `${PARTED} alter table p add constraint ck check (id > 0);
      create table p1 partition of p for values in ('c') partition by range (id);
      create table p1_x partition of p1 for values from (0) to (9);`,
  },
  {
    name: "the column by which a table is parted changes its type",
    from: "create table p (id bigint, at date) partition by range (id); create table p0 partition of p for values from (0) to (9);",
    to: "create table p (id integer, at date, note text) partition by range (id); create table p0 partition of p for values from (0) to (9);",
  },
  {
    name: "a parent and its child go together",
    from: "create table h (id integer, word text); create table c (mine text) inherits (h);",
    to: "",
  },
  {
    name: "a child leaves one of two parents while the other changes",
    from: "create table i (o date); create table h (id bigint, word text); create table c (mine text) inherits (h, i);",
    to: "create table i (o date); create table h (id integer, word text default 'y', extra integer); create table c (mine integer not null) inherits (h);",
  },
  {
    name: "a child leaves its parent, whose columns change their types",
    from: "create table h (id bigint, word text); create table c (mine text) inherits (h);",
    to: "create table h (id integer, word text); create table c (id integer, word text);",
  },
  {
    name: "a child's default is its own again once the parent's change is undone",
    from: "create table h (id integer, word text default 'x'); create table c (word text default 'z') inherits (h);",
    to: "create table h (id integer, word text); create table c (word text) inherits (h);",
  },
  {
    name: "checks of children come with them",
    from: "",
    to: "create table h (id integer, word text default 'y', constraint ck check (id > 0)); create table c () inherits (h); create table d () inherits (c);",
  },
  {
    name: "a range type is exchanged with its functions",
    from: "create type s as range (subtype = integer); create table t (a s);",
    to: "create type s as range (subtype = float8); create table t (a s);",
  },
  {
    name: "what is taken from everybody on a type that is exchanged",
    from: "create type f as enum ('a', 'c', 'b'); create table t (id text primary key, s f default 'a'); revoke usage on type f from public;",
    to: "create type f as enum ('a'); create table t (id text primary key, s f default 'a'); revoke usage on type f from public;",
  },
  {
    name: "a table of a type that is exchanged goes, another leaves the type",
    from: "create type l as enum ('new', 'done'); create table t (k l default 'done' not null); create table u (s l default 'done');",
    to: "create type l as enum ('x y'); create table u (s integer not null);",
  },
  {
    name: "a table becomes one of a type with more attributes",
    from: "create type c as (x integer); create table t of c; create table u (x integer);",
    to: "create type c as (x integer, y text); create table t of c; create table u of c;",
  },
  {
    name: "a table returns without what default privileges give",
    from: "create table i (id date not null);",
    to: "alter default privileges in schema public grant select on tables to random_reader;",
  },
  {
    name: "default privileges go before tables are made",
    from: "alter default privileges in schema public grant select on tables to random_reader;",
    to: "create table i (id date not null);",
  },
  {
    name: "taking a right on a table back leaves those on its columns",
    from: "create table u (id bigint primary key, s text); grant select (id) on u to random_reader;",
    to: "create table u (id bigint primary key, s text); grant insert on u to random_reader; grant select (id) on u to random_reader;",
  },
  {
    name: "an owner comes and goes",
    from: "create table a (x integer); alter table a owner to random_writer; create view v as select x from a; create function f() returns integer language sql as 'select 1';",
    to: "create table a (x integer); create view v as select x, 1 as y from a; alter view v owner to random_writer; create function f() returns integer language sql as 'select 1'; alter function f() owner to random_reader;",
  },
  {
    name: "statistics over a column that is exchanged",
    from: `create table t (a uuid); create statistics s on a, lower(a::text) from t;`,
    to: `create table t (a bigint not null); create statistics s (ndistinct) on a, lower(a::text) from t;`,
  },
  {
    name: "a sequence for a column that is exchanged",
    from: "create table t (id bigint primary key, n integer, m serial);",
    to: "create table t (id bigint primary key, n smallserial unique, m bigint default nextval('t_m_seq')); ".replace(
      "create table",
      "create sequence t_m_seq; create table",
    ),
  },
  {
    name: "a published table without identity gets columns and types",
    from: "create table t (a text, b text); create publication p for all tables;",
    to: "create table t (a varchar(20), b text, c uuid default gen_random_uuid()); create publication p for all tables;",
  },
  {
    name: "storage as the type has it",
    from: "create table t (a text, b numeric, c text[]); alter table t alter a set storage external, alter b set storage plain, alter c set storage external;",
    to: "create table t (a text, b numeric, c text[]);",
  },
  {
    name: "foreign keys rest on the old key again once its replacement is undone",
    from: `create table i (id integer not null, constraint i_id_key unique (id)); create table n (i integer references i (id));
      create table o (i integer references i (id));`,
    to: `create table i (id integer primary key); create table n (i integer references i (id));
      create table o (i integer references i (id) on delete cascade); create table f (i integer references i (id));`,
  },
  {
    name: "rows of a table's own type that a materialised view holds, while its columns change",
    from: `create domain d as text check (value <> 'x'); create table t (a d not null, b integer primary key);
      create materialized view v as select t as one, t.*::text as two from t; create materialized view w as select array[t] as one from t;`,
    to: `create domain d as integer check (value > 0); create table t (a d not null, b bigint primary key, c text not null default 'x');
      create materialized view v as select t as one, t.*::text as two from t; create materialized view w as select array[t] as one from t;`,
  },
  {
    name: "a check that parents hand down is another",
    from: "create table h (id integer, constraint ck check (id > 1)); create table c () inherits (h);",
    to: "create table h (id integer, constraint ck check (id > 0)); create table c () inherits (h);",
  },
  {
    name: "a privilege on a column that is exchanged is taken back",
    from: "create table t (id text not null); grant select (id) on t to random_reader;",
    to: "create table t (id numeric(10,2) not null);",
  },
  {
    name: "the counter of an identity goes on within other bounds",
    from: "create table t (id integer generated always as identity (increment -1) primary key);",
    to: "create table t (id smallint generated always as identity (minvalue 5 maxvalue 500 start 7 cycle) primary key);",
  },
  {
    name: "indexes that tell subscribers which row was changed go, come and are exchanged",
    from: `create table a (x text not null); create unique index a_x on a (x nulls first); alter table a replica identity using index a_x;
      create table b (x integer not null, constraint b_k unique (x)); alter table b replica identity using index b_k;
      create table c (x integer not null, y integer not null, constraint c_k primary key (x)); alter table c replica identity using index c_k;
      create table d (x integer not null, y integer not null, constraint d_k unique (x));
      create table e (x integer not null, y integer not null); create unique index e_x on e (x); create unique index e_y on e (y);
      alter table e replica identity using index e_x;`,
    to: `create table a (x text not null); create unique index a_x on a (x) where x is not null;
      create table b (x integer not null);
      create table c (x integer not null, y integer not null, constraint c_k primary key (y));
      create table d (x integer not null, y integer not null, constraint d_k unique (y)); alter table d replica identity using index d_k;
      create table e (x integer not null, y integer not null); create unique index e_y on e (y, x);
      alter table e replica identity using index e_y;`,
  },
  {
    name: "a partitioned table's key goes while its column changes the type",
    from: `${PARTED} alter table p add primary key (id, kind); create table p0 partition of p for values in ('a');`,
    to: `${PARTED.replace("id bigint", "id integer")} create table p0 partition of p for values in ('a');
      create unique index later on p (id, kind);`,
  },
  {
    name: "a partition moves while its parent's index goes",
    from: `${PARTED} create table p0 partition of p for values in ('a'); create index later on p (kind);`,
    to: `${PARTED} create table p0 partition of p for values in ('b');`,
  },
  {
    name: "an undone drop of a table leaves nothing of what default privileges give",
    from: `create table t (id text); grant update, insert on t to public;
      alter default privileges in schema public grant select on tables to public;`,
    to: "alter default privileges in schema public grant select on tables to public;",
  },
  {
    name: "a key goes over to a column whose type changes, and a view reads both",
    from: "create table t (a integer default 5, b text, primary key (b)); create view v as select a, b from t;",
    to: "create table t (a timestamptz, b text, primary key (a)); create view v as select a, b from t;",
  },
  {
    name: "a partition keeps its columns while the table above it is made anew",
    from: `${PARTED} create index p_at on p (id, other); create table p0 partition of p for values in ('a');`,
    to: `${PARTED.replace("kind text", "kind varchar(9)")} create table p0 partition of p for values in ('a');`,
  },
  {
    name: "an index over a column that goes and one that is exchanged, and a policy that goes over",
    from: `create table o ("group" text default 'new', title numeric(10,2)); create index i on o (title, "group");
      create policy p on o for all using ("group" is not null);`,
    to: `create table o (title text not null primary key); create policy p on o for all using (title is not null);
      alter table o add foreign key (title) references o on delete cascade;`,
  },
  {
    name: "a generated column reads one that is exchanged",
    from: "create table t (a bigint, b text, c text, d text generated always as (lower(b)) stored); create unique index t_c on t (c, a);",
    to: `create table t (a integer, b varchar(30), c integer generated always as (a + 1) stored,
      d text generated always as (lower(b)) stored);`,
  },
  {
    name: "a table goes with a policy that reads it through a view",
    from: `create table t (a text); create view v as select a from t; create materialized view m as select a from v;
      create policy q on t for update using (exists (select from m where a is not null));`,
    to: "",
  },
  {
    name: "an owner's rights on a column that goes",
    from: "create table t (note boolean); grant update (note), select on t to random_reader; alter table t owner to random_reader;",
    to: "create table t (at varchar(20)); grant select on t to random_reader; alter table t owner to random_reader;",
  },
  {
    name: "a partition moves while its parent gets indexes",
    from: `${PARTED} create table p0 partition of p for values in ('a');`,
    to: `${PARTED} create index p_i on p (other, id); create table p0 partition of p for values in ('b'); create index later on p (kind);`,
  },
  {
    name: "a partitioned table goes with those that refer to it, itself among them",
    from: `create table p (id integer unique, kind text, o integer references p (id)) partition by hash (id);
      create table p0 partition of p for values with (modulus 3, remainder 0);
      create table q (id integer) partition by range (id); create table q0 partition of q for values from (0) to (10);
      alter table q add constraint q_fk foreign key (id) references p (id) on delete cascade;`,
    to: "",
  },
  {
    name: "a partition moves while its parent's index is another",
    from: `${PARTED} create index p_i on p (other); create table p0 partition of p for values in ('a');
      create table p1 partition of p for values in ('b');`,
    to: `${PARTED} create index p_i on p (other, id); create table p0 partition of p for values in ('b');`,
  },
  {
    name: "a new materialised view holds rows of a table whose column changes its type",
    from: "create type m as enum ('a', 'b'); create table t (a m);",
    to: "create type m as enum ('b', 'c'); create table t (a m); create materialized view v as select t as one from t;",
  },
  {
    name: "default privileges go while a table comes and another goes",
    from: "create table old (id text); alter default privileges in schema public grant select on tables to random_reader;",
    to: "create table t (id text); grant update (id), select on t to random_reader;",
  },
  {
    name: "a domain over an enum that is made anew",
    from: `create type phase as enum ('a', 'b'); create domain o as phase check (value is not null);
      create table item (code integer not null primary key, kind o, state phase);`,
    to: `create type phase as enum ('b', 'a'); create domain o as phase check (value is not null);
      create table item (code integer not null primary key, kind o, state phase);`,
  },
];

let server: TwinServer;
let bench: Bench;

beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
  const database = await server.createDatabase();
  const session = await database.connect("admin");
  const owner = await database.connect("owner");
  const { rows } = await owner.query<{ name: string }>("select quote_ident(current_user) as name");
  await owner.close();
  await session.execute(`alter role ${rows[0]?.name ?? ""} superuser`);
  for (const role of ROLES) await session.execute(`create role ${role}`);
  await session.close();
  await database.drop();
  bench = { places: new Places(server), direct: false, labels: false, dump: null };
});
afterAll(async () => {
  await server.close();
});

test.for(PAIRS)("$name", async ({ name, from, to }) => {
  const result = await runCase({ suite: "found", name, setup: "", old: from, new: to, roles: false }, bench);
  expect(result.failures).toEqual([]);
  expect(result).toMatchObject({ loaded: true, converged: true, replanEmpty: true });
  expect(result.undone).not.toBe(false);
});
