import type { Dependency, StatedDependencies, TargetForm } from "../../model/dependency.ts";
import { analysis } from "./analysis.ts";
import { membersOf, same } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf, groupedSets } from "./cover.ts";
import type { Cover } from "./cover.ts";
import { COMPARISONS_MAX, KEYS_MAX } from "./keys.ts";
import { chase, lostDependencies } from "./lossless.ts";
import { judge } from "./normal-form.ts";
import type { NormalForm, SetNormalForm, Violation } from "./normal-form.ts";
import { projection } from "./projection.ts";
import { closures, namedDependency, namesOf, schemeOf } from "./scheme.ts";
import type { Scheme } from "./scheme.ts";
import { synthesis } from "./synthesis.ts";
import type { Relation } from "./synthesis.ts";

/** A relation of the result, with the form it is in under the dependencies that hold in it. */
export interface NormalisedRelation extends Relation {
  readonly normalForm: NormalForm;
}

/** How the minimal cover came about. */
export interface CoverSteps {
  /** Left sides that were longer than needed. */
  readonly shortened: readonly { readonly before: Dependency; readonly after: Dependency }[];
  /** Dependencies that the others imply. */
  readonly implied: readonly Dependency[];
}

/** Everything that the theory of normal forms says of a relation and its dependencies. */
export interface Normalisation {
  readonly attributes: readonly string[];
  readonly target: TargetForm;
  readonly candidateKeys: readonly (readonly string[])[];
  /** False when there are more keys than are listed. */
  readonly candidateKeysComplete: boolean;
  /** The attributes of the listed keys. */
  readonly primeAttributes: readonly string[];
  readonly normalForm: NormalForm;
  /** What keeps the relation from the next form, and from those after it. */
  readonly violations: readonly Violation[];
  /** One attribute on each right side. */
  readonly minimalCover: readonly Dependency[];
  readonly coverSteps: CoverSteps;
  /** What each left side of the minimal cover determines. */
  readonly closures: readonly Dependency[];
  /** The relation itself where it is in the target form already. */
  readonly relations: readonly NormalisedRelation[];
  /** Whether joining the relations gives back the original, by the chase. */
  readonly lossless: boolean;
  readonly preservesDependencies: boolean;
  /** Dependencies of the minimal cover that only a join of relations can check. */
  readonly lostDependencies: readonly Dependency[];
  /** What was bounded, and what that leaves open. */
  readonly notes: readonly string[];
}

/** Normalises a relation to the target form (3NF where none is stated). The dependencies were checked before. */
export function normalise({ attributes, dependencies, target }: StatedDependencies): Normalisation {
  const scheme = schemeOf(attributes, dependencies);
  const wanted = target ?? "3NF";
  const judged = judge(scheme);
  const cover = coverOf(scheme.dependencies);
  const sets = decomposed(scheme, judged, wanted);
  const relations = sets.map((set) => named(scheme, set, judged, sets.length));
  const lost = lostDependencies(scheme, sets);
  const closure = closures(scheme.dependencies);
  const dependencyOf = (one: Cover["implied"][number]): Dependency => namedDependency(scheme, one);
  return {
    attributes,
    target: wanted,
    candidateKeys: judged.keys.keys.map((key) => namesOf(scheme, key)),
    candidateKeysComplete: judged.keys.complete,
    primeAttributes: namesOf(scheme, judged.prime),
    normalForm: judged.form,
    violations: judged.violations.map(({ form, dependency }) => ({ form, dependency: dependencyOf(dependency) })),
    minimalCover: cover.dependencies.map(dependencyOf),
    coverSteps: {
      shortened: cover.shortened.map(({ before, after }) => ({
        before: dependencyOf(before),
        after: dependencyOf(after),
      })),
      implied: cover.implied.map(dependencyOf),
    },
    closures: groupedSets(cover.dependencies).map(({ from }) => dependencyOf({ from, to: closure(from) })),
    relations: relations.map(({ relation }) => relation),
    lossless: chase(scheme, sets),
    preservesDependencies: lost.length === 0,
    lostDependencies: groupedSets(lost).map(dependencyOf),
    notes: notesOn(judged, relations),
  };
}

function decomposed(scheme: Scheme, { form }: SetNormalForm, target: TargetForm): readonly AttributeSet[] {
  if (form === "BCNF" || form === target) return [scheme.attributes];
  return target === "3NF" ? synthesis(scheme) : analysis(scheme);
}

function named(
  scheme: Scheme,
  set: AttributeSet,
  whole: SetNormalForm,
  relations: number,
): { readonly relation: NormalisedRelation; readonly complete: boolean } {
  const own = projection(scheme.dependencies, set);
  const { form, keys } = same(set, scheme.attributes)
    ? whole
    : judge({ ...scheme, attributes: set, dependencies: own.dependencies }, COMPARISONS_MAX / relations);
  return {
    relation: {
      attributes: namesOf(scheme, set),
      keys: keys.keys.map((key) => namesOf(scheme, key)),
      normalForm: form,
    },
    complete: own.complete && keys.complete,
  };
}

function notesOn(
  { keys, certain, prime }: SetNormalForm,
  relations: readonly { readonly relation: NormalisedRelation; readonly complete: boolean }[],
): readonly string[] {
  const notes: string[] = [];
  if (!keys.complete) {
    notes.push(
      `there are more candidate keys than the ${keys.keys.length} listed: the search ends at ${KEYS_MAX}, or earlier where each takes long, since n attributes can have exponentially many`,
    );
  }
  if (!certain) {
    notes.push(
      `the normal form is judged by the ${membersOf(prime).length} attributes of the listed keys; another key could change it`,
    );
  }
  const partly = relations.flatMap(({ complete }, at) => (complete ? [] : [`R${at + 1}`]));
  if (partly.length > 0) {
    notes.push(
      `the keys and the form of ${partly.join(", ")} are those of the dependencies and keys found within bounds; there may be more`,
    );
  }
  return notes;
}
