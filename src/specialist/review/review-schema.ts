import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { afterChange, UnprintableChange } from "../../model/change.ts";
import { SEVERITIES } from "../../model/finding.ts";
import type { Finding, Fix, Severity } from "../../model/finding.ts";
import type { Proof } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import type {
  ReportedFinding,
  ReportedFix,
  ReviewReport,
  RuleTexts,
  SilentRule,
  UnseenPart,
} from "../../model/review.ts";
import type { Dialect, Statement } from "../../model/statement.ts";
import type { Statistics } from "../../model/statistics.ts";
import { fingerprints, review } from "../../rules/review.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { allRuleIds } from "./all-rule-ids.ts";
import type { ChosenRules } from "./choose-rules.ts";
import type { Configuration } from "./configuration-shape.ts";
import type { Place, Places } from "./places.ts";
import { suppress, SUPPRESSION } from "./suppress.ts";
import type { SuppressionProblem } from "./suppress.ts";

/** A fix that can be tried: the finding it cures and its statements. */
export interface Trial {
  readonly fingerprint: string;
  readonly finding: Finding;
  readonly fix: Fix;
  readonly statements: readonly Statement[];
}

/** Everything a review looks at. */
export interface SchemaReview {
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  readonly statistics: Statistics | null;
  /** Why there are no statistics, for the rules that need them. */
  readonly withoutStatistics: string;
  readonly chosen: ChosenRules;
  /** Every rule there is, chosen or not. */
  readonly all: readonly Rule[];
  readonly configuration: Configuration;
  readonly configurationFile: string | null;
  /** Where SQL makes the objects, with `file` as a person is told it; null for other sources. */
  readonly places: Places | null;
  readonly baseline: ReadonlySet<string> | null;
  readonly unseen: readonly UnseenPart[];
  /** Tries fixes that are called safe; null to leave that. */
  readonly prove: ((trials: readonly Trial[], input: RuleInput) => Promise<ReadonlyMap<Fix, Proof>>) | null;
}

/** What came of a review. */
export interface ReviewedSchema {
  readonly report: ReviewReport;
  /** Of all findings that nobody set aside, those of the baseline included. */
  readonly fingerprints: readonly string[];
  /** Entries of the baseline that are found no more. */
  readonly outdated: readonly string[];
  /** What the fixes of the report's findings change, by the finding's fingerprint, in the report's order. */
  readonly fixes: ReadonlyMap<string, readonly Fix[]>;
}

/** A review together with what it was made of. */
export interface ReviewedSource {
  readonly catalog: Catalog;
  readonly report: ReviewReport;
  readonly texts: RuleTexts;
  readonly fixes: ReviewedSchema["fixes"];
}

interface Placed {
  readonly finding: Finding;
  readonly fingerprint: string;
  readonly place: Place | null;
}

/**
 * Reviews a catalog: runs the rules, takes out what was set aside or is in the baseline, prints the fixes and has
 * the safe ones tried. A rule that throws is reported; the rest go on.
 */
export async function reviewSchema(work: SchemaReview): Promise<ReviewedSchema> {
  const { catalog, dialect, statistics, chosen, configuration } = work;
  const view = viewOf(catalog);
  const { tenantColumn = null, classified = {} } = configuration;
  const input: RuleInput = { view, dialect, statistics, settings: { tenantColumn, classified } };
  const result = review(chosen.rules, input);
  const prints = fingerprints(result.findings);
  const found = result.findings.map((finding, index): Placed => {
    return { finding, fingerprint: prints[index] ?? "", place: work.places?.of(finding.ref, view) ?? null };
  });
  const suppressed = suppress(found, {
    remarks: work.places?.remarks ?? [],
    catalog,
    configuration,
    configurationFile: work.configurationFile ?? "",
    known: await allRuleIds(),
    ran: new Set(result.ran),
  });
  const { baseline } = work;
  const fresh = suppressed.kept.filter(({ fingerprint }) => baseline?.has(fingerprint) !== true);
  const problems = suppressed.problems.filter(({ fingerprint }) => baseline?.has(fingerprint) !== true);
  const printed = new Map(
    fresh.flatMap(({ finding }) => finding.fixes.map((fix) => [fix, statementsOf(fix, work)] as const)),
  );
  const proofs = await tryFixes(fresh, printed, input, work);
  const findings = [
    ...fresh.map((one) => reported(one, printed, proofs, work.all)),
    ...problems.map(reportedProblem),
  ].toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const kept = [...suppressed.kept, ...suppressed.problems].map(({ fingerprint }) => fingerprint);
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  return {
    report: {
      findings,
      summary: {
        errors: count("error"),
        warnings: count("warning"),
        infos: count("info"),
        suppressed: suppressed.count,
        baselined: suppressed.kept.length - fresh.length + suppressed.problems.length - problems.length,
        rulesRun: result.ran.length,
        notRun: [
          ...chosen.off,
          ...forOtherEngines(chosen, work.catalog.engine.name),
          ...result.notRun.map(({ rule }) => ({ rule, why: work.withoutStatistics })),
        ],
        failed: result.failed,
        unseen: work.unseen,
      },
    },
    fingerprints: kept,
    fixes: new Map(fresh.map(({ fingerprint, finding }) => [fingerprint, finding.fixes])),
    outdated: outdated(baseline, kept, new Set(result.ran)),
  };
}

interface Printed {
  readonly statements: readonly Statement[];
  readonly unprintable: string | null;
}

function statementsOf(fix: Fix, { catalog, dialect }: SchemaReview): Printed {
  try {
    let at = catalog;
    const statements = fix.changes.flatMap((change, index) => {
      const printed = dialect.change(change, at);
      // Where a change means a table built anew, the next one must know of it. The other engines alter in place,
      // and a new catalog for each of a thousand fixes would cost more than all the rest.
      if (dialect.engine === "sqlite" && index + 1 < fix.changes.length) at = afterChange(at, change);
      return printed;
    });
    return { statements, unprintable: null };
  } catch (error) {
    if (!(error instanceof UnprintableChange)) throw error;
    return { statements: [], unprintable: error.message };
  }
}

async function tryFixes(
  fresh: readonly Placed[],
  printed: ReadonlyMap<Fix, Printed>,
  input: RuleInput,
  { prove }: SchemaReview,
): Promise<ReadonlyMap<Fix, Proof>> {
  const trials = fresh.flatMap(({ finding, fingerprint }) =>
    finding.fixes.flatMap((fix): Trial[] => {
      const statements = printed.get(fix)?.statements ?? [];
      return fix.safety === "safe" && statements.length > 0 ? [{ fingerprint, finding, fix, statements }] : [];
    }),
  );
  return prove === null || trials.length === 0 ? new Map() : await prove(trials, input);
}

function reported(
  { finding, fingerprint, place }: Placed,
  printed: ReadonlyMap<Fix, Printed>,
  proofs: ReadonlyMap<Fix, Proof>,
  all: readonly Rule[],
): ReportedFinding {
  const { rule, severity, message, ref, evidence } = finding;
  return {
    rule,
    severity,
    message,
    ...(place === null ? {} : { file: place.file, line: place.line }),
    object: refKey(ref),
    equivalents: all.find(({ id }) => id === rule)?.equivalents ?? [],
    fixes: finding.fixes.map((fix): ReportedFix => {
      const { statements, unprintable } = printed.get(fix) ?? { statements: [], unprintable: null };
      const proof = proofs.get(fix);
      return {
        title: fix.title,
        safety: fix.safety,
        sql: statements.map(({ sql }) => sql),
        ...(unprintable === null ? {} : { unprintable }),
        ...(proof === undefined ? {} : { proof }),
      };
    }),
    evidence,
    fingerprint,
  };
}

function reportedProblem({ severity, message, file, line, object, fingerprint }: SuppressionProblem): ReportedFinding {
  return {
    rule: SUPPRESSION.id,
    severity,
    message,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(object === undefined ? {} : { object }),
    equivalents: [],
    fixes: [],
    evidence: [],
    fingerprint,
  };
}

// Of a rule that did not look nothing can be said.
function outdated(
  baseline: ReadonlySet<string> | null,
  found: readonly string[],
  ran: ReadonlySet<string>,
): readonly string[] {
  const there = new Set(found);
  return [...(baseline ?? [])].filter((print) => !there.has(print) && ran.has(print.slice(0, print.indexOf("@"))));
}

/** Whether a report holds a finding at or above a severity. */
export function reaches({ findings }: ReviewReport, failOn: Severity | "never"): boolean {
  if (failOn === "never") return false;
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn));
}

// A gate of one rule must not pass because that rule does not know the engine.
function forOtherEngines({ rules, named }: ChosenRules, engine: Catalog["engine"]["name"]): readonly SilentRule[] {
  return rules
    .filter((rule) => named?.includes(rule.id) === true && !rule.engines.includes(engine))
    .map((rule) => ({ rule: rule.id, why: `is a rule for ${rule.engines.join(", ")}; the source is ${engine}` }));
}
