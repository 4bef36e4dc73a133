import type { Evidence, Fix, Severity } from "./finding.ts";
import type { RelationLock } from "./plan.ts";
import type { Proof } from "./proof.ts";
import type { RefKey } from "./ref.ts";

/*
 * A review as it is handed on: findings with their place, their cures as statements, and what was not
 * looked at. Formats write it; surfaces print it as JSON. Plain data throughout.
 */

/** A fix as it is shown. */
export interface ReportedFix {
  readonly title: string;
  readonly safety: Fix["safety"];
  /** Statements without a closing semicolon, in order; empty where `unprintable` says why. */
  readonly sql: readonly string[];
  /** Why no statement can do it. */
  readonly unprintable?: string;
  /** What was observed when it was tried on a twin; absent for fixes that are not called safe. */
  readonly proof?: Proof;
}

/** A finding as it is shown. */
export interface ReportedFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** The SQL file that makes the object, as a path relative to where dbwright was started. */
  readonly file?: string;
  /** Counts from 1. */
  readonly line?: number;
  /** Counts from 1; only where the finding is about a place in a file. */
  readonly column?: number;
  /** The locks that the statement takes and that keep others waiting, strongest first; only of findings on statements. */
  readonly locks?: readonly RelationLock[];
  /** The object's key, e.g. `column public.task.title`; absent where a finding is about no object. */
  readonly object?: RefKey;
  /** The same rule in other tools, by their own ids. */
  readonly equivalents: readonly string[];
  readonly fixes: readonly ReportedFix[];
  readonly evidence: readonly Evidence[];
  /** Stays the same from run to run as long as the rule has this to say about this object. */
  readonly fingerprint: string;
}

/** A rule that did not look, and why. */
export interface SilentRule {
  readonly rule: string;
  readonly why: string;
}

/** A part of the source that nobody looked at, and why: it is not clean, it is unknown. */
export interface UnseenPart {
  readonly what: string;
  readonly why: string;
}

/** How much was found, and what was not looked at. */
export interface ReviewSummary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  /** Findings that a person set aside with a reason. */
  readonly suppressed: number;
  /** Findings that the baseline knows already. */
  readonly baselined: number;
  readonly rulesRun: number;
  readonly notRun: readonly SilentRule[];
  /** Rules that broke: a defect of the rule, not of the schema. */
  readonly failed: readonly SilentRule[];
  readonly unseen: readonly UnseenPart[];
}

/** What `review` says: the findings that count, worst first, and the summary. */
export interface ReviewReport {
  readonly findings: readonly ReportedFinding[];
  readonly summary: ReviewSummary;
}

/** What a report's reader wants to know of a rule; formats receive it beside the report. */
export interface RuleText {
  readonly id: string;
  readonly area: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly why: string;
  readonly remedy: string;
  readonly equivalents: readonly string[];
}

/** The texts of rules by their id. */
export type RuleTexts = ReadonlyMap<string, RuleText>;
