import type { IndexObject } from "../../model/catalog.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { neverNull } from "../relationships.ts";
import { defaultOf } from "./default.ts";
import { beyond, indexLine, unrepresentable } from "./index-line.ts";
import { allocator, camel, documentation, prismaString } from "./names.ts";
import { scalarOf } from "./scalar.ts";
import type { PrismaEnum, PrismaField, PrismaKey, PrismaModel, PrismaRelationField } from "./schema.ts";

/** Prepares a model: its scalar fields and the keys that Prisma can hold. */
export function modelOf(view: CatalogView, enums: readonly PrismaEnum[], table: TableView, name: string): PrismaModel {
  const allocateField = allocator();
  const fields = new Map<string, PrismaField>();
  for (const column of table.columns) {
    const required = neverNull(table, column.name);
    fields.set(column.name, {
      name: allocateField(camel(column.name)),
      column,
      scalar: scalarOf(view, enums, column),
      required,
    });
  }
  const keys = keysOf(table, fields);
  const identifies = (key: PrismaKey): boolean => key.columns.every((column) => fields.get(column)?.required === true);
  return {
    view: table,
    name,
    fields,
    keys,
    ignored: !keys.some(identifies),
    relations: [],
    remarks: [],
    allocateField,
  };
}

function keysOf(table: TableView, fields: ReadonlyMap<string, PrismaField>): PrismaKey[] {
  const fits = (column: string): boolean => {
    const scalar = fields.get(column)?.scalar;
    return scalar?.supported === true && !scalar.list && scalar.native !== "Xml";
  };
  const usable = (columns: readonly string[]): boolean => columns.length > 0 && columns.every(fits);
  const keys: PrismaKey[] = [];
  const seen = new Set<string>();
  const add = (kind: PrismaKey["kind"], columns: readonly string[], name: string, index: IndexObject | null): void => {
    // A second key over the same columns in the same order adds nothing and would be a duplicate.
    if (!usable(columns) || seen.has(JSON.stringify(columns))) return;
    seen.add(JSON.stringify(columns));
    const descending = new Set(
      (index?.keys ?? []).flatMap((key) => (key.order === "desc" && key.column !== null ? [key.column] : [])),
    );
    keys.push({ kind, columns, name, descending });
  };
  if (table.primaryKey !== null) add("id", table.primaryKey.columns, table.primaryKey.name, null);
  for (const constraint of table.constraints) {
    if (constraint.type === "unique") add("unique", constraint.columns, constraint.name, null);
  }
  for (const index of table.indexes) {
    const columns = index.keys.flatMap((key) => (key.column === null ? [] : [key.column]));
    const plain = index.unique && index.valid && index.constraint === null && index.predicate === null;
    if (plain && columns.length === index.keys.length) add("unique", columns, index.name, index);
  }
  return keys;
}

/** Writes a model whose relations are complete. `schema` is null in a schema without `schemas`. */
export function modelBlock(model: PrismaModel, schema: string | null, notes: string[]): string {
  const { table, indexes } = model.view;
  const block: string[] = [];
  for (const key of model.keys) {
    if (key.columns.length > 1 || key.descending.size > 0) block.push(keyLine(model, key));
  }
  for (const index of indexes) {
    if (index.constraint !== null || model.keys.some((key) => key.name === index.name)) continue;
    const reason =
      index.unique && index.predicate === null ? unrepresentableKey(index, model) : unrepresentable(index, model);
    if (reason !== null) {
      model.remarks.push(`Index ${index.name} is not written here: ${reason}.`);
      notes.push(`${model.name}: index ${index.name} is left out: ${reason}`);
      continue;
    }
    const rest = beyond(index);
    if (rest !== null) model.remarks.push(`Index ${index.name} also: ${rest}.`);
    block.push(indexLine(index, model));
  }
  if (model.name !== table.name) block.push(`@@map(${prismaString(table.name)})`);
  if (model.ignored) block.push("@@ignore");
  if (schema !== null) block.push(`@@schema(${prismaString(schema)})`);
  describe(model, notes);
  const scalars = [...model.fields.values()].map((field) => fieldRow(model, field));
  const relations = model.relations.toSorted((a, b) => Number(a.back) - Number(b.back)).map(relationRow);
  return [
    ...(table.comment === null ? [] : documentation(table.comment)),
    ...model.remarks.flatMap((remark) => documentation(remark)),
    `model ${model.name} {`,
    ...aligned(scalars),
    ...(relations.length === 0 ? [] : ["", ...aligned(relations)]),
    ...(block.length === 0 ? [] : ["", ...block.map((line) => `  ${line}`)]),
    "}",
  ].join("\n");
}

function unrepresentableKey(index: IndexObject, model: PrismaModel): string | null {
  return unrepresentable(index, model) ?? "Prisma cannot make a key of these columns, or they are a key already";
}

// What the database holds and Prisma has no word for, so that nobody takes the model for the whole truth.
function describe(model: PrismaModel, notes: string[]): void {
  const { table, constraints, policies } = model.view;
  const names = (type: string): string =>
    constraints
      .filter((of) => of.type === type)
      .map((of) => of.name)
      .join(", ");
  const [checks, exclusions] = [names("check"), names("exclusion")];
  if (checks !== "") model.remarks.push(`Checked by the database: ${checks}.`);
  if (exclusions !== "") model.remarks.push(`Excluded by the database: ${exclusions}.`);
  if (table.rowSecurity.enabled)
    model.remarks.push(
      `Row level security is enabled, with ${policies.length} ${policies.length === 1 ? "policy" : "policies"}.`,
    );
  if (table.partitionBy !== null)
    model.remarks.push(
      `Partitioned by ${table.partitionBy.strategy} (${table.partitionBy.key}); its partitions are no models.`,
    );
  if (model.ignored) {
    model.remarks.push(
      "No key of required columns that Prisma supports identifies a row, so the client leaves it out.",
    );
    notes.push(`${model.name}: no usable key, marked @@ignore`);
  }
}

const usualName = (model: PrismaModel, key: PrismaKey): string =>
  key.kind === "id" ? `${model.view.table.name}_pkey` : `${model.view.table.name}_${key.columns.join("_")}_key`;

const mapPart = (model: PrismaModel, key: PrismaKey): string | null =>
  key.name === usualName(model, key) ? null : `map: ${prismaString(key.name)}`;

function keyLine(model: PrismaModel, key: PrismaKey): string {
  const columns = key.columns.map(
    (column) => `${model.fields.get(column)?.name ?? ""}${key.descending.has(column) ? "(sort: Desc)" : ""}`,
  );
  const map = mapPart(model, key);
  return `@@${key.kind}([${columns.join(", ")}]${map === null ? "" : `, ${map}`})`;
}

interface Row {
  readonly documentation: readonly string[];
  readonly cells: readonly [name: string, type: string, attributes: string];
}

function fieldRow(model: PrismaModel, field: PrismaField): Row {
  const { column, scalar } = field;
  const attributes: string[] = [];
  for (const key of model.keys) {
    if (key.columns.length !== 1 || key.columns[0] !== column.name || key.descending.size > 0) continue;
    const map = mapPart(model, key);
    attributes.push(`@${key.kind}${map === null ? "" : `(${map})`}`);
  }
  const preset = defaultOf(column, scalar);
  if (preset !== null) attributes.push(preset);
  if (field.name !== column.name) attributes.push(`@map(${prismaString(column.name)})`);
  if (scalar.native !== null) attributes.push(`@db.${scalar.native}`);
  const remarks = [
    ...(column.comment === null ? [] : [column.comment]),
    ...(scalar.domain === null ? [] : [`Domain ${scalar.domain}.`]),
    ...(column.generated === null ? [] : [`Generated by the database, never written: ${column.generated.expression}`]),
  ];
  return {
    documentation: remarks.flatMap((remark) => documentation(remark)),
    cells: [field.name, `${scalar.type}${scalar.list ? "[]" : field.required ? "" : "?"}`, attributes.join(" ")],
  };
}

function relationRow(field: PrismaRelationField): Row {
  return {
    documentation: field.remarks.flatMap((remark) => documentation(remark)),
    cells: [field.name, field.type, field.attribute],
  };
}

// As `prisma format` lays it out; it counts bytes.
function aligned(rows: readonly Row[]): string[] {
  const bytes = (text: string): number => Buffer.byteLength(text);
  const width = (column: 0 | 1): number => Math.max(0, ...rows.map((row) => bytes(row.cells[column])));
  const [names, types] = [width(0), width(1)];
  const padded = (text: string, to: number): string => text + " ".repeat(to - bytes(text));
  return rows.flatMap((row) => [
    ...row.documentation.map((line) => `  ${line}`),
    `  ${padded(row.cells[0], names)} ${padded(row.cells[1], types)} ${row.cells[2]}`.trimEnd(),
  ]);
}
