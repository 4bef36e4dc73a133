import type { Finding } from "../model/finding.ts";
import { SEVERITIES } from "../model/finding.ts";
import { refKey } from "../model/ref.ts";
import { findingOf } from "./rule.ts";
import type { Rule, RuleInput } from "./rule.ts";

/** A rule that could not do its work; what it would have found is unknown. */
export interface RuleFailure {
  readonly rule: string;
  readonly why: string;
}

/** What a review saw, and what it did not look at. */
export interface ReviewResult {
  /** Worst first, then by object and rule: the same input gives the same list. */
  readonly findings: readonly Finding[];
  readonly ran: readonly string[];
  /** Rules that did not apply to this source, with the reason. */
  readonly notRun: readonly RuleFailure[];
  /** Rules that threw: a defect of the rule, not of the schema. */
  readonly failed: readonly RuleFailure[];
}

/** Runs rules over a catalog. A rule that throws is reported as such and the rest go on. */
export function review(rules: readonly Rule[], input: RuleInput): ReviewResult {
  const engine = input.view.catalog.engine.name;
  const findings: Finding[] = [];
  const ran: string[] = [];
  const notRun: RuleFailure[] = [];
  const failed: RuleFailure[] = [];
  for (const rule of rules) {
    if (!rule.engines.includes(engine)) continue;
    if (rule.needsStatistics === true && input.statistics === null) {
      notRun.push({ rule: rule.id, why: "needs a live server; the source is a file" });
      continue;
    }
    try {
      for (const observation of rule.check(input)) findings.push(findingOf(rule, observation));
      ran.push(rule.id);
    } catch (error) {
      failed.push({ rule: rule.id, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { findings: findings.toSorted(byImportance), ran, notRun, failed };
}

function byImportance(a: Finding, b: Finding): number {
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  if (severity !== 0) return severity;
  const keys = [`${refKey(a.ref)}\n${a.rule}\n${a.message}`, `${refKey(b.ref)}\n${b.rule}\n${b.message}`] as const;
  return keys[0] < keys[1] ? -1 : keys[0] > keys[1] ? 1 : 0;
}

/**
 * What makes a finding the same finding tomorrow: the rule and the object, not the message, whose numbers
 * move. Several findings of one rule on one object are told apart by their order.
 */
export function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const base = `${finding.rule}@${refKey(finding.ref)}`;
    const nth = (seen.get(base) ?? 0) + 1;
    seen.set(base, nth);
    return nth === 1 ? base : `${base}#${nth}`;
  });
}
