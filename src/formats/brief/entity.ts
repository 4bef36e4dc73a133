import type { BriefEntity, BriefField, BriefRetention, BriefVolume } from "../../model/brief.ts";
import { flagOf, member, scalarsOf, textOf } from "./document.ts";
import type { BriefEntry, BriefNode } from "./document.ts";
import { readDependency, readRule } from "./entity-rules.ts";
import type { Vocabulary } from "./entity-rules.ts";
import { classificationOf, readField } from "./field.ts";
import { SpecError } from "./cursor.ts";
import { nearest } from "./nearest.ts";
import { wordAdvice } from "./problems.ts";
import type { Problems } from "./problems.ts";
import { parseBytes, parseMonths, parseRows, parseSkew } from "./quantities.ts";
import { position, readSpec } from "./reading.ts";
import { readManyToMany, readRelation } from "./relation.ts";

const present = <T>(value: T | null): value is T => value !== null;

/** Reads one entity. Parts that cannot be read are told and left out, so that the rest is judged too. */
export function readEntity(entry: BriefEntry, entities: readonly string[], problems: Problems): BriefEntity {
  const { value: node } = entry;
  const section = (key: string): readonly BriefEntry[] => member(node, key)?.entries ?? [];
  const fields = section("fields")
    .map((field) => readField(field, problems))
    .filter(present);
  const belongsTo = section("belongs_to")
    .map((one) => readRelation(one, entities, problems))
    .filter(present);
  const appendOnly = flagOf(member(node, "append_only")) ?? false;
  const manyToMany = section("many_to_many")
    .map((one) => readManyToMany(one, entities, problems))
    .filter(present);
  const words = vocabulary(entry, section("fields"), section("belongs_to"), fields);
  const list = (key: string): readonly BriefNode[] => {
    const items = member(node, key);
    return items === null ? [] : items.kind === "list" ? items.items : [items];
  };
  const isA = member(node, "is_a");
  const key = member(node, "key");
  return {
    name: entry.key,
    about: textOf(member(node, "about")),
    fields,
    // Setting a reference to null would change a row that never changes.
    belongsTo: belongsTo.map((one) => (appendOnly && !one.onDeleteStated ? { ...one, onDelete: "restrict" } : one)),
    manyToMany,
    isA: isA === null ? null : named(isA, entities, "one of the entities", problems),
    key: key === null ? null : names(key, words.names, `a field or reference of ${entry.key}`, problems),
    perTenant: flagOf(member(node, "per_tenant")),
    rules: list("rules")
      .map((rule) => readRule(rule, words, problems))
      .filter(present),
    dependencies: list("depends")
      .map((one) => readDependency(one, words, problems))
      .filter(present),
    search: names(member(node, "search"), fieldNames(section("fields")), `a field of ${entry.key}`, problems),
    history: textOf(member(node, "history")) === "changes" ? "changes" : "none",
    softDelete: flagOf(member(node, "soft_delete")) ?? false,
    appendOnly,
    orderedWithin: orderedWithin(member(node, "ordered_within"), section("belongs_to"), problems),
    volume: readVolume(member(node, "volume"), problems),
    retention: readRetention(member(node, "retention"), problems),
    erase: oneOf(textOf(member(node, "erase")), ["erase", "anonymise", "keep"] as const),
    classification: classificationOf(textOf(member(node, "classification"))),
    consistency: oneOf(textOf(member(node, "consistency")), ["strong", "eventual"] as const) ?? "strong",
    at: position(entry.at),
  };
}

/** The columns that an entity's flags make, and that rules and patterns may name. */
export function madeNames(entity: BriefNode | null): readonly string[] {
  return [
    ...(flagOf(member(entity, "soft_delete")) === true ? ["deleted_at"] : []),
    ...(member(entity, "ordered_within") === null ? [] : ["position"]),
  ];
}

/** The member of a list of words that a text is, or null. */
export function oneOf<const T extends string>(text: string | null, words: readonly T[]): T | null {
  return words.find((word) => word === text) ?? null;
}

const fieldNames = (entries: readonly BriefEntry[]): string[] => entries.map(({ key }) => key);

// From the keys, not from what could be read: a field with a broken type is told once, not at each use.
function vocabulary(
  { key: entity, value }: BriefEntry,
  fields: readonly BriefEntry[],
  relations: readonly BriefEntry[],
  read: readonly BriefField[],
): Vocabulary {
  return {
    entity,
    names: [...fieldNames(fields), ...fieldNames(relations), ...madeNames(value)],
    values: read.flatMap(({ values }) => values),
  };
}

/** A scalar that must be one of some names; null (and told) when it is not. */
export function named(node: BriefNode, known: readonly string[], noun: string, problems: Problems): string | null {
  const text = textOf(node);
  if (text === null || known.includes(text)) return text;
  problems.add(node, `unknown name "${text.slice(0, 63)}"`, () => wordAdvice(text, known, noun));
  return null;
}

function names(node: BriefNode | null, known: readonly string[], noun: string, problems: Problems): string[] {
  return scalarsOf(node)
    .map((item) => named(item, known, noun, problems))
    .filter(present);
}

function orderedWithin(node: BriefNode | null, relations: readonly BriefEntry[], problems: Problems): string | null {
  if (node === null || textOf(node) === null) return null;
  if (node.text === "all") return "";
  return named(node, [...fieldNames(relations), "all"], "a reference of the entity, or all", problems);
}

function readVolume(node: BriefNode | null, problems: Problems): BriefVolume {
  const now = node?.kind === "map" ? member(node, "now") : node;
  return {
    now_rows: readSpec(problems, now, parseRows),
    per_month_rows: readSpec(problems, member(node, "per_month"), parseRows),
    row_bytes: readSpec(problems, member(node, "row"), parseBytes),
    skew: readSpec(problems, member(node, "skew"), parseSkew),
  };
}

const ENDS = ["erase", "anonymise", "archive"] as const;

/** Reads `7 years` or `10 years then anonymise`. */
export function readRetention(node: BriefNode | null, problems: Problems): BriefRetention | null {
  return readSpec(problems, node, (text) => {
    const words = text.trim().split(/\s+/);
    const at = words.indexOf("then");
    const months = parseMonths(words.slice(0, at < 0 ? undefined : at).join(" "));
    if (at < 0) return { months, then: "erase" };
    const end = words.slice(at + 1).join(" ");
    const then = oneOf(end, ENDS);
    if (then !== null) return { months, then };
    const guess = nearest(end, ENDS);
    throw new SpecError(
      `unknown end "${end}" of a retention`,
      Math.max(0, text.lastIndexOf(words.at(-1) ?? "")),
      "then erase, then anonymise or then archive",
      guess === null ? null : `did you mean ${guess}?`,
    );
  });
}
