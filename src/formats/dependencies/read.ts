import type { StatedDependencies } from "../../model/dependency.ts";
import { invalid } from "../../model/error.ts";
import { readJsonDependencies } from "./read-json.ts";
import { readTextDependencies } from "./read-text.ts";

// Of a thousand dependencies among 256 attributes, each name as long as PostgreSQL lets it be; and then some.
const CHARS_MAX = 4_000_000;

/**
 * Reads a relation and its dependencies: JSON where the text starts with a brace or bracket, else the text form
 * (see {@link readTextDependencies}). `file` stands in messages. Throws `invalid` (exit 2) with the place.
 */
export function readDependencies(text: string, file: string): StatedDependencies {
  const own = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (own.length > CHARS_MAX)
    throw invalid({ what: `there are ${own.length} characters`, where: file, expected: `at most ${CHARS_MAX}` });
  if (own.trim() === "") {
    throw invalid({
      what: "there is nothing in it",
      where: file,
      expected: 'dependencies: A B -> C; C -> D, or {"attributes": […], "fds": [{"from": […], "to": […]}]}',
    });
  }
  return /^\s*[{[]/.test(own) || file.toLowerCase().endsWith(".json")
    ? readJsonDependencies(own, file)
    : readTextDependencies(own, file);
}
