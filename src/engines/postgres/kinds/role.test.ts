import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog, RoleObject } from "../../../model/catalog.ts";
import { viewOf } from "../../../model/catalog-view.ts";
import { ref } from "../../../model/ref.ts";
import { alteration } from "../changes.test-data.ts";
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

test("attributes, settings and memberships of a role that is created", async () => {
  const { admin } = await place.database();
  await admin.execute(`
    create role "boss 1" noinherit createdb; create role boss2;
    create role worker login createrole replication bypassrls connection limit 3 valid until '2031-02-03 04:05:06+00'
      password 'hunter2' in role "boss 1";
    grant boss2 to worker with admin option; grant pg_monitor to worker;
    alter role worker set search_path = a, "B b", ''; alter role worker set work_mem = '1MB';
    alter role worker set application_name = 'it''s \\'; alter role worker set my.own = 'x';
    create table public.t (a int); grant select on public.t to worker`);
  const catalog = await introspect(admin);
  expect(JSON.stringify(catalog)).not.toMatch(/hunter2|SCRAM|md5/);
  expect(catalog.objects).toContainEqual(expect.objectContaining({ name: "boss 1", inherit: false, createDb: true }));
  expect(catalog.objects).toContainEqual(
    expect.objectContaining({
      name: "worker",
      login: true,
      createRole: true,
      replication: true,
      bypassRls: true,
      connectionLimit: 3,
      validUntil: "2031-02-03T04:05:06.000000Z",
      settings: { application_name: "it's \\", "my.own": "x", search_path: 'a, "B b", ""', work_mem: "1MB" },
      memberOf: [
        { role: "boss 1", admin: false, inherit: true, set: true },
        { role: "boss2", admin: true, inherit: true, set: true },
        { role: "pg_monitor", admin: false, inherit: true, set: true },
      ],
    }),
  );
  await admin.execute(`drop table public.t; drop role worker; drop role "boss 1"; drop role boss2`);
  await apply(admin, postgres.create(catalog));
  expect(await introspect(admin)).toEqual(catalog);
  // Every alteration, one after the other, and back again.
  const find = (from: Catalog): RoleObject =>
    viewOf(from)
      .of("role")
      .find(({ name }) => name === "worker") as RoleObject;
  const before = find(catalog);
  const after: RoleObject = {
    ...ref("role", "worker"),
    kind: "role",
    login: false,
    superuser: true,
    bypassRls: false,
    inherit: false,
    createDb: true,
    settings: { search_path: "z", work_mem: "2MB" },
    memberOf: [{ role: "boss2", admin: false, inherit: false, set: true }],
    comment: null,
    dependsOn: ["role boss2"],
  };
  for (const [from, to] of [
    [before, after],
    [after, before],
  ] as const) {
    await apply(admin, postgres.change(alteration(from, to), catalog));
    expect(find(await introspect(admin))).toEqual(to);
  }
});
