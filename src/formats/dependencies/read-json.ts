import type { StatedDependencies, TargetForm } from "../../model/dependency.ts";
import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { nearest } from "../brief/nearest.ts";
import { checked, PROBLEMS_MAX, shown } from "./check.ts";
import type { Draft, PlacedName } from "./check.ts";
import { jsonFault } from "./json-fault.ts";

const SHAPE = '{"attributes": ["A", "B"], "fds": [{"from": ["A"], "to": ["B"]}], "target": "3NF"}';
const KNOWN = ["attributes", "fds", "target"];
const TARGETS: readonly TargetForm[] = ["3NF", "BCNF"];

/**
 * Reads a relation and its dependencies as JSON. Throws `invalid` (exit 2) with line and column where it is no JSON,
 * and with the path of what has another shape, is unknown, empty or there twice.
 */
export function readJsonDependencies(text: string, file: string): StatedDependencies {
  const document = parsed(text, file);
  const problems: Problem[] = [];
  if (!isObject(document))
    throw invalid({ what: `this JSON is ${kindOf(document)}`, where: file, expected: `an object: ${SHAPE}` });
  problems.push(...misspelt(document, file));
  if (problems.length > 0) throw invalid(problems);
  const attributes = namesAt(document["attributes"], `${file}: attributes`, problems);
  const draft: Draft = {
    attributes,
    dependencies: dependenciesAt(document["fds"], file, problems),
    target: targetAt(document["target"], file, problems),
    where: `${file}: attributes`,
  };
  if (problems.length > 0) throw invalid(problems.slice(0, PROBLEMS_MAX));
  return checked(draft);
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = jsonFault(text);
    throw invalid(
      {
        what: fault === null ? "this is no JSON" : `this is no JSON: ${fault.what}`,
        where: fault === null ? file : `${file}:${lineAndColumn(text, fault.offset)}`,
        expected: fault?.expected ?? SHAPE,
      },
      { cause: error },
    );
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : isObject(value) ? "an object" : `a ${typeof value}`;
}

// A key that is nearly one of ours, and ours is missing: a slip of the hand that would else go unnoticed.
function* misspelt(document: Readonly<Record<string, unknown>>, file: string): Generator<Problem> {
  for (const key of Object.keys(document)) {
    if (KNOWN.includes(key)) continue;
    const near = key === "dependencies" ? "fds" : nearest(key, KNOWN);
    if (near === null || Object.hasOwn(document, near)) continue;
    yield {
      what: `there is no field ${shown(key)}`,
      where: file,
      expected: KNOWN.join(", "),
      mend: `did you mean ${near}?`,
    };
  }
}

function namesAt(value: unknown, where: string, problems: Problem[]): readonly PlacedName[] {
  if (!Array.isArray(value)) {
    problems.push({ what: `it is ${kindOf(value)}`, where, expected: 'a list of names: ["A", "B"]' });
    return [];
  }
  return value.flatMap((name: unknown, at): PlacedName[] => {
    if (typeof name === "string") return [{ name, where: `${where}[${at}]` }];
    problems.push({ what: `it is ${kindOf(name)}`, where: `${where}[${at}]`, expected: "a name, as a string" });
    return [];
  });
}

function dependenciesAt(value: unknown, file: string, problems: Problem[]): Draft["dependencies"] {
  const where = `${file}: fds`;
  if (!Array.isArray(value)) {
    problems.push({
      what: `it is ${kindOf(value)}`,
      where,
      expected: 'a list of dependencies, [] for none: [{"from": ["A"], "to": ["B"]}]',
    });
    return [];
  }
  return value.flatMap((one: unknown, at) => {
    const place = `${where}[${at}]`;
    if (!isObject(one)) {
      problems.push({ what: `it is ${kindOf(one)}`, where: place, expected: '{"from": ["A"], "to": ["B"]}' });
      return [];
    }
    const from = namesAt(one["from"], `${place}.from`, problems);
    return [{ from, to: namesAt(one["to"], `${place}.to`, problems), where: place }];
  });
}

function targetAt(value: unknown, file: string, problems: Problem[]): TargetForm | null {
  if (value === undefined || value === null) return null;
  const target = TARGETS.find((one) => one === value);
  if (target !== undefined) return target;
  const near = typeof value === "string" ? nearest(value, TARGETS) : null;
  problems.push({
    what: typeof value === "string" ? `${shown(value)} is no form to aim at` : `it is ${kindOf(value)}`,
    where: `${file}: target`,
    expected: '"3NF" or "BCNF"',
    ...(near === null ? {} : { mend: `did you mean "${near}"?` }),
  });
  return null;
}

// Both from 1, columns in characters.
function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split("\n").length}:${Array.from(before.slice(before.lastIndexOf("\n") + 1)).length + 1}`;
}
