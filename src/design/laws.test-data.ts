import { viewOf } from "../model/catalog-view.ts";
import type { IndexObject } from "../model/catalog.ts";
import type { Design } from "../model/design.ts";
import { refKey } from "../model/ref.ts";

/** What holds of every design; each broken law as one sentence. */
export function brokenLaws(design: Design): string[] {
  return [
    ...brokenReferences(design),
    ...redundantIndexes(design),
    ...uselessIndexes(design),
    ...brokenAnswers(design),
  ];
}

function brokenReferences(design: Design): string[] {
  const view = viewOf(design.catalog);
  const keys = new Set(design.catalog.objects.map(refKey));
  const broken: string[] = [];
  for (const object of design.catalog.objects) {
    for (const needed of object.dependsOn)
      if (!keys.has(needed)) broken.push(`${refKey(object)} needs ${needed}, which is missing`);
  }
  for (const { table, columns, constraints, indexes } of view.tables) {
    if (table.partitionOf !== null) continue;
    const names = new Set(columns.map((column) => column.name));
    if (names.size !== columns.length) broken.push(`${table.name} has a column twice`);
    for (const constraint of constraints) {
      for (const column of constraint.columns)
        if (!names.has(column)) broken.push(`${constraint.name} names ${column}`);
      const target = constraint.references;
      if (target === null) continue;
      const parent = view.table(target.schema, target.table);
      const matched = parent?.constraints.some(
        (key) =>
          (key.type === "primary key" || key.type === "unique") &&
          key.columns.length === target.columns.length &&
          key.columns.every((column) => target.columns.includes(column)),
      );
      if (matched !== true) broken.push(`${constraint.name} refers to no key of ${target.table}`);
    }
    for (const index of indexes) {
      for (const { column } of index.keys)
        if (column !== null && !names.has(column)) broken.push(`${index.name} names ${column}`);
    }
    if (constraints.every((constraint) => constraint.type !== "primary key"))
      broken.push(`${table.name} has no primary key`);
  }
  return broken;
}

const columnsOf = (index: IndexObject): string =>
  JSON.stringify(index.keys.map((key) => [key.column ?? key.expression, key.order, key.opclass]));

function redundantIndexes(design: Design): string[] {
  const view = viewOf(design.catalog);
  return view.tables.flatMap(({ indexes }) =>
    indexes
      .filter((index) => index.method === "btree" && !index.unique && index.include.length === 0)
      .flatMap((index) =>
        indexes
          .filter((other) => other !== index && other.method === "btree" && other.predicate === index.predicate)
          .filter(
            (other) =>
              columnsOf(other).startsWith(columnsOf(index).slice(0, -1)) &&
              (other.keys.length > index.keys.length || other.name < index.name),
          )
          .map((other) => `${index.name} is the beginning of ${other.name}`),
      ),
  );
}

function uselessIndexes(design: Design): string[] {
  const explained = new Set(design.decisions.flatMap((decision) => decision.objects));
  return design.catalog.objects
    .filter((object) => object.kind === "index" && object.constraint === null)
    .filter(
      (object) =>
        !explained.has(refKey(object)) && !design.decisions.some((decision) => decision.because.includes(object.name)),
    )
    .map((object) => `${object.name} is explained by no decision`);
}

function brokenAnswers(design: Design): string[] {
  const keys = new Set(design.catalog.objects.map(refKey));
  const broken: string[] = [];
  const ids = new Set<string>();
  for (const decision of design.decisions) {
    if (ids.has(decision.id)) broken.push(`two decisions are called ${decision.id}`);
    ids.add(decision.id);
    for (const key of decision.objects)
      if (!keys.has(key)) broken.push(`the decision ${decision.id} names ${key}, which is missing`);
  }
  for (const query of design.queries) {
    if (query.index !== null && !keys.has(query.index))
      broken.push(`"${query.pattern}" is meant for ${query.index}, which is missing`);
    const numbers = new Set([...query.sql.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])));
    if (numbers.size !== query.parameters.length)
      broken.push(`"${query.pattern}" has ${numbers.size} placeholders and ${query.parameters.length} parameters`);
  }
  const roots = design.catalog.objects.filter((object) => object.kind === "table" && object.partitionOf === null);
  if (roots.length !== design.volumes.length)
    broken.push(`${roots.length} tables and ${design.volumes.length} volumes`);
  for (const volume of design.volumes) {
    if (!Number.isInteger(volume.horizon_rows) || !Number.isInteger(volume.row_bytes) || volume.row_bytes < 1)
      broken.push(`the volume of ${volume.table} is no whole number`);
  }
  return broken;
}
