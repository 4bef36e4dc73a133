import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Statement } from "../../model/statement.ts";
import { openServer } from "../../twin/server/open.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { postgres } from "./dialect.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";

/** A server for one test file, with a database where a schema is loaded and one where it is printed to. */
export interface Place {
  readonly server: TwinServer;
  /** As the owner, who is no superuser. */
  readonly first: Session;
  readonly second: Session;
  /** The same two databases as a superuser. */
  readonly admin: { readonly first: Session; readonly second: Session };
  /** A new empty database, with sessions that are closed with the place. */
  database(): Promise<{ owner: Session; admin: Session; database: TwinDatabase }>;
  close(): Promise<void>;
}

/** Opens a {@link Place} on a server of the given major. */
export async function openPlace(major = 18): Promise<Place> {
  const server = await openServer({
    major,
    url: null,
    cacheDir: join(tmpdir(), "dbwright-test-cache"),
    searchPath: [`/usr/lib/postgresql/${major}/bin`],
    signal: new AbortController().signal,
    progress: silentProgress,
  });
  const sessions: Session[] = [];
  const database = async (): ReturnType<Place["database"]> => {
    const created = await server.createDatabase();
    const owner = await created.connect("owner");
    const admin = await created.connect("admin");
    sessions.push(owner, admin);
    return { owner, admin, database: created };
  };
  const [first, second] = [await database(), await database()];
  for (const role of ["app", "reader"]) await first.database.ensureRole(role);
  return {
    server,
    first: first.owner,
    second: second.owner,
    admin: { first: first.admin, second: second.admin },
    database,
    close: async () => {
      for (const session of sessions) await session.close();
      await server.close();
    },
  };
}

/** Runs statements one by one. A failure names the statement. */
export async function apply(session: Session, statements: readonly Statement[]): Promise<void> {
  for (const { sql } of statements) {
    try {
      await session.execute(sql);
    } catch (error) {
      throw new Error(`${(error as Error).message}\nin: ${sql}`, { cause: error });
    }
  }
}

/**
 * The law: a schema that is loaded, read, printed and loaded elsewhere reads the same; and dropping leaves
 * nothing. Returns the catalog, for what a test wants to know besides. Leaves both databases empty.
 */
export async function checkRoundTrip({ first, second }: Place, sql: string): Promise<Catalog> {
  await first.execute(sql);
  const catalog = await introspect(first);
  const script = postgres.create(catalog);
  await apply(first, postgres.drop(catalog));
  const emptied = await introspect(first);
  expect(emptied.objects).toEqual([]);
  await apply(second, script);
  const again = await introspect(second);
  expect(again).toEqual({ ...catalog, unmodelled: again.unmodelled });
  await apply(second, postgres.drop(again));
  const nothing = await introspect(second);
  expect(nothing.objects).toEqual([]);
  return catalog;
}

/** One schema by name, and what must be seen in its catalog besides that it survives the round trip. */
export interface Case {
  readonly name: string;
  readonly sql: string;
  /** Objects that must be in the catalog, each with at least these properties. */
  readonly has?: readonly Readonly<Record<string, unknown>>[];
  /** What must be reported as not modelled; nothing by default. */
  readonly unmodelled?: readonly { readonly kind: string; readonly name: string }[];
  /** The first major that understands it. */
  readonly since?: number;
  /** It needs a superuser. */
  readonly admin?: true;
}

/** Declares one test per case. Each must hold on the newest major at hand; `prepare` makes what belongs to the cluster. */
export function roundTrips(cases: readonly Case[], major = 18, prepare?: (admin: Session) => Promise<void>): void {
  let place: Place;
  let broken = false;
  beforeAll(async () => {
    place = await openPlace(major);
    await prepare?.(place.admin.first);
  });
  afterAll(async () => {
    await place.close();
  });
  test.for(cases.map((one) => [one.name, one] as const))("%s", async ([, one], { skip }) => {
    const { sql, has = [], unmodelled = [], since = 15, admin = false } = one;
    if (major < since) skip(`needs PostgreSQL ${since}`);
    // What a failed case left behind must not fail the next.
    if (broken) {
      await place.close();
      place = await openPlace(major);
      await prepare?.(place.admin.first);
    }
    broken = true;
    // A superuser of the twin creates nothing by chance: no schema is searched.
    if (admin) await place.admin.first.execute("set search_path = public");
    const catalog = await checkRoundTrip(admin ? { ...place, ...place.admin } : place, sql);
    broken = false;
    for (const object of has) expect(catalog.objects).toContainEqual(expect.objectContaining(object));
    expect(catalog.unmodelled).toEqual(unmodelled);
  });
}
