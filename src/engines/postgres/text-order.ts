import type { Session } from "./driver.ts";
import { guarded } from "./unseen.ts";
import type { Unseen } from "./unseen.ts";

/**
 * The order that the server gives to texts under collations, by collation as a catalog spells it (`""`: the database's
 * own). Each list comes back ascending; one that the server does not order in time is left out and named. Runs in one
 * read-only transaction; nothing is stored. The session must not be inside a transaction.
 */
export async function readTextOrders(
  session: Session,
  texts: ReadonlyMap<string, readonly string[]>,
): Promise<{ readonly orders: ReadonlyMap<string, readonly string[]>; readonly unseen: readonly Unseen[] }> {
  const orders = new Map<string, readonly string[]>();
  const unseen: Unseen[] = [];
  await session.execute("BEGIN READ ONLY; SET LOCAL search_path = ''; SET LOCAL statement_timeout = '15s'");
  try {
    for (const [collation, list] of texts) {
      const what = `order of texts under ${collation === "" ? "the database's collation" : `collation ${collation}`}`;
      const ordered = await guarded(session, unseen, what, null, () => readOrder(session, collation, list));
      if (ordered !== null) orders.set(collation, ordered);
    }
    return { orders, unseen };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

async function readOrder(session: Session, collation: string, list: readonly string[]): Promise<readonly string[]> {
  // Only what the server itself prints of a collation becomes part of a statement.
  const collate = collation === "" ? "" : ` collate ${await printed(session, collation)}`;
  const { rows } = await session.query<{ at: number }>(
    `select at::integer as at from unnest($1::text[]) with ordinality each(value, at) order by value${collate}, at`,
    [list],
  );
  return rows.map(({ at }) => list[at - 1] ?? "");
}

async function printed(session: Session, collation: string): Promise<string> {
  const { rows } = await session.query<{ name: string }>("select $1::regcollation::text as name", [collation]);
  return rows[0]?.name ?? '"C"';
}
