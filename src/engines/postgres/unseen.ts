import type { Session } from "./driver.ts";
import { qualified } from "./print.ts";

/** What could not be looked at, and why: it is unknown, not empty. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
}

// Refused, too slow, locked by another, or gone in the meantime: that part is unknown, the rest goes on.
const PASSED_OVER: Readonly<Record<string, string>> = {
  "42501": "no privilege",
  "57014": "it took too long",
  "55P03": "it is locked",
  "42P01": "it was dropped meanwhile",
  "42703": "it was changed meanwhile",
  "3F000": "it was dropped meanwhile",
};

/**
 * Runs one part of a reading in a savepoint of the session's transaction. Where the server refuses it, or it takes
 * too long, `what` is added to `unseen` and `otherwise` returned; any other error is thrown.
 */
export async function guarded<T>(
  session: Session,
  unseen: Unseen[],
  what: string,
  otherwise: T,
  work: () => Promise<T>,
): Promise<T> {
  await session.execute("SAVEPOINT part");
  try {
    const result = await work();
    await session.execute("RELEASE SAVEPOINT part");
    return result;
  } catch (error) {
    const why = PASSED_OVER[(error as { code?: string }).code ?? ""];
    if (why === undefined) throw error;
    await session.execute("ROLLBACK TO SAVEPOINT part");
    unseen.push({ what, why });
    return otherwise;
  }
}

/** Relations named one by one where many are unseen for the same reason. */
const NAMED_MAX = 20;

/** One line for all relations of a schema that are unseen for the same reason; `what` says what of them. */
export function unseenTogether(
  what: string,
  rows: readonly { readonly schema: string; readonly table: string; readonly why: string }[],
): Unseen[] {
  const grouped = new Map<string, { readonly why: string; readonly tables: string[] }>();
  for (const { schema, table, why } of rows) {
    const key = JSON.stringify([schema, why]);
    const group = grouped.get(key) ?? { why, tables: [] };
    group.tables.push(qualified(schema, table));
    grouped.set(key, group);
  }
  return [...grouped.values()].map(({ tables, why }) => {
    const more = tables.length > NAMED_MAX ? ` and ${tables.length - NAMED_MAX} more` : "";
    return { what: `${what} ${tables.slice(0, NAMED_MAX).join(", ")}${more}`, why };
  });
}
