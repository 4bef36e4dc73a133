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

interface Found {
  readonly place: Place;
  readonly what: string;
  readonly advice: Advice | (() => Advice);
}

/** Collects the problems of one brief, so that a person sees them all at once, in the order of the text. */
export class Problems {
  readonly #file: string;
  readonly #found = new Map<string, Found>();

  constructor(file: string) {
    this.#file = file;
  }

  get count(): number {
    return this.#found.size;
  }

  /** The same problem at the same place counts once. Costly advice is given as a function: only what is told asks for it. */
  add(place: Place, what: string, advice: Advice | (() => Advice) = {}): void {
    const key = `${place.line}:${place.column} ${what}`;
    if (!this.#found.has(key)) this.#found.set(key, { place, what, advice });
  }

  /** The error that holds them all, or null when there are none. */
  error(): DbwrightError | null {
    if (this.#found.size === 0) return null;
    const sorted = [...this.#found.values()].toSorted(
      (a, b) => a.place.line - b.place.line || a.place.column - b.place.column,
    );
    const told = sorted.slice(0, PROBLEMS_MAX).map((found) => this.#problem(found));
    const rest = sorted.length - told.length;
    if (rest <= 0) return invalid(told);
    const what = `${rest} more problem${rest === 1 ? "" : "s"}`;
    return invalid([...told, { what, where: this.#file, mend: "mend the ones above first" }]);
  }

  #problem({ place, what, advice }: Found): Problem {
    const { expected, mend } = typeof advice === "function" ? advice() : advice;
    const name = place.path === "" ? "" : ` (${oneLine(place.path, 200)})`;
    return {
      what: oneLine(what, 300),
      where: `${this.#file}:${place.line}:${place.column}${name}`,
      ...(expected === undefined ? {} : { expected: oneLine(expected, 600) }),
      ...(mend === undefined ? {} : { mend: oneLine(mend, 300) }),
    };
  }
}

/** Hostile text as a terminal may show it: one line, bounded, no control characters. */
function oneLine(text: string, max: number): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
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

/** A word of the brief as a message may quote it. */
export function quoted(text: string): string {
  return `"${oneLine(text, 60)}"`;
}

/** A word with its article: `a date`, `an enum`, `a uuid`. */
export function withArticle(word: string): string {
  return `${/^(?:[aeio]|u(?!uid|rl))/.test(word) ? "an" : "a"} ${word}`;
}
