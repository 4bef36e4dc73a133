import type { BriefEntity } from "../model/brief.ts";
import { columnOf, fieldOf } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";

/**
 * The column that places a row in time: a required instant or date that patterns select ranges of, else the
 * first one of an append-only entity, else `created_at`. Null where there is none.
 */
export function timeColumn(draft: Draft, entity: BriefEntity, table: DraftTable): string | null {
  const ranged = draft.brief.patterns
    .filter((pattern) => pattern.entity === entity.name)
    .flatMap((pattern) => pattern.where)
    .filter((filter) => filter.comparison === "range")
    .map((filter) => filter.path);
  const timed = (name: string): boolean => {
    const field = fieldOf(entity, name);
    return field !== undefined && !field.optional && (field.type === "instant" || field.type === "date");
  };
  const stated = ranged.find(timed);
  if (stated !== undefined) return stated;
  const first = entity.appendOnly ? entity.fields.find((field) => timed(field.name)) : undefined;
  if (first !== undefined) return first.name;
  // A field of that name may hold anything.
  const created = columnOf(table, "created_at");
  return created?.type === "timestamp with time zone" && created.notNull ? created.name : null;
}

/** Whether a pattern asks for a range of a column. */
export function isRanged(draft: Draft, entity: BriefEntity, column: string): boolean {
  return draft.brief.patterns.some(
    (pattern) =>
      pattern.entity === entity.name &&
      pattern.where.some((filter) => filter.path === column && filter.comparison === "range"),
  );
}
