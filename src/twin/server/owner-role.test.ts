import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { openServer } from "./open.ts";
import { playground, requestFor } from "./testing.test-data.ts";
import type { Playground } from "./testing.test-data.ts";

// What hostile SQL may try in order to leave its database. Each must be refused for want of privilege.
const HOSTILE: readonly string[] = [
  "copy (select 1) to program 'touch /tmp/dbwright-was-here'",
  "create temp table t (line text); copy t from program 'id'",
  "create temp table t (line text); copy t from '/etc/passwd'",
  "copy (select 1) to '/tmp/dbwright-was-here'",
  "select pg_read_file('/etc/passwd')",
  "select pg_read_binary_file('/etc/passwd')",
  "select pg_ls_dir('/')",
  "select pg_stat_file('/etc/passwd')",
  "select lo_import('/etc/passwd')",
  "select lo_export(lo_from_bytea(0, 'x'), '/tmp/dbwright-was-here')",
  "create function f() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
  "create function f() returns int language internal as 'pg_read_file'",
  "load '/lib/x86_64-linux-gnu/libc.so.6'",
  "alter system set archive_command = 'id'",
  "set session_preload_libraries = 'x'",
  "set session authorization dbwright_admin",
  "set role dbwright_admin",
  "set role pg_execute_server_program",
  "grant pg_execute_server_program to current_user",
  "grant pg_read_server_files to dbwright_owner",
  "grant dbwright_admin to dbwright_owner",
  "create role r",
  "create role r superuser in role pg_execute_server_program",
  "alter role dbwright_owner superuser",
  "alter role dbwright_owner createrole",
  "alter role dbwright_admin password 'x'",
  "alter role stranger login",
  "grant stranger to dbwright_owner with admin option",
  "create extension file_fdw",
  "create extension dblink",
  "create extension pageinspect",
  "create extension adminpack",
  "create database d",
  "drop database postgres",
  "alter database postgres set search_path = public",
  "create tablespace t location '/tmp'",
  "create event trigger e on ddl_command_start execute function pg_catalog.suppress_redundant_updates_trigger()",
  "create subscription s connection 'host=localhost' publication p",
  "create trusted language l handler plpgsql_call_handler",
  "update pg_catalog.pg_authid set rolsuper = true",
  "select rolpassword from pg_catalog.pg_authid",
  "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dbwright_admin'",
  "select pg_reload_conf()",
  "select pg_rotate_logfile()",
];

// A refusal, or (pageinspect, adminpack …) an extension that is not there at all, or a reserved name.
const REFUSALS = ["42501", "0A000", "42704", "42939", "58P01"];

describe.each([18, 15])("hostile SQL as owner on PostgreSQL %i", (major) => {
  let place: Playground;
  let server: TwinServer;
  let database: TwinDatabase;
  let admin: Session;

  beforeAll(async () => {
    place = playground();
    server = await openServer(requestFor(place.cacheDir, { major }));
    database = await server.createDatabase();
    await database.ensureRole("stranger");
    admin = await database.connect("admin");
  });
  afterAll(async () => {
    await admin.close();
    await server.close();
    place.remove();
  });

  const standing = async (): Promise<unknown> => {
    const roles = await admin.query(
      `select rolname::text, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, array(select pg_get_userbyid(roleid)::text
         from pg_auth_members m where m.member = r.oid order by 1) as member_of from pg_roles r order by 1`,
    );
    return roles.rows;
  };

  it.each(HOSTILE)("%s", async (sql) => {
    const before = await standing();
    const session = await database.connect("owner");
    const refusal: unknown = await session.execute(sql).catch((error: unknown) => error);
    await session.close();
    expect(refusal).toBeInstanceOf(Error);
    expect(REFUSALS).toContain((refusal as { code?: string }).code);
    expect(await standing()).toEqual(before);
  });

  it("the same is possible for an administrator, so the refusals mean something", async () => {
    const read = await admin.query("select pg_read_file('PG_VERSION') as v");
    expect(read.rows).toEqual([{ v: `${server.major}\n` }]);
  });

  it("cannot make an administrator's session run its functions", async () => {
    const trap = await server.createDatabase();
    const session = await trap.connect("owner");
    await session.execute(`
      create schema evil;
      create function evil.current_setting(text) returns text language plpgsql as $$
        begin execute 'alter role dbwright_owner superuser'; return '180004'; end $$;
      alter database ${trap.name} set search_path = evil, pg_catalog`);
    await session.close();
    const first = await trap.connect("admin");
    await first.query("select current_setting('server_version_num')");
    await first.close();
    const owner = await admin.query("select rolsuper from pg_roles where rolname = 'dbwright_owner'");
    expect(owner.rows).toEqual([{ rolsuper: false }]);
    await trap.drop();
  });

  it("may do all that a schema needs", async () => {
    const session = await database.connect("owner");
    await session.execute(`
      create extension pgcrypto;
      create schema s; create domain s.d as text; create table s.t (id int generated always as identity primary key, d s.d);
      alter table s.t enable row level security; create policy p on s.t to stranger using (true);
      comment on schema public is 'mine'; grant usage, create on schema s to stranger;
      alter table s.t owner to stranger; set role stranger; insert into s.t (d) values ('x'); reset role;
      drop schema public cascade`);
    await session.close();
  });

  it.each(["pg_read_server_files", "pg_x", "dbwright_admin", "public", "none", "", "x".repeat(64), "a\0b"])(
    "ensureRole refuses %j",
    async (name) => {
      const before = await standing();
      await expect(database.ensureRole(name)).rejects.toMatchObject({ exitCode: 2 });
      expect(await standing()).toEqual(before);
    },
  );

  it("ensureRole makes any other name a powerless role, whatever the name holds", async () => {
    const names = ['x"; drop role stranger; --', "it's", "Ünïcode", "back\\slash", "postgres"];
    for (const name of [...names, ...names]) await database.ensureRole(name);
    await Promise.all(names.map((name) => database.ensureRole(`${name}2`)));
    const made = await admin.query<{ rolname: string; power: boolean; member: boolean }>(
      `select rolname::text, rolsuper or rolcanlogin or rolcreatedb or rolcreaterole or rolbypassrls as power,
              pg_has_role('dbwright_owner', oid, 'USAGE') as member from pg_roles where rolname = any ($1)`,
      [names],
    );
    expect(made.rows.map((row) => row.rolname).toSorted()).toEqual(names.toSorted());
    expect(made.rows.every((row) => !row.power && row.member)).toBe(true);
  });
});
