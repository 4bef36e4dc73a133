import { postgres } from "../../src/engines/postgres/dialect.ts";
import type { Session } from "../../src/engines/postgres/driver.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import { planDiff } from "../../src/diff/plan.ts";
import { STRATEGIES } from "../../src/diff/strategies/registry.ts";
import type { Catalog } from "../../src/model/catalog.ts";
import type { Plan } from "../../src/model/plan.ts";
import { scriptParts } from "../../src/sql/split.ts";
import { catalogDifferences } from "../../src/twin/prove-plan/equal.ts";
import { labelMistakes } from "../../src/twin/prove-plan/labels.ts";
import { StepRefused, runSteps, undoOf } from "../../src/twin/prove-plan/run-steps.ts";
import { fingerprintDifferences } from "../../src/twin/referee/difference.ts";
import { dumpStatements, statementDifferences } from "../../src/twin/referee/dump.ts";
import type { DumpOptions, DumpTool } from "../../src/twin/referee/dump.ts";
import { fingerprint } from "../../src/twin/referee/fingerprint.ts";
import type { Fingerprint } from "../../src/twin/referee/fingerprint.ts";
import type { CaseResult, DiffCase, FailureClass } from "./case.ts";
import type { Place, Places } from "./pool.ts";

/** What all cases of a run share. */
export interface Bench {
  readonly places: Places;
  readonly direct: boolean;
  /** Whether the locks, rewrites and scans that steps state are held against what they do. */
  readonly labels: boolean;
  readonly dump: { readonly tool: DumpTool; readonly options: DumpOptions } | null;
}

interface State {
  readonly catalog: Catalog;
  readonly told: Fingerprint;
}

/** Runs one case from both schemas to the undo. The roles that it makes stay. */
export async function runCase(one: DiffCase, bench: Bench): Promise<CaseResult> {
  const [a, b] = [await bench.places.take(), await bench.places.take()];
  try {
    const refusals = [...(await load(a.session, one, one.old)), ...(await load(b.session, one, one.new))];
    if (refusals[0] !== undefined && one.lenient !== true) {
      const failures = [{ class: "load" as const, text: refusals[0] }];
      return { ...nothing(one), failures };
    }
    return { ...(await new Trial(one, bench, a, b).run()), refused: refusals.length };
  } finally {
    for (const place of [a, b]) await bench.places.give(place);
  }
}

const nothing = (one: DiffCase): Omit<CaseResult, "failures"> => ({
  suite: one.suite,
  name: one.name,
  loaded: false,
  converged: false,
  replanEmpty: false,
  undone: false,
  steps: 0,
  refused: 0,
});

// Statement by statement, as psql does; a role that is only mentioned is made, as the suites expect it to be there.
async function load(session: Session, { setup, lenient }: DiffCase, side: string): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (const text of [setup, side]) {
    for (const part of scriptParts(text)) {
      if (part.kind !== "statement") continue;
      for (let tries = 0; ; tries += 1) {
        const error = await session.execute(part.text).then(
          () => null,
          (raised: unknown) => raised as Error,
        );
        if (error === null) break;
        const missing = /^role "(.*)" does not exist$/.exec(error.message)?.[1];
        if (missing === undefined || tries > 5) {
          refusals.push(`${error.message} in: ${part.text.slice(0, 200)}`);
          if (lenient !== true) return refusals;
          break;
        }
        // Another case may have been faster: roles are the whole server's.
        await session.execute(`create role "${missing.replaceAll('"', '""')}"`).catch((raised: { code?: string }) => {
          if (raised.code !== "42710" && raised.code !== "23505") throw raised;
        });
      }
    }
  }
  return refusals;
}

const OWN_OR_NOT = /: inherited (?:true|false) -> |\| (?:att|con)islocal: /;

/** One case on its way. */
class Trial {
  readonly #one: DiffCase;
  readonly #bench: Bench;
  readonly #a: Place;
  readonly #b: Place;
  // Whether the plan says of itself that children's columns do not end up as they should in whose own they are.
  #ownStated = false;
  readonly #failures: { class: FailureClass; text: string }[] = [];

  constructor(one: DiffCase, bench: Bench, a: Place, b: Place) {
    this.#one = one;
    this.#bench = bench;
    this.#a = a;
    this.#b = b;
  }

  async run(): Promise<CaseResult> {
    const before = await stateOf(this.#a);
    const wanted = await stateOf(this.#b);
    const result = { ...nothing(this.#one), loaded: true, failures: this.#failures };
    for (const { catalog } of [before, wanted]) {
      const self = await this.#plan(catalog, catalog);
      if (self !== null && self.steps.length > 0)
        this.#fail("self", `a schema differs from itself: ${self.steps[0]?.sql}`);
    }
    const plan = await this.#plan(before.catalog, wanted.catalog);
    if (plan === null || !(await this.#apply(plan, before.catalog))) return result;
    const steps = plan.steps.length;
    const now = await stateOf(this.#a);
    const converged = this.#compare(now, wanted, ["reader", "fingerprint"]) && (await this.#compareDumps());
    const again = await this.#plan(now.catalog, wanted.catalog);
    const replanEmpty = again !== null && again.steps.length === 0;
    if (again !== null && !replanEmpty) this.#fail("re-plan", again.steps[0]?.sql ?? "");
    const undone = await this.#undo(plan, before);
    return { ...result, converged, replanEmpty, undone, steps };
  }

  #fail(kind: FailureClass, text: string): void {
    this.#failures.push({ class: kind, text: text.replaceAll(/\s+/g, " ").slice(0, 500) });
  }

  async #plan(from: Catalog, to: Catalog): Promise<Plan | null> {
    try {
      const { direct } = this.#bench;
      return await planDiff(from, to, {
        dialect: postgres,
        direct,
        exactOwners: true,
        strategies: direct ? [] : STRATEGIES,
      });
    } catch (error) {
      this.#fail("plan", (error as Error).stack ?? String(error));
      return null;
    }
  }

  async #apply(plan: Plan, from: Catalog): Promise<boolean> {
    for (const { what, why } of plan.unreachable)
      if (why.endsWith("its own besides") || why.endsWith("leaves it")) this.#ownStated = true;
      else this.#fail("plan", `unreachable ${what}: ${why}`);
    void from;
    const watcher = this.#bench.labels ? await this.#a.database.connect("owner") : null;
    try {
      const seen = await runSteps(this.#a.session, plan.steps, watcher);
      for (const [index, of] of seen.entries()) {
        const step = plan.steps[index];
        if (step === undefined) continue;
        for (const mistake of labelMistakes(step, of).more) this.#fail("label", `${mistake} | ${step.sql}`);
      }
      return true;
    } catch (error) {
      if (!(error instanceof StepRefused)) throw error;
      this.#fail("apply", `${error.message} | ${error.sql}`);
      return false;
    } finally {
      await watcher?.close();
    }
  }

  #compare(
    found: State,
    wanted: State,
    kinds: readonly ["reader", "fingerprint"] | readonly ["undo-differs"],
  ): boolean {
    const unstated = (lines: readonly string[]): readonly string[] =>
      this.#ownStated ? lines.filter((line) => !OWN_OR_NOT.test(line)) : lines;
    const byReader = unstated(catalogDifferences(found.catalog, wanted.catalog));
    const byCatalogs = unstated(fingerprintDifferences(found.told, wanted.told));
    if (byReader[0] !== undefined) this.#fail(kinds[0], byReader.slice(0, 3).join(" ; "));
    if (byCatalogs[0] !== undefined)
      this.#fail(kinds[1] ?? kinds[0], `fingerprint: ${byCatalogs.slice(0, 3).join(" ; ")}`);
    return byReader.length + byCatalogs.length === 0;
  }

  async #compareDumps(): Promise<boolean> {
    const { dump } = this.#bench;
    if (dump === null || this.#ownStated) return true;
    const [found, wanted] = await Promise.all(
      [this.#a, this.#b].map(({ database }) => dumpStatements(database, dump.tool, dump.options)),
    );
    const lines = statementDifferences(found ?? [], wanted ?? []);
    if (lines.length > 0) this.#fail("pg_dump", lines.slice(0, 3).join(" ; "));
    return lines.length === 0;
  }

  async #undo(plan: Plan, before: State): Promise<boolean | null> {
    const { statements, until } = undoOf(plan.steps);
    if (until >= 0) {
      if (plan.steps[until]?.irreversible == null)
        this.#fail("undo", `no undo and no reason: ${plan.steps[until]?.sql}`);
      return plan.steps[until]?.irreversible == null ? false : null;
    }
    this.#ownStated ||= plan.steps.some(
      ({ irreversible }) => irreversible?.endsWith("the table's own besides") === true,
    );
    for (const sql of statements) {
      try {
        await this.#a.session.execute(sql);
      } catch (error) {
        this.#fail("undo", `${(error as Error).message} | ${sql}`);
        return false;
      }
    }
    return this.#compare(await stateOf(this.#a), before, ["undo-differs"]);
  }
}

async function stateOf({ session }: Place): Promise<State> {
  return { catalog: await introspect(session), told: await fingerprint(session) };
}
