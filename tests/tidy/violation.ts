/** One breach of a rule of the house, told so that the reader can mend it without reading the check. */
export interface Violation {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
  /** The rule's name. */
  readonly rule: string;
  readonly what: string;
  readonly why: string;
  readonly mend: string;
}

/** A violation as text: place, rule and breach on the first line, then why and what to do. */
export function violationText(violation: Violation): string {
  const { path, line, rule, what, why, mend } = violation;
  return `${path}:${line}: ${rule}: ${what}\n    why: ${why}\n    to mend it: ${mend}`;
}
