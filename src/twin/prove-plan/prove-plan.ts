import { planDiff } from "../../diff/plan.ts";
import type { PlanOptions } from "../../diff/plan.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Plan, Step } from "../../model/plan.ts";
import type { Progress } from "../../model/progress.ts";
import { verdictOf } from "../../model/proof.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import { asRaised, notRun, observe, refused, stepOf } from "../prove/step.ts";
import type { ServerError } from "../prove/step.ts";
import { fingerprintDifferences } from "../referee/difference.ts";
import { dumpDifferences } from "../referee/dump.ts";
import { fingerprint } from "../referee/fingerprint.ts";
import type { Fingerprint } from "../referee/fingerprint.ts";
import { lending } from "../owners/lend.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { buildDatabase } from "./build.ts";
import { contentDifferences, contentOf, survivorsOf } from "./content.ts";
import type { Content, Survivor } from "./content.ts";
import { catalogDifferences } from "./equal.ts";
import { relabelled } from "./labels.ts";
import { MOVES_EXTENSION, StepRefused, runSteps, undoOf } from "./run-steps.ts";
import { skippedSteps, stepObservations } from "./step-proof.ts";
import { fillBearing } from "./fill.ts";
import { claimOf, equality, firstLines, proved, refuted } from "./observations.ts";
import { withoutTriggerWrites } from "./trigger-writes.ts";
import { fitRowsToMoves } from "./moved-rows.ts";
import { emptyTables, hangsOnRows } from "./rows.ts";
import { takeBack } from "./take-back.ts";

/** One end of a plan. */
export interface PlanEnd {
  readonly catalog: Catalog;
  /** A scratch database of the same server in which its SQL was run; it is copied, and must be idle. Else it is built from the catalog. */
  readonly database?: TwinDatabase | undefined;
}

/** What a proof needs. */
export interface ProvePlanOptions {
  readonly server: TwinServer;
  readonly plan: Plan;
  readonly from: PlanEnd;
  readonly to: PlanEnd;
  /** How the plan was made: the way there is planned again. */
  readonly planning: PlanOptions;
  /** Synthetic rows for each table of FROM; 0 for none. */
  readonly rows: number;
  readonly seed?: number;
  /** Where pg_dump is looked for. */
  readonly searchPath: readonly string[];
  /** Told of each step that ran, as it should state itself after what was seen; see `relabelled`. */
  readonly relabel?: (index: number, step: Step) => void;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Walks the ritual for a plan on the twin: builds both ends, gives FROM rows, runs every step under watch, compares
 * the end with TO by the reader, by the system catalogs and by pg_dump, plans again, compares the rows, takes it all
 * back and compares with FROM. Every step of the plan is a step of the proof, `step/1` …; the others are `build/…`,
 * `rows/…`, `equal/…`, `re-plan` and `undo/…`. The rows satisfy what TO asks of them where that can be; where the
 * server refuses a step for the sake of a row all the same, `rows/fit` says so, not proved, and the rest is walked on
 * empty tables. Leaves no database behind. Throws `unavailable` (exit 3) when the
 * server fails, and what building throws.
 */
export async function provePlan(options: ProvePlanOptions): Promise<Proof> {
  const { server, plan } = options;
  const startedAt_ms = performance.now();
  const at = new Date().toISOString();
  const task = options.progress.start("proving the plan", plan.steps.length);
  let ritual = new Ritual(options);
  const walk = async (): Promise<void> => {
    try {
      await ritual.run((done) => task.update(done, `step ${done}`));
    } finally {
      await ritual.close();
    }
  };
  try {
    await walk();
    const { unfit } = ritual;
    if (unfit !== null) {
      ritual = new Ritual({ ...options, rows: 0 }, unfit);
      await walk();
    }
    task.done();
  } catch (error) {
    task.failed();
    options.signal.throwIfAborted();
    throw asRaised(error, server.description);
  }
  const verdict = verdictOf(ritual.steps);
  const reason = ritual.steps.find(
    (step) => step.verdict === (verdict === "refuted" ? "refuted" : "not-run"),
  )?.observed;
  return {
    claim: `${plan.steps.length} steps lead from one schema to the other and back, as stated`,
    twin: {
      engine: "postgres",
      version: server.version,
      depth: ritual.filled ? "rows" : "schema",
      server: server.description,
    },
    steps: ritual.steps,
    verdict,
    ...(verdict === "proved" || reason === undefined ? {} : { reason }),
    at,
    duration_ms: Math.round(performance.now() - startedAt_ms),
  };
}

// Insufficient privilege (42501) for what takes a superuser, which no role of a proof is.
const wantsSuperuser = ({ code, message }: ServerError): boolean =>
  code === "42501" && /superuser|extension/i.test(message);

interface Known {
  readonly catalog: Catalog;
  readonly told: Fingerprint;
}

class Ritual {
  readonly steps: ProofStep[] = [];
  filled = false;
  #unseen: readonly string[] = [];
  readonly #options: ProvePlanOptions;
  readonly #databases: TwinDatabase[] = [];
  readonly #sessions: Session[] = [];

  /** Why a step was refused for the sake of the rows in the tables; null where none was. */
  unfit: string | null = null;

  /** `unfit`: what the ritual met when the tables held rows. */
  constructor(options: ProvePlanOptions, unfit: string | null = null) {
    this.#options = options;
    if (unfit !== null)
      this.steps.push(stepOf(claimOf("rows/fit", "the plan runs with rows in the tables"), notRun(unfit), 0));
  }

  async run(progress: (done: number) => void): Promise<void> {
    const { from, to, plan } = this.#options;
    const a = await this.#build("build/from", from);
    const b = await this.#build("build/to", to);
    if (a === null || b === null) {
      this.steps.push(...skippedSteps(plan.steps, 0, "an end of the plan could not be built"));
      return;
    }
    const session = lending(await this.#open(a, "owner"));
    const before = await stateOf(session);
    const wanted = await stateOf(await this.#open(b, "owner"));
    const { survivors, leftOut } = await withoutTriggerWrites(
      before.catalog,
      survivorsOf(before.catalog, wanted.catalog, plan),
      plan.steps.flatMap(({ sql, undo }) => [sql, ...(undo ?? [])]),
    );
    this.#unseen = leftOut;
    await this.#fill(a, before.catalog, wanted.catalog);
    const content = await this.#content(a, survivors, "before");
    if (!(await this.#apply(a, session, progress))) return;
    const now = await stateOf(session);
    await this.#equal(now, wanted, a, b);
    await this.#survival(
      "rows/survive",
      "rows that should survive the plan survive it",
      a,
      survivors,
      content,
      "after",
    );
    await this.#undo(a, session, before, survivors, content);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) await session.close();
    for (const database of this.#databases) await database.drop().catch(() => {});
  }

  async #open(database: TwinDatabase, as: "owner" | "admin"): Promise<Session> {
    const session = await database.connect(as);
    this.#sessions.push(session);
    return session;
  }

  async #build(id: "build/from" | "build/to", end: PlanEnd): Promise<TwinDatabase | null> {
    const { server, planning } = this.#options;
    let database: TwinDatabase | null = null;
    const step = await observe(
      claimOf(id, `the twin holds the schema of ${id === "build/from" ? "FROM" : "TO"}`),
      async () => {
        try {
          database = await buildDatabase(server, end, planning.dialect);
        } catch (error) {
          if (!refused(error)) throw error;
          return notRun(`the twin refused it: ${error.message} (SQLSTATE ${error.code ?? "?"})`);
        }
        this.#databases.push(database);
        const session = await this.#open(database, "owner");
        const lines = catalogDifferences(end.catalog, await introspect(session));
        if (lines.length === 0) return proved(`${end.catalog.objects.length} objects, as read`);
        return notRun(`the twin's copy differs, so what follows holds for the copy: ${firstLines(lines)}`);
      },
    );
    this.steps.push(step);
    return database;
  }

  async #fill(database: TwinDatabase, before: Catalog, wanted: Catalog): Promise<void> {
    const { rows, seed = 1, signal, progress } = this.#options;
    const step = await observe(claimOf("rows/fill", "FROM holds rows"), async () => {
      const { tables, seen } = await fillBearing(database, before, wanted, { rows, spare: 0, seed, signal, progress });
      this.filled = tables.length > 0;
      const { moves = [] } = this.#options.plan;
      if (this.filled) await fitRowsToMoves(await this.#open(database, "owner"), moves, before, wanted);
      return seen;
    });
    this.steps.push(step);
  }

  // As the administrator, whom row security does not hide rows from; nothing of the owner's is called.
  async #content(
    database: TwinDatabase,
    survivors: readonly Survivor[],
    side: "before" | "after",
  ): Promise<ReadonlyMap<string, Content>> {
    return await contentOf(await this.#open(database, "admin"), survivors, side);
  }

  async #apply(database: TwinDatabase, session: Session, progress: (done: number) => void): Promise<boolean> {
    const { plan } = this.#options;
    const watcher = await this.#open(database, "admin");
    try {
      const seen = await runSteps(session, plan.steps, watcher, progress);
      this.steps.push(...stepObservations(plan.steps, seen));
      for (const [index, step] of plan.steps.entries()) {
        const own = seen[index];
        if (own !== undefined) this.#options.relabel?.(index, relabelled(step, own));
      }
    } catch (error) {
      if (!(error instanceof StepRefused)) throw error;
      if (this.filled && hangsOnRows(error.reason)) {
        this.unfit = `with synthetic rows in the tables step ${error.index + 1} was refused: ${error.reason.message} (SQLSTATE ${error.reason.code ?? "?"}); whether it is with your rows was not seen`;
        return false;
      }
      this.steps.push(...stepObservations(plan.steps.slice(0, error.index), error.seen));
      this.steps.push(
        await observe(claimOf(`step/${error.index + 1}`, "the server accepts the step"), async () => {
          const text = `${error.reason.message} (SQLSTATE ${error.reason.code ?? "?"})`;
          return {
            ...(wantsSuperuser(error.reason) ? notRun(`${text}: a proof is not made as a superuser`) : refuted(text)),
            sql: [error.sql],
          };
        }),
      );
      this.steps.push(...skippedSteps(plan.steps, error.index + 1, `step ${error.index + 1} was refused`));
      return false;
    }
    return true;
  }

  async #equal(now: Known, wanted: Known, a: TwinDatabase, b: TwinDatabase): Promise<void> {
    const { plan, planning, server, searchPath, signal } = this.#options;
    const rest = plan.unreachable.length === 0 ? "" : `; the plan says so of ${plan.unreachable.length}`;
    const byReader = equality(catalogDifferences(now.catalog, wanted.catalog), "nothing differs");
    this.steps.push(
      await observe(claimOf("equal/reader", "after the plan the catalog equals TO"), async () => ({
        ...byReader,
        observed: byReader.observed + (byReader.verdict === "refuted" ? rest : ""),
      })),
    );
    const catalogs = equality(
      fingerprintDifferences(now.told, wanted.told),
      `${wanted.told.rows.length} rows of the system catalogs are alike${wanted.told.unseen.length === 0 ? "" : `; not seen: ${wanted.told.unseen.join(", ")}`}`,
    );
    this.steps.push(
      await observe(claimOf("equal/catalogs", "the server's own catalogs say the same of both"), async () => catalogs),
    );
    this.steps.push(
      await observe(claimOf("equal/pg_dump", "pg_dump writes the same of both"), async () => {
        const dumps = await dumpDifferences(a, b, { major: server.major, searchPath, signal });
        return dumps.compared
          ? equality(
              dumps.differences.map((line) => line.replaceAll(/\s+/g, " ")),
              `pg_dump ${dumps.tool.version} writes the same statements`,
            )
          : notRun(dumps.reason);
      }),
    );
    this.steps.push(
      await observe(claimOf("re-plan", "planning again finds nothing to do"), async () => {
        const again = await planDiff(now.catalog, wanted.catalog, planning);
        return again.steps.length === 0
          ? proved("no step is left")
          : { ...refuted(`${again.steps.length} steps are left`), sql: again.steps.map(({ sql }) => sql) };
      }),
    );
  }

  async #survival(
    id: string,
    text: string,
    database: TwinDatabase,
    survivors: readonly Survivor[],
    before: ReadonlyMap<string, Content>,
    side: "before" | "after",
  ): Promise<void> {
    const { plan } = this.#options;
    this.steps.push(
      await observe(claimOf(id, text), async () => {
        const rows = [...before.values()].reduce((sum, content) => sum + Number(content.rows), 0);
        if (rows === 0) return notRun("there is no row to look after");
        const changed = contentDifferences(before, await this.#content(database, survivors, side));
        const stated = changed.filter(({ table }) =>
          plan.steps.some(({ losesData }) => losesData?.includes(table) === true),
        );
        const lost = changed.filter((one) => !stated.includes(one));
        if (lost.length > 0) return refuted(lost.map(({ what }) => what).join("; "));
        const said = stated.length === 0 ? "" : `; lost as stated: ${stated.map(({ what }) => what).join("; ")}`;
        const unseen =
          this.#unseen.length === 0 ? "" : `; not looked at, since it is set anew: ${this.#unseen.join(", ")}`;
        return {
          ...proved(`${rows} rows of ${before.size} tables, the same in number and content${said}${unseen}`),
          figures: { rows },
        };
      }),
    );
  }

  async #undo(
    database: TwinDatabase,
    session: Session,
    before: Known,
    survivors: readonly Survivor[],
    content: ReadonlyMap<string, Content>,
  ): Promise<void> {
    const { plan } = this.#options;
    const { statements, until } = undoOf(plan.steps);
    const stuck = plan.steps[until];
    let undone = false;
    let withRows = true;
    this.steps.push(
      await observe(claimOf("undo/apply", "the undo of every step runs, last step first"), async () => {
        if (stuck !== undefined)
          return notRun(
            `step ${until + 1} cannot be taken back: ${stuck.irreversible ?? "no undo and no reason is stated"}`,
          );
        const destroys = this.filled && plan.steps.some(({ losesData }) => losesData !== null);
        const { failed, rowless } = await takeBack(
          statements,
          async (sql) => await (MOVES_EXTENSION.test(sql) ? await this.#open(database, "admin") : session).execute(sql),
          destroys ? async () => await emptyTables(session, await introspect(session)) : null,
        );
        if (failed !== null) return { ...refuted(failed.why), sql: [failed.sql] };
        undone = true;
        withRows = rowless === null;
        if (rowless !== null)
          return notRun(
            `with rows it stops where values are missing that the plan destroys, as it says: ${rowless}; without rows ${statements.length} statements ran`,
          );
        return { ...proved(`${statements.length} statements ran`), sql: statements };
      }),
    );
    if (!undone) return;
    const now = await stateOf(session);
    const lines = [
      ...catalogDifferences(now.catalog, before.catalog),
      ...fingerprintDifferences(now.told, before.told),
    ];
    this.steps.push(
      await observe(claimOf("undo/equal", "after the undo the catalog equals FROM"), async () =>
        equality(lines, "nothing differs, by the reader and by the system catalogs"),
      ),
    );
    if (withRows)
      await this.#survival("undo/rows", "rows survive the way there and back", database, survivors, content, "before");
  }
}

async function stateOf(session: Session): Promise<Known> {
  return { catalog: await introspect(session), told: await fingerprint(session) };
}
