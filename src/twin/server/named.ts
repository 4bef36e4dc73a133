import { randomBytes } from "node:crypto";
import { connect, describeTarget } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { invalid, unavailable } from "../../model/error.ts";
import type { TwinRequest, TwinServer } from "../server.ts";
import { SHIELD, createScratch, dropDatabase, grantRole, hrefOf, quoted, scratchName } from "./database.ts";
import type { Access } from "./database.ts";
import { ownerOf, parseOwner, standingOf } from "./owner.ts";

/** What the user of the URL is and may, and what the server is. */
interface Standing {
  readonly user: string;
  readonly database: string;
  readonly version: string;
  readonly superuser: boolean;
  readonly mayCreateDatabases: boolean;
  readonly mayCreateRoles: boolean;
  /** Whether SQL run as this user could reach files, programs or other roles. */
  readonly mayEscape: boolean;
}

const STANDING = `
  select current_user::text as "user", current_database()::text as "database",
         current_setting('server_version') as "version",
         rolsuper as "superuser", rolsuper or rolcreatedb as "mayCreateDatabases",
         rolsuper or rolcreaterole as "mayCreateRoles",
         exists (select from pg_catalog.pg_roles r
                 where (r.rolsuper or r.rolcreaterole or r.rolname in
                        ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
                   and pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')) as "mayEscape"
    from pg_catalog.pg_roles where rolname = current_user`;

/** Everything this run made on the user's server, and so everything it may remove there. */
interface Made {
  readonly databases: Set<string>;
  readonly roles: Set<string>;
  /** Work under way that will make something yet. */
  readonly pending: Set<Promise<unknown>>;
}

/**
 * Opens a server that the user named. Creates only databases called `dbwright_` and 12 hexadecimal
 * digits, and roles that were not there; each bears a comment that says which process made it.
 */
export async function openNamed(request: TwinRequest, urlText: string): Promise<TwinServer> {
  request.signal.throwIfAborted();
  const base = parseUrl(urlText);
  const where = describeTarget({ url: base.href });
  const made: Made = { databases: new Set(), roles: new Set(), pending: new Set() };
  const session = await connect({ url: base.href, signal: request.signal });
  try {
    const standing = await readStanding(session, where);
    await clearDead(session);
    const owner = standing.mayCreateRoles ? await createOwner(session, standing, made) : null;
    const access = accessOf({ base, standing, owner, made, request, versionNumber: session.versionNumber });
    if (owner !== null) await tryOwner(access, owner.name, where);
    await session.close();
    return serverOf(access, standing, where, made, request);
  } catch (error) {
    await session.close();
    await removeMade(base.href, made);
    throw error;
  }
}

// libpq also takes postgresql://user@/db?host=/socket/dir, which the URL standard does not.
function parseUrl(text: string): URL {
  const standard = text.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)\//, "$1localhost/");
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(standard)) {
    throw invalid({
      what: "not a connection string of a PostgreSQL server",
      where: "--twin",
      expected: "postgresql://user:password@host:port/database",
    });
  }
  return new URL(standard);
}

async function readStanding(session: Session, where: string): Promise<Standing> {
  if (session.versionNumber < 130_000) {
    throw unavailable({
      what: "this server is too old for a twin",
      where,
      expected: "PostgreSQL 13 or newer",
      mend: "name a newer server, or leave --twin out",
    });
  }
  const standing = (await session.query<Standing>(STANDING)).rows[0];
  if (standing === undefined) throw new Error("the server does not know its current user");
  const user = JSON.stringify(standing.user);
  if (!standing.mayCreateDatabases) {
    throw unavailable({
      what: `the user ${user} may not create databases`,
      where,
      mend: `have an administrator run: ALTER ROLE ${quoted(standing.user)} CREATEDB`,
    });
  }
  if (standing.mayEscape && !standing.mayCreateRoles) {
    throw unavailable({
      what: `the user ${user} is a member of a role that may read files, run programs or create roles`,
      where,
      expected: "a user whose SQL stays in its own databases, since the twin runs text from outside",
      mend: "name a user with CREATEDB and no such membership, or one with CREATEROLE",
    });
  }
  return standing;
}

interface OwnerRole {
  readonly name: string;
  readonly password: string;
}

// A superuser, or one who creates roles, must not run text from outside: a plain role does it instead.
async function createOwner(session: Session, standing: Standing, made: Made): Promise<OwnerRole> {
  const owner = { name: scratchName(), password: randomBytes(24).toString("base64url") };
  await createRole(session, made, owner.name, `login nosuperuser nocreatedb nocreaterole password '${owner.password}'`);
  // Who gives a database to a role must be a member of it; a superuser need not.
  if (!standing.superuser) await grantRole(session, owner.name, standing.user);
  return owner;
}

async function tryOwner(access: Access, name: string, where: string): Promise<void> {
  try {
    await (await connect({ url: access.url("owner", access.maintenance), signal: access.signal })).close();
  } catch (error) {
    access.signal.throwIfAborted();
    throw unavailable(
      {
        what: `the server does not let the twin's own role ${name} in with its password`,
        where,
        expected: "a pg_hba.conf that lets new roles in with scram-sha-256, or a user in the URL without CREATEROLE",
        mend: "name a user who has CREATEDB only, or leave --twin out",
      },
      { cause: error },
    );
  }
}

function accessOf(parts: {
  readonly base: URL;
  readonly standing: Standing;
  readonly owner: OwnerRole | null;
  readonly made: Made;
  readonly request: TwinRequest;
  readonly versionNumber: number;
}): Access {
  const { base, standing, owner, made, request, versionNumber } = parts;
  return {
    url: (as, database) => {
      const target = new URL(base);
      target.pathname = `/${encodeURIComponent(database)}`;
      target.searchParams.delete("dbname");
      if (as === "owner" && owner !== null) {
        target.username = owner.name;
        target.password = owner.password;
        for (const key of ["user", "password"]) target.searchParams.delete(key);
      } else if (owner !== null && database !== standing.database) {
        const given = target.searchParams.get("options");
        target.searchParams.set("options", given === null ? SHIELD : `${given} ${SHIELD}`);
      }
      return hrefOf(target);
    },
    maintenance: standing.database,
    owner: owner?.name ?? null,
    versionNumber,
    created: (session, database) => mark(session, "database", database),
    ensureRole: (session, name) =>
      ensureRole(session, name, { owner: owner?.name ?? standing.user, made, request, standing }),
    signal: request.signal,
  };
}

function serverOf(access: Access, standing: Standing, where: string, made: Made, request: TwinRequest): TwinServer {
  const version = standing.version.split(" ")[0] ?? standing.version;
  const major = Math.trunc(access.versionNumber / 10_000);
  if (major !== request.major) {
    request.progress.note(
      `the server named by --twin is PostgreSQL ${version}, not ${request.major}: what is proved holds for ${version}`,
    );
  }
  const register = {
    created: (name: string) => void made.databases.add(name),
    dropped: (name: string) => void made.databases.delete(name),
  };
  let closed: Promise<void> | null = null;
  return {
    version,
    major,
    origin: "url",
    description: `PostgreSQL ${version} at ${where}`,
    dataDir: null,
    createDatabase: async (from) => {
      const work = createScratch(access, from ?? null, register);
      made.pending.add(work);
      return work.finally(() => made.pending.delete(work));
    },
    close: () => (closed ??= removeMade(access.url("admin", access.maintenance), made)),
  };
}

async function ensureRole(
  session: Session,
  name: string,
  context: { readonly owner: string; readonly made: Made; readonly request: TwinRequest; readonly standing: Standing },
): Promise<void> {
  const { owner, made, request, standing } = context;
  const found = await session.query("select 1 from pg_catalog.pg_roles where rolname = $1", [name]);
  if (found.rows.length > 0 && !made.roles.has(name)) {
    request.progress.note(
      `the role ${JSON.stringify(name)} is the server's own and stays as it is; nothing can be given to it`,
    );
    return;
  }
  if (found.rows.length === 0) {
    if (!standing.mayCreateRoles) {
      throw unavailable({
        what: `the user ${JSON.stringify(standing.user)} may not create roles, and the role ${JSON.stringify(name)} is needed`,
        mend: `create that role, or have an administrator run: ALTER ROLE ${quoted(standing.user)} CREATEROLE`,
      });
    }
    await createRole(session, made, name, "nologin");
  }
  await grantRole(session, name, owner);
}

async function createRole(session: Session, made: Made, name: string, attributes: string): Promise<void> {
  made.roles.add(name);
  await session.execute(`create role ${quoted(name)} ${attributes}`).catch((error: unknown) => {
    // Refused by the server, so not there, or somebody else's: not ours to drop.
    if ((error as { code?: string }).code?.length === 5) made.roles.delete(name);
    throw error;
  });
  await mark(session, "role", name);
}

// The comment by which a later run knows what a dead one left. The server quotes name and text.
async function mark(session: Session, kind: "database" | "role", name: string): Promise<void> {
  const note = JSON.stringify({ dbwright: ownerOf(), made: new Date().toISOString() });
  const made = await session.query<{ sql: string }>(
    `select pg_catalog.format('comment on ${kind} %I is %L', $1::text, $2::text) as sql`,
    [name, note],
  );
  await session.execute(made.rows[0]?.sql ?? "");
}

function isDead(comment: string | null): boolean {
  let note: unknown;
  try {
    note = JSON.parse(comment ?? "");
  } catch {
    return false;
  }
  const owner = parseOwner(JSON.stringify((note as { dbwright?: unknown } | null)?.dbwright ?? null));
  return owner !== null && standingOf(owner) === "dead";
}

/** Drops what dead processes of this machine made here. What cannot be dropped stays for the next run. */
async function clearDead(session: Session): Promise<void> {
  const databases = await session.query<{ name: string; note: string | null }>(
    `select datname::text as name, pg_catalog.shobj_description(oid, 'pg_database') as note
       from pg_catalog.pg_database where datname ~ '^dbwright_[0-9a-f]{12}$'`,
  );
  for (const { name, note } of databases.rows) if (isDead(note)) await dropDatabase(session, name).catch(() => {});
  const roles = await session.query<{ name: string; note: string | null }>(
    `select rolname::text as name, pg_catalog.shobj_description(oid, 'pg_authid') as note
       from pg_catalog.pg_roles where pg_catalog.shobj_description(oid, 'pg_authid') like '{"dbwright":%'`,
  );
  for (const { name, note } of roles.rows) if (isDead(note)) await dropRole(session, name).catch(() => {});
}

// Fails, as it should, while anything on the server still belongs to the role.
async function dropRole(session: Session, name: string): Promise<void> {
  await session.execute(`drop role if exists ${quoted(name)}`);
}

async function removeMade(adminUrl: string, made: Made): Promise<void> {
  await Promise.allSettled(made.pending);
  if (made.databases.size + made.roles.size === 0) return;
  const session = await connect({ url: adminUrl }).catch(() => null);
  if (session === null) return;
  for (const name of made.databases)
    await dropDatabase(session, name).then(
      () => made.databases.delete(name),
      () => {},
    );
  for (const name of made.roles)
    await dropRole(session, name).then(
      () => made.roles.delete(name),
      () => {},
    );
  await session.close();
}
