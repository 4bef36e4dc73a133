import type { BriefDependency, BriefRule } from "../../model/brief.ts";
import { inside, member, scalarsOf, textOf } from "./document.ts";
import type { BriefNode } from "./document.ts";
import { scanExpression } from "./expression.ts";
import { wordAdvice } from "./problems.ts";
import type { Advice, Problems } from "./problems.ts";
import { position, readSpec, tell } from "./reading.ts";
import { parseDependency, parseRule } from "./rule-spec.ts";
import type { RuleSpec, Word } from "./rule-spec.ts";

/** The names that an entity's rules may use. `values` are those of its enums: forgotten quotes are told by them. */
export interface Vocabulary {
  readonly entity: string;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** Reads one rule in its short or long form; null (and told) when it cannot be read. */
export function readRule(node: BriefNode, words: Vocabulary, problems: Problems): BriefRule | null {
  if (node.kind !== "map") {
    const spec = readSpec(problems, node, parseRule);
    return spec === null ? null : expand(spec, node, words, problems);
  }
  if (!checkLongRule(node, problems)) return null;
  const about = textOf(member(node, "about"));
  const check = member(node, "check");
  if (check !== null) return checkRule(check, 0, check.text.trim(), about, words, problems);
  const unique = scalarsOf(member(node, "unique"));
  if (unique.length > 0) {
    const where = member(node, "where");
    const fields = unique.filter((field) => known({ name: field.text, offset: 0 }, field, words, problems));
    if (where !== null) judge(where, 0, where.text, words, problems);
    return { kind: "unique", fields: fields.map(({ text }) => text), where: textOf(where), at: position(node) };
  }
  const [from, to, ...more] = scalarsOf(member(node, "no_overlap"));
  if (from === undefined || to === undefined || more.length > 0) return null;
  const per = scalarsOf(member(node, "per"));
  for (const field of [from, to, ...per]) known({ name: field.text, offset: 0 }, field, words, problems);
  return { kind: "no-overlap", from: from.text, to: to.text, per: per.map(({ text }) => text), at: position(node) };
}

/** Which keys go with which kind of rule. */
const LONG: Readonly<Record<string, readonly string[]>> = {
  check: ["about"],
  unique: ["where"],
  no_overlap: ["per"],
};

const LONG_KEYS: ReadonlySet<string> = new Set([...Object.keys(LONG), ...Object.values(LONG).flat()]);

function checkLongRule(node: BriefNode, problems: Problems): boolean {
  const kinds = Object.keys(LONG).filter((kind) => member(node, kind) !== null);
  const [kind] = kinds;
  // A text with ": " in it, read as a mapping; told where the document's shape is judged.
  if (kinds.length === 0 && node.entries.some(({ key }) => !LONG_KEYS.has(key))) return false;
  if (kind === undefined || kinds.length > 1) {
    problems.add(
      node,
      kind === undefined ? "a rule without check, unique or no_overlap" : `${kinds.join(" and ")} in one rule`,
      {
        expected: "exactly one of check, unique and no_overlap",
      },
    );
    return false;
  }
  for (const key of Object.values(LONG).flat()) {
    const stray = LONG[kind]?.includes(key) === true ? null : member(node, key);
    if (stray !== null)
      problems.add(stray, `${key} beside ${kind}`, { expected: `${kind} and ${LONG[kind]?.join(", ") ?? ""}` });
  }
  return true;
}

function expand(spec: RuleSpec, node: BriefNode, words: Vocabulary, problems: Problems): BriefRule | null {
  switch (spec.kind) {
    case "check":
      return checkRule(node, spec.offset, spec.expression, null, words, problems);
    case "unique": {
      const fields = spec.fields.filter((field) => known(field, node, words, problems));
      if (spec.where !== null) judge(node, spec.where.offset, spec.where.expression, words, problems);
      const names = fields.map(({ name }) => name);
      return { kind: "unique", fields: names, where: spec.where?.expression ?? null, at: position(node) };
    }
    case "no-overlap": {
      for (const field of [spec.from, spec.to, ...spec.per]) known(field, node, words, problems);
      const per = spec.per.map(({ name }) => name);
      return { kind: "no-overlap", from: spec.from.name, to: spec.to.name, per, at: position(node) };
    }
  }
}

function checkRule(
  node: BriefNode,
  offset: number,
  expression: string,
  about: string | null,
  words: Vocabulary,
  problems: Problems,
): BriefRule {
  judge(node, offset, expression, words, problems);
  return { kind: "check", expression, about, at: position(node) };
}

/** Tells what is wrong with an expression over an entity: what could be a statement, and unknown names. */
export function judge(node: BriefNode, shift: number, expression: string, words: Vocabulary, problems: Problems): void {
  try {
    const { names } = scanExpression(expression);
    for (const name of names) known({ ...name, offset: name.offset + shift }, node, words, problems);
  } catch (error) {
    tell(problems, node, error, shift);
  }
}

function known(word: Word, node: BriefNode, words: Vocabulary, problems: Problems): boolean {
  if (words.names.includes(word.name)) return true;
  const advice = (): Advice => wordAdvice(word.name, words.names, `a field or reference of ${words.entity}`);
  const forgotten = words.values.includes(word.name);
  problems.add(inside(node, word.offset), `${words.entity} has no field "${word.name}"`, () =>
    forgotten ? { ...advice(), mend: `put the value in single quotes: '${word.name}'` } : advice(),
  );
  return false;
}

/** Reads one functional dependency: `country -> currency`, or `{ from: [country], to: [currency] }`. */
export function readDependency(node: BriefNode, words: Vocabulary, problems: Problems): BriefDependency | null {
  if (node.kind === "map") {
    const side = (key: string): string[] =>
      scalarsOf(member(node, key))
        .filter((field) => known({ name: field.text, offset: 0 }, field, words, problems))
        .map(({ text }) => text);
    return { from: side("from"), to: side("to"), at: position(node) };
  }
  const spec = readSpec(problems, node, parseDependency);
  if (spec === null) return null;
  const names = (side: readonly Word[]): string[] =>
    side.filter((word) => known(word, node, words, problems)).map(({ name }) => name);
  return { from: names(spec.from), to: names(spec.to), at: position(node) };
}
