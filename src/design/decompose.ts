import type { Brief, BriefDependency, BriefEntity } from "../model/brief.ts";
import type { Decision } from "../model/decision.ts";
import { listText, rateText } from "./figures.ts";
import { perTenant } from "./tenants.ts";
import { plainEntity } from "./plain-entity.ts";
import type { Dependency } from "./normalise/closure.ts";
import { grouped, minimalCover } from "./normalise/cover.ts";
import { isSuperkey } from "./normalise/keys.ts";
import { normalFormOf } from "./normalise/normal-form.ts";
import type { NormalForm } from "./normalise/normal-form.ts";

/** Fields that a dependency took to an entity of their own; `from` stay behind and refer to it. */
export interface Split {
  readonly entity: string;
  readonly target: string;
  readonly from: readonly string[];
  readonly moved: readonly string[];
}

/** A brief in third normal form as far as its dependencies tell, and why. */
export interface Decomposition {
  readonly brief: Brief;
  readonly splits: readonly Split[];
  readonly decisions: readonly Decision[];
}

// A surrogate key stands for "the row itself" among the attributes.
const ROW = "(row)";

/** Splits entities whose stated dependencies keep them from third normal form, unless a pattern justifies it. */
export function decompose(brief: Brief): Decomposition {
  const splits: Split[] = [];
  const decisions: Decision[] = [];
  const names = new Set(brief.entities.map((entity) => entity.name));
  const entities = brief.entities.flatMap((entity) => {
    if (entity.dependencies.length === 0) return [entity];
    return decomposeEntity(brief, entity, names, splits, decisions);
  });
  const quiet = brief.entities.filter((entity) => entity.dependencies.length === 0).map((entity) => entity.name);
  if (quiet.length > 0) decisions.push(withoutDependencies(brief, quiet));
  return { brief: { ...brief, entities }, splits, decisions };
}

function withoutDependencies(brief: Brief, names: readonly string[]): Decision {
  const shown = names.length > 6 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : listText(names);
  const keys = brief.entities.flatMap((entity) => (names.includes(entity.name) ? keysOf(entity) : [])).length;
  return {
    id: "normal-form/stated",
    topic: "normal-form",
    subject: shown,
    choice: "Boyce–Codd normal form, as far as the brief tells",
    because: `For ${names.length === 1 ? "this entity" : `these ${names.length} entities`} the brief states no dependency beside ${keys === 0 ? "the rows' ids" : `the rows' ids and ${keys} further ${keys === 1 ? "key" : "keys"}`}; every field depends on a key and nothing else. A dependency nobody stated was not seen: state it under "depends", and the design weighs a split.`,
    alternatives: [{ option: "splitting by guess", whyNot: "a join for a dependency that may not hold" }],
    objects: [],
    evidence: names.slice(0, 8).map((name) => `entities.${name}`),
  };
}

// Sets of attributes that are unique: the row's id, the stated key, unique fields and rules.
function keysOf(entity: BriefEntity): readonly (readonly string[])[] {
  const unique = entity.fields.filter((field) => field.unique !== null && !field.optional).map((field) => [field.name]);
  const rules = entity.rules.flatMap((rule) => (rule.kind === "unique" && rule.where === null ? [rule.fields] : []));
  return [...(entity.key === null ? [] : [entity.key]), ...unique, ...rules];
}

/** The attributes of an entity and every dependency that is known of them. */
export function dependenciesOf(entity: BriefEntity): {
  readonly attributes: readonly string[];
  readonly dependencies: readonly Dependency[];
} {
  const own = [...entity.fields.map((field) => field.name), ...entity.belongsTo.map((relation) => relation.name)];
  const keys = [...(entity.key === null ? [[ROW]] : []), ...keysOf(entity)];
  const attributes = entity.key === null ? [ROW, ...own] : own;
  return { attributes, dependencies: [...keys.map((from) => ({ from, to: attributes })), ...entity.dependencies] };
}

function decomposeEntity(
  brief: Brief,
  entity: BriefEntity,
  names: Set<string>,
  splits: Split[],
  decisions: Decision[],
): BriefEntity[] {
  const { attributes, dependencies } = dependenciesOf(entity);
  const { form } = normalFormOf(attributes, dependencies);
  if (form === "BCNF" || form === "3NF") {
    decisions.push(alreadyThird(entity, form));
    return [entity];
  }
  const gone = new Set<string>();
  const made: BriefEntity[] = [];
  const groups = grouped(minimalCover(dependencies)).filter(({ from }) => !isSuperkey(from, attributes, dependencies));
  for (const group of groups) {
    const moved = group.to.filter(
      (name) =>
        !gone.has(name) &&
        entity.fields.some((field) => field.name === name) &&
        !keysOf(entity).some((key) => key.includes(name)),
    );
    if (moved.length === 0) continue;
    const why = reasonsAgainst(brief, entity, gone, { from: group.from, to: moved });
    if (why !== null) {
      decisions.push(keptTogether(entity, group.from, moved, why, form));
      continue;
    }
    const target = freshName(names, `${entity.name}_${group.from.join("_")}`);
    made.push(lookupEntity(brief, entity, target, group.from, moved));
    for (const name of moved) gone.add(name);
    splits.push({ entity: entity.name, target, from: group.from, moved });
    decisions.push(splitOff(entity, target, group.from, moved, form));
  }
  const fields = entity.fields.filter((field) => !gone.has(field.name));
  return [{ ...entity, fields, dependencies: [] }, ...made];
}

function freshName(names: Set<string>, wanted: string): string {
  let name = wanted;
  for (let number = 2; names.has(name); number++) name = `${wanted}_${number}`;
  names.add(name);
  return name;
}

function lookupEntity(
  brief: Brief,
  entity: BriefEntity,
  name: string,
  from: readonly string[],
  moved: readonly string[],
): BriefEntity {
  const fields = [...from, ...moved].flatMap((wanted) => entity.fields.filter((field) => field.name === wanted));
  // What is split off belongs to a tenant exactly when the whole did.
  const entities = new Map(brief.entities.map((one) => [one.name, one]));
  return plainEntity(name, entity, {
    about: `What ${listText(from)} of ${entity.name} determines.`,
    fields: fields.map((field) => ({ ...field, unique: null, optional: moved.includes(field.name) && field.optional })),
    key: from,
    perTenant: brief.tenancy === null ? null : perTenant({ brief, entities }, entity),
  });
}

// A split is right unless something reads, orders or checks the fields together, each time.
function reasonsAgainst(
  brief: Brief,
  entity: BriefEntity,
  gone: ReadonlySet<string>,
  { from, to }: Dependency,
): string | null {
  const fields = from.map((name) => (gone.has(name) ? undefined : entity.fields.find((field) => field.name === name)));
  if (fields.some((field) => field === undefined))
    return `${listText(from)} is no plain field of ${entity.name}, so nothing could refer by it`;
  if (fields.some((field) => field?.optional === true))
    return `${listText(from)} may be absent, and what it determines would then have no place`;
  if (fields.some((field) => field?.type === "list" || field?.type === "json" || field?.type === "point"))
    return `${listText(from)} cannot be a key`;
  const touched = (path: string): boolean => to.includes(path);
  const pattern = brief.patterns.find(
    (one) =>
      one.entity === entity.name &&
      (one.where.some((filter) => touched(filter.path)) ||
        one.order.some(({ path }) => touched(path)) ||
        one.sets.some(touched)),
  );
  if (pattern !== undefined) {
    const rate = pattern.rate_per_s === null ? "" : ` (${rateText(pattern.rate_per_s)})`;
    return `the pattern "${pattern.name}"${rate} filters, sorts or writes ${listText(to)} together with the rest: one index over one table serves it, and no index spans two`;
  }
  const ruled = entity.rules.some((rule) =>
    rule.kind === "check"
      ? to.some((name) => new RegExp(`\\b${name}\\b`, "i").test(rule.expression))
      : rule.kind === "unique"
        ? rule.fields.some(touched)
        : [rule.from, rule.to, ...rule.per].some(touched),
  );
  if (ruled)
    return `a rule of ${entity.name} reads ${listText(to)} together with the rest, and a constraint sees one table`;
  if (entity.search.some(touched)) return `${listText(to)} is searched together with the rest of ${entity.name}`;
  return null;
}

const arrow = (from: readonly string[], to: readonly string[]): string => `${from.join(", ")} → ${to.join(", ")}`;

const evidenceOf = (entity: BriefEntity): readonly string[] =>
  entity.dependencies.map((dependency: BriefDependency) => dependency.at.path);

function alreadyThird(entity: BriefEntity, form: NormalForm): Decision {
  return {
    id: `normal-form/${entity.name}`,
    topic: "normal-form",
    subject: entity.name,
    choice: form === "BCNF" ? "Boyce–Codd normal form" : "third normal form",
    because: `Under the stated ${entity.dependencies.map(({ from, to }) => arrow(from, to)).join("; ")}, ${form === "BCNF" ? "every left side is a key" : "what is determined without a key is part of one"}. Dependencies nobody stated were not seen.`,
    alternatives: [
      {
        option: "splitting further",
        whyNot: form === "BCNF" ? "there is nothing left to repeat" : "a split would lose a dependency",
      },
    ],
    objects: [],
    evidence: evidenceOf(entity),
  };
}

function splitOff(
  entity: BriefEntity,
  target: string,
  from: readonly string[],
  moved: readonly string[],
  form: NormalForm,
): Decision {
  return {
    id: `normal-form/${target}`,
    topic: "normal-form",
    subject: entity.name,
    choice: `${listText(moved)} moved to ${target}, by ${listText(from)}`,
    because: `The brief states ${arrow(from, moved)}, and ${listText(from)} is no key of ${entity.name}: it was in ${form}, each value repeated in every row with the same ${listText(from)}, free to disagree. Now it stands once, ${entity.name} refers to it, and both are in third normal form under what is stated. Dependencies nobody stated were not seen.`,
    alternatives: [
      {
        option: "one table",
        whyNot: `a changed ${moved[0] ?? "value"} would have to be changed in every row, and no constraint could tell that one was missed`,
      },
    ],
    objects: [],
    evidence: evidenceOf(entity),
  };
}

function keptTogether(
  entity: BriefEntity,
  from: readonly string[],
  to: readonly string[],
  why: string,
  form: NormalForm,
): Decision {
  return {
    id: `normal-form/${entity.name}.${to.join("_")}`,
    topic: "normal-form",
    subject: entity.name,
    choice: `denormalised on purpose: ${listText(to)} stay in ${entity.name} (${form})`,
    because: `The brief states ${arrow(from, to)}, which would move ${listText(to)} to a table of its own; but ${why}. Rows that disagree are found by grouping by ${listText(from)}.`,
    alternatives: [{ option: `a table by ${listText(from)}`, whyNot: why }],
    objects: [],
    evidence: evidenceOf(entity),
  };
}
