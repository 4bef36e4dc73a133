import { compare, isAlike } from "../../diff/compare.ts";
import { planDiff } from "../../diff/plan.ts";
import type { PlanOptions } from "../../diff/plan.ts";
import { movesIn } from "../../diff/move-requests.ts";
import { renameRequests, renamesIn } from "../../diff/rename-requests.ts";
import type { ActionContext } from "../../model/action.ts";
import { invalid } from "../../model/error.ts";
import type { Plan } from "../../model/plan.ts";
import type { Proof } from "../../model/proof.ts";
import type { Statistics } from "../../model/statistics.ts";
import { dialectOf } from "../dialect.ts";
import { LazyServer } from "../lazy-server.ts";
import { readSource, withStatedOwners } from "../source.ts";
import type { ReadSource, ReadSourceOptions } from "../source.ts";
import { isOnOwners } from "../load/judge.ts";
import type { Gift } from "../load/report.ts";
import { statesOwners } from "../owners/give-away.ts";
import { unprovedWithRows } from "../prove-plan/unproved-with-rows.ts";
import { makePlan } from "./make-plan.ts";
import type { MadePlan } from "./make-plan.ts";

/** Two sources as a user names them, and how the way between them is to be made. */
export interface BetweenOptions {
  readonly from: string;
  readonly to: string;
  readonly direct: boolean;
  /** `public.task.title=name`. */
  readonly rename?: readonly string[] | undefined;
  /** `public.task.title=public.task_detail.title on task_detail.task_id=task.id`. */
  readonly move?: readonly string[] | undefined;
  readonly engine?: string | undefined;
  readonly twin?: string | undefined;
  readonly schemas?: readonly string[] | undefined;
  readonly prove: boolean;
  /** Synthetic rows in each table for the proof. */
  readonly rows: number;
  /** Whether folders of programs are run for what they send; see `ReadSourceOptions`. */
  readonly programs?: boolean;
}

/**
 * Reads two sources, plans the way from the first to the second, and proves it on the twin, which is closed at the
 * end. What a person should know is told as notes of the progress. Throws `invalid` (exit 2) for sources that cannot
 * be compared and for renames that name nothing; what {@link readSource} throws, too.
 */
export async function planBetween(options: BetweenOptions, context: ActionContext): Promise<MadePlan> {
  const twin = new LazyServer(options, context);
  try {
    const [from, to] = await readBoth(options, context, twin);
    const dialect = await dialectOf(from.catalog);
    if (from.catalog.engine.name !== "postgres" || to.catalog.engine.name !== "postgres") {
      throw invalid({
        what: `a plan from ${from.catalog.engine.name} to ${to.catalog.engine.name} is not made by this version`,
        where: "FROM and TO",
        expected: "two PostgreSQL schemas",
      });
    }
    const requests = [
      ...(options.rename ?? []).map((text) => ({ text, where: "--rename" })),
      ...(to.load?.scripts ?? []).flatMap(({ text, file }) => renamesIn(text, file)),
    ];
    // Between equal catalogs nobody asks how large a table is.
    const sides = isAlike(compare(from.catalog, to.catalog))
      ? []
      : [statisticsOf(options.from, from, context), statisticsOf(options.to, to, context)];
    const [statistics = null, statisticsOfTo = null] = await Promise.all(sides);
    const planning = {
      dialect,
      direct: options.direct,
      statistics,
      statisticsOfTo,
      exactOwners: from.kind === "sql" && to.kind === "sql",
    };
    const stated = renameRequests(requests, from.catalog, to.catalog);
    const answered = stated.length > 0 ? [] : await answeredRenames(from, to, planning, context);
    const made = await makePlan({
      from,
      to,
      planning,
      renames: answered.length === 0 ? stated : renameRequests(answered, from.catalog, to.catalog),
      moves: [
        ...(options.move ?? []).map((text) => ({ text, where: "--move" })),
        ...(to.load?.scripts ?? []).flatMap(({ text, file }) => movesIn(text, file)),
      ],
      prove: options.prove,
      rows: options.rows,
      server: () => twin.open(from.catalog),
      searchPath: context.searchPath,
      signal: context.signal,
      progress: context.progress,
    });
    if (made.appended > 0)
      context.progress.note(
        `${made.appended} steps were found only by running the plan on the twin; they stand at its end`,
      );
    warn(made.proof, made.plan, context);
    return made;
  } finally {
    await twin.close();
  }
}

// What looks like a rename, put to whoever sits at the terminal. Who states some renames has thought of them all.
async function answeredRenames(
  from: ReadSource,
  to: ReadSource,
  planning: PlanOptions,
  { confirm }: ActionContext,
): Promise<readonly { readonly text: string; readonly where: string }[]> {
  if (confirm === undefined) return [];
  const { likelyRenames } = await planDiff(from.catalog, to.catalog, planning);
  const answered: { text: string; where: string }[] = [];
  for (const { flag, from: was, to: is, why } of likelyRenames)
    if (await confirm(`Is ${was} now called ${is} (${why})? If not, its rows are lost.`))
      answered.push({ text: flag, where: "the answer" });
  return answered;
}

// A live database first: files are then run on a server of its version.
async function readBoth(
  options: BetweenOptions,
  context: ActionContext,
  twin: LazyServer,
): Promise<readonly [ReadSource, ReadSource]> {
  let live: ReadSource | null = null;
  const reading: ReadSourceOptions = {
    server: () => twin.open(live?.catalog ?? null),
    cwd: context.cwd,
    signal: context.signal,
    progress: context.progress,
    engine: twin.engine,
    ...(options.schemas === undefined ? {} : { schemas: options.schemas }),
    ...(options.programs === undefined ? {} : { programs: options.programs }),
  };
  const read = async (source: string): Promise<ReadSource> => {
    const found = await readSource(source, reading);
    if (found.kind === "live") live ??= found;
    return found;
  };
  const told = (source: string, notes: readonly string[]): void => {
    for (const note of notes) context.progress.note(`${shownSource(source)}: ${note}`);
  };
  const sides = await readInTurn(options, read);
  return await ownedAsStated(options, sides, reading, told);
}

// Owners are compared where both sides state them.
async function ownedAsStated(
  options: BetweenOptions,
  [from, to]: readonly [ReadSource, ReadSource],
  reading: ReadSourceOptions,
  told: (source: string, notes: readonly string[]) => void,
): Promise<readonly [ReadSource, ReadSource]> {
  const giftsOf = ({ kind, load }: ReadSource): readonly Gift[] | null =>
    kind === "sql" ? (load?.report.gifts ?? []) : kind === "live" ? null : [];
  const owned = async (side: ReadSource, other: ReadSource, source: string): Promise<ReadSource> => {
    const gifts = giftsOf(side);
    if (gifts === null || !statesOwners(gifts, giftsOf(other))) {
      told(source, side.notes);
      return side;
    }
    told(
      source,
      side.notes.filter((note) => !isOnOwners(note)),
    );
    const given = await withStatedOwners(side, other.expectedOwners ?? [], reading);
    told(source, given.notes);
    return given;
  };
  if (from === to) {
    told(options.from, from.notes);
    return [from, to];
  }
  return [await owned(from, to, options.from), await owned(to, from, options.to)];
}

// One after the other where the second needs to know the first's version.
async function readInTurn(
  options: BetweenOptions,
  read: (source: string) => Promise<ReadSource>,
): Promise<readonly [ReadSource, ReadSource]> {
  if (isUrl(options.from) && isUrl(options.to)) {
    // The same server, database, role and settings: one reading, which is then one snapshot of both sides.
    if (options.from === options.to) {
      const both = await read(options.from);
      return [both, both];
    }
    // Two servers, or two sessions of one, read side by side.
    return await Promise.all([read(options.from), read(options.to)]);
  }
  if (!isUrl(options.from) && isUrl(options.to)) {
    const to = await read(options.to);
    return [await read(options.from), to];
  }
  const from = await read(options.from);
  return [from, await read(options.to)];
}

const isUrl = (source: string): boolean => /^postgres(?:ql)?:\/\//i.test(source);

/** A source as it may be shown: a URL without its password. */
export function shownSource(source: string): string {
  if (!isUrl(source)) return source;
  try {
    const url = new URL(source);
    return `${url.protocol}//${url.username === "" ? "" : `${url.username}@`}${url.host}${url.pathname}`;
  } catch {
    return "a live database";
  }
}

async function statisticsOf(
  source: string,
  { kind, catalog }: ReadSource,
  context: ActionContext,
): Promise<Statistics | null> {
  if (kind !== "live" || !isUrl(source)) return null;
  const { connect } = await import("../../engines/postgres/driver.ts");
  const { readStatistics } = await import("../../engines/postgres/statistics.ts");
  const session = await connect({ url: source, signal: context.signal });
  try {
    return await readStatistics(session, catalog, { signal: context.signal });
  } catch (error) {
    context.signal.throwIfAborted();
    context.progress.note(
      `the sizes of tables could not be read, so each may be large: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  } finally {
    await session.close();
  }
}

function warn(proof: Proof | null, plan: Plan, { progress }: ActionContext): void {
  if (proof?.verdict === "refuted")
    progress.note(`this script was REFUTED on the twin: ${proof.reason ?? "no reason"}`);
  const unproved = proof === null ? null : unprovedWithRows(proof);
  if (unproved !== null) progress.note(`not proved with rows: ${unproved}`);
  for (const { what, why } of plan.unreachable) progress.note(`no statement makes this change: ${what}: ${why}`);
  for (const { flag, from, to, why } of plan.likelyRenames)
    progress.note(`is ${from} now called ${to} (${why})? Then say --rename ${flag}; else its rows are lost`);
}
