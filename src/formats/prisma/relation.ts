import type { ReferentialAction } from "../../model/catalog.ts";
import { tableId } from "../relationships.ts";
import type { Relationship } from "../relationships.ts";
import { camel, pascal, plural, prismaString, wordsOf } from "./names.ts";
import type { PrismaField, PrismaKey, PrismaModel } from "./schema.ts";

const ACTION: Readonly<Record<ReferentialAction, string>> = {
  "no action": "NoAction",
  restrict: "Restrict",
  cascade: "Cascade",
  "set null": "SetNull",
  "set default": "SetDefault",
};

/** The columns of a foreign key in an order Prisma accepts, with the fields they became. */
interface Ends {
  readonly fields: readonly PrismaField[];
  readonly references: readonly PrismaField[];
  /** A key of the child over exactly these columns makes it one-to-one. */
  readonly key: PrismaKey | null;
}

/**
 * Adds a relation field to both ends of every foreign key that Prisma can hold, and a remark to the child for
 * the others. Returns the reasons of those left out.
 */
export function addRelations(
  relationships: readonly Relationship[],
  models: ReadonlyMap<string, PrismaModel>,
): string[] {
  const notes: string[] = [];
  const pairs = new Map<string, number>();
  const usable: {
    readonly of: Relationship;
    readonly child: PrismaModel;
    readonly parent: PrismaModel;
    readonly ends: Ends;
  }[] = [];
  for (const of of relationships) {
    const child = models.get(tableId(of.child.table));
    const parent = models.get(tableId(of.parent.table));
    if (child === undefined || parent === undefined) continue;
    const ends = endsOf(of, child, parent);
    if (typeof ends === "string") {
      child.remarks.push(`Foreign key ${of.constraint.name} to ${parent.name} is not a relation here: ${ends}.`);
      notes.push(`${child.name}: foreign key ${of.constraint.name} is left out: ${ends}`);
      continue;
    }
    const pair = pairOf(child, parent);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    usable.push({ of, child, parent, ends });
  }
  for (const { of, child, parent, ends } of usable) {
    const named = child === parent || (pairs.get(pairOf(child, parent)) ?? 0) > 1;
    relate(of, child, parent, ends, named);
  }
  return notes;
}

const pairOf = (a: PrismaModel, b: PrismaModel): string => [a.name, b.name].toSorted().join(" ");

function endsOf(of: Relationship, child: PrismaModel, parent: PrismaModel): Ends | string {
  if (of.declaredBy === "some partitions") return "only some partitions have it";
  const pairs = of.columns.map((column, index) => [column, of.parentColumns[index] ?? ""] as const);
  const same = (key: PrismaKey, columns: readonly string[]): boolean =>
    key.columns.length === columns.length && columns.every((column) => key.columns.includes(column));
  if (!parent.keys.some((key) => same(key, of.parentColumns)))
    return "the columns it refers to are no key that Prisma knows";
  const key = child.keys.find((candidate) => same(candidate, of.columns)) ?? null;
  // Prisma asks for the columns of a one-to-one in the order of their key.
  const ordered = key === null ? pairs : key.columns.flatMap((column) => pairs.filter(([own]) => own === column));
  const fields = ordered.map(([column]) => child.fields.get(column));
  const references = ordered.map(([, column]) => parent.fields.get(column));
  const known = (list: (PrismaField | undefined)[]): list is PrismaField[] => !list.includes(undefined);
  if (!known(fields) || !known(references)) return "a column of it is not in the catalog";
  for (const [index, field] of fields.entries()) {
    const other = references[index]?.scalar;
    if (!field.scalar.supported || other?.supported !== true) return "Prisma has no type for a column of it";
    if (field.scalar.list || field.scalar.type !== other.type)
      return `${field.column.name} and the column it refers to differ in type`;
  }
  return { fields, references, key };
}

function relate(of: Relationship, child: PrismaModel, parent: PrismaModel, ends: Ends, named: boolean): void {
  const optional = ends.fields.some((field) => !field.required);
  const name = child.allocateField(...fieldNames(of, child, parent));
  const relation = named ? `${child.name}${pascal(name)}` : null;
  const { action, remark } = onDelete(of, ends, optional);
  const list = (fields: readonly PrismaField[]): string => `[${fields.map((field) => field.name).join(", ")}]`;
  const parts = [
    ...(relation === null ? [] : [prismaString(relation)]),
    `fields: ${list(ends.fields)}`,
    `references: ${list(ends.references)}`,
    `onDelete: ${action}`,
    `onUpdate: ${onUpdate(of, optional)}`,
    ...mapOf(of, child, ends),
  ];
  // A model that uses an ignored one must say so; an ignored model need not.
  const ignore = (self: PrismaModel, other: PrismaModel): string => (other.ignored && !self.ignored ? " @ignore" : "");
  child.relations.push({
    name,
    type: `${parent.name}${optional ? "?" : ""}`,
    attribute: `@relation(${parts.join(", ")})${ignore(child, parent)}`,
    remarks: remark === null ? [] : [remark],
    back: false,
  });
  const back = camel(child.name);
  const collection = ends.key === null ? plural(back) : back;
  parent.relations.push({
    name: parent.allocateField(relation === null ? collection : `${collection}As${pascal(name)}`),
    type: `${child.name}${ends.key === null ? "[]" : "?"}`,
    attribute: `${relation === null ? "" : `@relation(${prismaString(relation)})`}${ignore(parent, child)}`.trim(),
    remarks: [],
    back: true,
  });
}

const SUFFIX = new Set(["id", "uuid", "fk", "key", "code", "no", "nr", "number"]);

// `assignee_id` is the assignee; a column shared with other foreign keys (the tenant) tells nothing.
function fieldNames(of: Relationship, child: PrismaModel, parent: PrismaModel): readonly string[] {
  const others = child.view.constraints.filter(
    (constraint) => constraint.type === "foreign key" && constraint !== of.constraint,
  );
  const telling = of.columns.filter((column) => !others.some((other) => other.columns.includes(column)));
  const columns = telling.length > 0 ? telling : of.columns;
  const target = camel(parent.name);
  const [column] = columns;
  if (columns.length !== 1 || column === undefined) return [target, `${target}Relation`];
  const words = wordsOf(column);
  const last = words.at(-1)?.toLowerCase() ?? "";
  const whole = camel(column);
  if (words.length > 1 && SUFFIX.has(last)) return [camel(words.slice(0, -1).join("_")), `${whole}${parent.name}`];
  return SUFFIX.has(last) ? [target, `${target}Relation`] : [`${whole}${parent.name}`];
}

/*
 * PostgreSQL can set only some columns of a composite key to null: `ON DELETE SET NULL (assignee_id)`. Prisma
 * would set them all, and refuses where one is required; NoAction leaves the work to the database.
 */
function onDelete(
  of: Relationship,
  ends: Ends,
  optional: boolean,
): { readonly action: string; readonly remark: string | null } {
  const action = of.constraint.references?.onDelete ?? "no action";
  const some = /ON DELETE SET (?:NULL|DEFAULT) \(/.test(of.constraint.definition);
  const required = action === "set null" && (!optional || ends.fields.some((field) => field.required));
  if (!some && !required) return { action: ACTION[action], remark: null };
  const columns = ends.fields.filter((field) => !field.required).map((field) => field.column.name);
  const which = some && columns.length > 0 ? ` (${columns.join(", ")})` : "";
  return { action: "NoAction", remark: `On delete the database does: ${action}${which}.` };
}

function onUpdate(of: Relationship, optional: boolean): string {
  const action = of.constraint.references?.onUpdate ?? "no action";
  return action === "set null" && !optional ? "NoAction" : ACTION[action];
}

// Prisma's own name for a foreign key is <table>_<columns>_fkey; it must differ from the table's other names.
function mapOf(of: Relationship, child: PrismaModel, ends: Ends): string[] {
  if (of.declaredBy !== "table") return [];
  const table = child.view.table.name;
  const usual = `${table}_${ends.fields.map((field) => field.column.name).join("_")}_fkey`;
  const taken =
    child.keys.some((key) => key.name === of.constraint.name) ||
    child.view.indexes.some((index) => index.name === of.constraint.name);
  return of.constraint.name === usual || taken ? [] : [`map: ${prismaString(of.constraint.name)}`];
}
