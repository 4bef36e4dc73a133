import type { Session } from "../../src/engines/postgres/driver.ts";
import { fingerprintDifferences } from "../../src/twin/referee/difference.ts";
import { fingerprint } from "../../src/twin/referee/fingerprint.ts";
import type { Fingerprint } from "../../src/twin/referee/fingerprint.ts";
import type { TwinDatabase, TwinServer } from "../../src/twin/server.ts";

/** An empty database with a session of its owner. */
export interface Place {
  readonly database: TwinDatabase;
  readonly session: Session;
}

const OWNERS = `select string_agg(quote_ident(rolname), ', ') as names from pg_catalog.pg_roles
  where oid >= 16384 and pg_catalog.pg_has_role(oid, 'member')`;

/**
 * Databases that are used again: making one takes longer than trying a case. What a case leaves is dropped; where the
 * system catalogs then still tell the database from a new one, it is thrown away.
 */
export class Places {
  readonly #server: TwinServer;
  readonly #free: Place[] = [];
  #empty: Fingerprint | null = null;

  constructor(server: TwinServer) {
    this.#server = server;
  }

  async take(): Promise<Place> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const database = await this.#server.createDatabase();
    const session = await database.connect("owner");
    this.#empty ??= await fingerprint(session);
    return { database, session };
  }

  /** Empties a place for the next case. */
  async give(place: Place): Promise<void> {
    if (await this.#emptied(place).catch(() => false)) this.#free.push(place);
    else {
      await place.session.close();
      await place.database.drop();
    }
  }

  async #emptied({ session, database }: Place): Promise<boolean> {
    await session.execute("ROLLBACK");
    await session.execute("DISCARD ALL");
    const { rows } = await session.query<{ names: string | null }>(OWNERS);
    await session.execute(`DROP OWNED BY ${rows[0]?.names ?? "current_user"} CASCADE`);
    await session.execute(`ALTER DATABASE "${database.name}" RESET ALL`);
    return this.#empty !== null && fingerprintDifferences(this.#empty, await fingerprint(session)).length === 0;
  }
}
