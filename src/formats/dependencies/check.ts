import type { StatedDependencies, TargetForm } from "../../model/dependency.ts";
import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { nearest } from "../brief/nearest.ts";

/** A name with its place, for messages. */
export interface PlacedName {
  readonly name: string;
  readonly where: string;
}

/** What a document says, before it is looked at whole. */
export interface Draft {
  readonly attributes: readonly PlacedName[];
  readonly dependencies: readonly {
    readonly from: readonly PlacedName[];
    readonly to: readonly PlacedName[];
    readonly where: string;
  }[];
  readonly target: TargetForm | null;
  /** Where the attributes are, or should be. */
  readonly where: string;
}

/** Problems shown of one document; the rest follows once these are mended. */
export const PROBLEMS_MAX = 10;
// Beyond this it is no relation that anybody designs; PostgreSQL itself ends at 1,600 columns.
const ATTRIBUTES_MAX = 256;
const DEPENDENCIES_MAX = 1024;
const SHOWN_MAX = 60;

/** A name as messages show it: quoted, cut, control characters escaped. */
export function shown(name: string): string {
  return JSON.stringify(name.length > SHOWN_MAX ? `${name.slice(0, SHOWN_MAX)}…` : name);
}

/**
 * The dependencies of a document, all names known. Throws `invalid` (exit 2), each problem with its place, for no
 * attributes, too many, one twice, an empty side and an unknown name.
 */
export function checked(draft: Draft): StatedDependencies {
  const problems = [...sizeProblems(draft)];
  if (problems.length === 0) problems.push(...attributeProblems(draft), ...dependencyProblems(draft));
  if (problems.length > 0) throw invalid(problems.slice(0, PROBLEMS_MAX));
  return {
    attributes: draft.attributes.map(({ name }) => name),
    dependencies: draft.dependencies.map(({ from, to }) => ({
      from: from.map(({ name }) => name),
      to: to.map(({ name }) => name),
    })),
    target: draft.target,
  };
}

function* sizeProblems({ attributes, dependencies, where }: Draft): Generator<Problem> {
  if (attributes.length === 0)
    yield { what: "there are no attributes", where, expected: "at least one attribute, by name" };
  if (attributes.length > ATTRIBUTES_MAX) {
    yield {
      what: `there are ${attributes.length} attributes`,
      where,
      expected: `at most ${ATTRIBUTES_MAX}`,
      mend: "leave out attributes that no dependency names: they are in every key",
    };
  }
  if (dependencies.length > DEPENDENCIES_MAX) {
    yield {
      what: `there are ${dependencies.length} dependencies`,
      where,
      expected: `at most ${DEPENDENCIES_MAX}`,
      mend: "join those with the same left side: A -> B C says as much as A -> B; A -> C",
    };
  }
}

function* attributeProblems({ attributes }: Draft): Generator<Problem> {
  const known = new Set<string>();
  for (const { name, where } of attributes) {
    if (name === "") yield { what: "the attribute's name is empty", where, expected: "a name" };
    else if (known.has(name))
      yield { what: `the attribute ${shown(name)} is there twice`, where, mend: "name it once" };
    known.add(name);
  }
}

function* dependencyProblems({ attributes, dependencies }: Draft): Generator<Problem> {
  const known = new Set(attributes.map(({ name }) => name));
  for (const { from, to, where } of dependencies) {
    for (const [side, names] of [["left", from] as const, ["right", to] as const]) {
      if (names.length === 0) {
        yield { what: `the ${side} side is empty`, where, expected: "at least one attribute on each side" };
      }
      const once = new Set<string>();
      for (const one of names) {
        if (!known.has(one.name)) yield unknownAttribute(one, known);
        else if (once.has(one.name)) {
          yield { what: `${shown(one.name)} is twice on the ${side} side`, where: one.where, mend: "name it once" };
        }
        once.add(one.name);
      }
    }
  }
}

function unknownAttribute({ name, where }: PlacedName, known: ReadonlySet<string>): Problem {
  const near = nearest(name, known);
  const letters = [...name];
  // Textbooks write AB for A and B.
  const joined = letters.length > 1 && letters.every((letter) => known.has(letter));
  const mend = joined ? `put blanks between attributes: ${letters.join(" ")}` : `did you mean ${shown(near ?? "")}?`;
  return {
    what: `there is no attribute ${shown(name)}`,
    where,
    expected: `of ${[...known].slice(0, 20).map(shown).join(", ")}${known.size > 20 ? ", …" : ""}`,
    ...(joined || near !== null ? { mend } : {}),
  };
}
