import type { Severity, Evidence } from "../model/finding.ts";
import type { LintScript } from "./script.ts";
import type { LintState } from "./state.ts";
import type { LintStatement } from "./statement.ts";

/** What a lint rule is about. */
export type LintArea = "locks" | "rewrites" | "data loss" | "compatibility" | "transactions" | "rows" | "conventions";

/** One statement of a safe rewriting. No trailing semicolon. */
export interface RewrittenStatement {
  readonly sql: string;
  /** True when it may not run inside a transaction. */
  readonly alone?: boolean;
  /** True when it must wait until what stands before it has been committed. */
  readonly apart?: boolean;
}

/** A safe way to do what a statement does; it takes the statement's place in the file. */
export interface Rewriting {
  readonly title: string;
  /** `safe`: the same end, no other meaning on the way; `review`: a person looks at what it implies. */
  readonly safety: "safe" | "review";
  readonly statements: readonly RewrittenStatement[];
}

/** What a rule says about a statement; the runner adds the place, the lock and the rule's own facts. */
export interface LintObservation {
  /** One sentence with the names in it. */
  readonly message: string;
  /** Where in the file, as a UTF-16 index; the statement's first token where absent. */
  readonly at?: number;
  /** The relation it is about, as SQL spells it. */
  readonly relation?: string;
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
  readonly evidence?: readonly Evidence[];
  readonly rewriting?: Rewriting;
}

/** An example: a script, or a script with what is known beside it. */
export type LintExample =
  | string
  | { readonly sql: string; readonly major?: number; readonly assumeInTransaction?: boolean };

/**
 * A pure check of the statements of migrations. One file per rule; its examples are its first tests: each of `fails`
 * must fire this rule, each of `passes` must not.
 */
export interface LintRule {
  /** Kebab-case, equal to the file's name. */
  readonly id: string;
  readonly area: LintArea;
  readonly severity: Severity;
  /** The same rule in other tools, by their own ids. */
  readonly equivalents: readonly string[];
  /** What is wrong, in one sentence. */
  readonly summary: string;
  /** Why it hurts, with the mechanism. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
  /** True when the harm grows with the table, so that a table known to be small is no incident. */
  readonly growsWithTable?: boolean;
  /** Whether it looks into the bodies of functions, which the migration does not run. Default true. */
  readonly inFunctions?: boolean;
  readonly fails: readonly LintExample[];
  readonly passes: readonly LintExample[];
  /** Looks at one statement, before the state takes it in. */
  check?(statement: LintStatement, state: LintState): Iterable<LintObservation>;
  /** Looks at a file without any statement; `at` is an index of the first script in it. */
  ofEmpty?(script: LintScript): Iterable<LintObservation>;
  /** Looks at what a file leaves behind. `last` is its last statement. */
  atEnd?(state: LintState, last: LintStatement): Iterable<LintObservation>;
  /** Looks at what all files together leave behind. Places are said by the statements concerned. */
  atLast?(state: LintState): Iterable<LintObservation & { readonly statement: LintStatement }>;
}

/** Keeps the types of a rule's parts together. */
export function lintRule(definition: LintRule): LintRule {
  return definition;
}
