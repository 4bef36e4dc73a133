import type { ReportedFinding, ReviewReport } from "../../model/review.ts";

/** A report of these findings, of one rule that looked at everything; `summary` goes before. */
export function reportWith(
  findings: readonly ReportedFinding[],
  summary: Partial<ReviewReport["summary"]> = {},
): ReviewReport {
  return {
    findings,
    summary: {
      errors: 0,
      warnings: findings.length,
      infos: 0,
      suppressed: 0,
      baselined: 0,
      rulesRun: 1,
      notRun: [],
      failed: [],
      unseen: [],
      ...summary,
    },
  };
}
