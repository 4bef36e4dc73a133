import { afterAll, beforeAll, expect, test } from "vitest";
import { introspect } from "../introspect.ts";
import { apply, openPlace } from "../testing.test-data.ts";
import type { Place } from "../testing.test-data.ts";
import { postgres } from "../dialect.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

test("a role that is absent is created without login, whatever its name", async () => {
  const name = `o'"$$ $role$ r\\; drop table x; --`;
  const { admin } = await place.database();
  const quoted = postgres.ident(name);
  await admin.execute(`create role ${quoted}; create table public.t (a int); grant select on public.t to ${quoted}`);
  const catalog = await introspect(admin);
  expect(catalog.objects).toContainEqual(expect.objectContaining({ kind: "role", name, login: false }));
  await admin.execute(`drop table public.t; drop role ${quoted}`);
  await apply(admin, postgres.create(catalog));
  expect(await introspect(admin)).toEqual(catalog);
  // A second time it is there already.
  await apply(admin, postgres.create(catalog).slice(0, 1));
});

test("only roles that something mentions are listed", async () => {
  const { owner } = await place.database();
  await owner.execute("create table t (a int)");
  expect((await introspect(owner)).objects.filter((object) => object.kind === "role")).toEqual([]);
});
