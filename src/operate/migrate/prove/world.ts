import type { Session } from "../../../engines/postgres/driver.ts";
import { introspect } from "../../../engines/postgres/introspect.ts";
import type { Catalog } from "../../../model/catalog.ts";
import type { Migration } from "../../../model/migration.ts";
import type { Progress } from "../../../model/progress.ts";
import { silentProgress } from "../../../model/progress.ts";
import { contentOf } from "../../../twin/prove-plan/content.ts";
import type { Content, Survivor } from "../../../twin/prove-plan/content.ts";
import { fingerprint } from "../../../twin/referee/fingerprint.ts";
import type { Fingerprint } from "../../../twin/referee/fingerprint.ts";
import type { TwinDatabase, TwinServer } from "../../../twin/server.ts";
import { migrateDown } from "../down.ts";
import { lossesOf } from "../losses.ts";
import type { RunOptions, StepWatch, UndoWatch } from "../run-context.ts";
import { migrateUp } from "../up.ts";
import type { UpResult } from "../up.ts";

/** What is proved, and with what. */
export interface ProveRequest {
  /** Migrations that come first, in order. */
  readonly base: readonly Migration[];
  /** Those to be proved, in order. */
  readonly pending: readonly Migration[];
  readonly server: TwinServer;
  /** Synthetic rows for each table; 0 for none. */
  readonly rows: number;
  /** Whether it is done once more under load. */
  readonly load: boolean;
  /** How long clients work before the first step, between two phases, and after the last step. */
  readonly calm_ms: number;
  /** Refutes a run in which a client waited longer for a lock of the runner; null: the wait is only measured. */
  readonly blockMax_ms: number | null;
  readonly options: RunOptions;
  /** Where pg_dump is looked for. */
  readonly searchPath: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A schema by the reader and by the system catalogs. */
export interface Known {
  readonly catalog: Catalog;
  readonly told: Fingerprint;
}

/** The databases of one proof, and what is done in them. */
export class World {
  readonly request: ProveRequest;
  readonly #databases: TwinDatabase[] = [];

  constructor(request: ProveRequest) {
    this.request = request;
  }

  /** A copy of a database, which must be idle; gone with the proof. */
  async copyOf(template: TwinDatabase): Promise<TwinDatabase> {
    const database = await this.request.server.createDatabase(template);
    this.#databases.push(database);
    return database;
  }

  /** Hands over a database to be dropped at the end. */
  keep(database: TwinDatabase): void {
    this.#databases.push(database);
  }

  /** Takes away what tells of the runner, which then knows nothing of the database any more. */
  async forget(database: TwinDatabase): Promise<void> {
    await this.within(database, "owner", (session) => session.execute("DROP SCHEMA IF EXISTS dbwright CASCADE"));
  }

  /** Works in a session that is closed afterwards. */
  async within<T>(database: TwinDatabase, as: "owner" | "admin", work: (session: Session) => Promise<T>): Promise<T> {
    const session = await database.connect(as);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async knownOf(database: TwinDatabase): Promise<Known> {
    return await this.within(database, "owner", async (session) => ({
      catalog: await introspect(session, { signal: this.request.signal }),
      told: await fingerprint(session),
    }));
  }

  // As the administrator, whom row security does not hide rows from; nothing of the owner's is called.
  async content(
    database: TwinDatabase,
    survivors: readonly Survivor[],
    side: "before" | "after",
  ): Promise<ReadonlyMap<string, Content>> {
    return await this.within(database, "admin", (session) => contentOf(session, survivors, side));
  }

  /** Runs what is pending as `migrate up` does. What is destroyed is the proof's own. */
  async up(database: TwinDatabase, watch: StepWatch | null): Promise<UpResult> {
    const { pending, options, signal } = this.request;
    const losses = await lossesOf(pending);
    const ran = watch === null ? [] : losses;
    return await migrateUp({
      url: database.url("owner"),
      migrations: pending,
      command: "up",
      to: null,
      options,
      allow: ran.map(({ migration, step }) => `step:${migration}:${step}`),
      outOfOrder: true,
      dryRun: false,
      rollbackTested: null,
      signal,
      progress: silentProgress,
      announce: () => {},
      ...(watch === null ? {} : { watch }),
    });
  }

  /** Takes the last migration back as `migrate down` does; with `dryRun` only says whether it could be. */
  async down(
    database: TwinDatabase,
    dryRun: boolean,
    allow: readonly string[],
    watch: UndoWatch | null = null,
  ): Promise<readonly string[]> {
    const { pending, options, signal } = this.request;
    const { plan } = await migrateDown({
      url: database.url("owner"),
      migrations: pending,
      to: null,
      steps: null,
      allow,
      options,
      dryRun,
      signal,
      progress: silentProgress,
      announce: () => {},
      ...(watch === null ? {} : { watch }),
    });
    return plan.losses.map(({ migration, step }) => `step:${migration}:${step}`);
  }

  /** Drops every database. Never throws. */
  async close(): Promise<void> {
    for (const database of this.#databases) await database.drop().catch(() => {});
  }
}
