import { connect } from "../../../engines/postgres/driver.ts";
import type { Catalog } from "../../../model/catalog.ts";
import { invalid } from "../../../model/error.ts";
import type { Migration } from "../../../model/migration.ts";
import { explained } from "../attempt.ts";
import { readHistory } from "../history.ts";
import { isRepeatable } from "../../../formats/migration/order.ts";
import { asRan, checkUnedited, findMigration, standingOf, upTo } from "../pending.ts";
import { schemaOfDatabase } from "../schema-of.ts";

/** The migrations of a folder, cut in two. */
export interface Choice {
  /** What is there already, in order. */
  readonly base: readonly Migration[];
  /** What is to be proved, in order; may be empty. */
  readonly pending: readonly Migration[];
  /** Of the database that was asked; null where none was. Tells which server the twin should be. */
  readonly catalog: Catalog | null;
}

/** How the choice is made. */
export interface ChoiceOptions {
  /** A database whose history says what has run there; only read. */
  readonly url: string | null;
  /** Everything after that migration. Without it and without a database: the last one. */
  readonly from: string | null;
  /** Nothing after that migration; null: to the end. */
  readonly to: string | null;
  readonly signal: AbortSignal;
}

/**
 * Which migrations of a folder are to be proved, and which come before them. Throws `invalid` (exit 2) for an id that
 * is not there, and for a database with an unfinished or an edited migration.
 */
export async function chooseMigrations(migrations: readonly Migration[], options: ChoiceOptions): Promise<Choice> {
  const { url, from, to, signal } = options;
  if (url !== null && from !== null)
    throw invalid({
      what: "a database says itself what is pending",
      where: "--from",
      expected: "either DATABASE or --from",
    });
  if (url !== null) return await explained(() => pendingOf(migrations, url, to, signal));
  // A squash and the files it was made from are the same twice.
  const replaced = new Set(migrations.flatMap(({ replaces = [] }) => replaces));
  const own = migrations.filter(({ id }) => !replaced.has(id));
  const all = upTo(own, to, own);
  // Repeatable ones come behind every version, and whether they were changed only a history tells.
  const last = all.findLastIndex(({ id }) => !isRepeatable(id));
  const first = from === null ? Math.max(0, last) : all.indexOf(findMigration(all, from, "--from")) + 1;
  return { base: all.slice(0, first), pending: all.slice(first), catalog: null };
}

async function pendingOf(
  migrations: readonly Migration[],
  url: string,
  to: string | null,
  signal: AbortSignal,
): Promise<Choice> {
  const session = await connect({ url, signal, applicationName: "dbwright migrate prove" });
  try {
    const history = await readHistory(session);
    const standing = standingOf(migrations, history);
    checkUnedited(standing);
    if (standing.unfinished !== null)
      throw invalid({
        what: `${standing.unfinished.id} is unfinished in that database`,
        where: "DATABASE",
        expected: "a state from which migrate up would begin",
        mend: "dbwright migrate status; then migrate resume or migrate down",
      });
    const catalog = await schemaOfDatabase(session, signal);
    const pending = upTo(standing.pending, to, migrations);
    return { base: asRan(migrations, standing, history), pending, catalog };
  } finally {
    await session.close();
  }
}
