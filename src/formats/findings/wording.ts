import type { Severity } from "../../model/finding.ts";
import type { ReportedFinding, ReportedFix, ReviewSummary } from "../../model/review.ts";

/** The severities as a reader meets them: worst first. */
export const WORST_FIRST: readonly Severity[] = ["error", "warning", "info"];

/** `1 error`, `3 warnings`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** How a fix stands, never more than was observed: `safe, proved on PostgreSQL 18.4`. */
export function standingOf({ safety, proof, unprintable }: ReportedFix): string {
  if (unprintable !== undefined) return `${safety}, without SQL: ${unprintable}`;
  if (proof === undefined) return safety === "safe" ? "safe by its rule, not proved" : safety;
  // A twin of depth "schema" holds no rows: what rows would have said was not asked.
  if (proof.verdict === "proved") return `${safety}, proved on a copy without rows (${proof.twin.server})`;
  return `not proved: ${proof.reason ?? "the proof gives no reason"}`;
}

/** The summary in one line. */
export function summaryLine(summary: ReviewSummary): string {
  const { errors, warnings, infos, suppressed, baselined, rulesRun, notRun, failed } = summary;
  const parts = [
    counted(errors, "error"),
    counted(warnings, "warning"),
    counted(infos, "info"),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(baselined > 0 ? [`${baselined} in the baseline`] : []),
    `${counted(rulesRun, "rule")} run`,
    ...(notRun.length > 0 ? [`${notRun.length} not run`] : []),
    ...(failed.length > 0 ? [`${failed.length} broke`] : []),
  ];
  return parts.join(" · ");
}

/** Silent rules by their reason, so that a reason is told once: `[why, rules]`. */
export function byReason(
  silent: readonly { readonly rule: string; readonly why: string }[],
): readonly (readonly [why: string, rules: readonly string[]])[] {
  const reasons = new Map<string, string[]>();
  for (const { rule, why } of silent) reasons.set(why, [...(reasons.get(why) ?? []), rule]);
  return [...reasons];
}

/** What a finding hangs on, as people name it: the table, or the object itself where it has none. */
export function groupOf(finding: ReportedFinding): string {
  const [kind = "", ...rest] = (finding.object ?? "").split(" ");
  const path = rest.join(" ");
  if (path === "") return finding.object ?? "the source";
  // A grant's path names its object, then who is granted what kind of thing.
  if (kind === "grant") return path.replace(/\(.*\)$/s, "");
  if (!ON_TABLE.has(kind)) return path;
  return OWNER.exec(path)?.[1] ?? path;
}

const ON_TABLE: ReadonlySet<string> = new Set(["column", "constraint", "index", "policy", "trigger"]);
// All but the last part of a dotted path whose parts may be quoted.
const OWNER = /^(.*)\.(?:"(?:[^"]|"")*"|[^."]+)$/s;
