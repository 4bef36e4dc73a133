import type { Dependency } from "../../model/dependency.ts";
import type { Normalisation } from "./normalise.ts";

/** One step of an explanation: a heading and its lines, plain text. */
export interface ExplanationStep {
  readonly title: string;
  readonly lines: readonly string[];
}

// Long lists say no more than their beginning to a reader; the result holds all.
const LINES_MAX = 12;
const NAME_CHARS_MAX = 60;

/** A name as the text form spells it: quoted where it holds more than letters, digits and signs of words. */
export function nameText(name: string): string {
  if (/^[\p{L}\p{N}_.$#/-]+$/u.test(name) && !name.includes("->") && !name.startsWith("#")) return name;
  // Escapes keep control characters away from the terminal.
  const safe = JSON.stringify(name.length > NAME_CHARS_MAX ? `${name.slice(0, NAME_CHARS_MAX)}…` : name);
  return safe.replaceAll(/[\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A set of attributes: `{A, B}`. */
export function setText(names: readonly string[]): string {
  return `{${names.map(nameText).join(", ")}}`;
}

/** A dependency: `A, B → C`. */
export function arrowText({ from, to }: Dependency): string {
  return `${from.map(nameText).join(", ")} → ${to.map(nameText).join(", ")}`;
}

/** Why the result is what it is, step by step as a textbook would go. */
export function explain(result: Normalisation): readonly ExplanationStep[] {
  return [closureStep(result), keyStep(result), coverStep(result), formStep(result), decompositionStep(result)];
}

function cut(lines: readonly string[]): readonly string[] {
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX - 1), `… and ${lines.length - LINES_MAX + 1} more (--json lists all)`];
}

function closureStep({ closures, attributes }: Normalisation): ExplanationStep {
  const lines = closures.map(({ from, to }) => {
    const all = to.length === attributes.length;
    return `${setText(from)}⁺ = ${all ? "all attributes" : setText(to)}`;
  });
  return {
    title: "Closures: what each left side determines",
    lines: lines.length === 0 ? ["there is no dependency: each attribute determines itself only"] : cut(lines),
  };
}

function keyStep(result: Normalisation): ExplanationStep {
  const { candidateKeys, attributes, minimalCover, primeAttributes } = result;
  const reached = new Set(minimalCover.flatMap(({ to }) => to));
  const inEvery = attributes.filter((name) => !reached.has(name));
  const others = attributes.filter((name) => !primeAttributes.includes(name));
  return {
    title: "Candidate keys: minimal sets that determine everything",
    lines: [
      ...(inEvery.length === 0 ? [] : [`nothing determines ${setText(inEvery)}: in every key`]),
      ...cut(candidateKeys.map((key) => `key ${setText(key)}`)),
      ...(result.candidateKeysComplete ? [] : ["… the list is not complete, see the notes"]),
      others.length === 0 ? "every attribute is prime (in some key)" : `not prime (in no key): ${setText(others)}`,
    ],
  };
}

function coverStep({ minimalCover, coverSteps }: Normalisation): ExplanationStep {
  return {
    title: "Minimal cover: the same said with the least",
    lines: [
      ...cut(minimalCover.map(arrowText)),
      ...cut([
        ...coverSteps.shortened.map(
          ({ before, after }) => `shortened: ${arrowText(before)}, since ${arrowText(after)} holds already`,
        ),
        ...coverSteps.implied.map((one) => `left out: ${arrowText(one)}, which the others imply`),
      ]),
      ...(minimalCover.length === 0 ? ["nothing: no dependency says more than that a set determines its parts"] : []),
    ],
  };
}

const REASONS = {
  "2NF": (left: string, right: string) => `${left} is only a part of a key, and ${right} is in no key`,
  "3NF": (left: string, right: string) => `${left} is no superkey, and ${right} is in no key`,
  BCNF: (left: string, right: string) => `${left} is no superkey (3NF allows it: ${right} is part of a key)`,
} as const;

function formStep({ normalForm, violations }: Normalisation): ExplanationStep {
  const [next] = violations;
  if (next === undefined) {
    return { title: `Normal form: ${normalForm}`, lines: ["the left side of every dependency is a superkey"] };
  }
  const lines = violations.map(({ form, dependency }) => {
    const reason = REASONS[form](setText(dependency.from), setText(dependency.to));
    return `${arrowText(dependency)} violates ${form}: ${reason}`;
  });
  return { title: `Normal form: ${normalForm}, not ${next.form}`, lines: cut(lines) };
}

function decompositionStep(result: Normalisation): ExplanationStep {
  const { target, relations, attributes, lossless, preservesDependencies, lostDependencies } = result;
  if (relations.length === 1 && relations[0]?.attributes.length === attributes.length) {
    return { title: `Decomposition to ${target}`, lines: ["none needed: the relation is in this form"] };
  }
  const shown = relations.map(({ attributes: own, keys, normalForm }, at) => {
    const more = keys.length > 3 ? ` and ${keys.length - 3} more` : "";
    const names = own.map(nameText).join(", ");
    return `R${at + 1}(${names})  ${keys.length === 1 ? "key" : "keys"} ${keys.slice(0, 3).map(setText).join(", ")}${more}; ${normalForm}`;
  });
  return {
    title: `Decomposition to ${target} by ${target === "3NF" ? "synthesis" : "analysis"}`,
    lines: [
      ...shown,
      lossless ? "lossless: the chase ends with a row of the original" : "NOT lossless: joining invents rows",
      preservesDependencies
        ? "preserves every dependency: each can be checked within one relation"
        : `lost, to be checked over a join: ${lostDependencies.map(arrowText).join("; ")}`,
    ],
  };
}
