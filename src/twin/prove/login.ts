import { randomBytes } from "node:crypto";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";

/** A session of the application's role, and how it came to be. */
export interface ApplicationSession {
  readonly session: Session;
  /** `login`: the role itself connected; `set role`: the owner became it, and could become itself again. */
  readonly by: "login" | "set role";
  close(): Promise<void>;
}

/**
 * Connects as the application's role. On a server of our own the role gets a login with a random password
 * for as long as the session lasts, so that there is no way back to another role, as in production. On a
 * user's server roles are not ours to change: there the owner becomes the role with SET ROLE.
 */
export async function connectAsApplication(
  server: TwinServer,
  database: TwinDatabase,
  design: Design,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<ApplicationSession> {
  const role = dialect.ident(design.applicationRole);
  if (server.dataDir === null) {
    const session = await database.connect("owner");
    await session.execute(`SET ROLE ${role}`);
    return { session, by: "set role", close: () => session.close() };
  }
  const password = randomBytes(24).toString("base64url");
  const admin = await database.connect("admin");
  try {
    await admin.execute(`ALTER ROLE ${role} LOGIN PASSWORD ${dialect.literal(password)}`);
    const url = new URL(database.url("owner"));
    url.username = encodeURIComponent(design.applicationRole);
    url.password = password;
    const session = await connect({ url: url.href, signal });
    return {
      session,
      by: "login",
      close: async () => {
        await session.close();
        await admin.execute(`ALTER ROLE ${role} NOLOGIN PASSWORD NULL`).catch(() => {});
        await admin.close();
      },
    };
  } catch (error) {
    await admin.close();
    throw error;
  }
}
