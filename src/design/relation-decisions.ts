import type { BriefEntity, BriefRelation, OnDelete } from "../model/brief.ts";
import { decide, partKeyOf, tenantLead } from "./draft.ts";
import type { Draft, DraftForeignKey, DraftTable } from "./draft-model.ts";
import { rowsText, withArticle, withCapitalArticle } from "./figures.ts";

const REASONS: Record<OnDelete, (child: string, parent: string, each: string) => string> = {
  restrict: (child, parent, each) =>
    `${withCapitalArticle(parent)} that still has ${withArticle(child)} is not deleted${each}: whoever deletes it must say first what becomes of them.`,
  cascade: (child, parent, each) =>
    `${withCapitalArticle(child)} is part of its ${parent} and means nothing without it${each}, so both go in one statement.`,
  "set null": (child, parent) =>
    `${withCapitalArticle(child)} outlives its ${parent}: it stays and the reference becomes empty.`,
  "no action": (child, parent, each) =>
    `${withCapitalArticle(parent)} with ${withArticle(child)} is not deleted${each}; checked at the end of the statement, so that both can go in one.`,
};

const ALTERNATIVES: Record<OnDelete, (child: string, parent: string) => { option: string; whyNot: string }> = {
  restrict: (child, parent) => ({
    option: "cascade",
    whyNot: `one DELETE of ${withArticle(parent)} would silently take every ${child} with it`,
  }),
  cascade: (child, parent) => ({
    option: "restrict",
    whyNot: `the application would have to delete each ${child} itself, in the right order, before ${withArticle(parent)}`,
  }),
  "set null": (child, parent) => ({ option: "cascade", whyNot: `the ${child} would be lost with the ${parent}` }),
  "no action": (child, parent) => ({
    option: "cascade",
    whyNot: `one DELETE of ${withArticle(parent)} would silently take every ${child} with it`,
  }),
};

/** Explains one foreign key and what it does on delete. */
export function decideForeignKey(
  draft: Draft,
  entity: BriefEntity,
  relation: BriefRelation,
  table: DraftTable,
  key: DraftForeignKey,
): void {
  const parent = key.target.name;
  const ratio = Math.round(table.volume.horizon_rows / key.target.volume.horizon_rows);
  const each = ratio >= 2 ? ` (about ${rowsText(ratio)} to each ${parent} at the horizon)` : "";
  const lead = tenantLead(draft, key.target)[0];
  const tenant =
    lead === undefined
      ? ""
      : ` The key is composite: ${key.columns.join(", ")}. A key that contains ${lead} cannot lead to another tenant's row, whatever the application sends.`;
  const nulls =
    key.onDelete === "set null" && lead !== undefined
      ? ` Only ${key.setNull.join(", ")} becomes null (SET NULL with a column list, PostgreSQL 15): ${lead} stays.`
      : "";
  const chosen = relation.onDeleteStated ? "" : " The brief leaves it open; this is the cautious choice.";
  const subject =
    relation.targets.length > 1 ? `${entity.name}.${relation.name}.${parent}` : `${entity.name}.${relation.name}`;
  decide(draft, {
    id: `foreign-key/${subject}`,
    topic: "foreign-key",
    subject,
    choice: `references ${parent}, on delete ${key.onDelete}`,
    because: `${REASONS[key.onDelete](entity.name, parent, each)}${nulls}${tenant}${chosen}`,
    alternatives: [ALTERNATIVES[key.onDelete](entity.name, parent)],
    objects: [partKeyOf(table, "constraint", key.name)],
    evidence: [`entities.${entity.name}.belongs_to.${relation.name}`],
  });
}

/** Explains one-to-one and self references. */
export function decideSelfReference(
  draft: Draft,
  entity: BriefEntity,
  relation: BriefRelation,
  table: DraftTable,
): void {
  decide(draft, {
    id: `relationship/${entity.name}.${relation.name}`,
    topic: "relationship",
    subject: `${entity.name}.${relation.name}`,
    choice: "adjacency list: each row names its parent",
    because: `A tree of ${rowsText(table.volume.horizon_rows)} rows that moves one subtree with one UPDATE; a CHECK keeps a row from being its own parent. A recursive query walks it, one index probe per level.`,
    alternatives: [
      { option: "materialised path or ltree", whyNot: "moving a subtree rewrites every row in it" },
      {
        option: "closure table",
        whyNot: `a row for each ancestor of each of ${rowsText(table.volume.horizon_rows)} rows`,
      },
    ],
    objects: [],
    evidence: [`entities.${entity.name}.belongs_to.${relation.name}`],
  });
}

/** Explains a reference to one of several entities. */
export function decidePolymorphic(
  draft: Draft,
  entity: BriefEntity,
  relation: BriefRelation,
  table: DraftTable,
  check: string,
): void {
  decide(draft, {
    id: `relationship/${entity.name}.${relation.name}`,
    topic: "relationship",
    subject: `${entity.name}.${relation.name}`,
    choice: `one nullable foreign key for each of ${relation.targets.join(", ")}, ${relation.optional ? "at most" : "exactly"} one of them set`,
    because: `Each of the ${relation.targets.length} targets is guarded by a real foreign key, and a CHECK counts the references: none can dangle.`,
    alternatives: [
      { option: "a type and an id column", whyNot: "no foreign key can guard it: the id may point to nothing" },
      {
        option: "a common parent table of the targets",
        whyNot: "an insert and a join more for every target row, to serve one reference",
      },
    ],
    objects: [partKeyOf(table, "constraint", check)],
    evidence: [`entities.${entity.name}.belongs_to.${relation.name}`],
  });
}

/** Explains `is_a`. */
export function decideInheritance(
  draft: Draft,
  entity: BriefEntity,
  parent: string,
  table: DraftTable,
  key: DraftForeignKey,
): void {
  decide(draft, {
    id: `relationship/${entity.name}.is_a`,
    topic: "relationship",
    subject: entity.name,
    choice: `a table of its own that shares the key of ${parent}`,
    because: `${entity.name} adds ${entity.fields.length} fields that only it has: here each can be NOT NULL. The foreign key includes the kind, which a CHECK fixes on this side, so ${withArticle(parent)} of another kind cannot get a row here.`,
    alternatives: [
      {
        option: `all kinds in ${parent}`,
        whyNot: `${entity.fields.length} columns that are null for every other kind, with their rules as conditions`,
      },
      {
        option: "a table per kind without a common one",
        whyNot: `a reference to any ${parent} could not be a foreign key`,
      },
      { option: "PostgreSQL's INHERITS", whyNot: "keys and references do not reach the child tables" },
    ],
    objects: [partKeyOf(table, "constraint", key.name)],
    evidence: [`entities.${entity.name}.is_a`],
  });
}
