import type { BriefEntity, BriefField, BriefRelation } from "../../model/brief.ts";
import { inside } from "./document.ts";
import type { BriefNode } from "./document.ts";
import { wordAdvice } from "./problems.ts";
import type { Problems } from "./problems.ts";

/** The entities that paths are looked up in. */
export interface PathContext {
  readonly entities: ReadonlyMap<string, BriefEntity>;
  /** All names that the text gives an entity, also those whose meaning could not be read. */
  readonly namesOf: (entity: BriefEntity) => readonly string[];
}

/** Where a path ends: at a field or at a reference; both null where the text there is already told as broken. */
export interface PathEnd {
  readonly field: BriefField | null;
  readonly relation: BriefRelation | null;
}

/**
 * Looks up `field`, `reference`, `reference.field`, `reference.reference`, or `reference.target` of a
 * reference to several entities, telling what is unknown.
 * The parent of an `is_a` counts as a reference named after it; so does a many-to-many where
 * `collections` says so (filters: a post among whose `tags` is this one).
 */
export function resolvePath(
  node: BriefNode,
  path: string,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
  collections = false,
): PathEnd | null {
  const [first = "", second, ...more] = path.split(".");
  if (more.length > 0) {
    problems.add(inside(node, 0), `the path "${path}" is too long`, {
      expected: "field, reference or reference.field",
    });
    return null;
  }
  const start = step(node, 0, first, entity, context, problems, collections);
  if (start === null || second === undefined) return start;
  const targets = start.relation?.targets ?? [];
  const [target] = targets;
  if (start.relation === null || target === undefined) {
    if (start.field !== null)
      problems.add(inside(node, 0), `${first} is a field: nothing can follow it`, { expected: "reference.field" });
    return start.field === null ? start : null;
  }
  if (targets.length > 1) {
    // `subject.product` is the reference where it leads to a product.
    if (targets.includes(second))
      return { field: null, relation: { ...start.relation, targets: [second], optional: true } };
    problems.add(inside(node, 0), `${first} may refer to ${targets.join(" or ")}: no field of it is certain`, {
      expected: `${first}, ${targets.map((one) => `${first}.${one}`).join(" or ")}`,
    });
    return null;
  }
  const next = context.entities.get(target);
  return next === undefined ? null : step(node, first.length + 1, second, next, context, problems);
}

function step(
  node: BriefNode,
  offset: number,
  name: string,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
  collections = false,
): PathEnd | null {
  const field = entity.fields.find((one) => one.name === name) ?? null;
  const collection = collections ? collectionOf(entity, name) : null;
  const relation = entity.belongsTo.find((one) => one.name === name) ?? parentOf(entity, name) ?? collection;
  const names = [...context.namesOf(entity), ...(collections ? entity.manyToMany.map((one) => one.name) : [])];
  if (field !== null || relation !== null || names.includes(name)) return { field, relation };
  problems.add(inside(node, offset), `${entity.name} has no field or reference "${name}"`, () =>
    wordAdvice(name, names, `a field or reference of ${entity.name}`),
  );
  return null;
}

function parentOf(entity: BriefEntity, name: string): BriefRelation | null {
  if (entity.isA === null || entity.isA !== name) return null;
  const fixed = {
    about: null,
    optional: false,
    one: true,
    onDelete: "cascade",
    onDeleteStated: false,
    immutable: true,
  } as const;
  return { name, targets: [name], ...fixed, at: entity.at };
}

function collectionOf(entity: BriefEntity, name: string): BriefRelation | null {
  const found = entity.manyToMany.find((one) => one.name === name);
  if (found === undefined) return null;
  const fixed = {
    about: null,
    optional: false,
    one: false,
    onDelete: "cascade",
    onDeleteStated: false,
    immutable: false,
  } as const;
  return { name, targets: [found.target], ...fixed, at: found.at };
}
