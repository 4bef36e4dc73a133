import { invalid } from "../../model/error.ts";
import type { DbwrightError, Problem } from "../../model/error.ts";
import { nearest } from "./nearest.ts";

/** How many problems of a brief are told in one run; beyond it more are noise. */
export const PROBLEMS_MAX = 20;

/** A place in the text of a brief; lines and columns count from 1. `path` is `""` for the whole document. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** What one may say about a problem besides what it is. */
export interface Advice {
  readonly expected?: string;
  readonly mend?: string;
}

/** Collects the problems of one brief, so that a person sees them all at once, in the order of the text. */
export class Problems {
  readonly #file: string;
  readonly #found: { readonly place: Place; readonly problem: Problem }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get count(): number {
    return this.#found.length;
  }

  add(place: Place, what: string, advice: Advice = {}): void {
    const name = place.path === "" ? "" : ` (${place.path})`;
    const problem: Problem = {
      what,
      where: `${this.#file}:${place.line}:${place.column}${name}`,
      ...(advice.expected === undefined ? {} : { expected: advice.expected }),
      ...(advice.mend === undefined ? {} : { mend: advice.mend }),
    };
    const known = this.#found.some((other) => other.problem.where === problem.where && other.problem.what === what);
    if (!known) this.#found.push({ place, problem });
  }

  /** The error that holds them all, or null when there are none. */
  error(): DbwrightError | null {
    if (this.#found.length === 0) return null;
    const sorted = this.#found
      .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
      .map(({ problem }) => problem);
    const rest = sorted.length - PROBLEMS_MAX;
    if (rest <= 0) return invalid(sorted);
    return invalid([
      ...sorted.slice(0, PROBLEMS_MAX),
      { what: `${rest} more problem${rest === 1 ? "" : "s"}`, where: this.#file, mend: "mend the ones above first" },
    ]);
  }
}

/** `did you mean task?` where a candidate is near, else the whole list where it is short. */
export function wordAdvice(word: string, candidates: readonly string[], noun: string): Advice {
  const guess = nearest(word, candidates);
  const listed = candidates.slice(0, 12).join(", ") + (candidates.length > 12 ? ", …" : "");
  return {
    expected: candidates.length === 0 ? noun : `${noun}: ${listed}`,
    ...(guess === null ? {} : { mend: `did you mean ${guess}?` }),
  };
}

/** A word of the brief as a message may quote it: one line, bounded, no control characters. */
export function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this removes
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
  return `"${line.length > 60 ? `${line.slice(0, 57)}…` : line}"`;
}
