import type { BriefField, BriefManyToMany, BriefRelation, OnDelete } from "../../model/brief.ts";
import { flagOf, inside, member, scalarsOf, textOf } from "./document.ts";
import type { BriefEntry } from "./document.ts";
import { readField } from "./field.ts";
import { wordAdvice } from "./problems.ts";
import type { Place, Problems } from "./problems.ts";
import { position, readSpec } from "./reading.ts";
import { ON_DELETE, parseManyToManySpec, parseRelationSpec } from "./relation-spec.ts";

/** An entity that a reference names, with where it is named. */
interface Target {
  readonly name: string;
  readonly at: Place;
}

/** Reads one entry of `belongs_to`, in its short or long form; null (and told) when it cannot be read. */
export function readRelation(entry: BriefEntry, entities: readonly string[], problems: Problems): BriefRelation | null {
  const { value } = entry;
  const long = value.kind === "map";
  const toNode = long ? member(value, "to") : null;
  const spec =
    value.kind === "text"
      ? readSpec(problems, value, parseRelationSpec)
      : { targets: [], optional: false, one: false, immutable: false, onDelete: null };
  if (spec === null || value.kind === "list") return null;
  const stated: Target[] = long
    ? scalarsOf(toNode).map((node) => ({ name: node.text, at: node }))
    : spec.targets.map(({ name, offset }) => ({ name, at: inside(value, offset) }));
  const targets = stated.length === 0 ? [{ name: entry.key, at: entry.at }] : stated;
  const known = targets.filter((target, index) => isTarget(target, targets.slice(0, index), entities, problems));
  const optional = (long ? flagOf(member(value, "optional")) : null) ?? spec.optional;
  const onDelete = long ? actionOf(textOf(member(value, "on_delete"))) : spec.onDelete;
  if (long && !optional && onDelete === "set null")
    problems.add(member(value, "on_delete") ?? value, "a required reference cannot be set to null", {
      expected: "on_delete: restrict, cascade or no action",
      mend: "add optional: true",
    });
  return {
    name: entry.key,
    targets: known.map(({ name }) => name),
    about: long ? textOf(member(value, "about")) : null,
    optional,
    one: (long ? flagOf(member(value, "one")) : null) ?? spec.one,
    // Losing a parent should never lose a child's rows by surprise.
    onDelete: onDelete ?? (optional ? "set null" : "restrict"),
    onDeleteStated: onDelete !== null,
    immutable: (long ? flagOf(member(value, "immutable")) : null) ?? spec.immutable,
    at: position(entry.at),
  };
}

const actionOf = (text: string | null): OnDelete | null => ON_DELETE.find((one) => one === text) ?? null;

function isTarget(
  target: Target,
  earlier: readonly Target[],
  entities: readonly string[],
  problems: Problems,
): boolean {
  if (earlier.some(({ name }) => name === target.name)) {
    problems.add(target.at, `${target.name} is named twice`, { expected: "each target once" });
    return false;
  }
  if (entities.includes(target.name)) return true;
  problems.add(target.at, `no entity is called "${target.name}"`, () =>
    wordAdvice(target.name, entities, "one of the entities"),
  );
  return false;
}

/** Reads one entry of `many_to_many`, in its short or long form; null (and told) when it cannot be read. */
export function readManyToMany(
  entry: BriefEntry,
  entities: readonly string[],
  problems: Problems,
): BriefManyToMany | null {
  const { value } = entry;
  if (value.kind !== "text" && value.kind !== "map") return null;
  const long = value.kind === "map";
  const short = long ? null : readSpec(problems, value, parseManyToManySpec);
  const toNode = long ? member(value, "to") : value;
  const target = long ? textOf(toNode) : (short?.target ?? null);
  if (target === null) return null;
  if (!isTarget({ name: target, at: toNode ?? entry.at }, [], entities, problems)) return null;
  const fields = (member(value, "fields")?.entries ?? [])
    .map((field) => readField(field, problems))
    .filter((field): field is BriefField => field !== null);
  return {
    name: entry.key,
    target,
    fields,
    ordered: (long ? flagOf(member(value, "ordered")) : null) ?? short?.ordered ?? false,
    at: position(entry.at),
  };
}
