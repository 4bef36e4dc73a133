import type { BriefEntity, BriefPosition, BriefRelation } from "../model/brief.ts";
import { addCheck, addColumn, addUnique, columnOf, problemAt, tableOf, tenantColumn, tenantLead } from "./draft.ts";
import type { Draft, DraftForeignKey, DraftTable } from "./draft-model.ts";
import { keyPlan, referenceColumn } from "./keys.ts";
import type { KeyPart } from "./keys.ts";
import { decideForeignKey, decideInheritance, decidePolymorphic, decideSelfReference } from "./relation-decisions.ts";

/** The columns of a foreign key between two tables: the tenant's first where both have one. */
export function leadOf(
  draft: Draft,
  child: DraftTable,
  target: DraftTable,
): { readonly child: readonly string[]; readonly target: readonly string[] } {
  const targetLead = tenantLead(draft, target);
  if (targetLead.length === 0) return { child: [], target: [] };
  // The tenant's own table has no tenant column: its key is one.
  const isTenant = child.entity?.name === draft.brief.tenancy?.tenant;
  return { child: isTenant ? child.primaryKey.slice(0, 1) : targetLead, target: targetLead };
}

/** Adds a foreign key over columns that exist. */
export function addForeignKey(
  draft: Draft,
  child: DraftTable,
  target: DraftTable,
  own: { readonly columns: readonly string[]; readonly targetColumns: readonly string[] },
  rule: { readonly onDelete: DraftForeignKey["onDelete"]; readonly relation: BriefRelation | null },
): DraftForeignKey {
  const lead = leadOf(draft, child, target);
  const key: DraftForeignKey = {
    name: child.constraintNames.claim(`${child.name}_${own.columns.join("_")}_fk`),
    columns: [...lead.child.filter((column) => !own.columns.includes(column)), ...own.columns],
    target,
    targetColumns: [...lead.target.filter((column) => !own.targetColumns.includes(column)), ...own.targetColumns],
    onDelete: rule.onDelete,
    setNull: rule.onDelete === "set null" ? own.columns : [],
    relation: rule.relation,
  };
  child.foreignKeys.push(key);
  return key;
}

/** Adds the columns of a reference to an entity; returns their names. Columns that exist are used as they are. */
export function addReferenceColumns(
  draft: Draft,
  table: DraftTable,
  target: BriefEntity,
  reference: {
    readonly name: string;
    readonly optional: boolean;
    readonly origin: string;
    readonly at?: BriefPosition;
  },
): readonly string[] {
  const parts = keyPlan(draft, target).parts;
  return parts.map((part) => {
    const name = referenceColumn(reference.name, part, parts.length);
    const existing = columnOf(table, name);
    // The tenant column, or one of the natural key, may be the reference already.
    if (existing !== undefined && (existing.meaning === "tenant" || existing.meaning === "reference")) return name;
    addColumn(
      draft,
      table,
      {
        name,
        type: part.type,
        notNull: !reference.optional,
        meaning: "reference",
        origin: null,
        comment: null,
        width_bytes: part.width_bytes,
        needs: [...part.needs],
      },
      reference.at,
    );
    return name;
  });
}

/** Adds the columns and foreign keys of every `belongs_to`, and the tenant's. */
export function addRelations(draft: Draft): void {
  // All columns first: a foreign key of the tenant's table may need a column of a later one.
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    for (const relation of entity.belongsTo) addRelation(draft, entity, table, relation);
    addTenantReference(draft, table);
  }
  for (const entity of draft.entities.values()) if (entity.isA !== null) addInheritance(draft, entity, entity.isA);
}

function targetEntity(draft: Draft, relation: BriefRelation, name: string): BriefEntity {
  const target = draft.entities.get(name);
  if (target !== undefined) return target;
  throw problemAt(draft.brief, relation.at, `${relation.name} refers to ${name}, which is no entity`, {
    expected: "the name of an entity",
  });
}

function addRelation(draft: Draft, entity: BriefEntity, table: DraftTable, relation: BriefRelation): void {
  if (relation.onDelete === "set null" && !relation.optional) {
    throw problemAt(draft.brief, relation.at, `${relation.name} is required and would be set to null`, {
      expected: "restrict or cascade, or an optional reference",
      mend: `write ${relation.name}: ${relation.targets.join(" | ")}? on delete set null`,
    });
  }
  const [only, ...others] = [...new Set(relation.targets)];
  if (only === undefined) return;
  if (others.length > 0) return addPolymorphic(draft, entity, table, relation);
  const target = targetEntity(draft, relation, only);
  const origin = `${entity.name}.${relation.name}`;
  const columns = addReferenceColumns(draft, table, target, { ...relation, origin });
  const targetTable = tableOf(draft, target.name);
  const targetColumns = keyPlan(draft, target).parts.map((part) => part.column);
  const rule = { onDelete: relation.onDelete, relation };
  const key = addForeignKey(draft, table, targetTable, { columns, targetColumns }, rule);
  decideForeignKey(draft, entity, relation, table, key);
  if (relation.one) addOne(draft, table, columns);
  if (target === entity) {
    const own = table.primaryKey.at(-1);
    const [column] = columns;
    if (columns.length === 1 && column !== undefined && own !== undefined && own !== column) {
      const { ident } = draft.dialect;
      addCheck(table, `${ident(column)} <> ${ident(own)}`, [column, own], `${column}_not_self`);
    }
    decideSelfReference(draft, entity, relation, table);
  }
}

function addOne(draft: Draft, table: DraftTable, columns: readonly string[]): void {
  const lead = tenantLead(draft, table).filter((column) => !columns.includes(column));
  const wanted = [...lead, ...columns];
  const isKey =
    wanted.length === table.primaryKey.length && wanted.every((column) => table.primaryKey.includes(column));
  if (!isKey) addUnique(draft, table, wanted);
}

function addPolymorphic(draft: Draft, entity: BriefEntity, table: DraftTable, relation: BriefRelation): void {
  const columns: string[] = [];
  for (const name of new Set(relation.targets)) {
    const target = targetEntity(draft, relation, name);
    const own = addReferenceColumns(draft, table, target, {
      name: `${relation.name}_${name}`,
      optional: true,
      origin: `${entity.name}.${relation.name}`,
      at: relation.at,
    });
    const targetColumns = keyPlan(draft, target).parts.map((part: KeyPart) => part.column);
    const rule = { onDelete: relation.onDelete, relation };
    const key = addForeignKey(draft, table, tableOf(draft, name), { columns: own, targetColumns }, rule);
    decideForeignKey(draft, entity, relation, table, key);
    const [first] = own;
    if (first !== undefined) columns.push(first);
    if (relation.one) addOne(draft, table, own);
  }
  const count = `num_nonnulls(${columns.map((column) => draft.dialect.ident(column)).join(", ")})`;
  const check = addCheck(table, `${count} ${relation.optional ? "<= 1" : "= 1"}`, columns, relation.name);
  decidePolymorphic(draft, entity, relation, table, check.name);
}

const contains = (table: DraftTable, key: DraftForeignKey, tenant: string): boolean =>
  key.target !== table &&
  key.target.perTenant &&
  key.columns.includes(tenant) &&
  key.columns.every((name) => columnOf(table, name)?.notNull === true);

function addTenantReference(draft: Draft, table: DraftTable): void {
  const column = tenantColumn(draft);
  const tenant = draft.brief.tenancy?.tenant;
  if (column === null || tenant === undefined || !table.perTenant) return;
  if (table.foreignKeys.some((key) => key.columns.length === 1 && key.columns[0] === column)) return;
  // A required reference that contains the tenant leads to a row whose tenant exists: checking it again would cost
  // each insert a second probe and a share lock on the tenant's one row.
  if (table.foreignKeys.some((key) => contains(table, key, column))) return;
  const target = tableOf(draft, tenant);
  addForeignKey(
    draft,
    table,
    target,
    { columns: [column], targetColumns: target.primaryKey },
    { onDelete: "restrict", relation: null },
  );
}

/** Adds the tenant's foreign key to a table that design made. */
export const referToTenant: (draft: Draft, table: DraftTable) => void = addTenantReference;

function addInheritance(draft: Draft, entity: BriefEntity, parentName: string): void {
  const parent = draft.entities.get(parentName);
  if (parent === undefined) {
    throw problemAt(draft.brief, entity.at, `${entity.name} is a ${parentName}, which is no entity`, {
      expected: "the name of an entity after is_a",
    });
  }
  const parentTable = tableOf(draft, parentName);
  const table = tableOf(draft, entity.name);
  const column = `${parentName}_kind`;
  const { ident, literal } = draft.dialect;
  if (columnOf(parentTable, column) === undefined) {
    const kinds = [...draft.entities.values()].filter((other) => other.isA === parentName).map((other) => other.name);
    const list = [parentName, ...kinds].map((name) => literal(name)).join(", ");
    const about = `Which kind of ${parentName} it is; the rows of that kind's table agree with it.`;
    const shape = { name: column, type: "text", meaning: "discriminator", width_bytes: 10, comment: about };
    addColumn(draft, parentTable, { ...shape, default: literal(parentName) }, parent.at);
    addCheck(parentTable, `${ident(column)} IN (${list})`, [column]);
    addUnique(draft, parentTable, [...parentTable.primaryKey, column]);
  }
  const shape = { name: column, type: "text", meaning: "discriminator", width_bytes: 10 };
  addColumn(draft, table, { ...shape, default: literal(entity.name) }, entity.at);
  addCheck(table, `${ident(column)} = ${literal(entity.name)}`, [column]);
  const key = addForeignKey(
    draft,
    table,
    parentTable,
    { columns: [...table.primaryKey, column], targetColumns: [...parentTable.primaryKey, column] },
    { onDelete: "cascade", relation: null },
  );
  decideInheritance(draft, entity, parentName, table, key);
}
