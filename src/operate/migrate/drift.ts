import { connect } from "../../engines/postgres/driver.ts";
import { planDiff } from "../../diff/plan.ts";
import { writePlan } from "../../formats/plan/write.ts";
import type { Catalog } from "../../model/catalog.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { dialectOf } from "../../twin/dialect.ts";
import { catalogDifferences } from "../../twin/prove-plan/equal.ts";
import type { TwinServer } from "../../twin/server.ts";
import { explained } from "./attempt.ts";
import { readHistory } from "./history.ts";
import { asRan, standingOf } from "./pending.ts";
import { schemaOfDatabase, schemaOfFiles } from "./schema-of.ts";

/** How a database differs from what its migrations make. */
export interface Drift {
  /** The migrations that were built: those that the history says ran. */
  readonly against: readonly string[];
  /** One line each: `- key` only the files make it, `+ key` only the database has it, `key: property a -> b`. */
  readonly differences: readonly string[];
  /** SQL for a new migration that makes the files say what the database is. */
  readonly adopt: string;
  /** SQL that takes the database back to what the files say. */
  readonly revert: string;
  /** What is met and not modelled, and so was not compared. */
  readonly uncompared: readonly string[];
}

/** What the comparisons of live databases with files need. */
export interface DriftRequest {
  readonly url: string;
  readonly migrations: readonly Migration[];
  /** Opens the twin's server, of the database's own version where that can be had. */
  readonly server: (catalog: Catalog) => Promise<TwinServer>;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Compares a database with what the migrations that ran there make of an empty one, built on a twin. Only reads the
 * database. Throws `invalid` (exit 2) when a migration is unfinished there: its schema is neither one nor the other.
 */
export async function findDrift(request: DriftRequest): Promise<Drift> {
  return await explained(() => look(request));
}

async function look(request: DriftRequest): Promise<Drift> {
  const { url, migrations, signal, progress } = request;
  const session = await connect({ url, signal, applicationName: "dbwright migrate drift" });
  try {
    const history = await readHistory(session);
    const standing = standingOf(migrations, history);
    const { unfinished, missing } = standing;
    if (unfinished !== null) {
      throw invalid({
        what: `${unfinished.id} is unfinished here`,
        where: "this database",
        expected: "a state that the files can make",
        mend: "dbwright migrate status; then migrate resume or migrate down",
      });
    }
    const [gone] = missing;
    if (gone !== undefined)
      throw invalid({
        what: `${gone.id} ran here, and its file is not in the folder`,
        where: gone.file,
        mend: "bring the file back",
      });
    const live = await schemaOfDatabase(session, signal);
    const ran = asRan(migrations, standing, history);
    const server = await request.server(live);
    const { catalog: files } = await schemaOfFiles(server, ran, { signal, progress });
    return { against: ran.map(({ id }) => id), ...(await comparison(files, live)) };
  } finally {
    await session.close();
  }
}

/** Two catalogs compared: what files make with what a database is. */
export async function comparison(files: Catalog, live: Catalog): Promise<Omit<Drift, "against">> {
  const dialect = await dialectOf(live);
  const adopt = await planDiff(files, live, { dialect });
  const revert = await planDiff(live, files, { dialect });
  const uncompared = [...new Set([...adopt.uncompared, ...revert.uncompared])];
  const same = adopt.steps.length === 0 && revert.steps.length === 0 && adopt.unreachable.length === 0;
  return {
    differences: same ? [] : catalogDifferences(files, live),
    adopt: writePlan(adopt, { from: "the files", to: "the database", remarks: ["not proved"] }),
    revert: writePlan(revert, { from: "the database", to: "the files", remarks: ["not proved"] }),
    uncompared,
  };
}
