import type { BriefEntity, BriefPattern, Comparison, PatternFilter } from "../../model/brief.ts";
import { Cursor, SpecError } from "./cursor.ts";
import { flagOf, inside, member, scalarsOf, textOf } from "./document.ts";
import type { BriefEntry, BriefNode } from "./document.ts";
import { named } from "./entity.ts";
import { judge } from "./entity-rules.ts";
import { nearest } from "./nearest.ts";
import { CALENDAR, checkPattern } from "./pattern-check.ts";
import { resolvePath } from "./pattern-path.ts";
import type { PathContext } from "./pattern-path.ts";
import { wordAdvice } from "./problems.ts";
import type { Problems } from "./problems.ts";
import { parseRate, parseSeconds } from "./quantities.ts";
import { position, readSpec } from "./reading.ts";
import { parseAggregate } from "./rule-spec.ts";

/** The operations of a pattern; each pattern has exactly one of them as a key. */
export const OPERATIONS = ["read", "aggregate", "insert", "update", "delete", "search"] as const;
const COMPARISONS: readonly Comparison[] = ["eq", "in", "range", "prefix", "contains", "is-null", "not-null"];

/** Reads one access pattern; null (and told) when it says not what it does to which entity. */
export function readPattern(entry: BriefEntry, context: PathContext, problems: Problems): BriefPattern | null {
  const { value: node } = entry;
  if (node.kind !== "map") return null;
  const stated = OPERATIONS.filter((operation) => member(node, operation) !== null);
  const [operation] = stated;
  if (operation === undefined || stated.length > 1) {
    problems.add(
      entry.at,
      operation === undefined ? "a pattern without an operation" : `${stated.join(" and ")} in one pattern`,
      {
        expected: `exactly one of ${OPERATIONS.join(", ")}, with an entity: read: task`,
      },
    );
    return null;
  }
  const subject = readSubject(operation, member(node, operation) as BriefNode, context, problems);
  if (subject === null) return null;
  const { entity } = subject;
  const path = (item: BriefNode): boolean => resolvePath(item, item.text, entity, context, problems) !== null;
  const paths = (key: string): string[] =>
    scalarsOf(member(node, key))
      .filter(path)
      .map(({ text }) => text);
  const pattern: BriefPattern = {
    name: entry.key,
    about: textOf(member(node, "about")),
    operation,
    entity: entity.name,
    where: readWhere(member(node, "where"), entity, context, problems),
    order: readOrder(member(node, "order"), entity, context, problems),
    limit: readSpec(problems, member(node, "limit"), parseLimit),
    with: paths("with"),
    fields: member(node, "fields") === null ? null : paths("fields"),
    sets: paths("set"),
    measure: subject.measure,
    by: scalarsOf(member(node, "by"))
      .filter((item) => CALENDAR.has(item.text) || path(item))
      .map(({ text }) => text),
    rate_per_s: readSpec(problems, member(node, "rate"), parseRate),
    p95_ms: readSpec(problems, member(node, "p95"), (text) => Number((parseSeconds(text) * 1000).toPrecision(12))),
    staleness_s: readSpec(problems, member(node, "staleness"), parseSeconds),
    acrossTenants: flagOf(member(node, "across_tenants")) ?? false,
    at: position(entry.at),
  };
  checkPattern(pattern, node, entity, context, problems);
  return pattern;
}

function readSubject(
  operation: BriefPattern["operation"],
  node: BriefNode,
  context: PathContext,
  problems: Problems,
): { readonly entity: BriefEntity; readonly measure: BriefPattern["measure"] } | null {
  const known = [...context.entities.keys()];
  if (operation !== "aggregate") {
    const name = named(node, known, "one of the entities", problems);
    const entity = name === null ? undefined : context.entities.get(name);
    return entity === undefined ? null : { entity, measure: null };
  }
  const spec = readSpec(problems, node, parseAggregate);
  if (spec === null) return null;
  const entity = context.entities.get(spec.entity.name);
  if (entity === undefined) {
    const advice = wordAdvice(spec.entity.name, known, "one of the entities");
    problems.add(inside(node, spec.entity.offset), `no entity is called "${spec.entity.name}"`, advice);
    return null;
  }
  if (spec.expression !== null) {
    const words = { entity: entity.name, names: context.namesOf(entity), values: [] };
    judge(node, spec.expression.offset, spec.expression.text, words, problems);
  }
  return { entity, measure: { function: spec.function, expression: spec.expression?.text ?? null } };
}

function readWhere(
  node: BriefNode | null,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
): PatternFilter[] {
  const filters: PatternFilter[] = [];
  for (const { key, at, value } of node?.entries ?? []) {
    const comparison = readComparison(value, problems);
    const end = resolvePath({ ...value, ...at, inset: 0 }, key, entity, context, problems, true);
    if (comparison === null || end === null) continue;
    filters.push({ path: key, ...comparison });
    const stray =
      end.field?.type === "enum"
        ? comparison.values?.find((one) => end.field?.values.includes(one) === false)
        : undefined;
    if (stray !== undefined)
      problems.add(
        value,
        `"${stray}" is no value of ${key}`,
        wordAdvice(stray, end.field?.values ?? [], "one of the values"),
      );
  }
  return filters;
}

type Compared = Omit<PatternFilter, "path">;

function readComparison(node: BriefNode, problems: Problems): Compared | null {
  if (node.kind === "list") {
    const values = scalarsOf(node).map(({ text }) => text);
    return values.length === 0 ? null : { comparison: "in", values };
  }
  return readSpec(problems, node, parseComparison);
}

/**
 * Reads a filter: a comparison (`eq`, `in`, `range`, `prefix`, `contains`, `is-null`, `not-null`) whose
 * value the application gives, or constants: `= done`, `in(todo, doing)`.
 */
export function parseComparison(text: string): Compared {
  const cursor = new Cursor(text);
  const value = (): string => {
    const found = cursor.quoted() ?? cursor.match(/[^\s,()'"]+/u);
    if (found === null) throw cursor.unexpected("a value");
    return found;
  };
  if (cursor.eat("=")) {
    const constant = value();
    cursor.end("nothing behind the value; put it in quotes when it has blanks");
    return { comparison: "eq", values: [constant] };
  }
  const offset = cursor.offset;
  const word = cursor.word();
  const expected = `${COMPARISONS.join(", ")}, = value, or [a, b]`;
  if (word === null) throw cursor.unexpected(expected);
  const comparison = COMPARISONS.find((one) => one === word);
  if (comparison === undefined) {
    const guess = nearest(word, COMPARISONS);
    throw new SpecError(
      `unknown comparison "${word}"`,
      offset,
      expected,
      guess === null ? `for a constant write = ${word}` : `did you mean ${guess}?`,
    );
  }
  if (comparison !== "in" || !cursor.eat("(")) {
    cursor.end(`nothing behind ${comparison}`);
    return { comparison, values: null };
  }
  const values = cursor.list(value);
  cursor.need(")", "to close in(");
  cursor.end("nothing behind it");
  return { comparison, values };
}

function readOrder(
  node: BriefNode | null,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
): BriefPattern["order"] {
  const order: { path: string; direction: "asc" | "desc" }[] = [];
  for (const item of scalarsOf(node)) {
    const [path = "", direction = "asc", ...more] = item.text.trim().split(/\s+/);
    if ((direction !== "asc" && direction !== "desc") || more.length > 0) {
      const guess = nearest(direction, ["desc", "asc"]);
      problems.add(inside(item, path.length + 1), `unknown direction "${direction}"`, {
        expected: "a field, perhaps with desc: created_at desc",
        ...(guess === null ? {} : { mend: `did you mean ${guess}?` }),
      });
    } else if (resolvePath(item, path, entity, context, problems) !== null) order.push({ path, direction });
  }
  return order;
}

function parseLimit(text: string): number {
  const limit = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 100_000)
    throw new SpecError(`a limit of "${text}"`, 0, "a whole number of rows, 1 to 100000");
  return limit;
}
