import { afterAll, beforeAll, expect, test } from "vitest";
import { refKey } from "../../model/ref.ts";
import { alteration } from "./changes.test-data.ts";
import { postgres } from "./dialect.ts";
import { introspect } from "./introspect.ts";
import { apply, checkRoundTrip, openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

// One of each kind that has an owner, as far as one statement makes it.
const EACH = `
  create schema s; create table s.t (id serial primary key, n int generated always as identity); create view s.v as select id from s.t;
  create materialized view s.m as select 1 as a; create sequence s.q; create type s.e as enum ('a'); create domain s.d as int;
  create type s.c as (a int); create type s.r as range (subtype = float8); create function s.f(int) returns int language sql as 'select 1';
  create procedure s.p() language sql as ''; create aggregate s.g(int) (sfunc = int4pl, stype = int);
  create collation s.col (provider = libc, locale = 'C'); create statistics s.st on id, n from s.t;
  create foreign data wrapper w; create server srv foreign data wrapper w; create foreign table s.ft (a int) server srv; create publication pub for table s.t`;

const OWN = `alter schema s owner to app; alter table s.t owner to app; alter view s.v owner to app; alter materialized view s.m owner to app;
  alter sequence s.q owner to app; alter type s.e owner to app; alter domain s.d owner to app; alter type s.c owner to app; alter type s.r owner to app;
  alter function s.f(int) owner to app; alter procedure s.p() owner to app; alter aggregate s.g(int) owner to app; alter collation s.col owner to app;
  alter statistics s.st owner to app; alter server srv owner to app; alter foreign table s.ft owner to app; alter publication pub owner to app`;

const OWNERLESS: ReadonlySet<string> = new Set([
  "column",
  "constraint",
  "index",
  "role",
  "grant",
  "foreign-data-wrapper",
]);

test("every owner that is not the expected one is read, printed and altered", async () => {
  const { first } = place.admin;
  await first.execute("do $$ begin execute format('grant create on database %I to app', current_database()); end $$");
  await place.admin.second.execute(
    "do $$ begin execute format('grant create on database %I to app', current_database()); end $$",
  );
  const owned = await checkRoundTrip(
    { ...place, ...place.admin },
    `${EACH}; grant usage on foreign data wrapper w to app; ${OWN}`,
  );
  const owners = owned.objects.filter(({ kind }) => !OWNERLESS.has(kind));
  expect(owners.map((object) => `${refKey(object)}: ${object.owner}`)).toEqual(
    owners.map((object) => `${refKey(object)}: app`),
  );
  await first.execute(`${EACH}; grant usage on foreign data wrapper w to app`);
  const before = await introspect(first);
  for (const object of before.objects) {
    expect(object.owner).toBeUndefined();
    const after = owned.objects.find((one) => refKey(one) === refKey(object));
    if (after !== undefined) await apply(first, postgres.change(alteration(object, after), before));
  }
  expect((await introspect(first)).objects).toEqual(owned.objects);
  await apply(first, postgres.drop(owned));
});

test("the reader's own and the database owner's objects state none", async () => {
  const { owner, admin } = await place.database();
  await owner.execute("create table t (a int)");
  await admin.execute("create table public.u (a int)");
  const ownersOf = async (session: typeof owner): Promise<unknown[]> =>
    (await introspect(session)).objects.filter(({ kind }) => kind === "table").map((object) => object.owner);
  expect(await ownersOf(owner)).toEqual([undefined, "dbwright_admin"]);
  expect(await ownersOf(admin)).toEqual([undefined, undefined]);
});
