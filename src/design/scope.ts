import type { BriefEntity, BriefPattern, BriefPosition } from "../model/brief.ts";
import { columnOf, fieldOf, problemAt, tableOf } from "./draft.ts";
import type { Draft, DraftForeignKey, DraftTable, JunctionEnd } from "./draft-model.ts";
import { ownColumn, relationColumns } from "./expressions.ts";
import { fieldColumns } from "./fields.ts";

/** A table of a query under its alias. */
export interface ScopeTable {
  readonly alias: string;
  readonly table: DraftTable;
  readonly entity: BriefEntity;
}

/** A join: `on` pairs a column of `from` with one of this table. */
export interface ScopeJoin extends ScopeTable {
  readonly from: ScopeTable;
  readonly on: readonly (readonly [string, string])[];
  /** Whether the row may be missing. */
  readonly outer: boolean;
}

/** A column in a query. */
export interface ScopeColumn {
  readonly at: ScopeTable;
  readonly column: string;
}

/** The tables of one query: the pattern's entity and what its paths lead to. */
export interface Scope {
  readonly base: ScopeTable;
  /** In the order they were needed. */
  readonly joins: ScopeJoin[];
  /** Resolves a path to its columns, joining what it passes through. Throws `invalid` where it leads nowhere. */
  columns(path: string): readonly ScopeColumn[];
}

/** The scope of a pattern. */
export function scopeOf(draft: Draft, pattern: Pick<BriefPattern, "entity" | "name" | "at">): Scope {
  const entity = draft.entities.get(pattern.entity);
  if (entity === undefined) {
    throw problemAt(
      draft.brief,
      pattern.at,
      `the pattern "${pattern.name}" is about ${pattern.entity}, which is no entity`,
      {
        expected: "the name of an entity",
      },
    );
  }
  const base: ScopeTable = { alias: entity.name, table: tableOf(draft, entity.name), entity };
  const joins: ScopeJoin[] = [];
  return { base, joins, columns: (path) => resolve(draft, base, joins, path, pattern) };
}

function resolve(
  draft: Draft,
  base: ScopeTable,
  joins: ScopeJoin[],
  path: string,
  pattern: { readonly name: string; readonly at: BriefPosition },
): readonly ScopeColumn[] {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let at = base;
  for (const [index, step] of steps.entries()) {
    const next = follow(draft, at, step, joins);
    // `subject.post`: one target of a reference to several.
    if (next === null) {
      const target = index === steps.length - 1 ? targetColumns(at, step, last) : [];
      if (target.length > 0) return target.map((column) => ({ at, column }));
      throw unknown(draft, at, path, pattern);
    }
    at = next;
  }
  const columns = columnsOf(draft, at, last);
  if (columns.length > 0) return columns.map((column) => ({ at, column }));
  const pair = junctionAt(draft, at, last, joins);
  if (pair !== null) return pair.far.columns.map((column) => ({ at: pair.join, column }));
  const moved = draft.moved.get(at.entity.name)?.get(last);
  const there = moved === undefined ? undefined : draft.entities.get(moved.entity);
  if (moved !== undefined && there !== undefined) {
    const key = at.table.foreignKeys.find(
      (candidate) => candidate.target === tableOf(draft, there.name) && candidate.relation === null,
    );
    if (key !== undefined) return resolve(draft, joinBy(at, key, there, there.name, joins), joins, last, pattern);
  }
  throw unknown(draft, at, path, pattern);
}

function unknown(
  draft: Draft,
  at: ScopeTable,
  path: string,
  pattern: { readonly name: string; readonly at: BriefPosition },
): Error {
  const known = [...at.entity.fields, ...at.entity.belongsTo].map(({ name }) => name);
  return problemAt(
    draft.brief,
    pattern.at,
    `the pattern "${pattern.name}" names ${path}, which ${at.entity.name} does not have`,
    {
      expected: known.length === 0 ? "a field or a reference" : `one of ${known.join(", ")}, or reference.field`,
    },
  );
}

// The columns a name stands for in one table; a reference to several entities stands for all of its columns.
function columnsOf(draft: Draft, at: ScopeTable, name: string): readonly string[] {
  const field = fieldOf(at.entity, name);
  if (field?.type === "point") return fieldColumns(draft, field);
  const relation = at.entity.belongsTo.find((candidate) => candidate.name === name);
  if (relation !== undefined && relation.targets.length > 1) {
    return at.table.foreignKeys.filter((key) => key.relation === relation).flatMap((key) => key.columns.slice(-1));
  }
  const related = relationColumns(at.table, at.entity, name);
  if (related.length > 0) return related;
  const own = ownColumn(draft, at.table, at.entity, name);
  if (own !== null) return [own];
  return at.entity.isA === name ? at.table.primaryKey.slice(-1) : [];
}

function targetColumns(at: ScopeTable, relationName: string, target: string): readonly string[] {
  const relation = at.entity.belongsTo.find((candidate) => candidate.name === relationName);
  const key = at.table.foreignKeys.find(
    (candidate) => candidate.relation === relation && candidate.target.name === target,
  );
  return relation === undefined || key === undefined ? [] : key.columns.slice(-1);
}

// `members`, seen from the team: through the junction's table.
function junctionAt(
  draft: Draft,
  at: ScopeTable,
  step: string,
  joins: ScopeJoin[],
): { readonly join: ScopeTable; readonly far: JunctionEnd } | null {
  for (const { table, ends } of draft.junctions) {
    for (const [near, far] of [ends, [ends[1], ends[0]] as const]) {
      if (near.entity !== at.entity.name || !far.names.includes(step)) continue;
      const key = table.foreignKeys.find(
        (candidate) =>
          candidate.target === at.table && near.columns.every((column) => candidate.columns.includes(column)),
      );
      const entity = table.entity;
      if (key === undefined || entity === null) continue;
      const known = joins.find((join) => join.table === table && join.from === at);
      if (known !== undefined) return { join: known, far };
      const on = key.targetColumns.map((column, index): readonly [string, string] => [
        column,
        key.columns[index] ?? "",
      ]);
      const join: ScopeJoin = { alias: aliasFor(at, joins, entity.name), table, entity, from: at, on, outer: false };
      joins.push(join);
      return { join, far };
    }
  }
  return null;
}

function aliasFor(at: ScopeTable, joins: readonly ScopeJoin[], step: string): string {
  const taken = new Set([at.alias, ...joins.flatMap((join) => [join.alias, join.from.alias])]);
  let alias = taken.has(step) ? `${at.alias}_${step}` : step;
  for (let number = 2; taken.has(alias); number++) alias = `${step}_${number}`;
  return alias;
}

function follow(draft: Draft, at: ScopeTable, step: string, joins: ScopeJoin[]): ScopeTable | null {
  const relation = at.entity.belongsTo.find((candidate) => candidate.name === step);
  const name =
    relation === undefined
      ? at.entity.isA === step
        ? step
        : null
      : relation.targets.length === 1
        ? relation.targets[0]
        : null;
  const entity = draft.entities.get(name ?? "");
  if (entity === undefined) {
    const pair = junctionAt(draft, at, step, joins);
    const beyond = draft.entities.get(pair?.far.entity ?? "");
    const onward = pair?.join.table.foreignKeys.find(
      (candidate) =>
        beyond !== undefined &&
        candidate.target === tableOf(draft, beyond.name) &&
        pair.far.columns.every((column) => candidate.columns.includes(column)),
    );
    return pair === null || beyond === undefined || onward === undefined
      ? null
      : joinBy(pair.join, onward, beyond, step, joins);
  }
  const target = tableOf(draft, entity.name);
  const key = at.table.foreignKeys.find((candidate) =>
    relation === undefined
      ? candidate.target === target && candidate.relation === null
      : candidate.relation === relation,
  );
  if (key !== undefined) return joinBy(at, key, entity, step, joins);
  // The tenant column is the reference itself.
  const lead = at.table.foreignKeys.find((candidate) => candidate.target === target && candidate.columns.length === 1);
  return lead === undefined ? null : joinBy(at, lead, entity, step, joins);
}

function joinBy(
  at: ScopeTable,
  key: DraftForeignKey,
  entity: BriefEntity,
  step: string,
  joins: ScopeJoin[],
): ScopeTable {
  const known = joins.find(
    (join) =>
      join.from === at &&
      join.table === key.target &&
      join.on.length === key.columns.length &&
      join.on.every(([own], index) => own === key.columns[index]),
  );
  if (known !== undefined) return known;
  const alias = aliasFor(at, joins, step);
  const on = key.columns.map((column, index): readonly [string, string] => [column, key.targetColumns[index] ?? ""]);
  // The kind of an is_a is fixed on both sides: the key alone joins.
  const pairs = on.filter(([own]) => columnOf(at.table, own)?.meaning !== "discriminator");
  const outer =
    key.columns.some((column) => columnOf(at.table, column)?.notNull === false) ||
    joins.some((join) => join === at && join.outer);
  const join: ScopeJoin = { alias, table: key.target, entity, from: at, on: pairs, outer };
  joins.push(join);
  return join;
}
