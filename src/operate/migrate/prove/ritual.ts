import { catalogDifferences } from "../../../twin/prove-plan/equal.ts";
import { fillBearing } from "../../../twin/prove-plan/fill.ts";
import { contentDifferences } from "../../../twin/prove-plan/content.ts";
import type { Content } from "../../../twin/prove-plan/content.ts";
import { fitRowsToMoves } from "../../../twin/prove-plan/moved-rows.ts";
import { claimOf, equality, proved, refuted } from "../../../twin/prove-plan/observations.ts";
import { watched } from "../../../twin/prove-plan/run-steps.ts";
import { hangsOnRows } from "../../../twin/prove-plan/rows.ts";
import type { Seen } from "../../../twin/prove-plan/watch.ts";
import { notRun, observe, stepOf } from "../../../twin/prove/step.ts";
import type { Observation, ServerError } from "../../../twin/prove/step.ts";
import { fingerprintDifferences } from "../../../twin/referee/difference.ts";
import { dumpDifferences } from "../../../twin/referee/dump.ts";
import type { GeneratedTable } from "../../../twin/rows/request.ts";
import type { TwinDatabase } from "../../../twin/server.ts";
import { DbwrightError } from "../../../model/error.ts";
import type { Migration, MigrationStep } from "../../../model/migration.ts";
import type { ProofStep } from "../../../model/proof.ts";
import { isRepeatable } from "../../../formats/migration/order.ts";
import { lossesOf } from "../losses.ts";
import type { UndoWatch } from "../run-context.ts";
import { schemaOfFiles } from "../schema-of.ts";
import type { BuiltSchema } from "../schema-of.ts";
import { toSurvive } from "./stated.ts";
import type { ToSurvive } from "./stated.ts";
import type { Known, World } from "./world.ts";

/** A step's name in a proof and in a report of load. */
export const stepName = (migration: Migration, step: MigrationStep): string => `${migration.id}/${step.number}`;

/** Rows kept back in each table for the clients of a load. */
export const SPARE = 16;

/** Where the ritual begins, and what must come of it. */
export interface Start {
  readonly base: BuiltSchema;
  /** What all files make of an empty database; null where the server refused that. */
  readonly whole: BuiltSchema | null;
  /** The same as it was before rows came into it. */
  readonly wanted: Known | null;
  /** The base's database, with rows; idle. */
  readonly filled: TwinDatabase;
  readonly tables: readonly GeneratedTable[];
  readonly survive: ToSurvive;
  readonly content: ReadonlyMap<string, Content>;
  readonly before: Known;
}

/** What a run without load leaves behind for the one under load. */
export interface Ran {
  /** The schema that was reached, without the history; a database of its own. */
  readonly reached: TwinDatabase;
  readonly known: Known;
  /** What each step was seen to do. */
  readonly seen: ReadonlyMap<string, Seen>;
  /** Whether everything was taken back. */
  readonly canGoBack: boolean;
}

const NOTHING_TO_COMPARE = notRun("the files cannot be built in one go, so there is nothing to compare with");

/** A step was refused for the sake of the synthetic rows: nothing is said of the user's. */
export class RowsDoNotFit extends Error {
  override readonly name = "RowsDoNotFit";
}

/** The ritual without load, in the order of its steps. */
export class Ritual {
  readonly steps: ProofStep[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Builds the base and fills it. Throws `invalid` (exit 2) for base migrations that the server refuses. */
  async begin(): Promise<Start> {
    const { base, pending, server, rows, signal, progress } = this.#world.request;
    const built = await schemaOfFiles(server, base, { signal, progress });
    this.#world.keep(built.database);
    for (const note of built.notes) progress.note(note);
    const count = `${base.length} migrations, ${built.catalog.objects.length} objects`;
    this.steps.push(stepOf(claimOf("build/base", "the migrations before the pending ones apply"), proved(count), 0));
    const whole = await this.#whole([...base, ...pending]);
    const after = whole?.catalog ?? built.catalog;
    const wanted = whole === null ? null : await this.#world.knownOf(whole.database);
    const filled = built.database;
    const { tables, seen } = await fillBearing(filled, built.catalog, after, { rows, spare: SPARE, signal, progress });
    this.steps.push(stepOf(claimOf("rows/fill", "the tables hold rows"), seen, 0));
    const survive = await toSurvive(pending, built.catalog, after);
    if (tables.length > 0 && survive.moves.length > 0)
      await this.#world.within(filled, "owner", (session) =>
        fitRowsToMoves(session, survive.moves, built.catalog, after),
      );
    const content = await this.#world.content(filled, survive.survivors, "before");
    const before = await this.#world.knownOf(filled);
    return { base: built, whole, wanted, filled, tables, survive, content, before };
  }

  async #whole(all: readonly Migration[]): Promise<BuiltSchema | null> {
    const { server, signal, progress } = this.#world.request;
    try {
      const built = await schemaOfFiles(server, all, { signal, progress });
      this.#world.keep(built.database);
      return built;
    } catch (error) {
      if (!(error instanceof DbwrightError) || error.exitCode !== 2) throw error;
      return null;
    }
  }

  /** Runs the pending migrations as the runner does, under watch. Null when a step was refused. */
  async apply(start: Start): Promise<{ readonly database: TwinDatabase; readonly seen: Ran["seen"] } | null> {
    const { pending } = this.#world.request;
    const database = await this.#world.copyOf(start.filled);
    const seen = new Map<string, Seen>();
    let current = "";
    let failed: string | null = null;
    await this.#world.within(database, "admin", async (watcher) => {
      try {
        await this.#world.up(database, {
          step: async (session, migration, step, inTransaction, work) => {
            current = stepName(migration, step);
            seen.set(current, await watched(session, watcher, inTransaction, work));
          },
          unit: async () => {},
        });
      } catch (error) {
        this.#world.request.signal.throwIfAborted();
        if (!(error instanceof DbwrightError)) throw error;
        if (start.tables.length > 0 && hangsOnRows(error.cause as ServerError))
          throw new RowsDoNotFit(
            `with synthetic rows in the tables ${error.problems[0]?.what}; whether it is so with your rows was not seen`,
          );
        failed = error.problems.map(({ what }) => what).join("; ");
      }
    });
    this.#tellSteps(pending, seen, failed === null ? null : { current, why: failed });
    return failed === null ? { database, seen } : null;
  }

  #tellSteps(
    pending: readonly Migration[],
    seen: Ran["seen"],
    failed: { readonly current: string; readonly why: string } | null,
  ): void {
    let told = false;
    for (const migration of pending) {
      for (const step of migration.steps) {
        const name = stepName(migration, step);
        const claim = claimOf(`step/${name}`, `the runner does step ${step.number} of ${migration.id}`);
        const own = seen.get(name);
        const why: string | null =
          failed !== null && !told && (name === failed.current || failed.current === "") ? failed.why : null;
        let what: Observation;
        if (why !== null) what = refuted(why);
        else if (own === undefined) what = notRun(failed === null ? "the runner left it out" : "a step was refused");
        else what = { ...proved(seenText(own)), figures: { held_ms: Math.round(own.duration_ms * 10) / 10 } };
        told ||= why !== null;
        this.steps.push(stepOf(claim, { ...what, sql: [step.sql] }, own?.duration_ms ?? 0));
      }
    }
  }

  /** Compares what was reached with what the files make, three times over, and asks the runner for more. */
  async equal(start: Start, database: TwinDatabase): Promise<Pick<Ran, "reached" | "known">> {
    const { server, searchPath, signal } = this.#world.request;
    // The way back still needs the history.
    const reached = await this.#world.copyOf(database);
    await this.#world.forget(reached);
    const known = await this.alike(start, reached, "equal");
    const { whole } = start;
    await this.#tell("equal/pg_dump", "pg_dump writes the same", async () => {
      if (whole === null) return NOTHING_TO_COMPARE;
      const dumps = await dumpDifferences(reached, whole.database, { major: server.major, searchPath, signal });
      if (!dumps.compared) return notRun(dumps.reason);
      const lines = dumps.differences.map((line) => line.replaceAll(/\s+/g, " "));
      return equality(lines, `pg_dump ${dumps.tool.version} writes the same statements`);
    });
    await this.#tell("again", "a second run has nothing to do", async () => {
      const { plan, applied } = await this.#world.up(database, null);
      if (plan.length === 0 && applied.length === 0) return proved("nothing was pending");
      return refuted(`${plan.map((one) => one.id).join(", ")} would run again`);
    });
    return { reached, known };
  }

  /** Compares a database without a history with what the files make, by the reader and by the server's catalogs. */
  async alike({ wanted }: Start, database: TwinDatabase, id: string): Promise<Known> {
    const known = await this.#world.knownOf(database);
    await this.#tell(`${id}/reader`, "the schema is the one that the files make from scratch", async () =>
      wanted === null
        ? NOTHING_TO_COMPARE
        : equality(catalogDifferences(known.catalog, wanted.catalog), `${known.catalog.objects.length} objects`),
    );
    await this.#tell(`${id}/catalogs`, "the server's own catalogs say so, too", async () =>
      wanted === null
        ? NOTHING_TO_COMPARE
        : equality(fingerprintDifferences(known.told, wanted.told), `${wanted.told.rows.length} rows are the same`),
    );
    return known;
  }

  /** Compares the rows that should have survived. */
  async survival(
    id: string,
    claim: string,
    { survive, content }: Start,
    database: TwinDatabase,
    side: "before" | "after",
    except: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await this.#tell(id, claim, async () => {
      const looked = survive.survivors.filter(({ before }) => !except.has(before));
      const was = new Map([...content].filter(([table]) => !except.has(table)));
      const rows = [...was.values()].reduce((sum, one) => sum + Number(one.rows), 0);
      if (rows === 0) return notRun("there is no row to look after");
      const changed = contentDifferences(was, await this.#world.content(database, looked, side));
      const losses = await lossesOf(this.#world.request.pending);
      const stated = changed.filter(({ table }) => losses.some(({ what }) => what.includes(table)));
      const lost = changed.filter((one) => !stated.includes(one));
      if (lost.length > 0) return refuted(lost.map(({ what }) => what).join("; "));
      const said = stated.length === 0 ? "" : `; lost as stated: ${stated.map(({ what }) => what).join("; ")}`;
      const apart = [
        ...survive.leftOut,
        ...[...except].map((table) => `rows of ${table}, which the load itself changes`),
      ];
      const not = apart.length === 0 ? "" : `; not looked at, since statements change it: ${apart.join(", ")}`;
      return {
        ...proved(`${rows} rows of ${was.size} tables, the same in number and content${said}${not}`),
        figures: { rows },
      };
    });
  }

  /** Takes the migrations back, the last one first, and compares with the base. True when it could be done. */
  async undo(start: Start, database: TwinDatabase): Promise<boolean> {
    const undone = await observe(
      claimOf("undo/apply", "every migration can be taken back, the last one first"),
      async () => await this.takeBack(database, null),
    );
    this.steps.push(undone);
    if (undone.verdict !== "proved") return false;
    await this.wasBefore(start, database, "undo");
    return true;
  }

  /** Takes the migrations back as the runner does. */
  async takeBack(database: TwinDatabase, watch: UndoWatch | null): Promise<Observation> {
    const { pending, signal } = this.#world.request;
    const again = pending.filter(({ id }) => isRepeatable(id));
    if (again.length > 0)
      return notRun(`${again.map(({ id }) => id).join(", ")}: a repeatable migration has no way back`);
    for (const { id } of pending.toReversed()) {
      let allow: readonly string[];
      try {
        allow = await this.#world.down(database, true, []);
      } catch (error) {
        if (!(error instanceof DbwrightError) || error.exitCode !== 2) throw error;
        return notRun(error.problems.map(({ what }) => what).join("; "));
      }
      try {
        await this.#world.down(database, false, allow, watch);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DbwrightError)) throw error;
        const why = `${id}: ${error.problems.map(({ what }) => what).join("; ")}`;
        if (hangsOnRows((error.cause ?? {}) as ServerError) && (await lossesOf(pending)).length > 0)
          return notRun(`with rows it stops where values are missing that the migrations destroy, as they say: ${why}`);
        return refuted(why);
      }
    }
    return proved(`${pending.length} migrations were taken back`);
  }

  /** Compares a database in which everything was taken back with the base, and forgets its history. */
  async wasBefore(
    start: Start,
    database: TwinDatabase,
    id: "undo" | "load/undo",
    except: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await this.#world.forget(database);
    const now = await this.#world.knownOf(database);
    await this.#tell(`${id}/equal`, "the schema is again the one before", async () =>
      equality(
        [
          ...catalogDifferences(now.catalog, start.before.catalog),
          ...fingerprintDifferences(now.told, start.before.told),
        ],
        "nothing differs, by the reader and by the system catalogs",
      ),
    );
    await this.survival(`${id}/rows`, "rows survive the way there and back", start, database, "before", except);
  }

  async #tell(id: string, claim: string, look: () => Promise<Observation>): Promise<void> {
    this.steps.push(await observe(claimOf(id, claim), look));
  }
}

// What the runner does to its own history is no part of the step.
const isOwn = (relation: string): boolean => relation.startsWith("dbwright.");

function seenText(seen: Seen): string {
  const locks = seen.locks.filter(({ relation }) => seen.tables.has(relation) && !isOwn(relation));
  const held = seen.heldBefore.some(({ relation }) => seen.tables.has(relation) && !isOwn(relation));
  const scans = seen.scans.filter((relation) => !isOwn(relation));
  return [
    locks.length === 0
      ? `no ${held ? "further " : ""}lock on a table`
      : locks.map(({ relation, mode }) => `${mode} on ${relation}`).join(", "),
    ...(seen.rewrites.length === 0 ? [] : [`wrote ${seen.rewrites.join(", ")} anew`]),
    ...(scans.length === 0 ? [] : [`read ${scans.join(", ")} whole`]),
  ].join("; ");
}
