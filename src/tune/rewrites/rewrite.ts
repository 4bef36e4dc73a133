import type { CatalogView } from "../../model/catalog-view.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Node } from "../../sql/nodes.ts";

/** What a rewrite may know besides the statement. */
export interface RewriteContext {
  readonly view: CatalogView;
  /** Null: no statistics were read. A rewrite's meaning never depends on them, only whether it is worth a try. */
  readonly statistics: Pick<PlannerStatistics, "columns" | "relations"> | null;
  /** Major version of the server. */
  readonly major: number;
  /** Schemas in which unqualified names are looked up, in order. */
  readonly searchPath: readonly string[];
}

/** A fact on which the sameness rests, with where it was read. */
export interface Precondition {
  /** E.g. `public.task.owner_id is NOT NULL`. */
  readonly what: string;
  /** E.g. `column constraint`, `primary key task_pkey`, `the statement's own WHERE`. */
  readonly from: string;
}

/** One way of writing a statement differently. The tree is a new one; the given one is never changed. */
export interface Rewriting {
  readonly after: Node;
  readonly preconditions: readonly Precondition[];
  /** Why both give the same rows, in a few sentences that name the preconditions. */
  readonly argument: string;
  /** Whether ORDER BY decides the order of rows, so that it has to be the same, or rows are compared as a bag. */
  readonly ordered: boolean;
  /** What must exist for it to be faster, as CREATE INDEX; none: nothing. */
  readonly wants?: readonly string[];
}

/** A rewrite: one file, one idea. Proposals are tried on the twin before anybody sees them. */
export interface Rewrite {
  readonly id: string;
  readonly title: string;
  /** Why the first form is slow, with the mechanism. */
  readonly why: string;
  /** Documented examples, which are the first tests: in a schema, what is rewritten to what, and what must be left alone. */
  readonly examples: readonly {
    readonly schema: string;
    readonly before: string;
    /** Null: it must be left alone. */
    readonly after: string | null;
    readonly note?: string;
  }[];
  /**
   * It looks itself after functions whose value differs from call to call. Absent: statements that call one are left
   * alone, since how often they are called would change.
   */
  readonly mindsVolatile?: true;
  /** All ways in which this rewrite applies to a statement; empty when none of its preconditions holds. */
  rewrite(statement: Node, context: RewriteContext): readonly Rewriting[];
}

/** Keeps the types of a rewrite's parts together. */
export const rewrite = (definition: Rewrite): Rewrite => definition;

/** What trying two statements on adversarial rows showed. */
export type Equivalence =
  | {
      readonly verdict: "equivalent-on-twin";
      /** Databases on which both gave the same. */
      readonly databases: number;
      /** Of those, in how many the answer was not empty. */
      readonly withRows: number;
    }
  | {
      readonly verdict: "not-equivalent";
      /** The smallest set of rows found on which they differ: INSERT statements of made-up values, and both answers. */
      readonly counterexample: {
        readonly inserts: readonly string[];
        readonly before: readonly string[];
        readonly after: readonly string[];
        /** What stood in the place of `$1`, `$2`, …, null for NULL; absent: there are none. */
        readonly parameters?: readonly (string | null)[];
      };
    }
  | { readonly verdict: "not-tried"; readonly why: string };
