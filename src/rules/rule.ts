import type { EngineId } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Evidence, Finding, Fix, Severity } from "../model/finding.ts";
import type { Ref } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { Statistics } from "../model/statistics.ts";

/** What a rule is about. */
export type Area = "schema" | "index" | "integrity" | "security" | "privacy" | "naming" | "operations";

/** What a rule may look at. Everything is a value: a rule reads no file and asks no server. */
export interface RuleInput {
  readonly view: CatalogView;
  readonly dialect: Dialect;
  /** Null when the source is a file: rules that need it are then not run, and that is said. */
  readonly statistics: Statistics | null;
  /** Names the user declared, from the configuration. */
  readonly settings: RuleSettings;
}

/** What a project tells the rules about itself. */
export interface RuleSettings {
  /** The column that carries the tenant, where there is one. */
  readonly tenantColumn: string | null;
  /** Columns the project has classified: `schema.table.column` to the classification. */
  readonly classified: Readonly<Record<string, string>>;
}

/** A finding as a rule yields it; the runner adds the rule's id and default severity. */
export interface Observation {
  readonly ref: Ref;
  readonly message: string;
  readonly evidence?: readonly Evidence[];
  readonly fixes?: readonly Fix[];
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
}

/**
 * A pure check of a catalog. One file per rule; the documented examples are its first tests: each of
 * `fails` must fire this rule, each of `passes` must not.
 */
export interface Rule {
  /** Kebab-case, equal to the file's name. */
  readonly id: string;
  readonly area: Area;
  readonly severity: Severity;
  readonly engines: readonly EngineId["name"][];
  /** The same rule in other tools, by their own ids: `splinter:0001`, `squawk:prefer-identity`. */
  readonly equivalents: readonly string[];
  /** What is wrong, in one sentence. */
  readonly summary: string;
  /** Why it hurts, with the mechanism. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
  /**
   * The best fix that it offers for one of its examples; absent where it offers none. What is `safe` is proved on the
   * twin, and what is for `review` is run and cures the finding, in its tests.
   */
  readonly fix?: Fix["safety"];
  /** True when it can only be judged on a live server. */
  readonly needsStatistics?: boolean;
  /** DDL that must fire the rule. */
  readonly fails: readonly string[];
  /** DDL that must not. */
  readonly passes: readonly string[];
  /** Examples in the DDL of another engine of `engines`, where it does not read those above or reads them otherwise. */
  readonly examplesOn?: Partial<Record<EngineId["name"], Pick<Rule, "fails" | "passes">>>;
  check(input: RuleInput): Iterable<Observation>;
}

/** Keeps the types of a rule's parts together. */
export function rule(definition: Rule): Rule {
  return definition;
}

/** An observation as a finding of its rule. */
export function findingOf(of: Rule, observation: Observation): Finding {
  return {
    rule: of.id,
    severity: observation.severity ?? of.severity,
    ref: observation.ref,
    message: observation.message,
    evidence: observation.evidence ?? [],
    fixes: observation.fixes ?? [],
  };
}
