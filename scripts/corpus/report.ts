import type { CaseResult } from "./case.ts";

/** The counts of one suite. */
export interface SuiteCounts {
  readonly suite: string;
  readonly cases: number;
  readonly loaded: number;
  readonly converged: number;
  readonly replanEmpty: number;
  readonly undone: number;
  /** Plans that say of themselves that they cannot be taken back. */
  readonly irreversible: number;
}

/** Counts by suite, in the order in which suites came. */
export function suitesOf(results: readonly CaseResult[]): SuiteCounts[] {
  return [...new Set(results.map(({ suite }) => suite))].map((suite) => {
    const own = results.filter((one) => one.suite === suite);
    const count = (holds: (one: CaseResult) => boolean): number => own.filter(holds).length;
    return {
      suite,
      cases: own.length,
      loaded: count(({ loaded }) => loaded),
      converged: count(({ converged }) => converged),
      replanEmpty: count(({ replanEmpty }) => replanEmpty),
      undone: count(({ undone }) => undone === true),
      irreversible: count(({ undone }) => undone === null),
    };
  });
}

const percent = (part: number, whole: number): string => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

/** The report for a person: every failure, then the counts. */
export function reportText(results: readonly CaseResult[]): string {
  const lines: string[] = [];
  for (const { suite, name, failures } of results)
    for (const failure of failures) lines.push(`${failure.class.padEnd(12)} ${suite}/${name}: ${failure.text}`);
  lines.sort();
  for (const one of suitesOf(results)) {
    const of = (part: number): string => `${part} (${percent(part, one.loaded)})`;
    lines.push(
      `${one.suite}: ${one.cases} cases, ${one.loaded} loaded, converged ${of(one.converged)}, ` +
        `re-plan empty ${of(one.replanEmpty)}, undone ${of(one.undone)}, stated irreversible ${one.irreversible}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
