import type { ReportedFinding, ReviewReport, ReviewSummary, RuleText, RuleTexts, SilentRule } from "../model/review.ts";
import type { LintFinding, LintResult } from "./lint.ts";
import type { LintRule } from "./rule.ts";

/** What `lint` says: the report of a review, with how much was looked at. */
export interface LintReport extends ReviewReport {
  readonly summary: ReviewSummary & {
    readonly files: number;
    /** Those that were looked at. */
    readonly statements: number;
    /** Statements that do not parse, and were not looked at. */
    readonly syntaxErrors: number;
  };
}

/** The pseudo-rule under which comments are reported that set nothing aside; `review` has the same. */
export const SUPPRESSION_ID = "suppression";

/** The pseudo-rule under which statements are reported that do not parse. No baseline takes them over. */
export const SYNTAX_ID = "syntax-error";

/** A result as it is handed on. Fingerprints go by file, rule and relation, so that they outlive moved lines. */
export function reportOf(
  result: LintResult,
  rules: readonly LintRule[],
  files: number,
  besides: { readonly off: readonly SilentRule[]; readonly baseline: ReadonlySet<string> | null } = {
    off: [],
    baseline: null,
  },
): LintReport {
  const seen = new Map<string, number>();
  const fingerprint = (base: string): string => {
    const nth = (seen.get(base) ?? 0) + 1;
    seen.set(base, nth);
    return nth === 1 ? base : `${base}#${nth}`;
  };
  const unread = result.errors.map(({ file, line, column, message }): ReportedFinding => ({
    rule: SYNTAX_ID,
    severity: "error",
    message: `${message}: the statement was not looked at`,
    file,
    line,
    column,
    equivalents: [],
    fixes: [],
    evidence: [],
    fingerprint: fingerprint(`${SYNTAX_ID}@${file}`),
  }));
  const all = [
    ...result.findings.map((finding) => reported(finding, fingerprint)),
    ...[
      ...result.misdirected.map((one) => ({ ...one, severity: "warning" as const })),
      ...result.unused.map((one) => ({ ...one, severity: "info" as const })),
    ].map(({ file, line, column, message, severity }): ReportedFinding => ({
      rule: SUPPRESSION_ID,
      severity,
      message,
      file,
      line,
      column,
      equivalents: [],
      fixes: [],
      evidence: [],
      fingerprint: fingerprint(`${SUPPRESSION_ID}@${file}`),
    })),
  ];
  const shown = all.filter((one) => besides.baseline?.has(one.fingerprint) !== true);
  const findings = [...unread, ...shown];
  const count = (severity: ReportedFinding["severity"]): number =>
    findings.filter((one) => one.severity === severity).length;
  return {
    findings,
    summary: {
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
      suppressed: result.suppressed,
      baselined: all.length - shown.length,
      rulesRun: rules.length,
      notRun: besides.off,
      failed: result.failed,
      unseen: [],
      files,
      statements: result.statements,
      syntaxErrors: unread.length,
    },
  };
}

function reported(finding: LintFinding, fingerprint: (base: string) => string): ReportedFinding {
  const { rule, severity, message, file, line, column, relation, locks, equivalents, evidence, rewriting } = finding;
  return {
    rule,
    severity,
    message,
    file,
    line,
    column,
    ...(relation === null ? {} : { object: `table ${relation}` }),
    ...(locks.length === 0 ? {} : { locks }),
    equivalents,
    fixes:
      rewriting === null
        ? []
        : [{ title: rewriting.title, safety: rewriting.safety, sql: rewriting.statements.map(({ sql }) => sql) }],
    evidence,
    fingerprint: fingerprint(`${rule}@${file}${relation === null ? "" : ` ${relation}`}`),
  };
}

/** What readers of a report want to know of lint rules. */
export function textsOf(rules: readonly LintRule[]): RuleTexts {
  return new Map(
    rules.map(({ id, area, severity, summary, why, remedy, equivalents }): [string, RuleText] => [
      id,
      { id, area, severity, summary, why, remedy, equivalents },
    ]),
  );
}
