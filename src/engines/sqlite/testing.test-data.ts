import { expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import type { Statement } from "../../model/statement.ts";
import { sqlite } from "./dialect.ts";
import { openMemory } from "./driver.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";

/** Runs statements one by one. A failure names the statement. */
export function apply(session: Session, statements: readonly Statement[]): void {
  for (const { sql } of statements) {
    try {
      session.execute(sql);
    } catch (error) {
      throw new Error(`${(error as Error).message}\nin: ${sql}`, { cause: error });
    }
  }
}

/** Runs `work` on a new database in memory. */
export async function inMemory<T>(sql: string, work: (session: Session) => T): Promise<T> {
  const session = await openMemory();
  try {
    session.execute(sql);
    return work(session);
  } finally {
    await session.close();
  }
}

/**
 * The law: a schema that is loaded, read, printed and loaded elsewhere reads the same; and dropping leaves nothing.
 * Returns the catalog, for what a test wants to know besides.
 */
export async function checkRoundTrip(sql: string): Promise<Catalog> {
  const session = await openMemory();
  try {
    session.execute(sql);
    return await survives(session);
  } finally {
    await session.close();
  }
}

/** The law for a database that is there already. Nothing is written to it. */
export async function survives(first: Session): Promise<Catalog> {
  const catalog = introspect(first);
  const second = await openMemory();
  try {
    apply(second, sqlite.create(catalog));
    const again = introspect(second);
    expect(again.objects).toEqual(catalog.objects);
    apply(second, sqlite.drop(again));
    expect(introspect(second).objects).toEqual([]);
  } finally {
    await second.close();
  }
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
}

/** Declares one test per case. */
export function roundTrips(cases: readonly Case[]): void {
  test.for(cases)("$name", async ({ sql, has = [], unmodelled = [] }) => {
    const catalog = await checkRoundTrip(sql);
    for (const object of has) expect(catalog.objects).toContainEqual(expect.objectContaining(object));
    expect(catalog.unmodelled).toEqual(unmodelled);
  });
}
