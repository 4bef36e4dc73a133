import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { TwinServer } from "../server.ts";
import { openServer } from "./open.ts";
import { ownerOf } from "./owner.ts";
import { listening, playground, requestFor } from "./testing.test-data.ts";
import type { Playground } from "./testing.test-data.ts";

// Users of "the user's server", and as whom hostile SQL must run for them.
const USERS: readonly { readonly name: string; readonly attributes: string; readonly ownRole: boolean }[] = [
  { name: "boss", attributes: "superuser", ownRole: true },
  { name: "builder", attributes: "createdb createrole", ownRole: true },
  { name: "plain", attributes: "createdb", ownRole: false },
];

const PASSWORD = "p@ss/word?&'";

describe.each([18, 15])("a server that the user names, PostgreSQL %i", (major) => {
  let place: Playground;
  let host: TwinServer;
  let session: Session;
  let address: URL;

  const urlOf = (user: string): string => {
    const url = new URL(address);
    url.username = user;
    url.password = encodeURIComponent(PASSWORD);
    return url.href;
  };
  /** Everything on the server that is not of the database system itself. */
  const state = async (): Promise<unknown> => {
    const seen = await session.query(
      `select array(select datname || ' ' || pg_get_userbyid(datdba) || coalesce(shobj_description(oid, 'pg_database'), '')
                      from pg_database order by 1) as databases,
              array(select a::text || coalesce(shobj_description(oid, 'pg_authid'), '') from pg_authid a order by 1) as roles,
              array(select pg_get_userbyid(roleid) || '>' || pg_get_userbyid(member) from pg_auth_members order by 1) as members`,
    );
    return seen.rows;
  };

  beforeAll(async () => {
    place = playground();
    host = await openServer(requestFor(place.cacheDir, { major }));
    address = new URL((await host.createDatabase()).url("admin"));
    address.pathname = "/postgres";
    address.searchParams.delete("options");
    session = await connect({ url: address.href });
    for (const { name, attributes } of USERS) {
      await session.execute(`create role ${name} login ${attributes} password '${PASSWORD.replaceAll("'", "''")}'`);
    }
    await session.execute(`create role reader login createdb password '${PASSWORD.replaceAll("'", "''")}'`);
    await session.execute(
      "grant pg_read_server_files to reader; create role pauper login password 'x'; create role theirs",
    );
    await session.execute("create database shop owner theirs template template0");
  });
  afterAll(async () => {
    await session.close();
    await host.close();
    place.remove();
  });

  it.each(USERS)("as $name ($attributes): all that was made is gone, all else as it was", async ({ name, ownRole }) => {
    const before = await state();
    const server = await openServer(requestFor(place.cacheDir, { url: urlOf(name), major }));
    expect(server).toMatchObject({ origin: "url", major, dataDir: null, version: host.version });
    expect(server.description).not.toContain("word");
    const database = await server.createDatabase();
    expect(database.name).toMatch(/^dbwright_[0-9a-f]{12}$/);

    const owner = await database.connect("owner");
    const who = await owner.query<{ me: string; rolsuper: boolean; rolcreaterole: boolean }>(
      "select current_user::text as me, rolsuper, rolcreaterole from pg_roles where rolname = current_user",
    );
    expect(who.rows).toEqual([
      { me: ownRole ? (expect.stringMatching(/^dbwright_/) as unknown) : name, rolsuper: false, rolcreaterole: false },
    ]);
    await owner.execute(
      "create schema s; create table s.t (id int primary key); insert into s.t values (1); drop schema public",
    );
    await expect(owner.execute("select pg_read_file('/etc/passwd')")).rejects.toMatchObject({ code: "42501" });
    if (ownRole) {
      await database.ensureRole("made_by_twin");
      await owner.execute(
        "create schema r; grant create, usage on schema r to made_by_twin; set role made_by_twin; create table r.t ()",
      );
    } else await expect(database.ensureRole("made_by_twin")).rejects.toThrow(/may not create roles/);
    await owner.close();

    const copy = await server.createDatabase(database);
    const admin = await copy.connect("admin");
    expect((await admin.query("select count(*)::int as n from pg_tables where schemaname = 's'")).rows).toEqual([
      { n: 1 },
    ]);
    // With this session open.
    await Promise.all([server.createDatabase(), server.close(), server.close()]);
    await admin.close();
    expect(await state()).toEqual(before);
  });

  it("leaves a role that was there as it is, and says so", async () => {
    const before = await state();
    const progress = listening();
    const server = await openServer(requestFor(place.cacheDir, { url: urlOf("boss"), major: 17, progress }));
    const database = await server.createDatabase();
    await database.ensureRole("theirs");
    await server.close();
    expect(progress.notes).toEqual([
      expect.stringContaining(`is PostgreSQL ${host.version}, not 17`),
      expect.stringContaining('"theirs" is the server\'s own'),
    ]);
    expect(await state()).toEqual(before);
  });

  it("drops what a dead process left, and nothing else", async () => {
    const before = await state();
    const note = (pid: number, started: string | null): string =>
      JSON.stringify({ dbwright: { ...ownerOf(), pid, started } }).replaceAll("'", "''");
    const living = note(process.pid, ownerOf().started);
    const dead = note(process.pid, "1");
    const elsewhere = JSON.stringify({ dbwright: { ...ownerOf(), host: "elsewhere", started: "1" } });
    await session.execute(`create database dbwright_00000000dead template template0`);
    await session.execute(`comment on database dbwright_00000000dead is '${dead}'`);
    await session.execute(`create role dbwright_0000000role; comment on role dbwright_0000000role is '${dead}'`);
    const kept = {
      dbwright_0000000alive: living,
      dbwright_00000000else: elsewhere,
      dbwright_000000000abc: "",
      mine: dead,
    };
    for (const [name, text] of Object.entries(kept)) {
      await session.execute(`create database "${name}" template template0`);
      await session.execute(`comment on database "${name}" is '${text}'`);
    }
    const server = await openServer(requestFor(place.cacheDir, { url: urlOf("boss"), major }));
    await server.close();
    const names = await session.query<{ datname: string }>("select datname::text from pg_database");
    expect(names.rows.map((row) => row.datname)).toEqual(expect.arrayContaining(Object.keys(kept)));
    for (const name of Object.keys(kept)) await session.execute(`drop database "${name}"`);
    expect(await state()).toEqual(before);
  });

  it("leaves nothing after an abort at any moment", async () => {
    const before = await state();
    for (const in_ms of [0, 5, 10, 20, 40, 80]) {
      const controller = new AbortController();
      const reason = new Error("Ctrl-C");
      setTimeout(() => controller.abort(reason), in_ms);
      const server = await openServer(
        requestFor(place.cacheDir, { url: urlOf("boss"), signal: controller.signal }),
      ).catch((error: unknown) => error);
      if (server instanceof Error) expect(server).toBe(reason);
      else {
        await (server as TwinServer).createDatabase().catch((error: unknown) => expect(error).toBe(reason));
        await (server as TwinServer).close();
      }
    }
    expect(await state()).toEqual(before);
  });

  const refused: readonly [string, () => string, number, RegExp][] = [
    [
      "a user who may not create databases",
      () => urlOf("pauper").replace(/:[^:@]*@/, ":x@"),
      3,
      /"pauper" may not create databases/,
    ],
    ["a user who may read the server's files", () => urlOf("reader"), 3, /member of a role that may read files/],
    ["a wrong password", () => urlOf("plain").replace(/:[^:@]*@/, ":wr0ng@"), 3, /refused the password/],
    ["something that is no URL", () => "postgres:/", 2, /not a connection string/],
  ];
  it.each(refused)("refuses %s", async (_, url, exitCode, message) => {
    const before = await state();
    const error: unknown = await openServer(requestFor(place.cacheDir, { url: url(), major })).catch(
      (problem: unknown) => problem,
    );
    expect(error).toMatchObject({ exitCode });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/wr0ng|p@ss|p%40ss/);
    expect(await state()).toEqual(before);
  });

  it("takes a socket directory the way libpq writes it", async () => {
    const url = `postgresql://plain:${encodeURIComponent(PASSWORD)}@/postgres?host=${encodeURIComponent(address.searchParams.get("host") ?? "")}`;
    const server = await openServer(requestFor(place.cacheDir, { url, major }));
    await (await (await server.createDatabase()).connect("owner")).close();
    await server.close();
  });
});
