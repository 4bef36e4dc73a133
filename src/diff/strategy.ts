import type { Catalog, EngineId } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import type { ColumnMove, Step } from "../model/plan.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { Statistics } from "../model/statistics.ts";

/** What a strategy may look at. Everything is a value. */
export interface StrategyContext {
  /** What the database holds when the change is made. */
  readonly from: Catalog;
  readonly to: Catalog;
  readonly dialect: Dialect;
  /** The server's major, e.g. 16. */
  readonly major: number;
  /** Sizes, where the database lives; null when FROM is a file, and every table may be large. */
  readonly statistics: Statistics | null;
  /** Tables (keys) that this plan itself creates: they hold no row and nobody waits for them. */
  readonly created: ReadonlySet<string>;
  /**
   * Objects (keys) of FROM that the plan drops by itself, be it to build them again: they are out of the way when
   * the change is made, and no strategy's affair. Absent: none.
   */
  readonly gone?: ReadonlySet<string>;
  /** Those among them (keys) that are dropped by a statement of their own. Absent: none. */
  readonly apart?: ReadonlySet<string>;
  /** Rows up to which a table is small enough for the direct way. */
  readonly smallRowsMax: number;
  /** Columns that somebody states to move to other tables; absent: none. */
  readonly moves?: readonly ColumnMove[];
  /** The shortest way is wanted, whatever it locks. Only strategies without which rows would be lost are asked then. */
  readonly direct?: true;
}

/** A step as a strategy states it: its locks, rewrites and scans are found out from its SQL. */
export type StrategyStep = Pick<Step, "sql" | "undo" | "phase" | "compatible"> &
  Partial<
    Pick<
      Step,
      | "irreversible"
      | "transactional"
      | "statementTimeout_ms"
      | "batch"
      | "cleanup"
      | "note"
      | "losesData"
      | "verified"
      | "moves"
    >
  > & {
    /** Steps with the same label that follow one another run in one transaction; absent: by itself. */
    readonly together?: string;
    /**
     * The moment at which the object is exchanged: what depends on it (views, policies) is dropped right before
     * the first such step and built again right after the last, in the same transaction. Where no step says so,
     * dependents are out of the way during all steps.
     */
    readonly swap?: true;
  };

/**
 * How one unsafe change is made without holding up readers and writers. One file per strategy; the planner takes
 * the first that applies, else prints the change directly.
 */
export interface Strategy {
  /** Kebab-case, equal to the file's name. */
  readonly id: string;
  readonly engines: readonly EngineId["name"][];
  /** What it does instead of what, in one sentence. */
  readonly summary: string;
  /** Whether it is the way for this change. */
  applies(change: Change, context: StrategyContext): boolean;
  /**
   * Of all the plan's changes those that this one makes along with its own (the partitions of a table that becomes
   * partitioned, the key that a new one replaces); the planner leaves them out. `changesOf` gives the plan's changes
   * of the object at a key (before a rename). Absent: none.
   */
  takes?(change: Change, changesOf: (key: RefKey) => readonly Change[], context: StrategyContext): readonly Change[];
  /** Changes of the plan after which this one's first step comes. Absent: none but those that it needs anyway. */
  after?(change: Change, changesOf: (key: RefKey) => readonly Change[], context: StrategyContext): readonly Change[];
  /** The steps, in order; after all of them the change is made. */
  steps(change: Change, context: StrategyContext): readonly StrategyStep[];
}
