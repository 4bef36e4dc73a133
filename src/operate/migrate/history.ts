import type { Session } from "../../engines/postgres/driver.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import type { Phase } from "../../model/plan.ts";
import { checksumOf } from "../../formats/migration/read.ts";
import { lookAtHistory } from "./history-tables.ts";

/** How far a step got. A step without a record was not begun, or its transaction did not commit. */
export type StepState = "intended" | "failed" | "done" | "undoing";

/** What the history holds of one step. */
export interface StepRecord {
  readonly number: number;
  readonly sql: string;
  readonly checksum: string;
  readonly phase: Phase;
  readonly undo: readonly string[] | null;
  readonly irreversible: string | null;
  readonly cleanup: readonly string[];
  readonly state: StepState;
  /** What was there before a statement that may not run in a transaction: to tell afterwards what it did. */
  readonly seenBefore: readonly string[] | null;
  /** How many of its undoing statements have run. */
  readonly undone: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly sqlstate: string | null;
  readonly error: string | null;
  readonly backfill: BackfillRecord | null;
}

/** How far a backfill got. */
export interface BackfillRecord {
  /** The key of the last row that was passed, as text; null before the first batch. */
  readonly reached: readonly string[] | null;
  readonly rowsPassed: number;
  readonly rowsChanged: number;
  readonly batches: number;
  readonly batchRows: number | null;
}

/** `running`: begun; `stopped`: after the phase that was asked for, or paused; the rest as it says. */
export type MigrationState = "running" | "stopped" | "failed" | "applied" | "undoing";

/** What the history holds of one migration. */
export interface MigrationRecord {
  readonly id: string;
  readonly file: string;
  readonly checksum: string;
  readonly state: MigrationState;
  readonly origin: "run" | "baseline" | "squash";
  readonly stepsTotal: number;
  readonly untilPhase: Phase | null;
  readonly down: string | null;
  readonly replacedBy: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly runBy: string;
  readonly steps: readonly StepRecord[];
}

/** The whole history, in the order in which migrations were begun. */
export interface HistoryState {
  readonly exists: boolean;
  readonly migrations: readonly MigrationRecord[];
  readonly pause: { readonly at: string; readonly by: string } | null;
}

/** The checksum of one step's statement. */
export function stepChecksum(sql: string): string {
  return checksumOf([sql]);
}

const ISO = (column: string): string =>
  `pg_catalog.to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

const MIGRATIONS = `
  SELECT id, file, checksum, state, origin, steps AS "stepsTotal", until_phase AS "untilPhase", down,
         replaced_by AS "replacedBy", ${ISO("started_at")} AS "startedAt", ${ISO("finished_at")} AS "finishedAt",
         run_by AS "runBy"
  FROM dbwright.migration ORDER BY position`;
const STEPS = `
  SELECT s.migration, s.number, s.sql, s.checksum, s.phase, s.undo, s.irreversible, s.cleanup, s.state,
         s.seen_before AS "seenBefore", s.undone, ${ISO("s.started_at")} AS "startedAt",
         ${ISO("s.finished_at")} AS "finishedAt", s.sqlstate, s.error, b.reached, b.batches::pg_catalog.text,
         b.rows_passed::pg_catalog.text AS "rowsPassed", b.rows_changed::pg_catalog.text AS "rowsChanged",
         b.batch_rows AS "batchRows"
  FROM dbwright.step s LEFT JOIN dbwright.backfill b USING (migration, number) ORDER BY s.migration, s.number`;

interface StepRow extends Omit<StepRecord, "backfill"> {
  readonly migration: string;
  readonly reached: readonly string[] | null;
  readonly batches: string | null;
  readonly rowsPassed: string | null;
  readonly rowsChanged: string | null;
  readonly batchRows: number | null;
}

/** Reads the history; an absent one is empty. Throws what `lookAtHistory` throws. */
export async function readHistory(session: Session): Promise<HistoryState> {
  const { version } = await lookAtHistory(session);
  if (version === 0) return { exists: false, migrations: [], pause: null };
  const { rows: migrations } = await session.query<Omit<MigrationRecord, "steps">>(MIGRATIONS);
  const { rows } = await session.query<StepRow>(STEPS);
  const about = await session.query<{ at: string | null; by: string | null }>(
    `SELECT ${ISO("pause_requested_at")} AS at, pause_requested_by AS by FROM dbwright.about`,
  );
  const { at, by } = about.rows[0] ?? { at: null, by: null };
  return {
    exists: true,
    migrations: migrations.map((migration) => ({
      ...migration,
      steps: rows.filter((row) => row.migration === migration.id).map(stepRecord),
    })),
    pause: at === null ? null : { at, by: by ?? "somebody" },
  };
}

function stepRecord(row: StepRow): StepRecord {
  const { number, sql, checksum, phase, undo, irreversible, cleanup, state, seenBefore, undone } = row;
  const { startedAt, finishedAt, sqlstate, error, reached, batches, rowsPassed, rowsChanged, batchRows } = row;
  const counts = { rowsPassed: Number(rowsPassed), rowsChanged: Number(rowsChanged), batches: Number(batches) };
  const backfill = batches === null ? null : { reached, ...counts, batchRows };
  const recorded = { number, sql, checksum, phase, undo, irreversible, cleanup, state, seenBefore, undone };
  return { ...recorded, startedAt, finishedAt, sqlstate, error, backfill };
}

/** In the place of a checksum: it did not run, but a squash in which it is contained did. */
export const COVERED = "covered";

const OURSELVES = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE";

/**
 * The writing half of the history. Each call is one statement; `own` wraps it where the runner's session may be
 * under another role by now, and every write inside a step's transaction comes after `asOurselves`.
 */
export class HistoryWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Inside a transaction: go on as the role that connected, whatever role a step has taken. Ends with the transaction. */
  async asOurselves(): Promise<void> {
    await this.#session.execute(OURSELVES);
  }

  /** A transaction of its own for records alone, whatever role a step has left the session in. */
  async own<T>(work: () => Promise<T>): Promise<T> {
    await this.#session.execute(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${OURSELVES}`);
    try {
      const result = await work();
      await this.#session.execute("COMMIT");
      return result;
    } catch (error) {
      await this.#session.execute("ROLLBACK").catch(() => {});
      throw error;
    }
  }

  async begin(migration: Migration, untilPhase: Phase | null): Promise<void> {
    await this.#session.query(
      `INSERT INTO dbwright.migration (id, file, checksum, state, origin, steps, until_phase, down)
       VALUES ($1, $2, $3, 'running', 'run', $4, $5, $6)
       ON CONFLICT (id) DO UPDATE SET state = 'running', checksum = excluded.checksum, file = excluded.file,
         steps = excluded.steps, until_phase = excluded.until_phase, down = excluded.down`,
      [migration.id, migration.file, migration.checksum, migration.steps.length, untilPhase, migration.down],
    );
  }

  /** Records a migration that was not run here: adopted as it is, or mapped to what it was squashed from. */
  async adopt(migration: Migration, origin: "baseline" | "squash"): Promise<void> {
    await this.#session.query(
      `INSERT INTO dbwright.migration (id, file, checksum, state, origin, steps, down, finished_at)
       VALUES ($1, $2, $3, 'applied', $4, $5, $6, pg_catalog.clock_timestamp())`,
      [migration.id, migration.file, migration.checksum, origin, migration.steps.length, migration.down],
    );
  }

  async replaced(ids: readonly string[], by: string): Promise<void> {
    await this.#session.query("UPDATE dbwright.migration SET replaced_by = $2 WHERE id = ANY ($1::pg_catalog.text[])", [
      ids,
      by,
    ]);
  }

  /** After a squash ran: what it stands for counts as having run, so that a squash of that squash finds it. */
  async covers({ id, file, replaces = [] }: Migration): Promise<void> {
    await this.#session.query(
      `INSERT INTO dbwright.migration (id, file, checksum, state, origin, steps, replaced_by, finished_at)
       SELECT part, $3, '${COVERED}', 'applied', 'squash', 0, $1, pg_catalog.clock_timestamp()
       FROM pg_catalog.unnest($2::pg_catalog.text[]) AS part
       ON CONFLICT (id) DO UPDATE SET replaced_by = excluded.replaced_by`,
      [id, replaces, file],
    );
  }

  async state(id: string, state: MigrationState): Promise<void> {
    await this.#session.query(
      `UPDATE dbwright.migration SET state = $2,
         finished_at = CASE WHEN $2 = 'applied' THEN pg_catalog.clock_timestamp() END WHERE id = $1`,
      [id, state],
    );
  }

  /** Strikes a migration off the record, and what {@link covers} put there for it. */
  async remove(id: string): Promise<void> {
    await this.#session.query(
      `DELETE FROM dbwright.migration WHERE id = $1 OR (replaced_by = $1 AND checksum = '${COVERED}')`,
      [id],
    );
  }

  /** Records a step in a state; `seenBefore` is kept from the first record of an intent. */
  async step(
    id: string,
    step: MigrationStep,
    state: StepState,
    more: {
      readonly startedAt: Date;
      readonly attempts?: number;
      readonly seenBefore?: readonly string[] | null;
      readonly sqlstate?: string | null;
      readonly error?: string | null;
    },
  ): Promise<void> {
    await this.#session.query(
      `INSERT INTO dbwright.step AS s (migration, number, sql, checksum, phase, undo, irreversible, cleanup, state,
         seen_before, attempts, started_at, finished_at, sqlstate, error)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
         CASE WHEN $9 = 'done' THEN pg_catalog.clock_timestamp() END, $13, $14)
       ON CONFLICT (migration, number) DO UPDATE SET sql = excluded.sql, checksum = excluded.checksum,
         phase = excluded.phase, undo = excluded.undo, irreversible = excluded.irreversible,
         cleanup = excluded.cleanup, state = excluded.state, attempts = excluded.attempts,
         seen_before = coalesce(s.seen_before, excluded.seen_before), finished_at = excluded.finished_at,
         sqlstate = excluded.sqlstate, error = excluded.error, undone = 0`,
      [
        id,
        step.number,
        step.sql,
        stepChecksum(step.sql),
        step.phase,
        step.undo,
        step.irreversible,
        step.cleanup,
        state,
        more.seenBefore ?? null,
        more.attempts ?? 1,
        more.startedAt.toISOString(),
        more.sqlstate ?? null,
        more.error ?? null,
      ],
    );
  }

  async undoing(id: string, number: number, undone: number): Promise<void> {
    await this.#session.query(
      "UPDATE dbwright.step SET state = 'undoing', undone = $3 WHERE migration = $1 AND number = $2",
      [id, number, undone],
    );
  }

  /** Why the undoing of a step did not go through, for `migrate status`. */
  async undoFailed(id: string, number: number, sqlstate: string | null, error: string): Promise<void> {
    await this.#session.query(
      "UPDATE dbwright.step SET sqlstate = $3, error = $4 WHERE migration = $1 AND number = $2",
      [id, number, sqlstate, error],
    );
  }

  async removeStep(id: string, number: number): Promise<void> {
    await this.#session.query("DELETE FROM dbwright.step WHERE migration = $1 AND number = $2", [id, number]);
  }

  async beginBackfill(id: string, number: number): Promise<void> {
    await this.#session.query(
      "INSERT INTO dbwright.backfill (migration, number) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      [id, number],
    );
  }

  /** Inside a batch's transaction: the key it reached, null for the last batch. */
  async batch(
    id: string,
    number: number,
    batch: {
      readonly reached: readonly string[] | null;
      readonly passed: number;
      readonly changed: number;
      readonly rows: number;
    },
  ): Promise<void> {
    await this.#session.query(
      `UPDATE dbwright.backfill SET reached = coalesce($3, reached), rows_passed = rows_passed + $4,
         rows_changed = rows_changed + $5, batches = batches + 1, batch_rows = $6,
         updated_at = pg_catalog.clock_timestamp()
       WHERE migration = $1 AND number = $2`,
      [id, number, batch.reached, batch.passed, batch.changed, batch.rows],
    );
  }

  async requestPause(by: string): Promise<void> {
    await this.#session.query(
      `UPDATE dbwright.about SET pause_requested_at = coalesce(pause_requested_at, pg_catalog.clock_timestamp()),
         pause_requested_by = coalesce(pause_requested_by, $1)`,
      [by],
    );
  }

  async clearPause(): Promise<void> {
    await this.#session.query("UPDATE dbwright.about SET pause_requested_at = NULL, pause_requested_by = NULL");
  }
}
