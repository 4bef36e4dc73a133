import { connect } from "../../engines/postgres/driver.ts";
import { planDiff } from "../../diff/plan.ts";
import { writePlan } from "../../formats/plan/write.ts";
import type { Catalog } from "../../model/catalog.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { dialectOf } from "../../twin/dialect.ts";
import { makePlan } from "../../twin/make-plan/make-plan.ts";
import { proofRemarks } from "../../twin/make-plan/proof-remarks.ts";
import type { PlanEnd } from "../../twin/prove-plan/prove-plan.ts";
import type { Proof } from "../../model/proof.ts";
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
  /** SQL for a new migration that makes the files say what the database is; null where it was not asked for. */
  readonly adopt: DriftWay | null;
  /** SQL that takes the database back to what the files say; null where it was not asked for. */
  readonly revert: DriftWay | null;
  /** What is met and not modelled, and so was not compared. */
  readonly uncompared: readonly string[];
}

/** SQL that mends a drift one way. */
export interface DriftWay {
  readonly sql: string;
  /** What the twin showed; null where there was nothing to try or nobody wanted to. */
  readonly proof: Proof | null;
}

/** What is asked of {@link findDrift}. */
export interface DriftRequest extends LiveRequest {
  /** Which SQL is wanted. */
  readonly show: "both" | "adopt" | "revert";
  /** Whether it is tried on the twin. */
  readonly prove: boolean;
  /** Synthetic rows in each table for that. */
  readonly rows: number;
  /** Where pg_dump is looked for. */
  readonly searchPath: readonly string[];
}

/** What the comparisons of live databases with files need. */
export interface LiveRequest {
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
    const built = await schemaOfFiles(server, ran, { signal, progress });
    const found = await compared(built.catalog, live);
    const files: Side = { named: "the files", catalog: built.catalog, database: built.database };
    const now: Side = { named: "the database", catalog: live };
    const prove = request.prove && found.differences.length > 0;
    const wanted = async (show: "adopt" | "revert", from: Side, to: Side): Promise<DriftWay | null> =>
      request.show === "both" || request.show === show ? await way(from, to, server, prove, request) : null;
    return {
      against: ran.map(({ id }) => id),
      ...found,
      adopt: await wanted("adopt", files, now),
      revert: await wanted("revert", now, files),
    };
  } finally {
    await session.close();
  }
}

/** Two catalogs compared, what files make with what a database is: one line a difference, as in {@link Drift}. */
export async function compared(files: Catalog, live: Catalog): Promise<Pick<Drift, "differences" | "uncompared">> {
  const dialect = await dialectOf(live);
  const adopt = await planDiff(files, live, { dialect });
  const revert = await planDiff(live, files, { dialect });
  const uncompared = [...new Set([...adopt.uncompared, ...revert.uncompared])];
  const same = adopt.steps.length === 0 && revert.steps.length === 0 && adopt.unreachable.length === 0;
  return { differences: same ? [] : catalogDifferences(files, live), uncompared };
}

type Side = PlanEnd & { readonly named: string };

// The SQL of one way, tried on the twin as `diff` tries its own.
async function way(
  from: Side,
  to: Side,
  server: TwinServer,
  prove: boolean,
  { rows, searchPath, signal, progress }: DriftRequest,
): Promise<DriftWay> {
  const { plan, proof } = await makePlan({
    from,
    to,
    planning: { dialect: await dialectOf(from.catalog) },
    renames: [],
    prove,
    rows,
    server: () => Promise.resolve(server),
    searchPath,
    signal,
    progress,
  });
  return { sql: writePlan(plan, { from: from.named, to: to.named, remarks: proofRemarks(proof, plan, prove) }), proof };
}
