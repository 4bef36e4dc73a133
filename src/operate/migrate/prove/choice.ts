import { connect } from "../../../engines/postgres/driver.ts";
import type { Catalog } from "../../../model/catalog.ts";
import { invalid } from "../../../model/error.ts";
import type { Migration } from "../../../model/migration.ts";
import { explained } from "../attempt.ts";
import { readHistory } from "../history.ts";
import { checkUnedited, findMigration, standingOf } from "../pending.ts";
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
  readonly signal: AbortSignal;
}

/**
 * Which migrations of a folder are to be proved, and which come before them. Throws `invalid` (exit 2) for an id that
 * is not there, and for a database with an unfinished or an edited migration.
 */
export async function chooseMigrations(migrations: readonly Migration[], options: ChoiceOptions): Promise<Choice> {
  const { url, from, signal } = options;
  if (url !== null && from !== null)
    throw invalid({
      what: "a database says itself what is pending",
      where: "--from",
      expected: "either DATABASE or --from",
    });
  if (url !== null) return await explained(() => pendingOf(migrations, url, signal));
  // A squash and the files it was made from are the same twice.
  const replaced = new Set(migrations.flatMap(({ replaces = [] }) => replaces));
  const own = migrations.filter(({ id }) => !replaced.has(id));
  const first = from === null ? Math.max(0, own.length - 1) : own.indexOf(findMigration(own, from, "--from")) + 1;
  return { base: own.slice(0, first), pending: own.slice(first), catalog: null };
}

async function pendingOf(migrations: readonly Migration[], url: string, signal: AbortSignal): Promise<Choice> {
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
    const ran = new Set(history.migrations.filter(({ replacedBy }) => replacedBy === null).map(({ id }) => id));
    const catalog = await schemaOfDatabase(session, signal);
    return { base: migrations.filter(({ id }) => ran.has(id)), pending: standing.pending, catalog };
  } finally {
    await session.close();
  }
}
