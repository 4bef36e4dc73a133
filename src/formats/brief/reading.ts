import type { BriefPosition } from "../../model/brief.ts";
import { SpecError } from "./cursor.ts";
import { inside, textOf } from "./document.ts";
import type { BriefNode } from "./document.ts";
import type { Place, Problems } from "./problems.ts";

/** A name of the brief: lower-case words of letters and digits joined by `_`, a letter first. */
export const NAME: RegExp = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** Where something of the model stands. */
export function position(place: Place): BriefPosition {
  return { path: place.path, line: place.line, column: place.column };
}

/** Tells a {@link SpecError} of a short form at its line and column; anything else goes on upwards. */
export function tell(problems: Problems, node: BriefNode, error: unknown, shift = 0): void {
  if (!(error instanceof SpecError)) throw error;
  problems.add(inside(node, error.offset + shift), error.message, {
    ...(error.expected === null ? {} : { expected: error.expected }),
    ...(error.mend === null ? {} : { mend: error.mend }),
  });
}

/** Reads a scalar's short form; tells what is wrong and gives null when it cannot be read. */
export function readSpec<T>(problems: Problems, node: BriefNode | null, parse: (text: string) => T): T | null {
  const text = textOf(node);
  if (node === null || text === null) return null;
  try {
    return parse(text);
  } catch (error) {
    tell(problems, node, error);
    return null;
  }
}
