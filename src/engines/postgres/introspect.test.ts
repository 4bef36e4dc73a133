import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "./dialect.ts";
import { introspect } from "./introspect.ts";
import { refKey } from "../../model/ref.ts";
import { apply, openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

describe("what is read", () => {
  test("an empty database is an empty catalog", async () => {
    const { owner } = await place.database();
    const catalog = await introspect(owner);
    expect(catalog).toEqual({
      engine: { name: "postgres", version: place.server.version },
      objects: [],
      unmodelled: [],
    });
  });

  test("only the schemas asked for, with the extensions they need", async () => {
    const { owner } = await place.database();
    await owner.execute(`
      create schema a; create schema b; create schema "B"; create schema ext; create extension citext with schema ext;
      create table b.r (id int primary key); create table a.t (id int references b.r, e ext.citext);
      create table "B".t (x int); create extension hstore`);
    const catalog = await introspect(owner, { schemas: ["a", "B"] });
    expect(new Set(catalog.objects.map((object) => object.schema ?? object.name))).toEqual(new Set(["a", "B", "ext"]));
    expect(catalog.objects.filter((object) => object.kind === "extension").map((object) => object.name)).toEqual([
      "citext",
    ]);
    const key = catalog.objects.find((object) => object.kind === "constraint");
    expect(key).toMatchObject({ references: { schema: "b", table: "r", columns: ["id"] } });
    expect(key?.dependsOn).toEqual(["column a.t.id", "table a.t"]);
  });

  test("a table that another session holds is named as such, not waited for", async () => {
    const { database, owner } = await place.database();
    await owner.execute("create table t (id int, check (id > 0))");
    const other = await database.connect("owner");
    try {
      await other.execute("begin; lock table t in access exclusive mode");
      await expect(introspect(owner)).rejects.toThrow(/locked by another session[\s\S]*pg_locks/);
      await other.execute("rollback");
      expect((await introspect(owner)).objects.map(refKey)).toContain("constraint public.t.t_id_check");
    } finally {
      await other.close();
    }
  });

  test("every dependency is in the catalog, and objects are in order", async () => {
    const { owner } = await place.database();
    await owner.execute("create table t (id int primary key); create view v as select id from t group by id");
    const { objects } = await introspect(owner);
    const keys = objects.map(refKey);
    expect(keys).toEqual(keys.toSorted());
    for (const object of objects) for (const need of object.dependsOn) expect(keys).toContain(need);
  });

  test("temporary objects and those of extensions are left out", async () => {
    const { owner } = await place.database();
    await owner.execute("create extension hstore; create temp table t (a int); create temp view v as select a from t");
    expect((await introspect(owner)).objects.map((object) => refKey(object))).toEqual([
      "extension public.hstore",
      "schema public",
    ]);
  });

  test("the session's settings change nothing, and are left as they were", async () => {
    const { owner } = await place.database();
    await owner.execute(`create schema s; create type s.e as enum ('x');
      create table s.t (a s.e default 'x', b timestamptz default '2026-01-01 12:00+00', c interval default '-1 day')`);
    const plain = await introspect(owner);
    await owner.execute(`set search_path = s, public; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601';
      set timezone = 'Asia/Tokyo'; set quote_all_identifiers = on; set extra_float_digits = 0`);
    expect(await introspect(owner)).toEqual(plain);
    const { rows } = await owner.query(
      "select current_setting('search_path') as path, current_setting('datestyle') as style",
    );
    expect(rows).toEqual([{ path: "s, public", style: "SQL, DMY" }]);
  });

  test("values in the catalog's text load under other settings", async () => {
    const { owner } = await place.database();
    await owner.execute(`create table t (a timestamptz default '2026-01-31 12:00+00', d date default '2026-02-03', f float8 default 0.1) partition by range (a);
      create table p partition of t for values from ('2026-01-02') to ('2026-03-04')`);
    const catalog = await introspect(owner);
    const other = (await place.database()).owner;
    await other.execute("set datestyle = 'SQL, DMY'; set timezone = 'America/New_York'");
    await apply(other, postgres.create(catalog));
    expect(await introspect(other)).toEqual(catalog);
  });
});

test("definitions of indexes are what pg_get_indexdef prints", async () => {
  const { owner } = await place.database();
  await owner.execute(`
    create table "T ""1" (a int primary key, "B b" text, c int[], d int4range, e text, unique nulls not distinct (e, a),
      exclude using gist (d with &&), unique (a) include (e, "B b") deferrable);
    create index on "T ""1" (a desc, "B b" desc nulls last, e nulls first); create index on "T ""1" using gin (c);
    create unique index "select" on "T ""1" (e) include (a) nulls not distinct; create index on "T ""1" using hash (e);
    create index on "T ""1" (lower(e), a) where a > 0; create index on "T ""1" (e text_pattern_ops, "B b" collate "C");
    create index on "T ""1" (a) with (fillfactor = 50); create index on "T ""1" using brin (a);
    create table p (a int primary key, b int) partition by hash (a); create index on p (b);
    create table p0 partition of p for values with (modulus 1, remainder 0);
    create materialized view m as select 1 as a; create unique index on m (a)`);
  const own = new Map<string, string>();
  for (const object of (await introspect(owner)).objects)
    if (object.kind === "index") own.set(object.name, object.definition);
  await owner.execute("set search_path = ''");
  const { rows } = await owner.query<{ name: string; definition: string }>(`
    select c.relname as name, pg_get_indexdef(c.oid) as definition
    from pg_class c where c.relkind in ('i', 'I') and c.relnamespace::regnamespace::text = 'public'`);
  expect(rows.length).toBeGreaterThan(15);
  expect(own).toEqual(new Map(rows.map((row) => [row.name, row.definition])));
});

test("definitions of constraints are what pg_get_constraintdef prints", async () => {
  const { owner } = await place.database();
  await owner.execute(`
    create schema "S 1"; create table "S 1"."R" ("A b" int, b int, primary key ("A b", b), unique (b, "A b") include (b));
    create extension hstore; create table e (id int primary key); alter extension hstore add table e;
    create table t (a int check (a > 0), b int, c int references e on delete cascade,
      foreign key (a, b) references "S 1"."R" on update restrict on delete set null deferrable initially deferred,
      foreign key (a, b) references "S 1"."R" match full on update cascade on delete set default deferrable,
      foreign key (b, a) references "S 1"."R" (b, "A b") on delete set null (a));
    alter table t add foreign key (a, b) references "S 1"."R" not valid;
    create table p (a int primary key, "select" int references p) partition by hash (a);
    create table p0 partition of p for values with (modulus 1, remainder 0)`);
  for (const options of [{}, { schemas: ["public", "S 1"] }, { schemas: ["public"] }]) {
    const own = new Map<string, string>();
    for (const object of (await introspect(owner, options)).objects)
      if (object.kind === "constraint") own.set(`${object.table}.${object.name}`, object.definition);
    await owner.execute("begin; set local search_path = ''");
    const { rows } = await owner.query<{ name: string; definition: string }>(
      `select c.relname || '.' || k.conname as name, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_constraint q on q.oid = k.conparentid
      where k.connamespace::regnamespace::text = any ($1) and c.relname <> 'e' and k.contype <> 'n'
        and q.conrelid is distinct from k.conrelid`,
      [options.schemas?.map((name) => (name === "public" ? name : `"${name}"`)) ?? ["public", '"S 1"']],
    );
    await owner.execute("rollback");
    expect(rows.length).toBeGreaterThan(8);
    expect(own).toEqual(new Map(rows.map((row) => [row.name, row.definition])));
  }
});

describe("what is not modelled is named", () => {
  test("one of each", async () => {
    const { admin, owner } = await place.database();
    await admin.execute(`
      create type public.shell; create type public.base;
      create function public.base_in(cstring) returns public.base language internal strict immutable as 'int4in';
      create function public.base_out(public.base) returns cstring language internal strict immutable as 'int4out';
      create type public.base (input = public.base_in, output = public.base_out, internallength = 4, passedbyvalue, alignment = int4);
      create text search parser public.parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
      create text search template public.template (lexize = dsimple_lexize);
      create function public.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
      create language odd handler public.handler; create access method heap2 type table handler heap_tableam_handler;
      create transform for int language sql (from sql with function prsd_lextype(internal));
      revoke execute on function pg_catalog.lower(text) from public; grant select on pg_catalog.pg_authid to app;
      create extension hstore schema public; revoke execute on function public.hstore(text, text) from public;
      create table public.t (a int); grant select on public.t to app with grant option; comment on role app is 'it';
      create function public.f() returns trigger language plpgsql as 'begin return new; end';
      alter function public.f() depends on extension hstore`);
    await admin.execute("set role app; grant select on public.t to reader; reset role");
    await admin.execute(
      "do $$ begin execute format('alter database %I set work_mem = %L', current_database(), '2MB'); end $$",
    );
    const kinds = new Set((await introspect(owner)).unmodelled.map((one) => one.kind));
    expect([...kinds].toSorted()).toEqual([
      "access method",
      "comment on a role",
      "extension dependency",
      "grantor",
      "language",
      "privileges on a system object",
      "privileges on an extension's object",
      "setting of the database",
      "text search parser",
      "text search template",
      "transform",
      "type",
    ]);
    await admin.execute("comment on role app is null");
  });

  test("an invalid index is left out of the script, with a remark", async () => {
    const { owner } = await place.database();
    await owner.execute(`create table t (a int); insert into t values (1), (1)`);
    await expect(owner.execute("create unique index concurrently i on t (a)")).rejects.toThrow(/could not create/);
    const catalog = await introspect(owner);
    expect(catalog.objects).toContainEqual(expect.objectContaining({ kind: "index", name: "i", valid: false }));
    const other = (await place.database()).owner;
    const script = postgres.create(catalog);
    await apply(other, script);
    expect(script.some(({ sql }) => sql.startsWith("/* index public.i is left out"))).toBe(true);
    expect((await introspect(other)).objects.filter((object) => object.kind === "index")).toEqual([]);
  });
});

describe("what may not be read is said", () => {
  test("a system catalog closed to the reader", async () => {
    const { admin, owner } = await place.database();
    await owner.execute("create table t (a int generated always as identity); create sequence s");
    await admin.execute("revoke select on pg_catalog.pg_policy, pg_catalog.pg_sequence from public");
    const catalog = await introspect(owner);
    expect(catalog.unmodelled).toContainEqual({
      kind: "not readable",
      name: "policy objects: permission denied for table pg_policy",
    });
    expect(catalog.unmodelled).toContainEqual({
      kind: "not readable",
      name: "sequence objects: permission denied for table pg_sequence",
    });
    expect(catalog.unmodelled).toContainEqual({ kind: "not readable", name: "identity of public.t.a" });
    expect(catalog.objects).toContainEqual(expect.objectContaining({ kind: "table", name: "t" }));
  });

  test("objects in a schema without USAGE are read all the same", async () => {
    const { admin, owner } = await place.database();
    await admin.execute(`create schema closed; create table closed.t (id int primary key, b text check (b <> ''));
      create view closed.v as select id from closed.t; create function closed.f() returns int language sql as 'select 1'`);
    // Who owns them, and has which rights, differs with the eyes of the reader.
    const factsOf = async (session: typeof owner): Promise<unknown[]> =>
      (await introspect(session)).objects
        .filter((object) => object.kind !== "grant" && object.kind !== "role")
        .map(({ owner: _owner, dependsOn, ...facts }) => ({
          ...facts,
          dependsOn: dependsOn.filter((key) => !key.startsWith("role ")),
        }));
    expect(await factsOf(owner)).toEqual(await factsOf(admin));
  });

  test("an aborted signal stops before the next query, and the session can be used again", async () => {
    const { owner } = await place.database();
    const reason = new Error("enough");
    await expect(introspect(owner, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await introspect(owner)).objects).toEqual([]);
  });
});
