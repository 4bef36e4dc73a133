import { randomBytes } from "node:crypto";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { TwinRequest, TwinServer } from "../server.ts";
import { workplace } from "./account.ts";
import { SHIELD, createScratch, grantRole, quoted } from "./database.ts";
import type { Access } from "./database.ts";
import { findEngine } from "./engine.ts";
import { launch, localUrl } from "./launch.ts";
import type { RunningServer } from "./launch.ts";
import { clearLeftovers } from "./leftovers.ts";
import { ADMIN, templateOf } from "./template.ts";

const OWNER = "dbwright_owner";

/** Starts a server of dbwright's own: see {@link TwinServer}. */
export async function openOwned(request: TwinRequest): Promise<TwinServer> {
  const { signal, progress } = request;
  signal.throwIfAborted();
  const place = await workplace(request.cacheDir);
  await clearLeftovers(place);
  const engine = await findEngine(request, place);
  const template = await templateOf(engine, place, request);
  const task = progress.start(`starting PostgreSQL ${engine.version}`);
  let server: RunningServer | null = null;
  try {
    server = await launch(engine, template, place, request);
    const access = await openAccess(server, signal);
    signal.throwIfAborted();
    task.done();
    const started = server;
    return {
      version: engine.version,
      major: engine.major,
      origin: engine.origin,
      description:
        engine.origin === "embedded"
          ? `embedded PostgreSQL ${engine.version}`
          : `PostgreSQL ${engine.version} from this machine's binaries`,
      dataDir: started.dataDir,
      // Databases go with the server: nothing to keep in mind.
      createDatabase: (from) => createScratch(access, from ?? null, { created: () => {}, dropped: () => {} }),
      close: () => started.stop(),
    };
  } catch (error) {
    task.failed();
    await server?.stop();
    throw error;
  }
}

async function openAccess(server: RunningServer, signal: AbortSignal): Promise<Access> {
  const passwords = { owner: randomBytes(24).toString("base64url"), admin: server.adminPassword };
  const url = (as: "owner" | "admin", database: string): string =>
    as === "owner"
      ? localUrl(server.address, { user: OWNER, password: passwords.owner, database })
      : localUrl(server.address, { user: ADMIN, password: passwords.admin, database, options: SHIELD });
  const session = await connect({ url: url("admin", "postgres"), signal });
  try {
    // No CREATEROLE: on 15 it would suffice to grant oneself pg_execute_server_program.
    await session.execute(
      `create role ${OWNER} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${passwords.owner}'`,
    );
  } finally {
    await session.close();
  }
  return {
    url,
    maintenance: "postgres",
    owner: OWNER,
    versionNumber: session.versionNumber,
    created: async () => {},
    ensureRole,
    signal,
  };
}

async function ensureRole(session: Session, name: string): Promise<void> {
  const found = await session.query("select 1 from pg_catalog.pg_roles where rolname = $1", [name]);
  if (found.rows.length === 0) {
    await session.execute(`create role ${quoted(name)} nologin`).catch((error: unknown) => {
      // Two callers at once: the other one made it.
      if ((error as { code?: string }).code !== "42710" && (error as { code?: string }).code !== "23505") throw error;
    });
  }
  await grantRole(session, name, OWNER);
}
