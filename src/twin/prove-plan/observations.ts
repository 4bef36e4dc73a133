import type { Claim, Observation } from "../prove/step.ts";

/** A claim on which no decision of a design hangs. */
export const claimOf = (id: string, text: string): Claim => ({ id, claim: text, decision: null });

/** It ran, was compared, and is so. */
export const proved = (observed: string): Observation => ({ verdict: "proved", standing: "proved", observed });

/** It ran, was compared, and is not so. */
export const refuted = (observed: string): Observation => ({ verdict: "refuted", standing: "proved", observed });

const LINES_SHOWN = 5;

/** Refuted by the first few of the differences; `same` says what was seen when there are none. */
export function equality(lines: readonly string[], same: string): Observation {
  if (lines.length === 0) return proved(same);
  return refuted(`${lines.length} differences: ${firstLines(lines)}`);
}

/** The first few of several lines, as one, and how many more there are. */
export function firstLines(lines: readonly string[]): string {
  const more = lines.length > LINES_SHOWN ? `; and ${lines.length - LINES_SHOWN} more` : "";
  return lines.slice(0, LINES_SHOWN).join("; ") + more;
}
