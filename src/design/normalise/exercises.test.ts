import { describe, expect, test } from "vitest";
import { readTextDependencies } from "../../formats/dependencies/read-text.ts";
import type { TargetForm } from "../../model/dependency.ts";
import { EXERCISES } from "./exercises.test-data.ts";
import type { Exercise } from "./exercises.test-data.ts";
import { normalFormOf } from "./normal-form.ts";
import { normalise } from "./normalise.ts";
import type { Normalisation } from "./normalise.ts";
import { projected } from "./synthesis.ts";

const reached: Readonly<Record<TargetForm, readonly string[]>> = { "3NF": ["3NF", "BCNF"], BCNF: ["BCNF"] };

function solved({ given }: Exercise, target: TargetForm): Normalisation {
  return normalise({ ...readTextDependencies(given, "exercise"), target });
}

// Several decompositions are right; what makes one right is checked, each relation by itself.
function check(exercise: Exercise, target: TargetForm): void {
  const { dependencies } = readTextDependencies(exercise.given, "exercise");
  const result = solved(exercise, target);
  expect(new Set(result.relations.flatMap(({ attributes }) => attributes))).toEqual(new Set(result.attributes));
  expect(result.lossless).toBe(true);
  for (const relation of result.relations) {
    const { form, keys } = normalFormOf(relation.attributes, projected(relation.attributes, dependencies));
    expect(reached[target]).toContain(form);
    expect(relation.normalForm).toBe(form);
    expect(relation.keys).toEqual(keys);
  }
}

describe.each(EXERCISES.map((exercise) => [exercise.about, exercise] as const))("%s", (_, exercise) => {
  test("keys and normal form", () => {
    const result = solved(exercise, "3NF");
    expect(result.candidateKeys.map((key) => key.join(" ")).toSorted()).toEqual(exercise.keys.toSorted());
    expect(result.normalForm).toBe(exercise.form);
    expect(result.violations.length === 0).toBe(exercise.form === "BCNF");
    expect(result.notes).toEqual([]);
  });

  test("third normal form keeps everything", () => {
    check(exercise, "3NF");
    expect(solved(exercise, "3NF").preservesDependencies).toBe(true);
  });

  test("Boyce–Codd normal form loses a dependency only where it must", () => {
    check(exercise, "BCNF");
    const { preservesDependencies, lostDependencies } = solved(exercise, "BCNF");
    expect(preservesDependencies).toBe(exercise.bcnfLoses !== true);
    expect(lostDependencies.length > 0).toBe(exercise.bcnfLoses === true);
  });
});

test("there are at least 25 that follow a textbook", () => {
  const published = EXERCISES.filter(({ source }) => !source.startsWith("worked by hand"));
  expect(published.length).toBeGreaterThanOrEqual(25);
});
