import { randomBytes } from "node:crypto";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import type { TwinDatabase } from "../server.ts";

/** How the databases of one server are reached, and what differs between our server and a user's. */
export interface Access {
  /** The connection string of a role for a database of this server. Holds a password. */
  url(as: "owner" | "admin", database: string): string;
  /** The database in which to create and drop others. */
  readonly maintenance: string;
  /** The role that owns each database; null where it is the administrator itself. */
  readonly owner: string | null;
  readonly versionNumber: number;
  /** Runs right after a database was created. */
  created(session: Session, database: string): Promise<void>;
  ensureRole(session: Session, name: string): Promise<void>;
  readonly signal: AbortSignal;
}

/** An identifier in quotes, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A connection string with spaces as %20: libpq does not read + as a space, and `pg` reads both. */
export function hrefOf(url: URL): string {
  return url.href.replace(/\?.*$/, (query) => query.replaceAll("+", "%20"));
}

/**
 * Start-up options for an administrator's sessions in a scratch database: an empty search path. The owner of
 * a database may set its default search path, and with it would choose the functions that an administrator's
 * unqualified calls reach; what the client sends at start-up outranks that.
 */
export const SHIELD = "-c search_path=";

/** A random name that no other database or role has: `dbwright_` and 12 hexadecimal digits. */
export function scratchName(): string {
  return `dbwright_${randomBytes(6).toString("hex")}`;
}

/** Runs work in an administrator's session of the maintenance database; no abort cuts it short. */
export async function administer<T>(access: Access, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await connect({ url: access.url("admin", access.maintenance) });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Creates a scratch database; `dropped` is called with its name once it is gone. */
export async function createScratch(
  access: Access,
  template: TwinDatabase | null,
  register: { readonly created: (name: string) => void; readonly dropped: (name: string) => void },
): Promise<TwinDatabase> {
  access.signal.throwIfAborted();
  const name = scratchName();
  await administer(access, async (session) => {
    // From here on it counts as ours: an error below must not lose it.
    register.created(name);
    // A copy file by file needs no write-ahead log; the choice is offered since 15.
    const strategy = session.versionNumber >= 150_000 ? " strategy file_copy" : "";
    const origin =
      template === null ? `template template0 encoding 'UTF8'` : `template ${quoted(template.name)}${strategy}`;
    const owner = access.owner === null ? "" : ` owner ${quoted(access.owner)}`;
    await session.execute(`create database ${quoted(name)}${owner} ${origin}`).catch((error: unknown) => {
      // Refused by the server, so not there, or (42P04) somebody else's: not ours to drop.
      if ((error as { code?: string }).code?.length === 5) register.dropped(name);
      throw error;
    });
    await access.created(session, name);
  });
  return {
    name,
    url: (as) => access.url(as, name),
    connect: (as) => connect({ url: access.url(as, name), signal: access.signal }),
    ensureRole: async (role) => {
      checkRoleName(role);
      await administer(access, (session) => access.ensureRole(session, role));
    },
    drop: async () => {
      await administer(access, (session) => dropDatabase(session, name)).catch(async (error: unknown) => {
        if ((error as { code?: string }).code !== "55006") throw error;
        await dropSubscriptions(access, name);
        await administer(access, (session) => dropDatabase(session, name));
      });
      register.dropped(name);
    },
  };
}

/** Drops a database, ending its sessions. */
export async function dropDatabase(session: Session, name: string): Promise<void> {
  await session.execute(`drop database if exists ${quoted(name)} with (force)`);
}

// A database with a subscription is not dropped. Its slot is on a server that a scratch database never spoke to.
async function dropSubscriptions(access: Access, database: string): Promise<void> {
  const session = await connect({ url: access.url("admin", database) });
  try {
    const { rows } = await session.query<{ name: string }>(
      `select subname as name from pg_catalog.pg_subscription
       where subdbid operator(pg_catalog.=) (select oid from pg_catalog.pg_database where datname operator(pg_catalog.=) pg_catalog.current_database())`,
    );
    for (const { name } of rows) {
      await session.execute(`alter subscription ${quoted(name)} disable`);
      await session.execute(`alter subscription ${quoted(name)} set (slot_name = none)`);
      await session.execute(`drop subscription ${quoted(name)}`);
    }
  } finally {
    await session.close();
  }
}

/** Makes `member` a member of `role`, with all the role's privileges and the right to become it. */
export async function grantRole(session: Session, role: string, member: string): Promise<void> {
  // Since 16 the options are explicit and their defaults depend on the member.
  const options = session.versionNumber >= 160_000 ? " with inherit true, set true" : "";
  await session.execute(`grant ${quoted(role)} to ${quoted(member)}${options}`);
}

// Membership of one of these would let hostile SQL out of its cage.
function checkRoleName(name: string): void {
  const reserved = /^(pg_|dbwright_)/.test(name) || ["", "public", "none"].includes(name);
  if (!reserved && Buffer.byteLength(name) <= 63 && !name.includes("\0")) return;
  throw invalid({
    what: reserved ? "this role name is reserved" : "this role name is not valid",
    where: `role ${JSON.stringify(name.slice(0, 80))}`,
    expected: "1 to 63 bytes, not beginning with pg_ or dbwright_, and neither public nor none",
  });
}
