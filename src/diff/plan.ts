import type { Catalog } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { invalid } from "../model/error.ts";
import { LOCK_MODES } from "../model/plan.ts";
import type { ColumnMove, Plan, Step } from "../model/plan.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { Statistics } from "../model/statistics.ts";
import { arrangedByPhase, cutPieces, recreation } from "./arrange.ts";
import { compare, isAlike, sideOf } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import { departuresOf, referredPartitions } from "./departures.ts";
import type { Departures } from "./departures.ts";
import { effectsOfDrafts } from "./effects.ts";
import { inheritance } from "./heirs.ts";
import type { Inheritance } from "./heirs.ts";
import { likelyRenames } from "./likely-renames.ts";
import type { BothStatistics } from "./likely-renames.ts";
import { ownBesides } from "./own-besides.ts";
import { withOwnersOf } from "./owners.ts";
import { withSameNames } from "./same-things.ts";
import { withOutages } from "./outages.ts";
import { draftsOf, transactionsOf, withUncheckedBodies } from "./steps.ts";
import type { Draft, Sheet } from "./steps.ts";
import { renamesInTurn } from "./stated-renames.ts";
import { changeColumnType } from "./strategies/change-column-type.ts";
import { newCounters } from "./strategies/counted.ts";
import { namesAfter } from "./strategies/following-names.ts";
import { generateThroughCopy, tablesToCopy } from "./strategies/generate-through-copy.ts";
import { moveColumn } from "./strategies/move-column.ts";
import { drop } from "./piece.ts";
import { STRATEGIES } from "./strategies/registry.ts";
import type { Strategy, StrategyContext } from "./strategy.ts";
import { waysOf } from "./ways.ts";
import type { Way } from "./ways.ts";

/** How a plan is made. */
export interface PlanOptions {
  readonly dialect: Dialect;
  /** Sizes of the tables of FROM; null or absent: every table may be large. */
  readonly statistics?: Statistics | null;
  /** What is known of the rows of TO, where it is a database that lives: it tells renames from new columns. */
  readonly statisticsOfTo?: Statistics | null;
  /** The shortest script, whatever it locks. */
  readonly direct?: boolean;
  /**
   * Both sides were read from scratch databases, where what states no owner belongs to whoever runs the plan. Absent: an
   * owner that TO does not state stays as it is in FROM.
   */
  readonly exactOwners?: boolean;
  /** Ways of making unsafe changes; absent: all there are. */
  readonly strategies?: readonly Strategy[];
  /**
   * Renames that come first, of objects of the catalog `from`. The catalog that is planned from is then the one that
   * they lead to, as only a server follows a name into every text.
   */
  readonly renames?: { readonly changes: readonly Change[]; readonly from: Catalog };
  /** Columns that move to other tables. Their values are kept by the shortest way, too. */
  readonly moves?: readonly ColumnMove[];
}

/**
 * How long a step waits for a lock that keeps out writers or readers, before it gives up and lets others pass; the
 * runner then tries again. Whoever comes later waits behind a statement that waits, so this is the longest block.
 */
export const LOCK_TIMEOUT_MS = 75;

// The same for a lock that keeps out neither: nobody waits behind it, and to begin again may cost more.
const WEAK_LOCK_TIMEOUT_MS = 2_000;

/** Rows up to which a table is so small that its rewriting or scanning keeps nobody waiting. */
export const SMALL_ROWS_MAX = 10_000;

/**
 * The way from one catalog to another. Pure and deterministic; without a difference there are no steps. Linear in
 * the catalogs where they are alike.
 */
export async function planDiff(given: Catalog, wanted: Catalog, options: PlanOptions): Promise<Plan> {
  const { dialect } = options;
  const to = options.exactOwners === true ? wanted : withOwnersOf(given, wanted);
  const { comparison, changes } = withSameNames(compare(given, to), dialect);
  const from = comparison.from.catalog;
  if (isAlike(comparison) && changes.length === 0 && options.renames === undefined)
    return nothingToDo(comparison, options);
  const decision = decide(comparison, dialect, copied(comparison, options));
  const heirs = inheritance(comparison, decision);
  const pieces = cutPieces(comparison, decision, heirs, options.direct === true);
  const strategies = options.direct === true ? keepingRows(options) : (options.strategies ?? STRATEGIES);
  const apart = new Set([...decision.dropped.keys()].filter((key) => (pieces.get(drop(key))?.change ?? null) !== null));
  const context = { ...contextOf(comparison, decision, options), apart };
  const ways = arrangedByPhase(waysOf(pieces, strategies, context));
  const unreachable: { what: string; why: string }[] = [...ownBesides(comparison, decision)];
  const departures = departuresOf(ways, comparison, decision);
  const sheet: Sheet = {
    catalogs: { from, to },
    dialect,
    recreate: recreation(comparison),
    created: decision.created,
    ...returns(heirs, departures, comparison),
    referred: referredPartitions(comparison, decision),
    counted: new Set(ways.flatMap((way) => countedBy(way, context))),
    unreachable: (change, why) => {
      unreachable.push({ what: `${change.type} ${refKey("object" in change ? change.object : change.before)}`, why });
    },
  };
  const drafts = withUncheckedBodies([
    ...renameDrafts(options, to),
    ...renameDrafts({ ...options, renames: { changes, from: given } }, to),
    ...ways.flatMap((way) => draftsOf(way, sheet)),
  ]);
  const steps = withOutages(await stepsOf(drafts, from, dialect));
  return {
    engine: from.engine,
    steps,
    irreversible: steps.flatMap((step) =>
      step.irreversible === null ? [] : [{ what: firstLine(step.sql), why: step.irreversible }],
    ),
    unreachable,
    likelyRenames: likelyRenames(comparison, dialect, bothOf(options)),
    ...(options.moves === undefined || options.moves.length === 0 ? {} : { moves: options.moves }),
    uncompared: uncompared(from, to),
  };
}

function returns(
  { givenBack }: Inheritance,
  departures: Departures | null,
  comparison: Comparison,
): Pick<Sheet, "givenBack" | "departures"> {
  if (departures === null) return { givenBack };
  const all = new Map(givenBack);
  for (const [key, backs] of departures.givenBack) all.set(key, [...(all.get(key) ?? []), ...backs]);
  const recreate = recreation({ ...comparison, from: sideOf(departures.catalog) });
  return { givenBack: all, departures: { ...departures, recreate } };
}

// The way between equal catalogs.
function nothingToDo(comparison: Comparison, { moves = [] }: PlanOptions): Plan {
  const [from, to] = [comparison.from.catalog, comparison.to.catalog];
  const untouched = { dropped: new Map(), created: new Map(), loose: new Map() };
  return {
    engine: from.engine,
    steps: [],
    irreversible: [],
    unreachable: from === to ? [] : ownBesides(comparison, untouched),
    likelyRenames: [],
    ...(moves.length === 0 ? {} : { moves }),
    uncompared: uncompared(from, to),
  };
}

// A column that is exchanged has its new counter go on in the same moment.
function countedBy({ change, strategy }: Way, context: StrategyContext): readonly RefKey[] {
  if (strategy?.id !== changeColumnType.id || change?.type !== "alter" || change.after.kind !== "column") return [];
  return newCounters(change.after, context).map(refKey);
}

const bothOf = ({ statistics: from = null, statisticsOfTo: to = null }: PlanOptions): BothStatistics | null =>
  from === null || to === null ? null : { from, to };

// Without it the values would be lost, which nobody wants who states a move.
const keepingRows = ({ moves = [] }: PlanOptions): readonly Strategy[] => (moves.length === 0 ? [] : [moveColumn]);

function renameDrafts({ renames, dialect, statistics, ...options }: PlanOptions, to: Catalog): readonly Draft[] {
  if (renames === undefined) return [];
  const strategies = options.direct === true ? [] : (options.strategies ?? STRATEGIES);
  const base: StrategyContext = {
    from: renames.from,
    to,
    dialect,
    major: Number.parseInt(renames.from.engine.version, 10),
    statistics: statistics ?? null,
    created: new Set(),
    smallRowsMax: SMALL_ROWS_MAX,
  };
  const sheet: Sheet = {
    catalogs: { from: renames.from, to },
    dialect,
    recreate: () => [],
    created: new Map(),
    unreachable: (_, why) => {
      throw invalid({ what: why, where: "--rename" });
    },
  };
  return renamesInTurn(renames.changes, base).flatMap(({ change, context }): readonly Draft[] => {
    const strategy = strategies.find((one) => one.engines.includes(dialect.engine) && one.applies(change, context));
    const made = strategy === undefined ? null : { id: strategy.id, steps: strategy.steps(change, context) };
    const id = `rename ${refKey(change.type === "rename" ? change.before : change.type === "alter" ? change.before : change.object)}`;
    const drafts = draftsOf(
      {
        id,
        rank: 0,
        change,
        against: "from",
        rebuild: false,
        needs: new Set(),
        wishes: new Set(),
        along: [],
        strategy: made,
        label: null,
      },
      sheet,
    );
    const last = drafts.at(-1);
    if (strategy !== undefined || last === undefined) return drafts;
    return [...drafts, ...namesAfter(change, context).map((one): Draft => ({ ...last, ...one, irreversible: null }))];
  });
}

// Tables that are made anew though a statement would alter them.
function copied(comparison: Comparison, options: PlanOptions): ReadonlySet<RefKey> {
  const { strategies = STRATEGIES, direct } = options;
  if (direct === true || !strategies.includes(generateThroughCopy)) return new Set();
  const none = { created: new Map(), dropped: new Map() };
  return tablesToCopy(comparison.come.values(), contextOf(comparison, none, options));
}

function contextOf(
  comparison: Comparison,
  decision: Pick<Decision, "created" | "dropped">,
  options: PlanOptions,
): StrategyContext {
  const { catalog: from } = comparison.from;
  return {
    from,
    to: comparison.to.catalog,
    dialect: options.dialect,
    major: Number.parseInt(from.engine.version, 10),
    statistics: options.statistics ?? null,
    created: new Set(decision.created.keys()),
    gone: new Set(decision.dropped.keys()),
    smallRowsMax: SMALL_ROWS_MAX,
    ...(options.moves === undefined ? {} : { moves: options.moves }),
    ...(options.direct === true ? { direct: true } : {}),
  };
}

async function stepsOf(drafts: readonly Draft[], from: Catalog, dialect: Dialect): Promise<Step[]> {
  const effects = await effectsOfDrafts(drafts, from, dialect);
  const transactions = transactionsOf(drafts);
  return drafts.map(({ together, ...draft }, index): Step => {
    const effect = effects[index];
    const locks = effect?.locks ?? [];
    return {
      ...draft,
      locks,
      rewrites: effect?.rewrites ?? [],
      scans: effect?.scans ?? [],
      losesData: draft.losesData,
      transaction: together === null ? null : (transactions[index] ?? null),
      lockTimeout_ms: lockTimeoutFor(locks, draft.transactional),
    };
  });
}

// A statement that may not run in a transaction (CONCURRENTLY) waits for others in between, and has to.
function lockTimeoutFor(locks: Step["locks"], transactional: boolean): number | null {
  if (locks.length === 0 || !transactional) return null;
  const keepsOut = locks.some(({ mode }) => LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("SHARE"));
  return keepsOut ? LOCK_TIMEOUT_MS : WEAK_LOCK_TIMEOUT_MS;
}

const firstLine = (sql: string): string => sql.split("\n", 1)[0] ?? "";

function uncompared(from: Catalog, to: Catalog): string[] {
  const names = [...from.unmodelled, ...to.unmodelled].map(({ kind, name }) => `${kind} ${name}`);
  return [...new Set(names)].toSorted();
}
