import type { BriefEntity } from "../model/brief.ts";
import { addColumn, addTable, columnOf, tenantColumn } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { addField, fieldColumns } from "./fields.ts";
import { BIGINT_SEQUENCE, keyPlan, usesNaturalKey, uuidDefault, volumeOf } from "./keys.ts";
import { shorten } from "./names.ts";
import { shareStorage } from "./splits.ts";
import type { Split } from "./decompose.ts";
import { perTenant } from "./tenants.ts";

/** Makes the table of every entity with tenant column, key and fields; references come later. */
export function addEntityTables(draft: Draft, splits: readonly Split[] = []): void {
  for (const entity of draft.entities.values()) {
    const table = addTable(draft, {
      name: shorten(entity.name, draft.dialect.identifierBytesMax),
      role: "entity",
      entity,
      perTenant: perTenant(draft, entity),
      comment: entity.about,
      volume: volumeOf(draft, entity),
    });
    draft.entityTables.set(entity.name, table);
  }
  shareStorage(draft, splits);
  for (const entity of draft.entities.values()) fillTable(draft, entity);
}

function fillTable(draft: Draft, entity: BriefEntity): void {
  const table = draft.entityTables.get(entity.name);
  if (table === undefined) return;
  addTenantColumn(draft, table);
  const lead = table.columns.map((column) => column.name);
  const plan = keyPlan(draft, entity);
  if (plan.strategy === "uuid") {
    const { sql, needs } = uuidDefault(draft);
    addColumn(draft, table, {
      name: "id",
      type: "uuid",
      meaning: "key",
      width_bytes: 16,
      default: sql,
      needs: [...needs],
    });
  } else if (plan.strategy === "identity") {
    const identity = { generation: "always" as const, sequence: BIGINT_SEQUENCE };
    addColumn(draft, table, { name: "id", type: "bigint", meaning: "key", width_bytes: 8, identity });
  } else if (plan.strategy === "inherited") {
    for (const part of plan.parts) {
      const { column, type, needs, width_bytes } = part;
      addColumn(draft, table, { name: column, type, meaning: "key", width_bytes, needs: [...needs] }, entity.at);
    }
  }
  table.primaryKey = [...lead, ...plan.parts.map((part) => part.column)];
  for (const field of entity.fields) addField(draft, table, entity, field);
}

/** Adds the tenant column to a table of one tenant's rows, where tenants share tables. */
export function addTenantColumn(draft: Draft, table: DraftTable): void {
  const name = tenantColumn(draft);
  const tenant = draft.entities.get(draft.brief.tenancy?.tenant ?? "");
  if (name === null || !table.perTenant || tenant === undefined) return;
  const [part] = keyPlan(draft, tenant).parts;
  if (part === undefined) return;
  addColumn(draft, table, {
    name,
    type: part.type,
    meaning: "tenant",
    width_bytes: part.width_bytes,
    needs: [...part.needs],
    comment: `The ${tenant.name} whose row this is.`,
  });
}

/** Adds what the fields and the stated key say about uniqueness. Runs once references have their columns. */
export function addFieldUniques(
  draft: Draft,
  unique: (table: DraftTable, columns: readonly string[], perTenant: boolean) => void,
): void {
  for (const entity of draft.entities.values()) {
    const table = draft.entityTables.get(entity.name);
    if (table === undefined) continue;
    if (entity.key !== null && entity.key.length > 0 && !usesNaturalKey(draft, entity)) {
      const columns = entity.key.flatMap((name) => {
        const field = entity.fields.find((candidate) => candidate.name === name);
        if (field !== undefined) return fieldColumns(draft, field);
        return table.foreignKeys.find((key) => key.relation?.name === name)?.columns.slice(-1) ?? [];
      });
      if (columns.length > 0 && columns.every((column) => columnOf(table, column) !== undefined))
        unique(table, columns, true);
    }
    for (const field of entity.fields) {
      if (field.unique !== null) unique(table, fieldColumns(draft, field), field.unique === "per-tenant");
    }
  }
}
